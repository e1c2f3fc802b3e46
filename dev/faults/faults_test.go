// Package faults shows what the parts promise together: with a real Prometheus, a real ledger and the
// real evaluation loop, whatever fails on the way, the ledger ends up as if nothing had happened.
package faults

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/dskit/backoff"
	"github.com/grafana/dskit/services"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/promtest"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/evaluate"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source/prometheus"
)

const (
	window = 2 * time.Hour
	// patience bounds the wait for a ledger to catch up.
	patience = 2 * time.Minute
)

const definitions = `
apiVersion: openslo/v1
kind: SLO
metadata:
  name: errors
  annotations: {burnline.dev/data-source-uid: prometheus}
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindow: [{duration: 2h, isRolling: true}]
  indicator:
    metadata: {name: errors}
    spec:
      ratioMetric:
        counter: true
        bad: {metricSource: {type: Prometheus, spec: {query: 'requests_total{code="500"}'}}}
        total: {metricSource: {type: Prometheus, spec: {query: requests_total}}}
  objectives: [{target: 0.99}]
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: depth
  annotations: {burnline.dev/data-source-uid: prometheus}
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindow: [{duration: 2h, isRolling: true}]
  indicator:
    metadata: {name: depth}
    spec:
      thresholdMetric:
        metricSource: {type: Prometheus, spec: {query: queue_depth}}
  objectives: [{target: 0.9, op: lt, value: 5}]
`

// history is a counter with errors and resets, and a gauge, from five hours ago until now.
func history(until time.Time) []promtest.Series {
	from, to := budget.AlignDown(until.Add(-5*time.Hour)), until.Unix()
	counter := func(code string, perScrape func(n int64) int64) promtest.Series {
		var sum int64
		return promtest.Metric("requests_total", "code", code, "instance", "a").Every(15, from, to, func(at int64) float64 {
			if at%4440 == 0 { // the process restarts
				sum = 0
			}
			sum += perScrape(at / 15)
			return float64(sum)
		})
	}
	return []promtest.Series{
		counter("200", func(n int64) int64 { return 20 + n%7 }),
		counter("500", func(n int64) int64 { return n % 11 / 10 }),
		promtest.Metric("queue_depth").Every(15, from, to, func(at int64) float64 { return float64(at / 60 % 7) }),
	}
}

// wall is a clock that the test moves.
type wall struct{ now atomic.Int64 }

func at(t time.Time) *wall { w := &wall{}; w.set(t); return w }

func (w *wall) set(t time.Time)         { w.now.Store(t.UnixNano()) }
func (w *wall) advance(d time.Duration) { w.now.Add(int64(d)) }

// Now implements evaluate.Clock.
func (w *wall) Now() time.Time { return time.Unix(0, w.now.Load()).UTC() }

// evaluation runs the real loop on a ledger file.
func evaluation(dir, sourceURL string, clock evaluate.Clock) (*ledger.SQLite, services.Service, error) {
	store, err := ledger.OpenWriter(filepath.Join(dir, "ledger.db"))
	if err != nil {
		return nil, nil, err
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	folder, err := slo.NewFolder(slo.FolderConfig{Dir: dir, Logger: quiet})
	if err != nil {
		return nil, nil, err
	}
	loop, err := evaluate.New(evaluate.Config{
		Store: store, Definitions: folder, Logger: quiet, Clock: clock,
		BackfillChunk: 10 * time.Minute, ReadTimeout: 3 * time.Second,
		MinBackoff: 20 * time.Millisecond, MaxBackoff: 200 * time.Millisecond,
		Sources: func(ref slo.SourceRef) (evaluate.Source, error) {
			return prometheus.New(prometheus.Config{
				UID: ref.UID, URL: sourceURL, Timeout: time.Second,
				Backoff: backoff.Config{MinBackoff: 5 * time.Millisecond, MaxBackoff: 20 * time.Millisecond, MaxRetries: 2},
			})
		},
	})
	return store, loop, err
}

// begin starts an evaluation that ends with the test, or when the returned function is called.
func begin(t *testing.T, dir, sourceURL string, clock evaluate.Clock) (store *ledger.SQLite, end func()) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "slos.yaml"), []byte(definitions), 0o600))
	store, loop, err := evaluation(dir, sourceURL, clock)
	require.NoError(t, err)
	require.NoError(t, services.StartAndAwaitRunning(t.Context(), loop))
	ended := false
	end = func() {
		if !ended {
			ended = true
			require.NoError(t, services.StopAndAwaitTerminated(context.Background(), loop))
			require.NoError(t, store.Close())
		}
	}
	t.Cleanup(end)
	return store, end
}

// buckets are those of all definitions in the window that ends at a time.
func buckets(t *testing.T, store ledger.Reader, end int64) map[string][]budget.Bucket {
	t.Helper()
	all := map[string][]budget.Bucket{}
	for _, id := range []string{"errors", "depth"} {
		series, err := store.Series(context.Background(), budget.Key{SLO: id})
		require.NoError(t, err)
		series.Each(end-int64(window/time.Second), end, func(b budget.Bucket) bool {
			all[id] = append(all[id], b)
			return true
		})
	}
	return all
}

// caughtUp waits until the window that ends at a time is read completely.
func caughtUp(t *testing.T, store ledger.Reader, end int64) map[string][]budget.Bucket {
	t.Helper()
	var got map[string][]budget.Bucket
	require.Eventually(t, func() bool {
		got = buckets(t, store, end)
		for _, id := range []string{"errors", "depth"} {
			if len(got[id]) != int(window/budget.Step) {
				return false
			}
			for _, b := range got[id] {
				if b.State == budget.StateSourceError {
					return false
				}
			}
		}
		return true
	}, patience, 50*time.Millisecond, "the ledger does not catch up")
	return got
}

// undisturbed is what the ledger holds when nothing ever fails.
func undisturbed(t *testing.T, server *promtest.Server, now time.Time) map[string][]budget.Bucket {
	t.Helper()
	store, end := begin(t, t.TempDir(), server.URL, at(now))
	defer end()
	got := caughtUp(t, store, budget.AlignDown(now))
	var total float64
	for _, b := range got["errors"] {
		total += b.Total
	}
	require.Greater(t, total, 1000.0, "the history has traffic")
	return got
}

// gateway stands between us and Prometheus and fails as told.
type gateway struct {
	*httptest.Server
	fault    atomic.Pointer[http.HandlerFunc]
	failures atomic.Int64
}

func newGateway(t *testing.T, target string) *gateway {
	t.Helper()
	address, err := url.Parse(target)
	require.NoError(t, err)
	g := &gateway{}
	proxy := httputil.NewSingleHostReverseProxy(address)
	proxy.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault := g.fault.Load(); fault != nil {
			g.failures.Add(1)
			(*fault)(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) fail(fault http.HandlerFunc) { g.failures.Store(0); g.fault.Store(&fault) }
func (g *gateway) mend()                       { g.fault.Store(nil) }

// neverAnswer waits until the client gives up, which a server notices once the request is read.
func neverAnswer(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestWhateverFailsBetweenUsAndTheSourceTheLedgerHeals(t *testing.T) {
	now := time.Now()
	server := promtest.Start(t, promtest.Config{}, history(now)...)
	want := undisturbed(t, server, now)
	gate := newGateway(t, server.URL)
	clock := at(now.Add(-time.Hour))
	store, _ := begin(t, t.TempDir(), gate.URL, clock)
	caughtUp(t, store, budget.AlignDown(clock.Now()))

	// An hour of trouble, ten minutes of each kind.
	for name, fault := range map[string]http.HandlerFunc{
		"answers of 500": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "out of memory", http.StatusInternalServerError)
		},
		"wrong JSON": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"status":"success","data":{"resul`)
		},
		"a login page":      func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>sign in</html>") },
		"slow answers":      neverAnswer,
		"broken connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"too many requests": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	} {
		gate.fail(fault)
		for range 10 {
			clock.advance(time.Minute)
			time.Sleep(10 * time.Millisecond)
		}
		require.Eventually(t, func() bool { return gate.failures.Load() >= 3 }, patience, 20*time.Millisecond, "%s is met", name)
	}
	require.Eventually(t, func() bool {
		snapshot, err := store.Snapshot(context.Background())
		require.NoError(t, err)
		for _, entry := range snapshot.Entries {
			if entry.Status.LastError == "" {
				return false
			}
		}
		return len(snapshot.Entries) == 2
	}, patience, 50*time.Millisecond, "the failure is on the status of each SLO")
	for id, all := range buckets(t, store, budget.AlignDown(now)) {
		for _, b := range all {
			require.False(t, b.Start >= budget.AlignDown(now.Add(-50*time.Minute)) && b.State == budget.StateMeasured,
				"%s: nothing is known of the outage, yet %+v is", id, b)
		}
	}
	gate.mend()
	require.Equal(t, want, caughtUp(t, store, budget.AlignDown(now)))
}

func TestPrometheusDownAtTheStartAndForAnHourInTheMiddle(t *testing.T) {
	now := time.Now()
	server := promtest.Start(t, promtest.Config{}, history(now)...)
	want := undisturbed(t, server, now)
	require.NoError(t, server.Stop())

	clock := at(now.Add(-90 * time.Minute))
	store, _ := begin(t, t.TempDir(), server.URL, clock)
	time.Sleep(300 * time.Millisecond)
	require.Empty(t, measured(buckets(t, store, budget.AlignDown(clock.Now()))))
	require.NoError(t, server.Run(t.Context()))
	caughtUp(t, store, budget.AlignDown(clock.Now()))

	require.NoError(t, server.Stop())
	for range 60 {
		clock.advance(time.Minute)
		time.Sleep(5 * time.Millisecond)
	}
	require.NoError(t, server.Run(t.Context()))
	clock.set(now)
	require.Equal(t, want, caughtUp(t, store, budget.AlignDown(now)))
}

func measured(all map[string][]budget.Bucket) (found []budget.Bucket) {
	for _, some := range all {
		for _, b := range some {
			if b.State == budget.StateMeasured {
				found = append(found, b)
			}
		}
	}
	return found
}

func TestAPartialAnswerIsKeptWithItsWarning(t *testing.T) {
	now := time.Now()
	server := promtest.Start(t, promtest.Config{}, history(now)...)
	gate := newGateway(t, server.URL)
	gate.fail(func(w http.ResponseWriter, r *http.Request) {
		request, err := http.NewRequestWithContext(r.Context(), r.Method, server.URL+r.URL.String(), r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		request.Header = r.Header
		request.Header.Del("Accept-Encoding")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer func() { _ = answer.Body.Close() }()
		body, _ := io.ReadAll(answer.Body)
		// What Thanos says when a store is gone.
		_, _ = fmt.Fprintf(w, `%s,"warnings":["store eu-1 did not answer"]}`, body[:len(body)-1])
	})
	store, _ := begin(t, t.TempDir(), gate.URL, at(now))
	caughtUp(t, store, budget.AlignDown(now))
	require.Eventually(t, func() bool {
		snapshot, err := store.Snapshot(context.Background())
		require.NoError(t, err)
		for _, entry := range snapshot.Entries {
			if len(entry.Status.Warnings) == 0 {
				return false
			}
			require.Contains(t, entry.Status.Warnings[0], "store eu-1 did not answer")
		}
		return len(snapshot.Entries) == 2
	}, patience, 50*time.Millisecond)
}
