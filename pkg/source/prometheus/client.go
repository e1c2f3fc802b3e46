package prometheus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/grafana/dskit/backoff"
	"github.com/prometheus/client_golang/api"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnline/grafana-slo-app/pkg/source"
)

// client asks one source, retries what may pass, and says in our words what went wrong.
type client struct {
	cfg Config
	api api.Client
	// useGet is set when the source (or the proxy's settings) refuses POST.
	useGet atomic.Bool
}

// tally collects what a reading cost and which warnings it met.
type tally struct {
	stats    source.Stats
	warnings []string
	// quiet leaves out informational notices: they would be about our own question, not the user's.
	quiet bool
}

func (t *tally) warn(texts ...string) {
next:
	for _, text := range texts {
		for _, known := range t.warnings {
			if known == text {
				continue next
			}
		}
		t.warnings = append(t.warnings, text)
	}
}

// span evaluates e at each minute from start to end (Unix seconds, both included).
func (c *client) span(ctx context.Context, e parser.Expr, start, end int64, t *tally) ([]series, error) {
	form := url.Values{
		"query": {e.String()},
		"start": {strconv.FormatInt(start, 10)},
		"end":   {strconv.FormatInt(end, 10)},
		"step":  {strconv.FormatInt(step, 10)},
	}
	return c.ask(ctx, "/api/v1/query_range", form, t)
}

// instant evaluates e, which may yield a range of samples, at one Unix time.
func (c *client) instant(ctx context.Context, e parser.Expr, at int64, t *tally) ([]series, error) {
	return c.ask(ctx, "/api/v1/query", url.Values{"query": {e.String()}, "time": {strconv.FormatInt(at, 10)}}, t)
}

// ask sends a query until it is answered, the failure is one that does not pass, or patience ends.
func (c *client) ask(ctx context.Context, endpoint string, form url.Values, t *tally) ([]series, error) {
	form.Set("stats", "true")
	form.Set("timeout", strconv.FormatFloat(c.cfg.Timeout.Seconds(), 'f', -1, 64)+"s")
	retry := backoff.New(ctx, c.cfg.Backoff)
	for {
		answer, err := c.once(ctx, endpoint, form, t)
		if err == nil {
			t.warn(answer.warnings...)
			if !t.quiet {
				t.warn(answer.infos...)
			}
			t.stats.Samples += answer.samples
			return answer.result, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !c.worthRetrying(err) {
			return nil, err
		}
		pause := retry.NextDelay()
		if !retry.Ongoing() {
			return nil, err
		}
		var failed *source.Error
		if errors.As(err, &failed) && failed.RetryAfter > pause {
			pause = failed.RetryAfter
		}
		if pause > c.cfg.MaxPause {
			return nil, err // the caller knows RetryAfter and has other work meanwhile
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// worthRetrying leaves timeouts to the caller: the same question would only take as long again.
func (c *client) worthRetrying(err error) bool {
	var failed *source.Error
	return source.Retryable(err) && errors.As(err, &failed) && failed.Kind != source.KindTimeout
}

func (c *client) once(ctx context.Context, endpoint string, form url.Values, t *tally) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	started := time.Now()
	defer func() {
		t.stats.Queries++
		t.stats.Duration += time.Since(started)
	}()
	got, err := c.send(ctx, endpoint, form)
	if err != nil {
		return nil, c.unanswered(ctx, err)
	}
	if got.status/100 != 2 {
		return nil, c.refused(got)
	}
	decoded, err := decode(got.body)
	if err != nil {
		return nil, c.failure(source.KindMalformed, "the answer is not what Prometheus's query API sends: "+err.Error(),
			"check that the data source's URL points at a Prometheus-compatible server", err)
	}
	if decoded.errorText != "" {
		return nil, c.executed(decoded.errorType, decoded.errorText)
	}
	return decoded, nil
}

// response is what came back, read to its end.
type response struct {
	status int
	header http.Header
	body   []byte
}

// send posts the form, for queries may be longer than a URL, and falls back to GET for sources and
// proxies that refuse POST.
func (c *client) send(ctx context.Context, endpoint string, form url.Values) (response, error) {
	if !c.useGet.Load() {
		got, err := c.do(ctx, http.MethodPost, endpoint, form)
		if err != nil {
			return got, err
		}
		switch got.status {
		case http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusForbidden:
		default:
			return got, nil
		}
	}
	got, err := c.do(ctx, http.MethodGet, endpoint, form)
	if err == nil && got.status/100 == 2 {
		c.useGet.Store(true)
	}
	return got, err
}

func (c *client) do(ctx context.Context, method, endpoint string, form url.Values) (response, error) {
	target := c.api.URL(endpoint, nil)
	var content io.Reader = http.NoBody
	if method == http.MethodGet {
		target.RawQuery = form.Encode()
	} else {
		content = strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(ctx, method, target.String(), content)
	if err != nil {
		return response{}, err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	got, body, err := c.api.Do(ctx, request) //nolint:bodyclose // Do has read and closed it
	if err != nil {
		return response{}, err
	}
	return response{status: got.StatusCode, header: got.Header, body: body}, nil
}

// unanswered explains a request that got no answer.
func (c *client) unanswered(ctx context.Context, err error) error {
	var known *source.Error // the transport's own words, say that there is no token
	if errors.As(err, &known) {
		return c.failure(known.Kind, known.Message, known.Remedy, err)
	}
	if errors.Is(err, errTooLarge) {
		return c.failure(source.KindLimit, fmt.Sprintf("the answer is larger than %d MiB", c.cfg.MaxAnswer>>20),
			"let the query aggregate more, e.g. with sum(...)", err)
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return c.failure(source.KindTimeout, fmt.Sprintf("no answer within %s", c.cfg.Timeout),
			"check the source's load, or raise the query timeout", err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return c.failure(source.KindMalformed, "the answer was cut off", "check the proxies between Grafana and the source", err)
	}
	return c.failure(source.KindUnreachable, withoutQuery(err), "check that the server is up and that its address is right", err)
}

// withoutQuery is the error's text with the address that was asked, but not what it was asked: with GET that
// is in the address, longer than anyone reads.
func withoutQuery(err error) string {
	var failed *url.Error
	if !errors.As(err, &failed) {
		return err.Error()
	}
	address, _, _ := strings.Cut(failed.URL, "?")
	return fmt.Sprintf("%s %q: %v", failed.Op, address, failed.Err)
}

// refused explains an answer with an error status.
func (c *client) refused(got response) error {
	errorType, text := errorOf(got.body)
	if text == "" {
		text = strings.TrimSpace(strconv.Itoa(got.status) + " " + http.StatusText(got.status))
	}
	switch code := got.status; {
	case code == http.StatusUnauthorized:
		return c.failure(source.KindDenied, "the token was not accepted: "+text,
			"enable the app (while it is disabled, so is its managed service account), or give the plugin a valid service account token", nil)
	case code == http.StatusBadRequest && slices.Contains(credentialWords, text):
		return c.failure(source.KindDenied, "the server did not accept Grafana's credentials: "+text, "correct the authentication in the data source's settings in Grafana", nil)
	case code == http.StatusForbidden:
		return c.failure(source.KindDenied, "access was denied: "+text, "give the plugin's service account the permission datasources:query for this data source", nil)
	case code == http.StatusNotFound:
		return c.failure(source.KindNotFound, text, "check the data source's UID in the SLO's definition and its URL in Grafana", nil)
	case code == http.StatusRequestEntityTooLarge:
		return c.failure(source.KindLimit, text, "raise the limit, or let the query select less", nil)
	case code == http.StatusTooManyRequests:
		failed := c.failure(source.KindRateLimited, text, "raise the source's limit, or lower the plugin's rate of queries", nil)
		failed.RetryAfter = retryAfter(got.header.Get("Retry-After"), time.Now())
		return failed
	case code == http.StatusBadGateway:
		return c.failure(source.KindUnreachable, "Grafana's proxy could not reach the server: "+text, "check that the server is up and its URL in the data source's settings", nil)
	case code == http.StatusGatewayTimeout:
		return c.failure(source.KindTimeout, "Grafana's proxy got no answer in time: "+text, "check the source's load, or raise the timeout in the data source's settings", nil)
	case code/100 == 4, errorType != "":
		return c.executed(errorType, text)
	}
	failed := c.failure(source.KindServerError, text, "look into the source's log", nil)
	failed.RetryAfter = retryAfter(got.header.Get("Retry-After"), time.Now())
	return failed
}

// credentialWords are the messages of Grafana's proxy when the data source's own authentication fails. It
// answers 400 then (it turns the server's 401 into one), which says nothing about the query.
var credentialWords = []string{"Authentication to data source failed", "Unable to load TLS certificate"}

// executed explains an error that the query API itself reports.
func (c *client) executed(errorType, text string) error {
	switch {
	case isLimit(text):
		return c.failure(source.KindLimit, text, "raise the server's limit, or let the query select fewer series", nil)
	case errorType == "timeout" || errorType == "canceled":
		return c.failure(source.KindTimeout, text, "raise the server's query timeout, or let the query select fewer series", nil)
	case errorType == "internal" || errorType == "unavailable":
		return c.failure(source.KindServerError, text, "look into the source's log", nil)
	case errorType == "not_found":
		return c.failure(source.KindNotFound, text, "check the data source's URL in Grafana", nil)
	}
	return c.failure(source.KindBadQuery, text, "mend the query in the SLO's definition", nil)
}

func (c *client) failure(kind source.ErrorKind, message, remedy string, cause error) *source.Error {
	return &source.Error{Kind: kind, Source: c.cfg.UID, Message: message, Remedy: remedy, Err: cause}
}

// limitWords are how Prometheus and its relatives (Mimir, Thanos, Cortex, VictoriaMetrics) say that a
// query asks for too much.
var limitWords = []string{
	"exceeded maximum resolution",
	"too many samples",
	"too many points",
	"max number of samples",
	"max-samples",
	"the query time range exceeds the limit",
	"query exceeded the maximum",
	"err-mimir-max",
	"exceeds the limit",
	"response too large",
	"response size",
}

func isLimit(text string) bool {
	lower := strings.ToLower(text)
	for _, words := range limitWords {
		if strings.Contains(lower, words) {
			return true
		}
	}
	return false
}

// retryAfter reads the header's seconds or date; 0 if it says nothing useful.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(header)); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// errTooLarge ends the reading of an answer that is over the limit.
var errTooLarge = errors.New("answer too large")

// limitedTransport bounds the size of answers: a runaway answer must not take Grafana's memory.
type limitedTransport struct {
	next http.RoundTripper
	max  int64
}

// RoundTrip passes the request on.
func (l limitedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := l.next.RoundTrip(request)
	if err == nil {
		response.Body = &limitedBody{ReadCloser: response.Body, left: l.max}
	}
	return response, err
}

type limitedBody struct {
	io.ReadCloser
	left int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}
