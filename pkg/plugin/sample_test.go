package plugin

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sampleNow is the moment at which all tests look at the sample ledger; its buckets are read until sampleRead.
var (
	sampleNow  = time.Date(2026, 3, 10, 12, 0, 30, 0, time.UTC)
	sampleRead = time.Date(2026, 3, 10, 11, 59, 0, 0, time.UTC)
)

// shelf is a ledger in memory.
type shelf struct {
	snapshot ledger.Snapshot
	series   map[string]*budget.Series
	err      error

	mu        sync.Mutex
	documents []ledger.Document
	revision  int64
}

func (s *shelf) Documents(_ context.Context, collection string, from, to time.Time) ([]ledger.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []ledger.Document
	for _, d := range s.documents {
		if d.Collection == collection && (from.IsZero() || !d.At.Before(from)) && (to.IsZero() || d.At.Before(to)) {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b ledger.Document) int { return a.At.Compare(b.At) })
	return out, nil
}

func (s *shelf) Document(_ context.Context, collection, id string) (ledger.Document, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.documents, func(d ledger.Document) bool { return d.Collection == collection && d.ID == id })
	if i < 0 {
		return ledger.Document{}, false, nil
	}
	return s.documents[i], true, nil
}

func (s *shelf) PutDocument(_ context.Context, d ledger.Document) (ledger.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	i := slices.IndexFunc(s.documents, func(o ledger.Document) bool { return o.Collection == d.Collection && o.ID == d.ID })
	if d.Revision != 0 && (i < 0 || s.documents[i].Revision != d.Revision) {
		return d, ledger.ErrConflict
	}
	d.Revision = s.revision
	if i < 0 {
		s.documents = append(s.documents, d)
	} else {
		s.documents[i] = d
	}
	return d, nil
}

func (s *shelf) DeleteDocument(_ context.Context, collection, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.documents = slices.DeleteFunc(s.documents, func(d ledger.Document) bool { return d.Collection == collection && d.ID == id })
	return nil
}

func (s *shelf) DeleteDocumentsBefore(_ context.Context, collection string, before time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := len(s.documents)
	s.documents = slices.DeleteFunc(s.documents, func(d ledger.Document) bool { return d.Collection == collection && d.At.Before(before) })
	return count - len(s.documents), nil
}

// The evaluation's part of a store is not written in these tests.
func (s *shelf) Append(context.Context, []ledger.Batch) error { return s.err }

func (s *shelf) SetDefinitions(context.Context, []slo.Definition, time.Time) error { return s.err }

func (s *shelf) SetStatus(context.Context, map[string]ledger.Status) error { return s.err }

func (s *shelf) SetProblems(context.Context, []slo.Problem) error { return s.err }

func (s *shelf) Close() error { return nil }

func (s *shelf) Snapshot(context.Context) (ledger.Snapshot, error) { return s.snapshot, s.err }

func (s *shelf) Series(_ context.Context, key budget.Key) (*budget.Series, error) {
	if found := s.series[key.SLO]; found != nil {
		return found, nil
	}
	return budget.NewSeries(), nil
}

func (s *shelf) open(context.Context) (reader, error) { return s, nil }

func (s *shelf) entry(id string) *ledger.Entry {
	i := slices.IndexFunc(s.snapshot.Entries, func(e ledger.Entry) bool { return e.Definition.ID == id })
	return &s.snapshot.Entries[i]
}

// remove takes an entry out of the catalogue altogether.
func (s *shelf) remove(id string) {
	s.snapshot.Entries = slices.DeleteFunc(s.snapshot.Entries, func(e ledger.Entry) bool { return e.Definition.ID == id })
}

func (s *shelf) answerer() *answerer {
	return &answerer{ledger: s.open, definitionsDir: "/etc/slos", now: func() time.Time { return sampleNow }}
}

// sampleSLO describes one SLO of the sample ledger.
type sampleSLO struct {
	id, name, service, window, target string
	labels                            map[string]string
	// bucket gives the bucket that ends `ago` before sampleRead; nil for an SLO without buckets.
	bucket func(ago time.Duration) budget.Bucket
	edit   func(*ledger.Entry)
}

func events(total, bad float64) budget.Bucket {
	return budget.Bucket{Good: total - bad, Total: total, State: budget.StateMeasured}
}

func empty(state budget.State) budget.Bucket { return budget.Bucket{State: state} }

// sampleSLOs has one SLO in every state.
var sampleSLOs = []sampleSLO{
	{
		id: "billing-availability", name: "Billing availability", service: "billing", window: "7d", target: "0.99",
		labels: map[string]string{"team": "money"},
		bucket: func(ago time.Duration) budget.Bucket {
			if ago < 30*time.Minute {
				return empty(budget.StateSourceError)
			}
			return events(20, 0)
		},
		edit: func(e *ledger.Entry) {
			e.Status.ReadUntil = sampleRead.Add(-30 * time.Minute)
			e.Status.LastError = `data source "prometheus": unreachable: connection refused (check that the server runs)`
			e.Status.LastErrorAt = sampleRead
		},
	},
	{
		id: "browse-availability", name: "Browse availability", service: "shop", window: "7d", target: "0.999",
		labels: map[string]string{"team": "web", "journey": "browse"},
		bucket: func(ago time.Duration) budget.Bucket {
			if ago >= 2*24*time.Hour && ago < 2*24*time.Hour+3*time.Hour {
				return events(200, 40)
			}
			return events(200, 0)
		},
	},
	{
		id: "checkout/availability", name: "Checkout: availability", service: "checkout", window: "30d", target: "0.999",
		labels: map[string]string{"team": "web,money", "journey": "checkout"},
		bucket: func(ago time.Duration) budget.Bucket {
			switch minute := int(ago / time.Minute); {
			case ago >= 3*time.Hour && ago < 3*time.Hour+20*time.Minute:
				return empty(budget.StateNoData)
			case minute%10 == 0:
				return events(500, 1)
			}
			return events(500, 0)
		},
		edit: func(e *ledger.Entry) {
			e.Definition.Owner, e.Definition.RunbookURL = "checkout team", "https://runbooks.example/checkout"
			e.Definition.CriticalJourney, e.Definition.DashboardUID = true, "checkout"
		},
	},
	{
		id: "composite", name: "Composite", service: "shop", window: "30d", target: "0.99",
		edit: func(e *ledger.Entry) {
			e.Status = ledger.Status{}
			e.Definition.NotEvaluated = "composite SLOs are not evaluated yet"
		},
	},
	{
		id: "gone", name: "Gone", service: "shop", window: "7d", target: "0.99",
		bucket: func(time.Duration) budget.Bucket { return events(5, 0) },
		edit:   func(e *ledger.Entry) { e.Removed = sampleRead.Add(-24 * time.Hour) },
	},
	{
		id: "mail-latency", name: "Mail latency", service: "mail", window: "7d", target: "0.95",
		bucket: func(ago time.Duration) budget.Bucket {
			if ago < 20*time.Minute {
				return empty(budget.StateNoData)
			}
			return events(30, 0)
		},
	},
	{
		id: "newcomer", name: "Newcomer", service: "shop", window: "7d", target: "0.99",
		bucket: func(ago time.Duration) budget.Bucket {
			if ago >= 42*time.Hour {
				return empty(budget.StateUnknown)
			}
			return events(50, 0)
		},
		edit: func(e *ledger.Entry) { e.Status.BackfilledTo = e.Status.ReadUntil.Add(-42 * time.Hour) },
	},
	{
		id: "nightly-batch", name: "Nightly batch", service: "batch", window: "1d", target: "0.99",
		bucket: func(time.Duration) budget.Bucket { return empty(budget.StateNoTraffic) },
	},
	{
		id: "profile-availability", name: "Profile availability", service: "profile", window: "7d", target: "0.99",
		bucket: func(time.Duration) budget.Bucket { return empty(budget.StateNoData) },
	},
	{
		id: "search-latency", name: "Search latency", service: "search", window: "30d", target: "0.99",
		labels: map[string]string{"team": "web", "journey": "search"},
		bucket: func(ago time.Duration) budget.Bucket {
			switch {
			case ago < 70*time.Minute:
				return events(100, 30)
			case ago >= 15*24*time.Hour:
				return empty(budget.StateNoData)
			}
			return events(100, 0)
		},
		edit: func(e *ledger.Entry) {
			e.Definition.Stale = "line 12: target 99.9 is outside 0 to 1"
			e.Status.RetentionFrom = sampleRead.Add(-15 * 24 * time.Hour)
		},
	},
	{
		id: "signup-availability", name: "Signup availability", service: "signup", window: "30d", target: "0.999",
		bucket: func(ago time.Duration) budget.Bucket {
			if ago < 20*time.Hour && int(ago/time.Minute)%4 == 0 {
				return events(250, 5)
			}
			return events(250, 0)
		},
	},
}

// sampleSeries are the buckets of the sample ledger, the same to the last bit every time.
var sampleSeries = sync.OnceValue(func() map[string]*budget.Series {
	all := map[string]*budget.Series{}
	for _, sample := range sampleSLOs {
		if sample.bucket == nil {
			continue
		}
		var buckets []budget.Bucket
		for at := sampleRead.Add(-sample.length()); at.Before(sampleRead); at = at.Add(budget.Step) {
			b := sample.bucket(sampleRead.Sub(at) - budget.Step)
			b.Start = at.Unix()
			buckets = append(buckets, b)
		}
		all[sample.id] = budget.NewSeries(buckets...)
	}
	return all
})

func (s sampleSLO) length() time.Duration {
	window, err := slo.ParseDuration(s.window)
	if err != nil {
		panic(err)
	}
	return window
}

// sampleShelf makes the sample ledger; a test may change its catalogue.
func sampleShelf() *shelf {
	s := &shelf{series: maps.Clone(sampleSeries())}
	s.snapshot.Heartbeat = sampleRead.Add(time.Minute)
	s.snapshot.Problems = []slo.Problem{{
		Position: slo.Position{File: "search.yaml", Line: 12, Document: 1}, Severity: slo.SeverityError,
		Kind: "SLO", Name: "search-latency", Path: "spec.objectives[0].target", Message: "99.9 is outside 0 to 1", Remedy: "write 0.999",
	}}
	for _, sample := range sampleSLOs {
		window := sample.length()
		entry := ledger.Entry{
			Definition: slo.Definition{
				ID: sample.id, Name: sample.id, DisplayName: sample.name,
				Service: sample.service, ServiceDisplayName: strings.ToUpper(sample.service[:1]) + sample.service[1:],
				Labels: sample.labels, Target: slo.MustFraction(sample.target),
				Window: slo.Window{Duration: window, Text: sample.window}, Method: slo.MethodOccurrences,
				Indicator: slo.Indicator{Kind: slo.KindRatio, Counter: true, Good: "good_total", Total: "all_total"},
				Source:    slo.SourceRef{Type: "prometheus", UID: "prometheus"},
				Origin:    slo.Position{File: sample.service + ".yaml", Line: 1, Document: 1},
			},
			Status: ledger.Status{
				SettledUntil: sampleRead.Add(-2 * time.Minute), ReadUntil: sampleRead,
				BackfillFrom: sampleRead.Add(-window), BackfilledTo: sampleRead.Add(-window),
			},
		}
		if sample.edit != nil {
			sample.edit(&entry)
		}
		s.snapshot.Entries = append(s.snapshot.Entries, entry)
	}
	return s
}

// ask makes a query over the last hours before sampleNow.
func ask(t testing.TB, model string, hours float64, points int64) backend.DataQuery {
	t.Helper()
	require.True(t, json.Valid([]byte(model)), model)
	return backend.DataQuery{
		RefID: "A", JSON: []byte(model), MaxDataPoints: points,
		TimeRange: backend.TimeRange{From: sampleNow.Add(-time.Duration(hours * float64(time.Hour))), To: sampleNow},
	}
}

// answerTo is the answer to one query over the sample ledger.
func answerTo(t testing.TB, s *shelf, q backend.DataQuery) backend.DataResponse {
	t.Helper()
	return s.answerer().answer(context.Background(), []backend.DataQuery{q}, false)[q.RefID]
}

// requireGolden compares a value's JSON with testdata/<name>.json as data: numbers may differ in the
// last places, since processors round fused operations differently.
func requireGolden(t *testing.T, name string, got any) {
	t.Helper()
	raw, err := json.Marshal(got)
	require.NoError(t, err)
	file := filepath.Join("testdata", name+".json")
	if *update {
		var pretty any
		require.NoError(t, json.Unmarshal(raw, &pretty))
		text, err := json.MarshalIndent(pretty, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(file, append(text, '\n'), 0o644))
		return
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with -update to write the file")
	var want, have any
	require.NoError(t, json.Unmarshal(text, &want))
	require.NoError(t, json.Unmarshal(raw, &have))
	require.Empty(t, differences("$", want, have))
}

// differences lists the paths at which two JSON values are not the same.
func differences(path string, want, have any) []string {
	switch want := want.(type) {
	case map[string]any:
		other, ok := have.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: want an object, have %v", path, have)}
		}
		var out []string
		for key, value := range want {
			out = append(out, differences(path+"."+key, value, other[key])...)
		}
		for key := range other {
			if _, ok := want[key]; !ok {
				out = append(out, fmt.Sprintf("%s.%s: not wanted", path, key))
			}
		}
		return out
	case []any:
		other, ok := have.([]any)
		if !ok || len(other) != len(want) {
			return []string{fmt.Sprintf("%s: want %d values, have %v", path, len(want), have)}
		}
		var out []string
		for i := range want {
			out = append(out, differences(fmt.Sprintf("%s[%d]", path, i), want[i], other[i])...)
		}
		return out
	case float64:
		if other, ok := have.(float64); ok && math.Abs(want-other) <= 1e-9*max(1, math.Abs(want)) {
			return nil
		}
	default:
		if want == have {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: want %v, have %v", path, want, have)}
}
