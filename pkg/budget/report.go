package budget

import (
	"math"
	"math/bits"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// Objective is what a series is held against.
type Objective struct {
	// Target is the wanted share of good events, e.g. 0.999.
	Target slo.Fraction
	// Window is the length of the rolling window.
	Window time.Duration
	// MinimumEvents is the number of events in a burn window below which nothing pages or tickets.
	MinimumEvents float64
	// Policy are the rows that decide on page and ticket; nil for WorkbookPolicy, empty for none.
	Policy []PolicyWindow
}

// ObjectiveOf is the objective of a definition.
func ObjectiveOf(d slo.Definition) Objective {
	return Objective{Target: d.Target, Window: d.Window.Duration, MinimumEvents: d.MinimumEvents}
}

// fractionUnits is the number of units of a Fraction (12 decimal places) in 1.
const fractionUnits = 1_000_000_000_000

// Allowed is the error budget for a number of events: total x (1 - target), computed in decimals, so
// that 99.95 % of 1,000,000 allows exactly 500.
func (o Objective) Allowed(total float64) float64 {
	units := uint64(math.Round(o.Target.Complement().Float() * fractionUnits))
	if total < 0 || total > maxCount || total != math.Trunc(total) {
		return total * float64(units) / fractionUnits
	}
	hi, lo := bits.Mul64(uint64(total), units)
	whole, rest := bits.Div64(hi, lo, fractionUnits)
	return float64(whole) + float64(rest)/fractionUnits
}

// steps is the window in seconds, a whole number of buckets, at least one.
func (o Objective) seconds() int64 { return windowSeconds(o.Window) }

func windowSeconds(d time.Duration) int64 {
	return max(StepSeconds, alignUp(int64(d/time.Second)))
}

// Report is the state of a budget over one window.
type Report struct {
	// From and At are the window's ends; At is aligned down to a bucket's start.
	From, At time.Time
	Totals
	Objective
	// SLI is the share of good events; NaN when there was none.
	SLI float64
	// Allowed is the number of bad events that the objective allows for this window's events.
	Allowed float64
	// Consumed and Remaining are shares of the budget, together 1. Remaining is negative when more
	// than the budget is spent. Without events they are 0 and 1. An objective of 100 % allows
	// nothing: the first bad event makes them 1 and 0.
	Consumed, Remaining float64
	// Coverage is the share of the window's buckets that are measured, no traffic or excluded.
	Coverage float64
	// LastMeasured is the end of the newest bucket before At for which the source answered with
	// data; zero if there is none.
	LastMeasured time.Time
}

// Report sums up the window that ends at the given time, aligned down to a bucket's start.
func (s *Series) Report(o Objective, at time.Time) Report {
	end := AlignDown(at)
	from := end - o.seconds()
	r := Report{From: unix(from), At: unix(end), Totals: s.Sum(from, end), Objective: o}
	r.SLI, _ = r.Totals.SLI()
	r.Coverage = r.Totals.Coverage()
	r.Allowed = o.Allowed(r.Total)
	r.Consumed = consumed(r.Bad(), r.Allowed)
	r.Remaining = 1 - r.Consumed
	if last, ok := s.lastAnswered(end); ok {
		r.LastMeasured = unix(last)
	}
	return r
}

// consumed is the spent share of a budget of allowed events.
func consumed(bad, allowed float64) float64 {
	switch {
	case bad <= 0:
		return 0
	case allowed <= 0:
		return 1
	default:
		return bad / allowed
	}
}

// Burn is how fast the budget burns over one window.
type Burn struct {
	Window time.Duration
	// Rate is the error ratio divided by the allowed error ratio: at 1 the budget lasts exactly the
	// objective's window. It is +Inf when a 100 % objective saw a bad event, and 0 when not OK.
	Rate float64
	Totals
	// OK is false when the window holds no event.
	OK bool
}

// BurnRate is the burn rate over the window that ends at the given time, aligned down.
func (s *Series) BurnRate(o Objective, at time.Time, window time.Duration) Burn {
	end := AlignDown(at)
	b := Burn{Window: window, Totals: s.Sum(end-windowSeconds(window), end)}
	b.Rate, b.OK = o.rate(b.Totals)
	return b
}

// rate is bad / allowed: the error ratio over the allowed error ratio, both over the same events.
func (o Objective) rate(t Totals) (float64, bool) {
	bad, allowed := t.Bad(), o.Allowed(t.Total)
	switch {
	case t.Total == 0:
		return 0, false
	case bad <= 0:
		return 0, true
	case allowed <= 0:
		return math.Inf(1), true
	default:
		return bad / allowed, true
	}
}

// Point is the sum over one step.
type Point struct {
	// Start is the step's start in Unix seconds.
	Start int64
	Totals
}

// Rollup sums up each step of [from, to). The step is a multiple of StepSeconds (rounded up to one);
// the first step starts at from, aligned down; the last may reach beyond to.
func (s *Series) Rollup(from, to, step int64) []Point {
	from, step = alignDown(from), max(StepSeconds, alignUp(step))
	if to <= from {
		return nil
	}
	points := make([]Point, 0, (to-from+step-1)/step)
	before := s.cumulate(from)
	for at := from; at < to; at += step {
		sum := s.cumulate(at + step)
		points = append(points, Point{Start: at, Totals: sum.minus(before).totals(step / StepSeconds)})
		before = sum
	}
	return points
}

// BurnDownPoint is the state of the budget at one moment, over the window that ends there.
type BurnDownPoint struct {
	// At is the window's end in Unix seconds.
	At int64
	// Remaining is the unspent share of the budget; NaN when nothing is known of the window.
	Remaining float64
	// SLI is the share of good events; NaN when there was none.
	SLI float64
	// Totals are those of the trailing window.
	Totals Totals
	// Coverage is the share of the window's buckets that are measured, no traffic or excluded.
	Coverage float64
}

// BurnDown is the remaining budget at each step of [from, to], over trailing windows.
func (s *Series) BurnDown(o Objective, from, to, step int64) []BurnDownPoint {
	window := o.seconds()
	var points []BurnDownPoint
	s.trail(window, from, to, step, func(at int64, t Totals) {
		p := BurnDownPoint{At: at, Totals: t, Coverage: t.Coverage(), Remaining: math.NaN()}
		p.SLI, _ = t.SLI()
		if p.Coverage > 0 {
			p.Remaining = 1 - consumed(t.Bad(), o.Allowed(t.Total))
		}
		points = append(points, p)
	})
	return points
}

// RatePoint is a burn rate at one moment.
type RatePoint struct {
	// At is the window's end in Unix seconds.
	At int64
	// Rate is the burn rate over the window that ends at At; NaN when it holds no event.
	Rate float64
}

// BurnRates is the burn rate over trailing windows at each step of [from, to].
func (s *Series) BurnRates(o Objective, window time.Duration, from, to, step int64) []RatePoint {
	var points []RatePoint
	s.trail(windowSeconds(window), from, to, step, func(at int64, t Totals) {
		rate, ok := o.rate(t)
		if !ok {
			rate = math.NaN()
		}
		points = append(points, RatePoint{At: at, Rate: rate})
	})
	return points
}

// trail calls fn with the sums of the trailing windows that end at each step of [from, to].
func (s *Series) trail(window, from, to, step int64, fn func(at int64, t Totals)) {
	from, step = alignDown(from), max(StepSeconds, alignUp(step))
	for at := from; at <= to; at += step {
		fn(at, s.cumulate(at).minus(s.cumulate(at-window)).totals(window/StepSeconds))
	}
}

func alignDown(at int64) int64 { return at - ((at%StepSeconds)+StepSeconds)%StepSeconds }

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
