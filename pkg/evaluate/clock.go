package evaluate

import (
	"math"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// doubt is how long a clock that stepped forwards is not trusted on its word.
const doubt = 10 * time.Minute

// timekeeper watches the wall clock by the monotonic one. What a step means:
//
//   - Backwards: what was read of the new future is read again when its time comes; nothing younger
//     than the present is written.
//   - Forwards: the jump may be a mistake that is soon corrected, or the end of a machine's sleep. For
//     ten minutes the source decides: buckets beyond the time that the monotonic clock vouches for
//     count only up to the newest one for which the source holds data.
type timekeeper struct {
	clock Clock
	// wall and at are the last readings of both clocks.
	wall, at time.Time
	// vouched is the wall time at vouchedAt, by the clock before its step.
	vouched, vouchedAt, doubtUntil time.Time
}

func newTimekeeper(clock Clock, now time.Time) *timekeeper {
	return &timekeeper{clock: clock, wall: clock.Now().Round(0), at: now}
}

// look reads the wall clock. step is by how much it moved more than time passed; zero if less than a bucket.
func (k *timekeeper) look(now time.Time) (wall time.Time, step time.Duration) {
	wall = k.clock.Now().Round(0)
	expected := k.wall.Add(now.Sub(k.at))
	k.wall, k.at = wall, now
	step = wall.Sub(expected)
	switch {
	case step >= budget.Step:
		if !now.Before(k.doubtUntil) {
			k.vouched, k.vouchedAt = expected, now
		}
		k.doubtUntil = now.Add(doubt)
		return wall, step
	case step <= -budget.Step:
		if !wall.After(k.vouched.Add(now.Sub(k.vouchedAt)).Add(budget.Step)) {
			k.doubtUntil = time.Time{}
		}
		return wall, step
	}
	return wall, 0
}

// limit is the end of the newest bucket that the clock vouches for.
func (k *timekeeper) limit(now time.Time) int64 {
	if !now.Before(k.doubtUntil) {
		return math.MaxInt64
	}
	return budget.AlignDown(k.vouched.Add(now.Sub(k.vouchedAt)))
}

// trust ends the doubt: the source has data for the clock's idea of now.
func (k *timekeeper) trust() { k.doubtUntil = time.Time{} }
