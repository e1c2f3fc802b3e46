// Package grafana is what the plugin asks of Grafana itself: the way to a data source through Grafana's
// proxy, so that credentials stay in Grafana, and what a data source is.
package grafana

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/source"
)

// maxAnswer bounds the answers of Grafana's own API in bytes.
const maxAnswer = 4 << 20

// ErrNoToken means that nobody gave the plugin a token yet.
var ErrNoToken = errors.New("the plugin has no Grafana token yet: enable managed service accounts, or put a service account token into the app's settings")

// Config says how to reach Grafana.
type Config struct {
	// URL is Grafana's root URL, sub-path included.
	URL string
	// Token gives the service account token for a request. It is asked each time, for a token may come or
	// change while the process runs; it returns ErrNoToken while there is none.
	Token func(context.Context) (string, error)
	// Transport carries the requests; http.DefaultTransport when nil.
	Transport http.RoundTripper
	// Timeout bounds a request to Grafana's own API (not one to a data source), default 10 s.
	Timeout time.Duration
}

func (cfg *Config) defaults() error {
	if cfg.Token == nil {
		return errors.New("grafana client: Config.Token is required")
	}
	parsed, err := url.Parse(cfg.URL)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return fmt.Errorf("grafana client: %q is not Grafana's URL; write one such as https://grafana.example.com", cfg.URL)
	}
	cfg.URL = strings.TrimRight(cfg.URL, "/")
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	return nil
}

// Client talks to one Grafana. It is safe for concurrent use.
type Client struct{ cfg Config }

// New makes a client; an error means that cfg is not valid.
func New(cfg Config) (*Client, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	return &Client{cfg: cfg}, nil
}

// StaticToken is a Config.Token for a token that does not change.
func StaticToken(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		if token == "" {
			return "", ErrNoToken
		}
		return token, nil
	}
}

// DataSourceTransport is the way to a data source through Grafana's proxy: the base URL that stands for
// the data source's own, and the transport that signs the requests.
func (c *Client) DataSourceTransport(uid string) (baseURL string, transport http.RoundTripper) {
	return c.cfg.URL + "/api/datasources/proxy/uid/" + url.PathEscape(uid), signed{c.cfg}
}

// signed adds the bearer token to each request.
type signed struct{ cfg Config }

// RoundTrip passes a copy of the request on. It sends none to another server than Grafana: a data source
// that answers with a redirect could fetch the token that way.
func (s signed) RoundTrip(request *http.Request) (*http.Response, error) {
	token, err := s.token(request)
	if err != nil {
		if request.Body != nil {
			_ = request.Body.Close()
		}
		return nil, err
	}
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+token)
	return s.cfg.Transport.RoundTrip(request)
}

// token is what a request may be signed with.
func (s signed) token(request *http.Request) (string, error) {
	home, err := url.Parse(s.cfg.URL)
	if err != nil {
		return "", err
	}
	downgraded := home.Scheme == "https" && request.URL.Scheme != "https"
	if request.URL.Host != home.Host || downgraded {
		to := request.URL.Scheme + "://" + request.URL.Host
		return "", failure("", source.KindDenied, fmt.Sprintf("the answer redirects to %s, away from Grafana at %s, and the plugin's token is not sent there", to, s.cfg.URL),
			"write the address that it redirects to as the data source's URL, or Grafana's own as root_url", nil)
	}
	token, err := s.cfg.Token(request.Context())
	if err != nil {
		return "", failure("", source.KindDenied, err.Error(), "", err)
	}
	return token, nil
}

// DataSource is what Grafana knows of a data source.
type DataSource struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
	// Type is the data source plugin's id, e.g. "prometheus".
	Type string `json:"type"`
	// URL is the address that Grafana's server reaches it at.
	URL string `json:"url"`
}

// DataSource looks a data source up. Errors are *source.Error and say which permission is missing or
// what else to do.
func (c *Client) DataSource(ctx context.Context, uid string) (DataSource, error) {
	var found DataSource
	if uid == "" {
		return found, failure(uid, source.KindNotFound, "no data source is named", "name one by its UID in the SLO's definition", nil)
	}
	err := c.get(ctx, uid, "/api/datasources/uid/"+url.PathEscape(uid), &found)
	return found, err
}

// Ping reports whether Grafana answers and whether its database does. It needs no permission.
func (c *Client) Ping(ctx context.Context) error {
	var health struct {
		Database string `json:"database"`
	}
	if err := c.get(ctx, "", "/api/health", &health); err != nil {
		return err
	}
	if health.Database != "ok" {
		return failure("", source.KindServerError, fmt.Sprintf("Grafana's database is %q", health.Database), "look into Grafana's log", nil)
	}
	return nil
}

func (c *Client) get(ctx context.Context, uid, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.URL+path, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	response, err := signed{c.cfg}.RoundTrip(request)
	if err != nil {
		return unanswered(ctx, uid, c.cfg, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return unanswered(ctx, uid, c.cfg, err)
	}
	if response.StatusCode != http.StatusOK {
		return refused(uid, response.StatusCode, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return failure(uid, source.KindMalformed, "Grafana's answer is not JSON: "+err.Error(),
			"check that "+c.cfg.URL+" is Grafana's root URL and that no login page stands before it", err)
	}
	return nil
}

func unanswered(ctx context.Context, uid string, cfg Config, err error) error {
	switch {
	case errors.Is(err, ErrNoToken):
		return failure(uid, source.KindDenied, err.Error(), "", err)
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return failure(uid, source.KindTimeout, fmt.Sprintf("Grafana did not answer within %s", cfg.Timeout), "check Grafana's load", err)
	}
	return failure(uid, source.KindUnreachable, "Grafana cannot be reached: "+err.Error(),
		"check root_url in grafana.ini; the plugin must reach Grafana at it", err)
}

func refused(uid string, status int, body []byte) error {
	var wire struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &wire)
	if wire.Message == "" {
		wire.Message = fmt.Sprintf("%d %s", status, http.StatusText(status))
	}
	switch {
	case status == http.StatusUnauthorized:
		return failure(uid, source.KindDenied, "Grafana did not accept the plugin's token: "+wire.Message,
			"enable the app (while it is disabled, so is its managed service account), restart Grafana to renew that account, or put a valid service account token into the app's settings", nil)
	case status == http.StatusForbidden:
		return failure(uid, source.KindDenied, "the plugin's service account may not read the data source: "+wire.Message,
			"give it the permissions datasources:read and datasources:query for datasources:uid:"+uid, nil)
	case status == http.StatusNotFound:
		return failure(uid, source.KindNotFound, "Grafana has no data source with this UID: "+wire.Message,
			"use the UID shown in the address of the data source's settings page", nil)
	case status == http.StatusTooManyRequests:
		return failure(uid, source.KindRateLimited, wire.Message, "", nil)
	case status/100 == 5:
		return failure(uid, source.KindServerError, "Grafana failed: "+wire.Message, "look into Grafana's log", nil)
	}
	return failure(uid, source.KindServerError, "Grafana refused the request: "+wire.Message, "look into Grafana's log", nil)
}

func failure(uid string, kind source.ErrorKind, message, remedy string, cause error) error {
	return &source.Error{Kind: kind, Source: uid, Message: message, Remedy: remedy, Err: cause}
}
