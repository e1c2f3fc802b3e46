package evaluate

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/grafana/dskit/services"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

// memory is a ledger in memory that can fail like a full disk.
type memory struct {
	mu       sync.Mutex
	entries  map[string]ledger.Entry
	series   map[budget.Key]map[int64]budget.Bucket
	problems []slo.Problem
	fail     error
	appends  int
	// onAppend sees every batch that is written.
	onAppend func([]ledger.Batch)
}

func newMemory() *memory {
	return &memory{entries: map[string]ledger.Entry{}, series: map[budget.Key]map[int64]budget.Bucket{}}
}

func (m *memory) Append(ctx context.Context, batches []ledger.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := errors.Join(m.fail, ctx.Err()); err != nil {
		return err
	}
	m.appends++
	if m.onAppend != nil {
		m.onAppend(batches)
	}
	for _, batch := range batches {
		if m.series[batch.Key] == nil {
			m.series[batch.Key] = map[int64]budget.Bucket{}
		}
		for _, b := range batch.Buckets {
			m.series[batch.Key][b.Start] = b
		}
	}
	return nil
}

func (m *memory) SetDefinitions(_ context.Context, definitions []slo.Definition, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	there := map[string]bool{}
	for _, d := range definitions {
		there[d.ID] = true
		entry := m.entries[d.ID]
		entry.Definition, entry.Removed = d, time.Time{}
		m.entries[d.ID] = entry
	}
	for id, entry := range m.entries {
		if !there[id] && entry.Removed.IsZero() {
			entry.Removed = now
			m.entries[id] = entry
		}
	}
	return nil
}

func (m *memory) SetStatus(_ context.Context, statuses map[string]ledger.Status) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	for id, s := range statuses {
		entry := m.entries[id]
		entry.Status = s
		m.entries[id] = entry
	}
	return nil
}

func (m *memory) SetProblems(_ context.Context, problems []slo.Problem) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.problems = problems
	return m.fail
}

func (m *memory) Snapshot(context.Context) (ledger.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := ledger.Snapshot{Problems: m.problems}
	for _, id := range slices.Sorted(maps.Keys(m.entries)) {
		s.Entries = append(s.Entries, m.entries[id])
	}
	return s, nil
}

func (m *memory) Series(_ context.Context, key budget.Key) (*budget.Series, error) {
	return budget.NewSeries(m.buckets(key.SLO)...), nil
}

func (m *memory) appendCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.appends
}

func (m *memory) setFail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

func (m *memory) status(id string) ledger.Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries[id].Status
}

// buckets are a definition's, oldest first.
func (m *memory) buckets(id string) []budget.Bucket {
	m.mu.Lock()
	defer m.mu.Unlock()
	series := m.series[budget.Key{SLO: id}]
	out := make([]budget.Bucket, 0, len(series))
	for _, start := range slices.Sorted(maps.Keys(series)) {
		out = append(out, series[start])
	}
	return out
}

// count is the number of buckets in a state.
func (m *memory) count(id string, state budget.State) int {
	n := 0
	for _, b := range m.buckets(id) {
		if b.State == state {
			n++
		}
	}
	return n
}

// world is a source whose every bucket has a known truth.
type world struct {
	mu sync.Mutex
	// now is the true time.
	now func() time.Time
	// since is the source's retention: it knows nothing older.
	since time.Time
	// late is how long after its end a bucket is still incomplete.
	late time.Duration
	// slow is how long an answer takes.
	slow time.Duration
	// fault makes a reading fail.
	fault func(def slo.Definition) error
	// refuse makes a span unreadable.
	refuse func(span) error
	// warn is what the source says of a span.
	warn  func(span) []string
	reads []span
	most  int
	open  int
}

func truth(start int64) budget.Bucket {
	minute := start / budget.StepSeconds
	if minute%17 == 0 {
		return budget.Bucket{Start: start, State: budget.StateNoTraffic}
	}
	total := float64(100 + minute%7)
	return budget.Bucket{Start: start, Good: total - float64(minute%3), Total: total, State: budget.StateMeasured}
}

func (w *world) Read(ctx context.Context, def slo.Definition, from, to int64) (source.Result, error) {
	w.mu.Lock()
	w.reads = append(w.reads, span{from, to})
	w.open++
	w.most = max(w.most, w.open)
	fault, slow := w.fault, w.slow
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.open--
		w.mu.Unlock()
	}()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return source.Result{}, &source.Error{Kind: source.KindTimeout, Source: def.Source.UID, Message: "it took too long", Err: ctx.Err()}
		}
	}
	if fault != nil {
		if err := fault(def); err != nil {
			return source.Result{}, err
		}
	}
	if w.refuse != nil {
		if err := w.refuse(span{from, to}); err != nil {
			return source.Result{}, err
		}
	}
	result := source.Result{Stats: source.Stats{Queries: 1, Samples: (to - from) / 15}}
	if w.warn != nil {
		result.Warnings = w.warn(span{from, to})
	}
	now := w.now()
	for start := from; start < to; start += budget.StepSeconds {
		b := truth(start)
		end := time.Unix(start+budget.StepSeconds, 0)
		switch {
		case end.After(now) || start < w.since.Unix():
			b = budget.Bucket{Start: start, State: budget.StateNoData}
		case now.Sub(end) < w.late && b.State == budget.StateMeasured:
			b.Good, b.Total = b.Good-50, b.Total-50
		}
		result.Buckets = append(result.Buckets, b)
	}
	return result, nil
}

// history are the spans that were read so far.
func (w *world) history() []span {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.reads)
}

func (w *world) mostAtOnce() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.most
}

func (w *world) setFault(fault func(slo.Definition) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = fault
}

func (w *world) readCount() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.reads)
}

func (w *world) setSlow(slow time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slow = slow
}

func down(slo.Definition) error {
	return &source.Error{Kind: source.KindUnreachable, Source: "prom", Message: "connection refused"}
}

// shelf is a catalogue that a test changes.
type shelf struct {
	services.Service
	mu      sync.Mutex
	c       slo.Catalogue
	changed chan struct{}
	seed    []slo.Definition
}

func newShelf(definitions ...slo.Definition) *shelf {
	s := &shelf{c: slo.Catalogue{Definitions: definitions}, changed: make(chan struct{}, 1)}
	s.Service = services.NewIdleService(nil, nil)
	return s
}

func (s *shelf) Seed(previous []slo.Definition) { s.seed = previous }
func (s *shelf) Changed() <-chan struct{}       { return s.changed }
func (s *shelf) Catalogue() slo.Catalogue       { s.mu.Lock(); defer s.mu.Unlock(); return s.c }
func (s *shelf) set(definitions ...slo.Definition) {
	s.mu.Lock()
	s.c = slo.Catalogue{Definitions: definitions}
	s.mu.Unlock()
	s.changed <- struct{}{}
}

// skewed is a wall clock that can be stepped.
type skewed struct {
	mu   sync.Mutex
	skew time.Duration
}

func (s *skewed) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.skew)
}

func (s *skewed) step(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew += by
}

// stage is an evaluator with everything that it needs, in a bubble of fake time.
type stage struct {
	t     *testing.T
	store *memory
	world *world
	shelf *shelf
	clock *skewed
	cfg   Config
	e     *Evaluator
	begin time.Time
}

// play runs a test in a bubble: time passes only when everyone waits, and leaked goroutines fail it.
func play(t *testing.T, name string, fn func(s *stage)) {
	t.Helper()
	run := func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(20 * time.Second) // bubbles begin at midnight; whole minutes are too neat
			s := &stage{t: t, store: newMemory(), clock: &skewed{}, begin: time.Now()}
			s.world = &world{now: time.Now}
			s.shelf = newShelf(definition("a"))
			defer s.stop()
			fn(s)
		})
	}
	if name == "" {
		run(t)
		return
	}
	t.Run(name, run)
}

func definition(id string) slo.Definition {
	return slo.Definition{
		ID: id, Name: id, Target: slo.MustFraction("0.99"), Method: slo.MethodOccurrences,
		Window:    slo.Window{Duration: 6 * time.Hour, Text: "6h"},
		Indicator: slo.Indicator{Kind: slo.KindRatio, Good: "good_" + id, Total: "total_" + id},
		Source:    slo.SourceRef{Type: "prometheus", UID: "prom"},
	}
}

func (s *stage) start() { s.startWith(s.clock) }

func (s *stage) startWith(clock Clock) {
	s.t.Helper()
	s.cfg.Store, s.cfg.Definitions, s.cfg.Clock = s.store, s.shelf, clock
	s.cfg.Logger = slog.New(slog.DiscardHandler)
	s.cfg.Registerer = prometheus.NewRegistry()
	if s.cfg.Sources == nil {
		s.cfg.Sources = func(slo.SourceRef) (Source, error) { return s.world, nil }
	}
	e, err := New(s.cfg)
	require.NoError(s.t, err)
	require.NoError(s.t, services.StartAndAwaitRunning(context.Background(), e))
	s.e = e
}

func (s *stage) stop() {
	s.t.Helper()
	if s.e == nil {
		return
	}
	require.NoError(s.t, services.StopAndAwaitTerminated(context.Background(), s.e))
	s.e = nil
}

// restart stops the evaluator and starts another on the same ledger.
func (s *stage) restart(definitions ...slo.Definition) {
	s.t.Helper()
	s.stop()
	s.shelf = newShelf(definitions...)
	s.start()
}

// wait lets time pass.
func (s *stage) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// head is the end of the newest bucket that can be complete.
func (s *stage) head() int64 { return budget.AlignDown(s.clock.Now()) }

// requireTruth demands that every bucket from the window's start at the first sight to end is what
// the source knows, which is what an undisturbed run gives.
func (s *stage) requireTruth(id string, end int64) {
	s.t.Helper()
	s.requireTruthFrom(id, budget.AlignDown(s.begin)-int64(6*time.Hour/time.Second), end)
}

func (s *stage) requireTruthFrom(id string, from, end int64) {
	s.t.Helper()
	buckets := s.store.buckets(id)
	at := from
	for _, b := range buckets {
		if b.Start < from || b.Start >= end {
			continue
		}
		require.Equal(s.t, at, b.Start, "no bucket is missing")
		require.Equal(s.t, truth(b.Start), b)
		at += budget.StepSeconds
	}
	require.Equal(s.t, end, at, "the buckets reach the end")
}
