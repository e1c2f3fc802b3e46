package grafana

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/source"
)

func client(t *testing.T, handler http.HandlerFunc, token string) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	made, err := New(Config{URL: server.URL + "/grafana/", Token: StaticToken(token), Timeout: 200 * time.Millisecond})
	require.NoError(t, err)
	return made
}

func TestDataSourceIsLookedUpByUID(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/grafana/api/datasources/uid/a%2Fb", r.URL.EscapedPath())
		require.Equal(t, "Bearer secret", r.Header.Get("Authorization"))
		fmt.Fprint(w, `{"uid":"a/b","name":"Main","type":"prometheus","url":"http://prom:9090"}`)
	}, "secret")
	found, err := c.DataSource(t.Context(), "a/b")
	require.NoError(t, err)
	require.Equal(t, DataSource{UID: "a/b", Name: "Main", Type: "prometheus", URL: "http://prom:9090"}, found)
}

func TestProxyRequestsAreSigned(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.URL.Path, " ", r.Header.Get("Authorization"))
	}, "secret")
	base, transport := c.DataSourceTransport("prom")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v1/query", http.NoBody)
	require.NoError(t, err)
	response, err := transport.RoundTrip(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	text := make([]byte, 200)
	n, _ := response.Body.Read(text)
	require.Equal(t, "/grafana/api/datasources/proxy/uid/prom/api/v1/query Bearer secret", string(text[:n]))
	require.Empty(t, request.Header.Get("Authorization"), "the caller's request stays as it was")
}

func TestErrorsSayWhatToDo(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	cases := map[string]struct {
		handler http.HandlerFunc
		token   string
		kind    source.ErrorKind
		words   string
	}{
		"a token that is not valid":       {answer(401, `{"message":"Invalid API key"}`), "x", source.KindDenied, "valid service account token"},
		"a permission that is missing":    {answer(403, `{"message":"You'll need additional permissions: datasources:read"}`), "x", source.KindDenied, "datasources:uid:prom"},
		"a data source that is not there": {answer(404, `{"message":"Data source not found"}`), "x", source.KindNotFound, "Data source not found"},
		"a failing Grafana":               {answer(500, `boom`), "x", source.KindServerError, "500 Internal Server Error"},
		"a login page":                    {answer(200, `<html>`), "x", source.KindMalformed, "root URL"},
		"no token yet":                    {answer(200, `{}`), "", source.KindDenied, "no Grafana token yet"},
		"a slow Grafana": {func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(2 * time.Second):
			}
		}, "x", source.KindTimeout, "within 200ms"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := client(t, c.handler, c.token).DataSource(t.Context(), "prom")
			var failed *source.Error
			require.ErrorAs(t, err, &failed)
			require.Equal(t, c.kind, failed.Kind)
			require.Equal(t, "prom", failed.Source)
			require.Contains(t, failed.Error(), c.words)
		})
	}
}

func TestUnreachableGrafanaIsNamed(t *testing.T) {
	c, err := New(Config{URL: "http://127.0.0.1:1", Token: StaticToken("x")})
	require.NoError(t, err)
	require.ErrorContains(t, c.Ping(t.Context()), "Grafana cannot be reached")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.DataSource(ctx, "prom")
	require.ErrorIs(t, err, context.Canceled)
}

func TestPingWantsAHealthyDatabase(t *testing.T) {
	state := "ok"
	c := client(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"database":%q}`, state) }, "x")
	require.NoError(t, c.Ping(t.Context()))
	state = "failing"
	require.ErrorContains(t, c.Ping(t.Context()), "database")
}

func TestConfigIsChecked(t *testing.T) {
	for _, bad := range []Config{{}, {URL: "grafana:3000", Token: StaticToken("x")}, {URL: "http://grafana:3000"}} {
		_, err := New(bad)
		require.Error(t, err)
	}
}

func TestTokenNeverFollowsARedirectAwayFromGrafana(t *testing.T) {
	var leaked []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		leaked = append(leaked, r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/api/v1/query", http.StatusTemporaryRedirect)
	}, "secret")
	base, transport := c.DataSourceTransport("prom")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v1/query", http.NoBody)
	require.NoError(t, err)
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	var failed *source.Error
	require.ErrorAs(t, err, &failed)
	require.Contains(t, failed.Error(), "redirects")
	require.Empty(t, leaked, "a data source must not be able to fetch the plugin's token")
}

func TestRedirectsWithinGrafanaAreFollowed(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/moved" {
			http.Redirect(w, r, "/moved", http.StatusTemporaryRedirect)
			return
		}
		fmt.Fprint(w, r.Header.Get("Authorization"))
	}, "secret")
	base, transport := c.DataSourceTransport("prom")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v1/query", http.NoBody)
	require.NoError(t, err)
	response, err := (&http.Client{Transport: transport}).Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	text := make([]byte, 100)
	n, _ := response.Body.Read(text)
	require.Equal(t, "Bearer secret", string(text[:n]))
}
