// Package backtest says what a plan of alerts would have done to the past: every alert that would have fired,
// what had been spent by then, and how that compares with what people know to have been incidents. Its
// arithmetic is that of alert.Condition.Holds, minute by minute, from sums that are laid out once
// instead of looked up in the series 43,200 times; a property test holds the two against each other.
//
// Shares of a budget are fractions (1 is the whole budget), times are UTC. docs/backtest.md has the definitions.
package backtest

import (
	"cmp"
	"slices"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// DefaultSpan is how far back a backtest without From looks.
const DefaultSpan = 30 * 24 * time.Hour

// Config says what to test against.
type Config struct {
	// From and To bound the span; both are aligned to minutes, inwards. A zero To is the end of the series, a zero
	// From is DefaultSpan before To.
	From, To time.Time
	// Incidents are what is known to have happened, of any SLO; those outside the span are ignored.
	Incidents []alert.Incident
}

func (c Config) defaults(s *budget.Series) Config {
	if c.To.IsZero() {
		if _, end, ok := s.Bounds(); ok {
			c.To = time.Unix(end, 0)
		}
	}
	if c.From.IsZero() {
		c.From = c.To.Add(-DefaultSpan)
	}
	from := budget.AlignDown(c.From)
	if time.Unix(from, 0).Before(c.From) {
		from += budget.StepSeconds
	}
	c.From, c.To = time.Unix(from, 0).UTC(), time.Unix(budget.AlignDown(c.To), 0).UTC()
	return c
}

// Firing is one alert, from the first minute in which it fires to the first in which it does not.
type Firing struct {
	Condition alert.Condition
	// From is when it fires: the condition has held for Condition.For. To is when it resolves; zero while it fires at the end.
	From, To time.Time
	// Began is when the loss began that it fires for: the start of the main incident, where one lies under it, else
	// the last moment at which the budget did not yet burn faster than it may.
	Began time.Time
	// SpentBefore is the share of the budget that went from Began to From; SpentAfter to To, or to the end of the span.
	SpentBefore, SpentAfter float64
	// Incidents are the ids of those that lie under it, oldest first.
	Incidents []string
	// Delay is From minus the start of the main incident, not below 0. It means something only where Incidents is not empty.
	Delay time.Duration
	// TruePositive says that an incident of any severity but "none" lies under it. It means something only where Result.Labelled.
	TruePositive bool
	// Reset is To minus the end of the main incident, not below 0; ResetKnown is false where there is none, or one of them goes on.
	Reset      time.Duration
	ResetKnown bool

	pause time.Duration
}

// Result is what one plan would have done.
type Result struct {
	Plan     alert.Plan
	From, To time.Time
	// Firings are all alerts, oldest first; of one minute those of pages first.
	Firings []Firing
	Summary Summary
	// Coverage is the share of the span's minutes of which the ledger knows what happened. Alerts in the rest are not known.
	Coverage float64
	// Known is Coverage as a time, Evaluated the time of which anything is in the ledger, source errors included.
	Known, Evaluated time.Duration
	// Labelled is false where no incident at all is known in the span: then nobody can say which alerts were true.
	Labelled bool
}

// Run gives every alert that the plan would have raised in the span, as if its rules had been made at From.
func Run(s *budget.Series, plan alert.Plan, cfg Config) Result {
	cfg = cfg.defaults(s)
	return run(s, layOut(s, cfg, plan), plan, cfg)
}

func run(s *budget.Series, line *timeline, plan alert.Plan, cfg Config) Result {
	r := Result{Plan: plan, From: cfg.From, To: cfg.To}
	sum := s.Sum(cfg.From.Unix(), cfg.To.Unix())
	r.Coverage = sum.Coverage()
	r.Known = time.Duration(sum.Answered()+sum.Buckets[budget.StateExcluded]) * budget.Step
	r.Evaluated = time.Duration(sum.All()-sum.Buckets[budget.StateUnknown]) * budget.Step
	r.Labelled = slices.ContainsFunc(cfg.Incidents, func(i alert.Incident) bool { return i.Overlaps(cfg.From, cfg.To) })
	if !cfg.To.After(cfg.From) {
		return r
	}
	c := newCase(line, plan, cfg)
	for _, condition := range plan.Conditions {
		r.Firings = append(r.Firings, c.fire(s, condition)...)
	}
	slices.SortStableFunc(r.Firings, func(a, b Firing) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Condition.Severity, b.Condition.Severity))
	})
	r.Summary = c.summarise(r)
	return r
}

// fire walks the span minute by minute.
func (c *caseOf) fire(s *budget.Series, condition alert.Condition) []Firing {
	holds := c.line.holds(s, c.objective, condition)
	first, last := c.line.index(c.from), c.line.index(c.to)
	wait := int((condition.For + budget.Step - 1) / budget.Step)
	var out []Firing
	since, firing := -1, -1
	closeAt := func(end int, open bool) {
		if firing >= 0 {
			out = append(out, c.firing(condition, firing, end, open, out))
		}
		since, firing = -1, -1
	}
	for i := first; i <= last; i++ {
		if !holds(i) {
			closeAt(i, false)
			continue
		}
		if since < 0 {
			since = i
		}
		if firing < 0 && i-since >= wait {
			firing = i
		}
	}
	closeAt(last, true)
	return out
}

// firing describes an alert from the minute start to the minute end; open says that it goes on there.
func (c *caseOf) firing(condition alert.Condition, start, end int, open bool, before []Firing) Firing {
	f := Firing{Condition: condition, From: c.line.time(start), To: c.line.time(end), pause: pause(condition)}
	began := c.lossBegan(condition, start, before)
	under := c.under(condition, start, end)
	for _, i := range under {
		f.Incidents = append(f.Incidents, i.ID)
		f.TruePositive = f.TruePositive || i.Severity != severityNone
	}
	if main, ok := c.main(under, condition, start); ok {
		f.Delay = max(0, f.From.Sub(main.Start))
		if main.Start.Before(f.From) {
			began = max(c.line.index(main.Start.Unix()), start-c.window)
		}
		if !open && !main.End.IsZero() {
			f.Reset, f.ResetKnown = max(0, f.To.Sub(main.End)), true
		}
	}
	f.Began = c.line.time(began)
	f.SpentBefore, f.SpentAfter = c.spent(began, start), c.spent(began, end)
	if open {
		f.To = time.Time{}
	}
	return f
}

// spent is the share that the bad events of [began, at) are of the budget of the window that ends at at.
func (c *caseOf) spent(began, at int) float64 {
	good, total := c.line.sum(began, at)
	_, all := c.line.sum(at-c.window, at)
	return consumed(total-good, c.objective.Allowed(all))
}

// lossBegan goes back from the minute in which an alert fires to the last one at which the budget burnt,
// over the short window, no faster than it may; at most one window of the objective.
func (c *caseOf) lossBegan(condition alert.Condition, start int, before []Firing) int {
	look, limit := minutes(recentWindow(c.objective)), 1.0
	if condition.Kind == alert.KindBurn {
		look, limit = minutes(condition.Row.Short), min(limit, condition.Rate)
	}
	// A walk that meets the alert before ends where that one's did, or at the incident that lies under it.
	previous, began := -1, 0
	if len(before) > 0 {
		newest := before[len(before)-1]
		previous, began = c.line.index(newest.From.Unix()), c.line.index(newest.Began.Unix())
	}
	for i := start; i > start-c.window; i-- {
		if i == previous {
			return max(began, start-c.window)
		}
		if rate, ok := c.line.rate(c.objective, i-look, i); !ok || rate < limit {
			return i
		}
	}
	return start - c.window
}

// pause is how long an alert may be silent and still be about the same loss.
func pause(c alert.Condition) time.Duration {
	if c.Kind == alert.KindBurn {
		return c.Row.Short
	}
	return forecastEvery
}
