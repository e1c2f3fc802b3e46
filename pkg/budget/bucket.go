// Package budget is the pure arithmetic of error budgets: buckets, windows, burn rates and forecasts.
// It knows nothing of Grafana, HTTP or SQL. Every number that Burnline shows, alerts on or gates with
// is computed here, so that all of them agree.
//
// Counts are numbers of events; a budget share is a fraction (1 is the whole budget); times are UTC.
package budget

import (
	"fmt"
	"math"
	"time"
)

// Step is the length of a bucket. Buckets start at multiples of Step since the Unix epoch.
const Step = time.Minute

// StepSeconds is Step in seconds.
const StepSeconds = int64(Step / time.Second)

// State says what a bucket knows.
type State uint8

// The states of a bucket. Only StateMeasured carries events.
const (
	// StateUnknown has not been evaluated (yet): the absence of a bucket.
	StateUnknown State = iota
	// StateMeasured has at least one event.
	StateMeasured
	// StateNoTraffic was read, and no event happened.
	StateNoTraffic
	// StateNoData was read, but the source holds no series or sample for it.
	StateNoData
	// StateSourceError could not be read: the source failed.
	StateSourceError
	// StateExcluded is left out by a correction.
	StateExcluded
	stateCount
)

// States is the number of states: valid states are below it.
const States = int(stateCount)

// Bucket is one closed interval [Start, Start+Step) of an indicator.
type Bucket struct {
	// Start is the Unix time in seconds, a multiple of StepSeconds.
	Start int64
	// Good and Total are numbers of events, 0 <= Good <= Total; zero unless State is StateMeasured.
	Good, Total float64
	State       State
}

// Key names a series of buckets: one objective, and one group of it (empty for an ungrouped SLO).
type Key struct {
	// SLO is slo.Definition.ID.
	SLO string
	// Group is the canonical label set of a group, "" for the SLO itself.
	Group string
}

// AlignDown is the start of the bucket that t falls into, in Unix seconds.
func AlignDown(t time.Time) int64 {
	s := t.Unix()
	return s - ((s%StepSeconds)+StepSeconds)%StepSeconds
}

// maxCount is the largest number of events that a bucket may hold: up to it, float64 counts integers exactly.
const maxCount = float64(1 << 53)

// Check says what is wrong with a bucket that comes from outside: its place on the grid, its state, its counts.
func (b Bucket) Check() error {
	switch {
	case b.Start%StepSeconds != 0:
		return fmt.Errorf("bucket start %d is not a multiple of %d seconds; align it down", b.Start, StepSeconds)
	case b.Start < 0 || b.Start > maxStart:
		return fmt.Errorf("bucket start %d is outside the years 1970 to 9999; give Unix seconds", b.Start)
	case int(b.State) >= States:
		return fmt.Errorf("bucket at %d has the unknown state %d", b.Start, b.State)
	case b.State != StateMeasured && (b.Good != 0 || b.Total != 0):
		return fmt.Errorf("bucket at %d is %s but counts %v good of %v events; only measured buckets count events", b.Start, b.State, b.Good, b.Total)
	case b.State != StateMeasured:
		return nil
	case math.IsNaN(b.Good) || math.IsNaN(b.Total) || b.Good < 0 || b.Good > b.Total || b.Total > maxCount:
		return fmt.Errorf("bucket at %d counts %v good of %v events; wanted 0 <= good <= total <= 2^53", b.Start, b.Good, b.Total)
	}
	return nil
}

// Normal is the bucket that the arithmetic keeps: on the grid, with counts only where measured, a
// measured bucket without an event as no traffic, more good than total events as all good, and counts
// that are no numbers (NaN, infinite, negative) as no data: they are not evidence of anything.
func (b Bucket) Normal() Bucket {
	b.Start -= ((b.Start % StepSeconds) + StepSeconds) % StepSeconds
	if b.State != StateMeasured {
		if int(b.State) >= States {
			b.State = StateNoData
		}
		return Bucket{Start: b.Start, State: b.State}
	}
	if !(b.Good >= 0 && b.Total >= 0 && b.Total <= maxCount && b.Good <= maxCount) {
		return Bucket{Start: b.Start, State: StateNoData}
	}
	if b.Total == 0 {
		return Bucket{Start: b.Start, State: StateNoTraffic}
	}
	b.Good = min(b.Good, b.Total)
	return b
}

// Bad is the number of bad events.
func (b Bucket) Bad() float64 { return b.Total - b.Good }

var stateNames = [States]string{"unknown", "measured", "no traffic", "no data", "source error", "excluded"}

// String names the state in words.
func (s State) String() string {
	if int(s) < States {
		return stateNames[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}
