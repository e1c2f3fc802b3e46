package plugin

import (
	"slices"
	"sync"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// trendPoints is about how many numbers a sparkline has.
const trendPoints = 48

// leastHistory is the share of the newest window's coverage that an older trailing window must have for
// its SLI to be drawn. Below it the window holds hardly any events, and one bad minute looks like a lost month.
const leastHistory = 0.25

// shownWindows are the burn rate windows of a status row and of a report.
var shownWindows = []time.Duration{time.Hour, 6 * time.Hour, 3 * 24 * time.Hour}

// figures are the numbers of one SLO at one moment.
type figures struct {
	Series    *budget.Series
	Objective budget.Objective
	// Assessment holds the report, the policy's rows and what they say of the SLO's health.
	budget.Assessment
	// Burns are the burn rates over shownWindows, in that order.
	Burns    []budget.Burn
	Forecast budget.Forecast

	once  sync.Once
	trend []*float64
}

func figuresOf(objective budget.Objective, series *budget.Series, at time.Time) *figures {
	f := &figures{Series: series, Objective: objective, Assessment: budget.Assess(series, objective, at), Forecast: series.Exhaustion(objective, at)}
	for _, window := range shownWindows {
		f.Burns = append(f.Burns, series.BurnRate(objective, at, window))
	}
	return f
}

// At is the end of the window that the figures are of.
func (f *figures) At() time.Time { return f.Report.At }

// Known reports whether the ledger knows anything about the window. Without it, no number may be shown:
// an empty window has lost no budget, but not because the service was reliable.
func (f *figures) Known() bool { return f.Report.Coverage > 0 }

// Trend is the remaining budget over the last window, oldest first.
func (f *figures) Trend() []*float64 {
	f.once.Do(func() { f.trend = f.drawTrend() })
	return f.trend
}

func (f *figures) drawTrend() []*float64 {
	window := int64(f.Objective.Window / time.Second)
	step := max(budget.StepSeconds, (window/trendPoints+budget.StepSeconds-1)/budget.StepSeconds*budget.StepSeconds)
	at := f.At().Unix()
	points := f.burnDown(at-trendPoints*step, at, step)
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

// burnDown is the remaining budget at each step of [from, to]. A step of which no bucket is known is a gap.
//
// Where the ledger knows less of a point's trailing window than of the present one, because history
// begins there, what was spent counts for as much of the window as is known: the line falls from 1 with
// each incident to exactly the present report. Held against the little budget of a short past, the first
// incident would look like a catastrophe, and the days after it like a recovery.
func (f *figures) burnDown(from, to, step int64) []budgetPoint {
	points := f.Series.BurnDown(f.Objective, from, to, step)
	steps := f.Series.Rollup(from-step, to, step)
	out := make([]budgetPoint, 0, len(points))
	for i, p := range points {
		point := budgetPoint{At: time.Unix(p.At, 0).UTC(), Coverage: p.Coverage}
		if i < len(steps) && steps[i].Coverage() > 0 {
			point.Remaining = budget.Finite(f.weighed(p))
			if p.Coverage >= leastHistory*f.Report.Coverage {
				point.SLI = budget.Finite(p.SLI)
			}
		}
		out = append(out, point)
	}
	return out
}

// weighed is a point's remaining budget, by how much of its window is known.
func (f *figures) weighed(p budget.BurnDownPoint) float64 {
	if p.Coverage >= f.Report.Coverage {
		return p.Remaining
	}
	return 1 - (1-p.Remaining)*p.Coverage/f.Report.Coverage
}

// memory keeps the newest figures of each SLO. A new minute is read once a minute, but dashboards and
// pages ask for the same moment many times, and the forecast alone looks at hundreds of windows.
type memory struct {
	mu   sync.Mutex
	last map[string]remembered
}

// remembered are figures with all that they depend on; a series never changes once it is given out.
type remembered struct {
	series    *budget.Series
	objective budget.Objective
	at        int64
	figures   *figures
}

// same reports whether figures that depend on r are those that o asks for.
func (r remembered) same(o remembered) bool {
	return r.series == o.series && r.at == o.at && r.objective.Target == o.objective.Target && r.objective.Window == o.objective.Window &&
		r.objective.MinimumEvents == o.objective.MinimumEvents && (r.objective.Policy == nil) == (o.objective.Policy == nil) &&
		slices.Equal(r.objective.Policy, o.objective.Policy)
}

// figures gives those of an SLO at a moment, remembered if nothing changed.
func (m *memory) figures(id string, objective budget.Objective, series *budget.Series, at time.Time) *figures {
	want := remembered{series: series, objective: objective, at: at.Unix()}
	m.mu.Lock()
	found := m.last[id]
	m.mu.Unlock()
	if found.figures != nil && found.same(want) {
		return found.figures
	}
	want.figures = figuresOf(want.objective, series, at)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == nil {
		m.last = map[string]remembered{}
	}
	m.last[id] = want
	return want.figures
}
