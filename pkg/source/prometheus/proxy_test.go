package prometheus

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/promtest"
	"github.com/burnline/grafana-slo-app/pkg/grafana"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

// TestReadsThroughGrafanasProxy has a proxy like Grafana's before a real Prometheus.
func TestReadsThroughGrafanasProxy(t *testing.T) {
	tr := truth{}
	server := promtest.Start(t, promtest.Config{}, seriesOf(newPod("a", 15).run(tr, minute(0), minute(20), 7, 10))...)
	target, err := url.Parse(server.URL)
	require.NoError(t, err)
	proxy := http.StripPrefix("/api/datasources/proxy/uid/prom", httputil.NewSingleHostReverseProxy(target))
	mux := http.NewServeMux()
	mux.HandleFunc("/api/datasources/proxy/uid/prom/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		proxy.ServeHTTP(w, r)
	})
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)

	token := ""
	client, err := grafana.New(grafana.Config{URL: front.URL, Token: func(ctx context.Context) (string, error) {
		return grafana.StaticToken(token)(ctx)
	}})
	require.NoError(t, err)
	base, transport := client.DataSourceTransport("prom")
	reader := newReader(t, base, func(cfg *Config) { cfg.Transport = transport })

	_, err = reader.Read(t.Context(), ratioOf(goodQuery, totalQuery), minute(1), minute(19))
	var failed *source.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, source.KindDenied, failed.Kind)
	require.Contains(t, failed.Error(), "no Grafana token yet")

	token = "secret" // it comes with the first request to the plugin
	requireTruth(t, tr, read(t, reader, ratioOf(goodQuery, totalQuery), minute(1), minute(19)).Buckets, minute(1), minute(19))
}
