// Package api is the HTTP client of the Burnline app's resources in Grafana, for programs outside it: the
// command line and what runs in pipelines. Its errors say where, what is wrong and what to do.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// resources is where Grafana serves the app's resources.
const resources = "/api/plugins/burnline-slo-app/resources/"

// maxAnswer bounds an answer in bytes.
const maxAnswer = 256 << 20

// Config says which Grafana to talk to, and as whom.
type Config struct {
	// URL is Grafana's root URL, sub-path included, such as https://grafana.example.com or http://localhost:3000/grafana.
	URL string
	// Token is a service account token; "" sends none (or what user and password the URL holds).
	Token string
	// Transport carries the requests; http.DefaultTransport when nil.
	Transport http.RoundTripper
	// Timeout bounds a request, default 2 min: a backtest of many SLOs takes its time.
	Timeout time.Duration

	base *url.URL
}

func (cfg *Config) defaults() error {
	parsed, err := url.Parse(strings.TrimRight(strings.TrimSpace(cfg.URL), "/"))
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return fmt.Errorf("%q is not Grafana's URL; write one such as https://grafana.example.com", cfg.URL)
	}
	parsed.RawQuery, parsed.Fragment = "", ""
	cfg.base = parsed
	cfg.Token = strings.TrimSpace(cfg.Token)
	if strings.ContainsFunc(cfg.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("the token holds characters that no token has; copy it again, without quotation marks or line breaks")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 2 * time.Minute
	}
	return nil
}

// Client talks to the app of one Grafana. It is safe for concurrent use.
type Client struct {
	cfg  Config
	http *http.Client
}

// New makes a client; an error means that cfg is not valid.
func New(cfg Config) (*Client, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	return &Client{cfg: cfg, http: &http.Client{
		Transport: cfg.Transport, Timeout: cfg.Timeout,
		// A redirect leads to a login page or another address: neither is what was asked for, and the token is not for it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Error is a request that was not done. It names the place, what is wrong, and the remedy.
type Error struct {
	// Where is the request, such as "POST https://grafana.example.com/api/…/alerts/backtest".
	Where string
	// Status is the HTTP status; 0 if there was no answer.
	Status int
	// Message is what is wrong, Remedy what to do; "" where Message says it.
	Message, Remedy string
}

// Error is one sentence with the remedy after it, and the place in parentheses.
func (e *Error) Error() string {
	text := strings.TrimRight(e.Message, ".")
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text + " (" + e.Where + ")"
}

// call sends a request with a JSON body (nil for none) and reads the JSON answer into a value (nil to ignore it).
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body, into any) error {
	raw, where, err := c.send(ctx, method, path, query, body, "json")
	if err != nil || into == nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return &Error{Where: where, Status: http.StatusOK, Message: fmt.Sprintf("the answer can't be read: %s", err), Remedy: "use a burnline of the same version as the app"}
	}
	return nil
}

// send gives the bytes of an answer whose content type holds a word, and the request's name for messages.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, body any, wanted string) (raw []byte, where string, err error) {
	target := *c.cfg.base
	target.Path, target.RawQuery = target.Path+resources+path, query.Encode()
	where = method + " " + target.Redacted()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, where, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, target.String(), content)
	if err != nil {
		return nil, where, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.cfg.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.cfg.Token)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, where, c.unreachable(ctx, where, err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, where, c.unreachable(ctx, where, err)
	case len(raw) > maxAnswer:
		return nil, where, &Error{Where: where, Status: answer.StatusCode, Message: fmt.Sprintf("the answer has more than %d MB", maxAnswer>>20), Remedy: "ask for fewer SLOs or a shorter span"}
	case answer.StatusCode/100 != 2:
		return nil, where, refusal(where, answer, raw)
	case !strings.Contains(answer.Header.Get("Content-Type"), wanted):
		return nil, where, stranger(where, answer)
	}
	return raw, where, nil
}

func (c *Client) unreachable(ctx context.Context, where string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted (%s): %w", where, context.Cause(ctx))
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		if failed.Timeout() {
			return &Error{Where: where, Message: fmt.Sprintf("Grafana did not answer within %s", c.cfg.Timeout), Remedy: "ask for fewer SLOs or a shorter span, or raise --timeout"}
		}
		err = failed.Err
	}
	return &Error{Where: where, Message: fmt.Sprintf("Grafana at %s can't be reached: %s", c.cfg.base.Redacted(), err), Remedy: "check --url, and that Grafana runs and may be reached from here"}
}

// stranger is the answer of something that is not the app.
func stranger(where string, answer *http.Response) error {
	return &Error{Where: where, Status: answer.StatusCode, Message: "something answers there that is not Burnline in Grafana",
		Remedy: "give Grafana's root URL as --url, with its sub-path if it has one, and not that of a login proxy before it"}
}

// refusal says what an answer with an error status means.
func refusal(where string, answer *http.Response, raw []byte) error {
	var said struct {
		Message string `json:"message"`
	}
	isJSON := json.Unmarshal(raw, &said) == nil && said.Message != ""
	e := &Error{Where: where, Status: answer.StatusCode, Message: said.Message}
	switch status := answer.StatusCode; {
	case status/100 == 3:
		to := answer.Header.Get("Location")
		e.Message, e.Remedy = fmt.Sprintf("Grafana sends on to %s", to), "give the address that leads there directly as --url; if it is a login page, give a service account token"
	case status == http.StatusUnauthorized:
		e.Message = "Grafana does not accept the token"
		if answer.Request.Header.Get("Authorization") == "" {
			e.Message = "Grafana wants to know who asks"
		}
		e.Remedy = "make a service account token in Grafana (Administration, Users and access, Service accounts) and give it as --token or in BURNLINE_TOKEN"
	case status == http.StatusForbidden:
		if !isJSON {
			e.Message = "Grafana does not allow it"
		}
		e.Remedy = "reading needs the role Viewer, changing Editor or Admin: give the service account that role, or use another token"
	case status == http.StatusNotFound && isJSON && strings.Contains(strings.ToLower(said.Message), "plugin"):
		e.Message = fmt.Sprintf("this Grafana has no Burnline app: %s", strings.TrimRight(said.Message, "."))
		e.Remedy = "install the plugin burnline-slo-app and enable it (Administration, Plugins)"
	case !isJSON && status < http.StatusInternalServerError:
		return stranger(where, answer)
	case !isJSON:
		e.Message, e.Remedy = fmt.Sprintf("the answer has the status %s", answer.Status), "look into Grafana's log, and into that of a proxy before it"
	}
	return e
}
