package evaluate

import (
	"slices"
	"time"

	"github.com/grafana/dskit/backoff"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

const (
	// liveSpan is the longest live reading, in seconds; what is older is a gap and waits its turn.
	liveSpan = int64(time.Hour / time.Second)
	// firstChunk is the length of a backfill's first reading; each success doubles it.
	firstChunk = int64(time.Hour / time.Second)
	// backfillSlack is how far a backfill's start may fall behind the window's, in seconds, before what no
	// report can show is skipped.
	backfillSlack = int64(24 * time.Hour / time.Second)
	// mostPast bounds the different warnings that are kept of the past.
	mostPast = 5
	// leastChunk is the shortest that failures may make it.
	leastChunk = int64(10 * time.Minute / time.Second)
)

// groupKey is what one reading is for: definitions with the same indicator share it.
type groupKey struct {
	source    slo.SourceRef
	indicator slo.Indicator
}

func keyOf(d slo.Definition) groupKey { return groupKey{d.Source, d.Indicator} }

// tracker knows what of one definition is read and what is to be read. It has three parts, oldest first:
//
//	backfill.from ··· backfill.to ━━━━━━━ gap ━━━━━━━ liveFrom ┄┄┄┄┄┄ readUntil ··· now
//	 to be read, newest first      read   to be read   read, may change   to be read
//
// It only computes; all reading and writing is its caller's.
type tracker struct {
	def slo.Definition
	key groupKey
	// phase spreads the turns of groups: from 0 to 1.
	phase float64
	// backfill is the part of the window before the first sight that is still to be read.
	backfill span
	// gaps are to be read too: outages of the source, or of this process. They come before backfill.
	gaps spans
	// liveFrom is the start of the oldest bucket that may still change, readUntil the end of the newest one read.
	liveFrom, readUntil int64
	// failedUntil is the end of the newest bucket recorded as a source error.
	failedUntil int64
	// chunk is the length of the next backfill reading in seconds: it grows with success, shrinks with failure.
	chunk int64
	// oldest is the oldest bucket with an answer (events or no traffic) that was met; 0 if none yet.
	oldest int64
	// resumed says that another process did a part of the backfill, so oldest may not be the whole truth.
	resumed bool

	retentionFrom int64
	lastError     string
	lastErrorAt   time.Time
	warnings      []string
	// past are the warnings of readings whose buckets are final.
	past []ledger.PastWarning
	// gapError is why a gap or the backfill can't be read; empty while it can.
	gapError string

	// live and gap are the two readings that may be queued or in flight.
	live, gap turn
	// dirty means that the status in the ledger is not this one, gone that the definition was removed.
	dirty, gone bool
}

// turn is the scheduling of one kind of reading.
type turn struct {
	due          time.Time
	queued, busy bool
	failures     int
	backoff      *backoff.Backoff
}

// newTracker begins a definition that was never seen: all of its window is to be backfilled.
func newTracker(d slo.Definition, head, horizon int64) *tracker {
	from := horizon
	t := &tracker{
		def: d, key: keyOf(d), liveFrom: from, readUntil: from, failedUntil: from, chunk: firstChunk, dirty: true,
		backfill: span{head - windowSeconds(d), from},
	}
	return t
}

// resumeTracker goes on where the status says that an earlier run stood. What lies between is a gap.
func resumeTracker(d slo.Definition, s ledger.Status, head, horizon int64) *tracker {
	if s.BackfillFrom.IsZero() || s.SettledUntil.IsZero() {
		return newTracker(d, head, horizon)
	}
	t := &tracker{
		def: d, key: keyOf(d), chunk: firstChunk, resumed: true, dirty: true,
		liveFrom: s.SettledUntil.Unix(), readUntil: max(s.ReadUntil.Unix(), s.SettledUntil.Unix()),
		backfill:  span{s.BackfillFrom.Unix(), s.BackfilledTo.Unix()},
		lastError: s.LastError, lastErrorAt: s.LastErrorAt, past: s.PastWarnings,
	}
	if !s.RetentionFrom.IsZero() {
		t.retentionFrom = s.RetentionFrom.Unix()
	}
	t.failedUntil = max(t.readUntil, horizon) // what failed while nobody looked is not known
	t.rewind(head, horizon)
	t.widen(head)
	return t
}

func windowSeconds(d slo.Definition) int64 { return int64(d.Window.Duration / time.Second) }

// redefine takes a new version of the definition. What is read stays; a changed query is asked from
// now on, and for what is still to be read; a longer window is backfilled.
func (t *tracker) redefine(d slo.Definition, head int64) {
	if key := keyOf(d); key != t.key {
		t.key = key
		t.liveFrom = max(t.liveFrom, t.readUntil)
		t.lastError, t.lastErrorAt, t.warnings, t.gapError = "", time.Time{}, nil, ""
		t.chunk = firstChunk
	}
	t.def = d
	t.widen(head)
	t.dirty = true
}

// widen extends the backfill to the start of the window.
func (t *tracker) widen(head int64) {
	if from := head - windowSeconds(t.def); from < t.backfill.from && t.backfill.to > from {
		t.backfill.from = from
		t.retentionFrom = 0
		t.dirty = true
	}
}

// rewind takes back what was read of a future that the clock no longer believes in, and what it held
// to be settled too early.
func (t *tracker) rewind(head, horizon int64) {
	if t.readUntil <= head && t.liveFrom <= horizon {
		return
	}
	t.liveFrom = min(t.liveFrom, max(horizon, t.backfill.to))
	t.readUntil, t.failedUntil = min(t.readUntil, head), min(t.failedUntil, head)
	t.backfill.to = min(t.backfill.to, head)
	t.gaps = t.gaps.clip(span{t.backfill.from, t.liveFrom})
	t.dirty = true
}

// advance moves the window's start, and turns what a live reading can't cover into a gap.
func (t *tracker) advance(head int64) {
	start := head - windowSeconds(t.def)
	if t.backfill.from < start-backfillSlack && !t.backfill.empty() {
		t.backfill.from = start
		t.backfill.to = max(t.backfill.to, start)
		t.dirty = true
	}
	if t.retentionFrom != 0 && t.retentionFrom <= start {
		t.retentionFrom = 0
		t.dirty = true
	}
	gone := func(w ledger.PastWarning) bool { return w.Until.Unix() <= start }
	if slices.ContainsFunc(t.past, gone) {
		t.past = slices.DeleteFunc(slices.Clone(t.past), gone)
		t.dirty = true
	}
	if edge := head - liveSpan; t.liveFrom < edge {
		t.gaps = t.gaps.add(span{t.liveFrom, edge})
		t.liveFrom = edge
		t.dirty = true
	}
	if len(t.gaps) > 0 && t.gaps[0].from < start {
		t.gaps = t.gaps.clip(span{start, t.liveFrom})
		t.dirty = true
	}
}

// liveWanted is what the next live reading covers. Only while the clock is in doubt can it begin after
// liveFrom: it then finds out whether the source has data for the clock's idea of now.
func (t *tracker) liveWanted(head int64) span { return span{max(t.liveFrom, head-liveSpan), head} }

// gapWanted is the newest chunk, up to limit, of gaps or, without any, of the backfill.
func (t *tracker) gapWanted(limit int64) span {
	for _, next := range slices.Backward(append(spans{t.backfill}, t.gaps...)) {
		next.to = min(next.to, limit)
		if !next.empty() {
			return next.clip(span{next.to - t.chunk, next.to})
		}
	}
	return span{}
}

// readLive takes the buckets of a live reading that was asked at the time of horizon: older buckets are final.
func (t *tracker) readLive(read span, horizon int64, buckets []budget.Bucket) {
	t.meet(buckets)
	if read.from <= t.liveFrom {
		t.readUntil = max(t.readUntil, read.to)
		t.liveFrom = max(t.liveFrom, min(read.to, horizon))
	}
	t.dirty = true
}

// readGap takes the buckets of a chunk. It reports whether that was the backfill's last.
func (t *tracker) readGap(read span, longest int64, buckets []budget.Bucket) (filled bool) {
	t.meet(buckets)
	t.gaps = t.gaps.remove(read)
	t.readUntil = max(t.readUntil, read.to)
	if !t.backfill.empty() && read.to == t.backfill.to {
		t.backfill.to = max(read.from, t.backfill.from)
		filled = t.backfill.empty()
	}
	t.chunk = min(max(2*t.chunk, leastChunk), longest)
	t.dirty = true
	return filled
}

// remember keeps what the source said of buckets that will not be read again.
func (t *tracker) remember(final span, warnings []string) {
	if final.empty() || len(warnings) == 0 {
		return
	}
	t.dirty = true
	from, until := time.Unix(final.from, 0).UTC(), time.Unix(final.to, 0).UTC()
	past := slices.Clone(t.past) // a status that is being written shares the old one
	for _, text := range warnings {
		i := slices.IndexFunc(past, func(w ledger.PastWarning) bool { return w.Text == text })
		if i < 0 {
			past = append(past, ledger.PastWarning{Text: text, From: from, Until: until})
			continue
		}
		past[i].From, past[i].Until = minTime(past[i].From, from), maxTime(past[i].Until, until)
	}
	slices.SortStableFunc(past, func(a, b ledger.PastWarning) int { return b.Until.Compare(a.Until) })
	t.past = past[:min(len(past), mostPast)]
}

func (t *tracker) meet(buckets []budget.Bucket) {
	for _, b := range buckets {
		if answered(b) && (t.oldest == 0 || b.Start < t.oldest) {
			t.oldest = b.Start
		}
	}
}

// answered reports whether the source held data for the bucket.
func answered(b budget.Bucket) bool {
	return b.State == budget.StateMeasured || b.State == budget.StateNoTraffic
}

// retain concludes from the oldest answer of a finished backfill that the source does not reach back
// to the window's start. A short lack of data at the very start is no conclusion.
func (t *tracker) retain(oldest int64) {
	tolerance := min(max(windowSeconds(t.def)/24, 300), 3600)
	t.retentionFrom = 0
	if oldest > t.backfill.from+tolerance {
		t.retentionFrom = oldest
	}
	t.dirty = true
}

// fail records why the source could not be read.
func (t *tracker) fail(text string, at time.Time) {
	if t.lastError == text && at.Sub(t.lastErrorAt) < 30*time.Second {
		return
	}
	t.lastError, t.lastErrorAt, t.dirty = text, at, true
}

// succeed forgets the failure.
func (t *tracker) succeed(warnings []string) {
	if t.lastError != "" || !slices.Equal(t.warnings, warnings) {
		t.dirty = true
	}
	t.lastError, t.lastErrorAt, t.warnings = "", time.Time{}, warnings
}

// unread are the buckets that a failing source left unread although their settle time is over. Each is
// returned once: it is recorded as a source error, and stays to be read.
func (t *tracker) unread(head, horizon int64) []budget.Bucket {
	from := max(t.readUntil, t.failedUntil, head-windowSeconds(t.def))
	var buckets []budget.Bucket
	for start := from; start < horizon; start += budget.StepSeconds {
		buckets = append(buckets, budget.Bucket{Start: start, State: budget.StateSourceError})
	}
	t.failedUntil = max(t.failedUntil, horizon)
	return buckets
}

// settledUntil is the end of what is final without a gap.
func (t *tracker) settledUntil() int64 {
	if len(t.gaps) > 0 {
		return min(t.gaps[0].from, t.liveFrom)
	}
	return t.liveFrom
}

// status is what the ledger keeps: enough to resume.
func (t *tracker) status() ledger.Status {
	s := ledger.Status{
		SettledUntil: time.Unix(t.settledUntil(), 0).UTC(),
		BackfillFrom: time.Unix(t.backfill.from, 0).UTC(), BackfilledTo: time.Unix(t.backfill.to, 0).UTC(),
		ReadUntil: time.Unix(t.readUntil, 0).UTC(),
		LastError: t.lastError, LastErrorAt: t.lastErrorAt.UTC(), Warnings: t.warnings, PastWarnings: t.past,
	}
	if t.gapError != "" {
		s.Warnings = append(slices.Clone(s.Warnings), "A part of the past can't be read yet: "+t.gapError)
	}
	if t.retentionFrom != 0 {
		s.RetentionFrom = time.Unix(t.retentionFrom, 0).UTC()
	}
	return s
}

// progress is the share of the backfill that is done, 0 to 1.
func (t *tracker) progress() float64 {
	whole := max(t.settledUntil()-t.backfill.from, 1)
	todo := max(t.backfill.to-t.backfill.from, 0)
	return 1 - min(float64(todo)/float64(whole), 1)
}
