// Package budget is the pure arithmetic of error budgets: buckets, windows, burn rates and forecasts.
// It knows nothing of Grafana, HTTP or SQL. Every number that Burnline shows, alerts on or gates with
// is computed here, so that all of them agree.
//
// Counts are numbers of events; a budget share is a fraction (1 is the whole budget); times are UTC.
package budget

import "time"

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
