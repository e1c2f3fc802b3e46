package evaluate

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/grafana/dskit/backoff"

	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

// tripAfter is how many failures in a row, whatever their kind, mean that the source as a whole is down.
const tripAfter = 4

// feed is one data source: its queues, its budget, and how it fares. Live readings come before gaps
// and backfill; within each, definitions take turns.
type feed struct {
	ref slo.SourceRef
	// reader is made by the first reading, under opening.
	opening sync.Mutex
	reader  Source
	groups  map[groupKey][]*tracker
	live    []*tracker
	gaps    []*tracker
	// inFlight counts readings, gapsInFlight those of them that are not live.
	inFlight, gapsInFlight int

	// down means that the source as a whole fails: nothing is read until retryAt, then one reading probes.
	down     bool
	failures int
	retryAt  time.Time
	backoff  *backoff.Backoff
	lastErr  error
}

func newFeed(ctx context.Context, ref slo.SourceRef, cfg Config) *feed {
	return &feed{
		ref: ref, groups: map[groupKey][]*tracker{},
		backoff: backoff.New(ctx, backoff.Config{MinBackoff: cfg.MinBackoff, MaxBackoff: cfg.MaxBackoff}),
	}
}

func (f *feed) add(t *tracker) { f.groups[t.key] = append(f.groups[t.key], t) }

func (f *feed) remove(t *tracker) {
	group := f.groups[t.key]
	for i, member := range group {
		if member == t {
			group = append(group[:i:i], group[i+1:]...)
			break
		}
	}
	if len(group) == 0 {
		delete(f.groups, t.key)
	} else {
		f.groups[t.key] = group
	}
	// Queues skip what is not queued any more.
	t.live.queued, t.gap.queued = false, false
}

// reading is one request: a span of an indicator, for all definitions that want it.
type reading struct {
	feed    *feed
	def     slo.Definition
	key     groupKey
	want    span
	live    bool
	members []member
	// horizon is the start of the oldest bucket that was not settled when the reading was asked.
	horizon int64
}

// member is a definition and the part of the reading that it wants.
type member struct {
	*tracker
	want span
}

// room reports whether the source may have one more reading of the kind.
func (f *feed) room(live bool, now time.Time, most int) bool {
	if f.down {
		return f.inFlight == 0 && !now.Before(f.retryAt)
	}
	if f.inFlight >= most {
		return false
	}
	// One place is kept free of backfill, so that live readings never wait for it.
	return live || f.gapsInFlight < max(most-1, 1)
}

// ready reports whether a reading may be had from the queues now.
func (f *feed) ready(now time.Time, most int) bool {
	return len(f.live) > 0 && f.room(true, now, most) || len(f.gaps) > 0 && f.room(false, now, most)
}

// next takes the reading whose turn it is out of the queues; nil if there is none.
func (f *feed) next(head, horizon, limit int64, now time.Time, most int) *reading {
	if f.room(true, now, most) {
		if r := f.nextLive(head, horizon); r != nil {
			return r
		}
	}
	if f.room(false, now, most) {
		return f.nextGap(limit)
	}
	return nil
}

// pop takes the first of the queue that still waits.
func (f *feed) pop(queue *[]*tracker, waits func(*tracker) *turn) *tracker {
	for len(*queue) > 0 {
		t := (*queue)[0]
		(*queue)[0] = nil
		*queue = (*queue)[1:]
		if w := waits(t); w.queued && t.key.source == f.ref {
			w.queued = false
			return t
		}
	}
	return nil
}

func (f *feed) nextLive(head, horizon int64) *reading {
	for {
		first := f.pop(&f.live, func(t *tracker) *turn { return &t.live })
		if first == nil {
			return nil
		}
		want := first.liveWanted(head)
		if want.empty() {
			continue
		}
		r := &reading{feed: f, def: first.def, key: first.key, live: true, horizon: horizon, want: want}
		r.join(first, want, true)
		for _, t := range f.groups[first.key] {
			if t.live.queued && !t.live.busy {
				t.live.queued = false
				if want := t.liveWanted(head); !want.empty() {
					r.want.from = min(r.want.from, want.from)
					r.join(t, want, true)
				}
			}
		}
		return r
	}
}

func (f *feed) nextGap(limit int64) *reading {
	for {
		first := f.pop(&f.gaps, func(t *tracker) *turn { return &t.gap })
		if first == nil {
			return nil
		}
		want := first.gapWanted(limit)
		if want.empty() {
			continue
		}
		r := &reading{feed: f, def: first.def, key: first.key, want: want}
		r.join(first, want, false)
		for _, t := range f.groups[first.key] {
			if t.gap.queued && !t.gap.busy && t.gapWanted(limit) == want {
				t.gap.queued = false
				r.join(t, want, false)
			}
		}
		return r
	}
}

func (r *reading) join(t *tracker, want span, live bool) {
	if live {
		t.live.busy = true
	} else {
		t.gap.busy = true
	}
	r.members = append(r.members, member{t, want})
}

// failed notes a failure of a reading. It reports whether the source as a whole is taken to be down.
func (f *feed) failed(err error, now time.Time) bool {
	f.failures++
	f.lastErr = err
	var e *source.Error
	known := errors.As(err, &e)
	if !f.down && known && !wholeSource(e.Kind) && f.failures < tripAfter {
		return false
	}
	f.down = true
	pause := f.backoff.NextDelay()
	if known {
		pause = max(pause, e.RetryAfter)
	}
	f.retryAt = now.Add(pause)
	return true
}

// wholeSource reports whether a kind of failure says that other queries would fail too.
func wholeSource(kind source.ErrorKind) bool {
	switch kind {
	case source.KindUnreachable, source.KindRateLimited, source.KindDenied, source.KindNotFound:
		return true
	}
	return false
}

// succeeded notes a success. It reports whether the source was down before.
func (f *feed) succeeded() (recovered bool) {
	recovered = f.down
	f.down, f.failures, f.lastErr = false, 0, nil
	f.backoff.Reset()
	return recovered
}
