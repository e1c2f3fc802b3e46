package plugin

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// trendPoints is about how many numbers a sparkline has.
const trendPoints = 48

// endlessBurn stands for an infinite burn rate (a 100 % objective that saw a bad event): JSON and
// frames know no infinity, and null would hide the outage.
const endlessBurn = 1e6

// leastHistory is the share of the newest window's coverage that an older trailing window must have to
// be drawn. Below it the window holds hardly any events, and one bad minute looks like a lost month.
const leastHistory = 0.25

// shownWindows are the burn rate windows of a status row and of a report.
var shownWindows = []time.Duration{time.Hour, 6 * time.Hour, 3 * 24 * time.Hour}

// view is one SLO at one moment: the only place from which frames and resources take their numbers.
type view struct {
	Entry     ledger.Entry
	Series    *budget.Series
	Objective budget.Objective
	// Assessment holds the report, the policy's rows and what they say of the SLO's health.
	budget.Assessment
	// Burns are the burn rates over shownWindows, in that order.
	Burns    []budget.Burn
	Forecast budget.Forecast
	State    State
	// Reasons say why the state is what it is, and what else to know; the most important first.
	Reasons []reason
	// Progress is the share of the window that backfill has read, 0 to 1.
	Progress float64
	now      time.Time
}

func (v *view) definition() slo.Definition { return v.Entry.Definition }

// At is the end of the window that the view reports on.
func (v *view) At() time.Time { return v.Report.At }

// Known reports whether the ledger knows anything about the window. Without it, no number may be shown:
// an empty window has lost no budget, but not because the service was reliable.
func (v *view) Known() bool { return v.Report.Coverage > 0 }

// viewOf assesses an entry. The window ends at the time range's end if that lies in the past, else at
// the newest bucket that was read: a live system is not shown with the lag of its evaluation. When
// reading has stopped for longer than that, the window moves on without it.
func viewOf(ctx context.Context, reader ledger.Reader, entry ledger.Entry, heartbeat, to, now time.Time) (*view, error) {
	series, err := reader.Series(ctx, budget.Key{SLO: entry.Definition.ID})
	if err != nil {
		return nil, fmt.Errorf("the ledger can't give the buckets of %q: %w", entry.Definition.ID, err)
	}
	v := &view{Entry: entry, Series: series, Objective: budget.ObjectiveOf(entry.Definition), now: now}
	at := moment(entry.Status.ReadUntil, to, now)
	v.Assessment = budget.Assess(series, v.Objective, at)
	for _, window := range shownWindows {
		v.Burns = append(v.Burns, series.BurnRate(v.Objective, at, window))
	}
	v.Forecast = series.Exhaustion(v.Objective, at)
	v.Progress = progress(entry.Status)
	v.State, v.Reasons = judge(v, heartbeat)
	return v, nil
}

// moment is the end of the window to report on.
func moment(readUntil, to, now time.Time) time.Time {
	at := to
	if now.Before(at) {
		at = now
	}
	if readUntil.Before(at) && at.Sub(readUntil) <= budget.StaleAfter {
		at = readUntil
	}
	return time.Unix(budget.AlignDown(at), 0).UTC()
}

// progress is the share of the window that backfill has read, newest first.
func progress(s ledger.Status) float64 {
	if s.BackfillFrom.IsZero() || s.ReadUntil.IsZero() {
		return 0
	}
	if s.BackfilledTo.IsZero() {
		return 0
	}
	if !s.BackfilledTo.After(s.BackfillFrom) {
		return 1
	}
	whole := s.ReadUntil.Sub(s.BackfillFrom)
	if whole <= 0 {
		return 0
	}
	return min(1, max(0, float64(s.ReadUntil.Sub(s.BackfilledTo))/float64(whole)))
}

// remaining and the like are the view's numbers, nil where nothing is known.

func (v *view) remaining() *float64 { return v.ifKnown(v.Report.Remaining) }
func (v *view) consumed() *float64  { return v.ifKnown(v.Report.Consumed) }
func (v *view) sli() *float64       { return v.ifKnown(v.Report.SLI) }
func (v *view) bad() *float64       { return v.ifKnown(v.Report.Bad()) }
func (v *view) total() *float64     { return v.ifKnown(v.Report.Total) }
func (v *view) good() *float64      { return v.ifKnown(v.Report.Good) }
func (v *view) allowed() *float64   { return v.ifKnown(v.Report.Allowed) }

func (v *view) ifKnown(value float64) *float64 {
	if !v.Known() {
		return nil
	}
	return budget.Finite(value)
}

// lag is the seconds since the end of the newest bucket that was read; nil before the first.
func (v *view) lag() *float64 {
	if v.Entry.Status.ReadUntil.IsZero() {
		return nil
	}
	return budget.Finite(math.Max(0, v.now.Sub(v.Entry.Status.ReadUntil).Seconds()))
}

// trend is the remaining budget over the last window, oldest first.
func (v *view) trend() []*float64 {
	window := int64(v.Objective.Window / time.Second)
	step := max(budget.StepSeconds, (window/trendPoints+budget.StepSeconds-1)/budget.StepSeconds*budget.StepSeconds)
	at := v.At().Unix()
	points := v.burnDown(at-trendPoints*step, at, step)
	out := make([]*float64, len(points))
	for i, p := range points {
		out[i] = p.Remaining
	}
	return out
}

// budgetPoint is a point of the burn-down; what is not known is nil.
type budgetPoint struct {
	At             time.Time
	Remaining, SLI *float64
	Coverage       float64
}

// burnDown is the remaining budget at each step of [from, to]. A step of which no bucket is known is a
// gap, and so is the time for which the ledger holds too little of the trailing window.
func (v *view) burnDown(from, to, step int64) []budgetPoint {
	points := v.Series.BurnDown(v.Objective, from, to, step)
	steps := v.Series.Rollup(from-step, to, step)
	out := make([]budgetPoint, 0, len(points))
	for i, p := range points {
		point := budgetPoint{At: time.Unix(p.At, 0).UTC(), Coverage: p.Coverage}
		known := i < len(steps) && steps[i].Coverage() > 0
		if known && p.Coverage >= leastHistory*v.Report.Coverage {
			point.Remaining, point.SLI = budget.Finite(p.Remaining), budget.Finite(p.SLI)
		}
		out = append(out, point)
	}
	return out
}

// burn is the rate of a burn window, nil when it holds no event.
func burn(b budget.Burn) *float64 {
	if !b.OK {
		return nil
	}
	return rate(b.Rate)
}

// rate makes a burn rate presentable: nil when not known, endlessBurn when infinite.
func rate(value float64) *float64 {
	if value > endlessBurn {
		value = endlessBurn
	}
	return budget.Finite(value)
}
