package backtest

import (
	"slices"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// severityNone is what people write on something that nobody should be told of.
const severityNone = "none"

// causeShare is the least share of the bad events in an alert's reach that makes an incident one of its causes.
const causeShare = 0.1

// labelSlack is how much later than an alert the incident may begin that set it off: people write down when they noticed.
const labelSlack = time.Hour

// caseOf is one plan against one timeline.
type caseOf struct {
	line      *timeline
	plan      alert.Plan
	objective budget.Objective
	// from and to are the span in Unix seconds, window the objective's in minutes.
	from, to int64
	window   int
	// touching are the incidents of this SLO that overlap the reach of the span, oldest first.
	touching []alert.Incident
}

func newCase(line *timeline, plan alert.Plan, cfg Config) *caseOf {
	c := &caseOf{line: line, plan: plan, objective: plan.Objective, from: cfg.From.Unix(), to: cfg.To.Unix(), window: minutes(plan.Objective.Window)}
	for _, i := range cfg.Incidents {
		if i.Touches(plan.Definition) && i.Overlaps(line.time(0), cfg.To) {
			c.touching = append(c.touching, i)
		}
	}
	slices.SortStableFunc(c.touching, func(a, b alert.Incident) int { return a.Start.Compare(b.Start) })
	return c
}

// reach is how far back of an alert's start lies what may have set it off.
func (c *caseOf) reach(condition alert.Condition) time.Duration {
	switch condition.Kind {
	case alert.KindBurn:
		return condition.For + condition.Row.Long
	case alert.KindAbsence:
		return condition.For + alert.AbsenceWindow
	default:
		return condition.For + c.objective.Window
	}
}

// under gives the incidents that lie under an alert: they overlap its reach or its first labelSlack, and hold at
// least causeShare of the bad events there. An absence needs no bad event.
func (c *caseOf) under(condition alert.Condition, start, end int) []alert.Incident {
	from, until := max(0, start-minutes(c.reach(condition))), min(end, start+minutes(labelSlack))
	var out []alert.Incident
	least := causeShare * c.line.bad(from, until)
	for _, i := range c.touching {
		if !i.Overlaps(c.line.time(from), c.line.time(until)) {
			continue
		}
		if bad := c.badOf(i, from, until); condition.Kind == alert.KindAbsence || bad > 0 && bad >= least {
			out = append(out, i)
		}
	}
	return out
}

// badOf counts the bad events of an incident within the minutes [from, to).
func (c *caseOf) badOf(i alert.Incident, from, to int) float64 {
	first, last := c.minutesOf(i)
	return c.line.bad(max(first, from), min(last, to))
}

// minutesOf is the incident's first minute and the one after its last.
func (c *caseOf) minutesOf(i alert.Incident) (first, last int) {
	last = len(c.line.state)
	if !i.End.IsZero() {
		last = c.line.index(i.End.Add(budget.Step - time.Nanosecond).Unix())
	}
	return c.line.index(i.Start.Unix()), last
}

// main is the incident that most of the loss before an alert's start is due to; of equals the newest, and
// never one of severity "none" where there is another.
func (c *caseOf) main(under []alert.Incident, condition alert.Condition, start int) (found alert.Incident, ok bool) {
	from, most := start-minutes(c.reach(condition)), 0.0
	for _, i := range under {
		bad, real := c.badOf(i, from, start), i.Severity != severityNone
		foundReal := found.Severity != severityNone
		if !ok || real && !foundReal || real == foundReal && bad >= most {
			found, most, ok = i, bad, true
		}
	}
	return found, ok
}

// counted are the incidents that the figures are about: begun in the span, and something that people should be told of.
func (c *caseOf) counted() []alert.Incident {
	var out []alert.Incident
	for _, i := range c.touching {
		if i.Severity != severityNone && i.Start.Unix() >= c.from {
			out = append(out, i)
		}
	}
	return out
}

// promised reports whether an incident alone spends what a condition promises to tell: a burn row its share of the
// budget within its long window and with its minimum of events.
func (c *caseOf) promised(condition alert.Condition, i alert.Incident) bool {
	if condition.Kind != alert.KindBurn {
		return false
	}
	long := minutes(condition.Row.Long)
	first, last := c.minutesOf(i)
	for at := first + 1; at <= last; at++ {
		bad := c.line.bad(max(first, at-long), at)
		if bad <= 0 {
			continue
		}
		_, events := c.line.sum(at-long, at)
		if events >= condition.MinimumEvents && consumed(bad, c.objective.Allowed(c.wholeWindow(at))) >= condition.Share {
			return true
		}
	}
	return false
}

// wholeWindow is the number of events of the objective's window, minutes that nobody answered for taken as the mean of the others: a
// ledger that is a week old does not know a month's budget, and by what it knows each incident would be large.
func (c *caseOf) wholeWindow(at int) float64 {
	from := max(0, at-c.window)
	_, total := c.line.sum(from, at)
	if known := c.line.answered[at] - c.line.answered[from]; known > 0 {
		total *= float64(c.window) / float64(known)
	}
	return total
}
