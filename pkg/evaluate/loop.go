package evaluate

import (
	"context"
	"hash/fnv"
	"io"
	"math"
	"time"

	"github.com/grafana/dskit/backoff"
	"github.com/grafana/dskit/concurrency"
	"github.com/grafana/dskit/limiter"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

const (
	// scanEvery bounds how often all definitions are looked at for one that is due.
	scanEvery = 200 * time.Millisecond
	// tendEvery is the time between two rounds of metrics, window moves and records of failure.
	tendEvery = 10 * time.Second
	// lookEvery bounds how long a step of the clock goes unnoticed.
	lookEvery = time.Second
	// lead is how long after a bucket's end it is read at the earliest: the source's scrapes need a moment.
	lead = 2 * time.Second
	// beat is the longest time without a write: readers of the ledger take its age for that of the evaluation.
	beat = time.Minute
	// lastWrite bounds the write of the last results when the service stops.
	lastWrite = 10 * time.Second
)

// loop is the one goroutine that owns all state. Readings and writes happen elsewhere and come back
// through channels.
type loop struct {
	*Evaluator
	ctx      context.Context
	time     *timekeeper
	pool     *concurrency.ReusableGoroutinesPool
	limiter  *limiter.RateLimiter
	outcomes chan outcome
	writes   chan written

	trackers map[string]*tracker
	// known are the definitions that are not tracked now but were, here or in an earlier run.
	known map[string]ledger.Entry
	feeds map[slo.SourceRef]*feed
	// order is the feeds' order of turns.
	order    []*feed
	inFlight int

	head, horizon, limit int64
	wall                 time.Time
	scanAt, tendAt       time.Time
	// wakeAt is when the next thing is due that no channel announces.
	wakeAt time.Time

	pending *job
	dirty   map[*tracker]struct{}
	writing *job
	// failedJob waits for writeAt to be tried again.
	failedJob    *job
	writeAt      time.Time
	writeBackoff *backoff.Backoff
	writeErr     error
	writeErrAt   time.Time
	// wroteAt is when the ledger was last written.
	wroteAt time.Time
}

func newLoop(e *Evaluator, entries []ledger.Entry) *loop {
	now := time.Now()
	l := &loop{
		Evaluator: e,
		time:      newTimekeeper(e.cfg.Clock, now),
		pool:      concurrency.NewReusableGoroutinesPool(e.cfg.Concurrency),
		limiter:   limiter.NewRateLimiter(rates{e.cfg}, 24*time.Hour),
		outcomes:  make(chan outcome), writes: make(chan written),
		trackers: map[string]*tracker{}, known: map[string]ledger.Entry{}, feeds: map[slo.SourceRef]*feed{},
		pending: newJob(), dirty: map[*tracker]struct{}{},
	}
	for _, entry := range entries {
		l.known[entry.Definition.ID] = entry
	}
	return l
}

// rates is every source's query budget.
type rates struct{ cfg Config }

func (r rates) Limit(string) float64 { return r.cfg.SourceQueriesPerSecond }
func (r rates) Burst(string) int     { return r.cfg.SourceBurst }

func (l *loop) run(ctx context.Context) {
	l.ctx = ctx
	l.writeBackoff = backoff.New(ctx, backoff.Config{MinBackoff: l.cfg.MinBackoff, MaxBackoff: l.cfg.MaxBackoff})
	defer l.pool.Close()
	l.look(time.Now())
	l.reconcile(l.cfg.Definitions.Catalogue(), time.Now())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		l.wakeAt = now.Add(lookEvery)
		l.look(now)
		l.tend(now)
		l.scan(now)
		l.dispatch(now)
		l.flush(now)
		timer.Reset(max(l.wakeAt.Sub(now), time.Millisecond))
		select {
		case <-ctx.Done():
			l.end()
			return
		case <-l.cfg.Definitions.Changed():
			l.reconcile(l.cfg.Definitions.Catalogue(), time.Now())
		case o := <-l.outcomes:
			l.finish(o, time.Now())
		case w := <-l.writes:
			l.wrote(w, time.Now())
		case <-timer.C:
		}
	}
}

// end waits for what is in flight, which the cancelled context cuts short, and writes what is left.
func (l *loop) end() {
	for l.inFlight > 0 || l.writing != nil {
		select {
		case o := <-l.outcomes:
			l.finish(o, time.Now())
		case w := <-l.writes:
			l.wrote(w, time.Now())
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), lastWrite)
	defer cancel()
	jobs := []*job{l.failedJob, l.pending}
	l.fill(l.pending)
	for _, j := range jobs {
		if j == nil {
			continue
		}
		if w := write(ctx, l.cfg.Store, j); w.err != nil {
			l.cfg.Logger.Warn("The last results were not written; they will be read again", "buckets", j.count, "err", w.err)
			return
		}
	}
}

// wake makes the loop look again at t at the latest.
func (l *loop) wake(t time.Time) {
	if t.Before(l.wakeAt) {
		l.wakeAt = t
	}
}

// look reads the clock; after a step everything is due at once, by the new time.
func (l *loop) look(now time.Time) {
	wall, step := l.time.look(now)
	before := l.head
	l.wall, l.limit = wall, l.time.limit(now)
	l.head, l.horizon = budget.AlignDown(wall), budget.AlignDown(wall.Add(-l.cfg.Settle))
	if l.limit != math.MaxInt64 { // what is young by the clock before its step may still change
		l.horizon = min(l.horizon, l.limit-int64(l.cfg.Settle/time.Second)/budget.StepSeconds*budget.StepSeconds-budget.StepSeconds)
	}
	if step != 0 {
		l.metrics.clockSteps.Inc()
		l.cfg.Logger.Warn("The clock stepped", "by", step, "to", wall.UTC())
	}
	if step == 0 && l.head >= before {
		return
	}
	for _, t := range l.trackers {
		t.rewind(l.head, l.horizon)
		t.live.due, t.gap.due = now, now
		l.mark(t, now)
	}
	l.scanAt = now
}

// mark has the definition's status written if it changed.
func (l *loop) mark(t *tracker, now time.Time) {
	if !t.dirty || t.gone {
		return
	}
	l.dirty[t] = struct{}{}
	l.touch(now)
}

// touch notes that there is something to write.
func (l *loop) touch(now time.Time) {
	if l.pending.since.IsZero() {
		l.pending.since = now
	}
}

// scan queues what is due.
func (l *loop) scan(now time.Time) {
	if now.Before(l.scanAt) {
		l.wake(l.scanAt)
		return
	}
	next := now.Add(time.Minute)
	sooner := func(due time.Time) {
		if due.Before(next) {
			next = due
		}
	}
	for _, t := range l.trackers {
		if !t.live.queued && !t.live.busy {
			if t.live.due.After(now) {
				sooner(t.live.due)
			} else {
				l.queueLive(t, now)
			}
		}
		if !t.gap.queued && !t.gap.busy {
			switch {
			case t.gap.due.After(now):
				sooner(t.gap.due)
			default:
				l.queueGap(t)
			}
		}
	}
	l.scanAt = now.Add(scanEvery)
	if next.After(l.scanAt) {
		l.scanAt = next
	}
	l.wake(l.scanAt)
}

func (l *loop) queueLive(t *tracker, now time.Time) {
	l.advance(t, now)
	if t.liveWanted(l.head).empty() {
		t.live.due = l.nextDue(t, now)
		return
	}
	t.live.queued = true
	f := l.feeds[t.key.source]
	f.live = append(f.live, t)
}

// advance moves the definition's window, unless the clock is in doubt.
func (l *loop) advance(t *tracker, now time.Time) {
	if l.limit == math.MaxInt64 {
		t.advance(l.head)
		l.mark(t, now)
	}
}

func (l *loop) queueGap(t *tracker) {
	if t.gap.queued || t.gap.busy || t.gapWanted(l.limit).empty() {
		return
	}
	t.gap.queued = true
	f := l.feeds[t.key.source]
	f.gaps = append(f.gaps, t)
}

// nextDue is the next interval's turn of a definition. Turns are spread just so far that the source's
// query budget is used evenly; definitions that share a reading share their turn.
func (l *loop) nextDue(t *tracker, now time.Time) time.Time {
	interval := l.cfg.Interval
	boundary := l.wall.Truncate(interval).Add(interval)
	groups := len(l.feeds[t.key.source].groups)
	spread := min(time.Duration(2*float64(groups)/l.cfg.SourceQueriesPerSecond*float64(time.Second)), interval/2)
	return now.Add(boundary.Sub(l.wall) + min(lead, interval/10) + time.Duration(t.phase*float64(spread)))
}

// phaseOf is a fixed number from 0 to 1 for a group.
func phaseOf(key groupKey) float64 {
	h := fnv.New32a()
	for _, part := range []string{key.source.UID, key.indicator.Good, key.indicator.Bad, key.indicator.Total, key.indicator.Raw, key.indicator.Value} {
		_, _ = io.WriteString(h, part) // a hash never fails to write
	}
	return float64(h.Sum32()) / (1 << 32)
}

// dispatch starts readings, the sources taking turns, as far as the bounds permit.
func (l *loop) dispatch(now time.Time) {
	if l.failedJob != nil || l.pending.count >= mostPending {
		return
	}
	for progress := true; progress; {
		progress = false
		for _, f := range l.order {
			if l.startNext(f, now) {
				progress = true
			}
		}
		if len(l.order) > 1 { // another source is first next time
			l.order = append(l.order[1:], l.order[0])
		}
	}
}

func (l *loop) startNext(f *feed, now time.Time) bool {
	if len(f.live) == 0 && len(f.gaps) == 0 || l.inFlight >= l.cfg.Concurrency && f.inFlight > 0 {
		return false
	}
	if !f.ready(now, l.cfg.SourceConcurrency) {
		if f.down && f.inFlight == 0 {
			l.wake(f.retryAt)
		}
		return false
	}
	if !l.limiter.AllowN(now, f.ref.UID, 1) {
		l.wake(now.Add(max(time.Duration(float64(time.Second)/l.cfg.SourceQueriesPerSecond), time.Millisecond)))
		return false
	}
	r := f.next(l.head, l.horizon, l.limit, now, l.cfg.SourceConcurrency)
	if r == nil {
		return false
	}
	l.inFlight++
	f.inFlight++
	if !r.live {
		f.gapsInFlight++
	}
	l.pool.Go(func() { l.outcomes <- read(l.ctx, l.cfg, r) })
	return true
}

// flush gives what is pending to the ledger, one transaction at a time.
func (l *loop) flush(now time.Time) {
	if l.writing != nil {
		return
	}
	if l.failedJob != nil {
		if now.Before(l.writeAt) {
			l.wake(l.writeAt)
			return
		}
		l.submit(l.failedJob)
		return
	}
	if l.pending.since.IsZero() {
		return
	}
	due := l.pending.since.Add(linger)
	if now.Before(due) && l.pending.count < fullJob && l.pending.catalogue == nil {
		l.wake(due)
		return
	}
	j := l.pending
	l.fill(j)
	l.pending = newJob()
	l.submit(j)
}

// fill adds the statuses that speak of what the job and those before it hold.
func (l *loop) fill(j *job) {
	for t := range l.dirty {
		if !t.gone {
			j.statuses[t.def.ID] = t.status()
			t.dirty = false
		}
	}
	clear(l.dirty)
}

func (l *loop) submit(j *job) {
	l.writing, l.failedJob = j, nil
	l.pool.Go(func() { l.writes <- write(l.ctx, l.cfg.Store, j) })
}

// wrote takes the outcome of a write. A job that failed is tried again until it is written; meanwhile nothing new is read.
func (l *loop) wrote(w written, now time.Time) {
	l.writing = nil
	l.metrics.writeSeconds.Observe(w.took.Seconds())
	if w.err != nil {
		l.failedJob = w.job
		l.writeAt = now.Add(l.writeBackoff.NextDelay())
		if l.ctx.Err() != nil {
			return
		}
		l.metrics.writeFailures.Inc()
		if l.writeErr == nil {
			l.writeErrAt = l.wall
			l.cfg.Logger.Error("The ledger can't be written; reading pauses until it can", "err", w.err)
		}
		l.writeErr = w.err
		l.publish()
		return
	}
	l.wroteAt = now
	l.writeBackoff.Reset()
	if l.writeErr != nil {
		l.cfg.Logger.Info("The ledger is written again", "after", l.wall.Sub(l.writeErrAt))
		l.writeErr = nil
		l.publish()
	}
	for _, buckets := range w.job.buckets {
		l.metrics.wrote(buckets)
	}
	for id, oldest := range w.oldest {
		if t := l.trackers[id]; t != nil {
			t.retain(oldest)
			l.mark(t, now)
		}
	}
}
