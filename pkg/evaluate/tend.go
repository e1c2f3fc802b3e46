package evaluate

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/grafana/dskit/backoff"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

// reconcile takes a new catalogue.
func (l *loop) reconcile(c slo.Catalogue, now time.Time) {
	l.pending.catalogue, l.pending.at = &c, l.wall
	l.touch(now)
	there := map[string]bool{}
	stale, idle := 0, 0
	for _, d := range c.Definitions {
		if d.Stale != "" {
			stale++
		}
		if d.NotEvaluated != "" {
			idle++
			continue
		}
		there[d.ID] = true
		l.track(d, now)
	}
	for id, t := range l.trackers {
		if !there[id] {
			l.untrack(t)
		}
	}
	for state, n := range map[string]int{"evaluated": len(there), "not_evaluated": idle, "stale": stale} {
		l.metrics.definitions.WithLabelValues(state).Set(float64(n))
	}
	l.scanAt, l.tendAt = now, now
}

func (l *loop) track(d slo.Definition, now time.Time) {
	t, ok := l.trackers[d.ID]
	switch {
	case ok && reflect.DeepEqual(t.def, d):
		return
	case ok:
		l.leave(t)
		t.redefine(d, l.head)
	default:
		if entry, known := l.known[d.ID]; known {
			t = resumeTracker(entry.Definition, entry.Status, l.head, l.horizon)
			t.redefine(d, l.head)
		} else {
			t = newTracker(d, l.head, l.horizon)
		}
		delete(l.known, d.ID)
		l.trackers[d.ID] = t
	}
	t.phase = phaseOf(t.key)
	t.live.due, t.gap.due = now, now
	f := l.feeds[t.key.source]
	if f == nil {
		f = newFeed(l.ctx, t.key.source, l.cfg)
		l.feeds[t.key.source] = f
		l.order = append(l.order, f)
	}
	f.add(t)
	l.mark(t, now)
}

// untrack stops evaluating; what is read stays in the ledger, and is resumed from if the definition returns.
func (l *loop) untrack(t *tracker) {
	t.gone = true
	l.leave(t)
	l.pending.statuses[t.def.ID] = t.status()
	delete(l.trackers, t.def.ID)
	delete(l.dirty, t)
	l.known[t.def.ID] = ledger.Entry{Definition: t.def, Status: t.status()}
	l.metrics.forget(t.def.ID)
}

// leave takes a definition from its source, and forgets a source that nobody needs.
func (l *loop) leave(t *tracker) {
	f := l.feeds[t.key.source]
	f.remove(t)
	if len(f.groups) == 0 {
		delete(l.feeds, f.ref)
		l.order = slices.DeleteFunc(l.order, func(o *feed) bool { return o == f })
		l.metrics.forgetSource(f.ref.UID)
	}
}

// finish takes the outcome of a reading.
func (l *loop) finish(o outcome, now time.Time) {
	f := o.feed
	l.inFlight--
	f.inFlight--
	if !o.live {
		f.gapsInFlight--
	}
	for _, m := range o.members {
		m.turn(o.live).busy = false
	}
	if l.ctx.Err() != nil && o.err != nil {
		return // cut short by the end of the service, not by the source
	}
	l.metrics.read(f.ref.UID, o.result, o.err, o.took)
	if o.err != nil {
		l.failed(o, now)
		return
	}
	if extra := min(o.result.Stats.Queries-1, l.cfg.SourceBurst); extra > 0 {
		l.limiter.ReserveN(now, f.ref.UID, extra)
	}
	if f.succeeded() {
		l.cfg.Logger.Info("The data source answers again", "source", f.ref.UID)
		l.hurry(f, now)
	}
	l.look(now)
	for _, m := range o.members {
		if m.gone || m.key != o.key {
			l.scanAt = now
			continue // removed or redefined while it was read
		}
		if o.live && m.want.from > m.liveFrom {
			l.vouch(m.tracker, o, now)
			continue
		}
		want, buckets := part(o.result.Buckets, m.want, l.head, l.limit)
		l.pending.put(m.def.ID, buckets)
		l.touch(now)
		if o.live {
			before := m.liveFrom
			m.readLive(want, o.horizon, buckets)
			m.remember(span{before, m.liveFrom}, o.result.Warnings)
			m.succeed(o.result.Warnings)
			m.live.succeeded(l.nextDue(m.tracker, now))
			l.scanAt = minTime(l.scanAt, m.live.due)
		} else {
			l.filled(m.tracker, want, o, now)
		}
		l.mark(m.tracker, now)
	}
}

// vouch takes a reading that was to find out whether the source agrees with a clock that stepped forwards.
func (l *loop) vouch(t *tracker, o outcome, now time.Time) {
	t.live.due = l.nextDue(t, now)
	agrees := slices.ContainsFunc(o.result.Buckets, func(b budget.Bucket) bool { return answered(b) && b.Start >= l.limit })
	if !agrees {
		return
	}
	l.time.trust()
	l.look(now)
	for _, t := range l.trackers {
		t.live.due, t.gap.due = now, now
	}
	l.scanAt = now
}

// filled takes a chunk of a gap or of the backfill and queues the next.
func (l *loop) filled(t *tracker, read span, o outcome, now time.Time) {
	t.gap.succeeded(now)
	t.gapError = ""
	t.remember(read, o.result.Warnings)
	if t.readGap(read, int64(l.cfg.BackfillChunk/time.Second), o.result.Buckets) {
		if t.resumed {
			l.pending.lookups = append(l.pending.lookups, t.def.ID)
		} else {
			t.retain(t.oldest)
		}
	}
	l.queueGap(t)
}

// failed notes a failure with the definitions that it concerns, and when they are tried again.
func (l *loop) failed(o outcome, now time.Time) {
	f := o.feed
	wasDown := f.down
	if f.failed(o.err, now) && !wasDown {
		l.cfg.Logger.Warn("The data source fails", "source", f.ref.UID, "err", o.err)
	}
	for _, m := range o.members {
		if m.gone || m.key != o.key {
			l.scanAt = now
			continue
		}
		turn := m.turn(o.live)
		turn.failures++
		if o.live {
			m.fail(o.err.Error(), l.wall)
			turn.due = l.nextDue(m.tracker, now)
			switch {
			case f.down: // this may be the one that finds the source well again
				turn.due = minTime(turn.due, f.retryAt)
			case source.Retryable(o.err):
				turn.due = minTime(turn.due, now.Add(turn.pause(l)))
			}
		} else {
			turn.due = now.Add(turn.pause(l))
			m.shrink(o.err)
			if m.gapError != o.err.Error() {
				m.gapError, m.dirty = o.err.Error(), true
			}
		}
		l.scanAt = minTime(l.scanAt, turn.due)
		l.mark(m.tracker, now)
	}
}

// hurry makes everything of a source due that waits for the end of its failure.
func (l *loop) hurry(f *feed, now time.Time) {
	for _, group := range f.groups {
		for _, t := range group {
			if t.lastError == "" && t.gapError == "" {
				continue
			}
			t.live.due, t.gap.due = now, now
		}
	}
	l.scanAt = now
}

// tend does what needs no haste: windows move on, failures are recorded, metrics follow.
func (l *loop) tend(now time.Time) {
	if now.Before(l.tendAt) {
		l.wake(l.tendAt)
		return
	}
	l.tendAt = now.Add(tendEvery)
	l.wake(l.tendAt)
	for _, t := range l.trackers {
		f := l.feeds[t.key.source]
		l.advance(t, now)
		if f.down && f.lastErr != nil {
			t.fail(f.lastErr.Error(), l.wall)
		}
		if f.down || t.live.failures > 0 {
			if buckets := t.unread(min(l.head, l.limit), min(l.horizon, l.limit)); len(buckets) > 0 {
				l.pending.put(t.def.ID, buckets)
				l.touch(now)
			}
		}
		l.mark(t, now)
		l.metrics.sloLag.WithLabelValues(t.def.ID).Set(l.lag(t).Seconds())
		l.metrics.progress.WithLabelValues(t.def.ID).Set(t.progress())
	}
	if now.Sub(l.wroteAt) >= beat {
		l.touch(now)
	}
	l.publish()
}

func (l *loop) lag(t *tracker) time.Duration { return max(l.wall.Sub(time.Unix(t.readUntil, 0)), 0) }

// publish makes the state of the whole known.
func (l *loop) publish() {
	h := Health{At: l.wall.UTC(), Evaluated: len(l.trackers)}
	if l.writeErr != nil {
		h.WriteError, h.WriteErrorAt = l.writeErr.Error(), l.writeErrAt.UTC()
	}
	for _, f := range l.order {
		s := SourceHealth{SourceRef: f.ref, Down: f.down, Waiting: len(f.live) + len(f.gaps)}
		if f.lastErr != nil {
			s.Error = f.lastErr.Error()
		}
		for _, group := range f.groups {
			for _, t := range group {
				s.Lag = max(s.Lag, l.lag(t))
			}
		}
		l.metrics.sourceLag.WithLabelValues(f.ref.UID).Set(s.Lag.Seconds())
		l.metrics.queued.WithLabelValues(f.ref.UID, "live").Set(float64(len(f.live)))
		l.metrics.queued.WithLabelValues(f.ref.UID, "backfill").Set(float64(len(f.gaps)))
		h.Sources = append(h.Sources, s)
	}
	slices.SortFunc(h.Sources, func(a, b SourceHealth) int { return cmp.Compare(a.UID, b.UID) })
	l.health.Store(&h)
}

func (t *tracker) turn(live bool) *turn {
	if live {
		return &t.live
	}
	return &t.gap
}

// pause is how long to wait after a failure; it grows with each.
func (t *turn) pause(l *loop) time.Duration {
	if t.backoff == nil {
		t.backoff = backoff.New(l.ctx, backoff.Config{MinBackoff: l.cfg.MinBackoff, MaxBackoff: l.cfg.MaxBackoff})
	}
	return t.backoff.NextDelay()
}

func (t *turn) succeeded(due time.Time) {
	t.failures, t.due, t.backoff = 0, due, nil
}

// shrink asks for less after a failure that may come from asking for too much.
func (t *tracker) shrink(err error) {
	var e *source.Error
	if !errors.As(err, &e) {
		return
	}
	switch e.Kind {
	case source.KindLimit, source.KindTimeout, source.KindServerError, source.KindMalformed:
		t.chunk = max(t.chunk/2/60*60, leastChunk)
	}
}

func maxTime(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
