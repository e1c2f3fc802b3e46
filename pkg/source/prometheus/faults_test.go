package prometheus

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

const emptyMatrix = `{"status":"success","data":{"resultType":"matrix","result":[]}}`

var anyRatio = ratioOf("sum(rate(good_total[5m]))", "sum(rate(all_total[5m]))")

// fake serves answers in place of a source that cannot be made to fail at will. The request's number
// counts from 1.
func fake(t *testing.T, handle func(n int64, w http.ResponseWriter, r *http.Request), change ...func(*Config)) (*Reader, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(asked.Add(1), w, r)
	}))
	t.Cleanup(server.Close)
	return newReader(t, server.URL, change...), &asked
}

func TestFailuresAreClassified(t *testing.T) {
	status := func(code int, body string) func(int64, http.ResponseWriter, *http.Request) {
		return func(_ int64, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			fmt.Fprint(w, body)
		}
	}
	cases := map[string]struct {
		handle    func(int64, http.ResponseWriter, *http.Request)
		kind      source.ErrorKind
		words     string
		retryable bool
		asked     int64
	}{
		"an internal error is retried":             {status(500, `{"status":"error","errorType":"internal","error":"disk"}`), source.KindServerError, "disk", true, 3},
		"an unexplained 503 is retried":            {status(503, `busy`), source.KindServerError, "busy", true, 3},
		"a bad query is not retried":               {status(400, `{"status":"error","errorType":"bad_data","error":"parse error"}`), source.KindBadQuery, "parse error", false, 1},
		"an execution error is not retried":        {status(422, `{"status":"error","errorType":"execution","error":"many-to-many matching not allowed"}`), source.KindBadQuery, "many-to-many", false, 1},
		"the server's query timeout is a timeout":  {status(503, `{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}`), source.KindTimeout, "query timed out", true, 1},
		"a proxy without a server behind it":       {status(502, `{"message":"Bad Gateway","traceID":""}`), source.KindUnreachable, "Bad Gateway", true, 3},
		"a proxy that waited too long":             {status(504, ``), source.KindTimeout, "504 Gateway Timeout", true, 1},
		"a data source that Grafana does not know": {status(404, `{"message":"Data source not found","traceID":""}`), source.KindNotFound, "Data source not found", false, 1},
		"a token without permission":               {status(403, `{"message":"You'll need additional permissions"}`), source.KindDenied, "datasources:query", false, 2},
		"a token that is not valid":                {status(401, `{"message":"Unauthorized"}`), source.KindDenied, "valid service account token", false, 1},
		"credentials that the server refuses":      {status(400, "Authentication to data source failed"), source.KindDenied, "data source's settings", false, 1},
		"a client certificate that can't be read":  {status(400, `{"message":"Unable to load TLS certificate"}`), source.KindDenied, "data source's settings", false, 1},
		"an HTML page instead of JSON":             {status(200, `<html><body>Log in</body></html>`), source.KindMalformed, "Log in", true, 3},
		"JSON of another kind":                     {status(200, `{"hello":"world"}`), source.KindMalformed, "no `status: success`", true, 3},
		"an answer of another type":                {status(200, `{"status":"success","data":{"resultType":"streams","result":[]}}`), source.KindMalformed, `"streams"`, true, 3},
		"values that are not numbers":              {status(200, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x"]]}]}}`), source.KindMalformed, "pairs", true, 3},
		"an error with status 200":                 {status(200, `{"status":"error","errorType":"execution","error":"boom"}`), source.KindBadQuery, "boom", false, 1},
		"an answer that is cut off": {func(_ int64, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, emptyMatrix[:30])
		}, source.KindMalformed, "cut off", true, 3},
		"a connection that is closed": {func(_ int64, _ http.ResponseWriter, _ *http.Request) {
			panic(http.ErrAbortHandler)
		}, source.KindUnreachable, "EOF", true, 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			reader, asked := fake(t, c.handle)
			_, err := reader.Read(t.Context(), anyRatio, minute(0), minute(10))
			var failed *source.Error
			require.ErrorAs(t, err, &failed)
			require.Equal(t, c.kind, failed.Kind)
			require.Equal(t, "prom", failed.Source)
			require.Contains(t, failed.Error(), c.words)
			require.NotEmpty(t, failed.Remedy)
			require.Equal(t, c.retryable, source.Retryable(err))
			require.Equal(t, c.asked, asked.Load(), "requests")
		})
	}
}

func TestAPassingFailureIsRetried(t *testing.T) {
	reader, _ := fake(t, func(n int64, w http.ResponseWriter, _ *http.Request) {
		if n < 3 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, emptyMatrix)
	})
	result, err := reader.Read(t.Context(), anyRatio, minute(0), minute(10))
	require.NoError(t, err)
	require.Len(t, result.Buckets, 10)
	require.Equal(t, 3, result.Stats.Queries)
}

func TestRetryAfterIsHonoured(t *testing.T) {
	busy := func(seconds string) func(int64, http.ResponseWriter, *http.Request) {
		return func(n int64, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				w.Header().Set("Retry-After", seconds)
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			fmt.Fprint(w, emptyMatrix)
		}
	}
	t.Run("a short pause is waited for", func(t *testing.T) {
		reader, _ := fake(t, busy("1"))
		started := time.Now()
		_, err := reader.Read(t.Context(), anyRatio, minute(0), minute(10))
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Since(started), time.Second)
	})
	t.Run("a long pause is handed to the caller", func(t *testing.T) {
		reader, asked := fake(t, busy("90"))
		_, err := reader.Read(t.Context(), anyRatio, minute(0), minute(10))
		var failed *source.Error
		require.ErrorAs(t, err, &failed)
		require.Equal(t, source.KindRateLimited, failed.Kind)
		require.Equal(t, 90*time.Second, failed.RetryAfter)
		require.Equal(t, int64(1), asked.Load())
	})
}

func TestASlowSourceTimesOut(t *testing.T) {
	reader, asked := fake(t, func(_ int64, _ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
	}, func(cfg *Config) { cfg.Timeout = 100 * time.Millisecond })
	_, err := reader.Read(t.Context(), anyRatio, minute(0), minute(10_000))
	var failed *source.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, source.KindTimeout, failed.Kind)
	require.Equal(t, int64(1), asked.Load(), "a slow source is not asked again at once")

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err = reader.Read(ctx, anyRatio, minute(0), minute(10))
	require.ErrorIs(t, err, context.Canceled)
}

func TestAnUnreachableSourceIsNamed(t *testing.T) {
	reader := newReader(t, "http://127.0.0.1:1")
	_, err := reader.Read(t.Context(), anyRatio, minute(0), minute(10))
	var failed *source.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, source.KindUnreachable, failed.Kind)
}

func TestLimitsSplitTheSpan(t *testing.T) {
	// points is the number of points of a request for a range.
	points := func(r *http.Request) int {
		var start, end, width int
		_, err := fmt.Sscan(r.FormValue("start")+" "+r.FormValue("end")+" "+r.FormValue("step"), &start, &end, &width)
		require.NoError(t, err)
		return (end-start)/width + 1
	}
	cases := map[string]struct {
		code    int
		message string
		most    int
		asked   int64
	}{
		"Prometheus's limit on points is read and met": {400, "exceeded maximum resolution of 1,000 points per timeseries. Try decreasing the query resolution (?step=XX)", 1000, 4},
		"too many samples halve the span":              {422, "query processing would load too many samples into memory in query execution", 800, 6},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			reader, asked := fake(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
				if points(r) > c.most {
					w.WriteHeader(c.code)
					fmt.Fprintf(w, `{"status":"error","errorType":"x","error":%q}`, c.message)
					return
				}
				fmt.Fprint(w, emptyMatrix)
			})
			result, err := reader.Read(t.Context(), anyRatio, minute(0), minute(2500))
			require.NoError(t, err)
			require.Len(t, result.Buckets, 2500)
			require.Equal(t, c.asked, asked.Load())
		})
	}
	t.Run("a limit that no split can meet is an error", func(t *testing.T) {
		reader, _ := fake(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"status":"error","errorType":"execution","error":"query processing would load too many samples"}`)
		})
		_, err := reader.Read(t.Context(), anyRatio, minute(0), minute(2500))
		var failed *source.Error
		require.ErrorAs(t, err, &failed)
		require.Equal(t, source.KindLimit, failed.Kind)
	})
	t.Run("an answer that is too large splits the span", func(t *testing.T) {
		reader, _ := fake(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
			if points(r) > 100 {
				fmt.Fprint(w, strings.Repeat(" ", 5000))
			}
			fmt.Fprint(w, emptyMatrix)
		}, func(cfg *Config) { cfg.MaxAnswer = 4000 })
		result, err := reader.Read(t.Context(), anyRatio, minute(0), minute(300))
		require.NoError(t, err)
		require.Len(t, result.Buckets, 300)
	})
}

func TestWarningsAreKept(t *testing.T) {
	reader, _ := fake(t, func(_ int64, w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["store 2 did not answer","store 2 did not answer"],"infos":["metric might not be a counter"]}`)
	}, func(cfg *Config) { cfg.MaxBuckets = 5 })
	result, err := reader.Read(t.Context(), anyRatio, minute(0), minute(10))
	require.NoError(t, err)
	require.Equal(t, []string{"store 2 did not answer", "metric might not be a counter"}, result.Warnings)
	for _, one := range result.Buckets {
		require.Equal(t, budget.StateNoData, one.State)
	}
}

func TestSourcesThatRefusePostAreAskedWithGet(t *testing.T) {
	reader, asked := fake(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		require.NotEmpty(t, r.URL.Query().Get("query"))
		fmt.Fprint(w, emptyMatrix)
	})
	for range 2 {
		_, err := reader.Read(t.Context(), anyRatio, minute(0), minute(10))
		require.NoError(t, err)
	}
	require.Equal(t, int64(3), asked.Load(), "what works is remembered")
}

func TestAnErrorNamesTheAddressAndNotTheWholeQuery(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		panic(http.ErrAbortHandler) // hangs up
	}))
	t.Cleanup(server.Close)
	_, err := newReader(t, server.URL).Read(t.Context(), ratioOf(goodQuery, totalQuery), minute(0), minute(1))
	require.ErrorContains(t, err, server.URL+"/api/v1/query_range")
	require.NotContains(t, err.Error(), "query=")
}

func TestSpansMustBeWholeMinutes(t *testing.T) {
	reader := newReader(t, "http://127.0.0.1:1")
	for _, span := range [][2]int64{{1, 60}, {0, 61}, {60, 60}, {120, 60}} {
		_, err := reader.Read(t.Context(), anyRatio, span[0], span[1])
		require.ErrorContains(t, err, "whole minutes")
	}
	_, err := reader.Read(t.Context(), slo.Definition{}, 0, 60)
	require.ErrorContains(t, err, "indicator kind")
}

func TestConfigurationIsChecked(t *testing.T) {
	for _, bad := range []Config{{}, {URL: "prom:9090"}, {URL: "http://prom", Timeout: -1}} {
		_, err := New(bad)
		require.Error(t, err)
	}
}
