package promtest

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func query(t *testing.T, server *Server, promql string, at int64) string {
	t.Helper()
	answer, err := http.PostForm(server.URL+"/api/v1/query", url.Values{"query": {promql}, "time": {strconv.FormatInt(at, 10)}})
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(text)
}

func TestServerAnswersForWhatWasWritten(t *testing.T) {
	const start = 1_790_000_000 - 1_790_000_000%60
	server := Start(t, Config{},
		Metric("requests_total", "code", "200").Every(15, start, start+300, func(at int64) float64 { return float64(at - start) }).With(Stale((start+300)*1000)),
		Metric("latency").With(Sample{At: start * 1000, Histogram: &Histogram{Buckets: map[int]uint64{-2: 3, 0: 2, 3: 1}}}),
	)
	require.Contains(t, query(t, server, "requests_total", start+120), `"120"`)
	require.Contains(t, query(t, server, "requests_total", start+301), `"result":[]`, "the stale marker ends the series")
	require.Contains(t, query(t, server, "histogram_count(latency)", start+60), `"6"`)
	require.Contains(t, query(t, server, "histogram_fraction(-Inf, 1, latency) * 6", start+60), `"5"`)

	require.NoError(t, server.Stop())
	require.NoError(t, server.Run(t.Context()))
	require.Contains(t, query(t, server, "requests_total", start+120), `"120"`, "data survive a restart")
}

func TestBlocksAreServed(t *testing.T) {
	const start = 1_790_000_000 - 1_790_000_000%60
	dir := t.TempDir()
	series := Metric("requests_total", "code", "200").Every(60, start, start+86400, func(at int64) float64 { return float64(at - start) })
	require.NoError(t, Blocks(t.Context(), dir, series))
	server := Start(t, Config{Dir: dir})
	require.Contains(t, query(t, server, "requests_total", start+43200), `"43200"`)
}
