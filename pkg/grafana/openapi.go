package grafana

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	runtime "github.com/go-openapi/runtime/client"
)

// maxListing bounds an answer with many objects, such as every alert rule of an organisation, in bytes.
const maxListing = 64 << 20

// errUnanswered marks a request without a whole answer.
var errUnanswered = errors.New("no whole answer")

// openapi is the transport of the generated client. The generated client's own constructor is not used, for it writes
// into http.DefaultTransport and retries on its own.
func (c *Client) openapi() (*runtime.Runtime, error) {
	home, err := url.Parse(c.cfg.URL)
	if err != nil {
		return nil, err
	}
	carrier := &http.Client{Transport: answering{signed{c.cfg}}}
	return runtime.NewWithClient(home.Host, home.Path+"/api", []string{home.Scheme}, carrier), nil
}

// answering reads whole answers, and turns error statuses into errors before the generated client sees them: that one
// knows a few statuses only, and drops Grafana's message with the others.
type answering struct{ next http.RoundTripper }

// RoundTrip is that of http.RoundTripper.
func (a answering) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := a.next.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnanswered, err)
	}
	defer func(whole io.Closer) { _ = whole.Close() }(response.Body)
	body, err := io.ReadAll(http.MaxBytesReader(nil, response.Body, maxListing))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, &APIError{Kind: KindMalformed, Message: fmt.Sprintf("the answer is longer than %d bytes", maxListing), Remedy: "check what answers at Grafana's URL", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnanswered, err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return nil, readRefusal(response, body, time.Now())
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// call runs one operation within the client's time limit and explains what went wrong.
func call[T any](caller context.Context, c *Client, op operation, do func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(caller, c.cfg.Timeout)
	defer cancel()
	answer, err := do(ctx)
	if err != nil {
		var none T
		return none, explain(caller, ctx, c.cfg, op, err)
	}
	return answer, nil
}

// fetch reads JSON from a path that the generated client does not have, or has with other fields.
func (c *Client) fetch(caller context.Context, op operation, path string, into any) error {
	_, err := call(caller, c, op, func(ctx context.Context) (any, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.URL+path, http.NoBody)
		if err != nil {
			return nil, err
		}
		request.Header.Set("Accept", "application/json")
		response, err := (&http.Client{Transport: answering{signed{c.cfg}}}).Do(request)
		if err != nil {
			return nil, err
		}
		defer func() { _ = response.Body.Close() }()
		return nil, json.NewDecoder(response.Body).Decode(into)
	})
	return err
}
