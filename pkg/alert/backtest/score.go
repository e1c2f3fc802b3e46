package backtest

import (
	"slices"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// Score is how well alerts told of incidents. Alerts are counted as such; whether they were right is counted by event,
// so that four rows that fire in one incident are one success and not four, and one loss that makes an
// alert come and go is one mistake. Thresholds and forecasts count as alerts only: they tell of the budget's state, which is never
// wrong, and not of an incident.
type Score struct {
	// Firings is the number of alerts.
	Firings int
	// TruePositives is the number of separate events that true alerts told of: alerts that share an incident are of one
	// event. FalsePositives is the number of losses that alerts told of without an incident under them: false
	// alerts of which one begins before the other is over, or within its short window after, are of one. 0 where
	// nothing is labelled.
	TruePositives, FalsePositives int
	// Precision is TruePositives / (TruePositives + FalsePositives); nil without an alert, or where nothing is labelled.
	Precision *float64
	// Recall is Found / Incidents; nil where the policy promises to find none.
	Recall *float64
	// Incidents is the number of incidents that began in the span, touch the SLO and spent what one of the conditions
	// promises to tell; Found is how many of them an alert lies over; Missed are the others.
	Incidents, Found int
	Missed           []alert.Incident
	// Small are the incidents that touch the SLO and spent less than any condition promises to tell, found or not.
	Small []alert.Incident
	// AlertsPerWeek is Firings over the weeks of the span that the ledger evaluated: a ledger that is a week old would
	// otherwise promise a calm month.
	AlertsPerWeek float64
	// MeanDelay is the mean time from an incident's start to its first alert, over the incidents begun in the span that an
	// alert lies over, promised or not; nil without any. MeanReset is the mean time from its end to the last resolve of the
	// burn-rate and absence alerts that fired before it: a threshold stands until the window has moved on.
	MeanDelay, MeanReset *time.Duration
	// Delays and Resets are the numbers of incidents behind the two means.
	Delays, Resets int
	// SpentBefore is the mean share of the budget that was spent before an alert fired; nil without an alert.
	SpentBefore *float64
}

// Summary is the score of all alerts, and of each severity.
type Summary struct {
	Score
	// Pages and Tickets are the scores of one severity alone; an incident that pages needs no ticket to be found.
	Pages, Tickets Score
	// PagesPerWeek is that of Pages.
	PagesPerWeek float64
}

func (c *caseOf) summarise(r Result) Summary {
	all := func(string) bool { return true }
	page := func(severity string) bool { return severity == budget.SeverityPage }
	ticket := func(severity string) bool { return severity == budget.SeverityTicket }
	out := Summary{Score: c.score(r, all, all), Pages: c.score(r, page, page), Tickets: c.score(r, ticket, all)}
	out.PagesPerWeek = out.Pages.AlertsPerWeek
	return out
}

// score takes the alerts and promises of some severities; what finders raised counts as found.
func (c *caseOf) score(r Result, severity, finders func(string) bool) Score {
	var own, finding []Firing
	for _, f := range r.Firings {
		if severity(f.Condition.Severity) {
			own = append(own, f)
		}
		if finders(f.Condition.Severity) {
			finding = append(finding, f)
		}
	}
	s := Score{Firings: len(own), AlertsPerWeek: float64(len(own)) / r.weeks()}
	if len(own) > 0 {
		var spent float64
		for _, f := range own {
			spent += f.SpentBefore
		}
		s.SpentBefore = new(spent / float64(len(own)))
	}
	if !r.Labelled {
		return s
	}
	budgets := func(f Firing) bool { return !tellsOfIncidents(f.Condition) }
	own, finding = slices.DeleteFunc(own, budgets), slices.DeleteFunc(finding, budgets)
	s.TruePositives, s.FalsePositives = trueEvents(own), falseEvents(own)
	if n := s.TruePositives + s.FalsePositives; n > 0 {
		s.Precision = new(float64(s.TruePositives) / float64(n))
	}
	c.recall(&s, r, severity, finding)
	delays, resets := c.times(own)
	s.MeanDelay, s.MeanReset, s.Delays, s.Resets = mean(delays), mean(resets), len(delays), len(resets)
	return s
}

// weeks are those that the ledger evaluated, at least a day's part of one: of less a rate would be a guess.
func (r Result) weeks() float64 {
	least := min(r.To.Sub(r.From), 24*time.Hour)
	return max(r.Evaluated, least).Hours() / week.Hours()
}

// tellsOfIncidents is true for the alerts that say that something is wrong at this moment.
func tellsOfIncidents(c alert.Condition) bool {
	return c.Kind == alert.KindBurn || c.Kind == alert.KindAbsence
}

func (c *caseOf) recall(s *Score, r Result, severity func(string) bool, finding []Firing) {
	for _, i := range c.counted() {
		told := slices.ContainsFunc(finding, func(f Firing) bool { return slices.Contains(f.Incidents, i.ID) })
		promised := slices.ContainsFunc(r.Plan.Conditions, func(condition alert.Condition) bool {
			return severity(condition.Severity) && c.promised(condition, i)
		})
		switch {
		case !promised:
			s.Small = append(s.Small, i)
			continue
		case told:
			s.Found++
		default:
			s.Missed = append(s.Missed, i)
		}
		s.Incidents++
	}
	if s.Incidents > 0 {
		s.Recall = new(float64(s.Found) / float64(s.Incidents))
	}
}

// times are the delays and the resets of the incidents that alerts lie over.
func (c *caseOf) times(firings []Firing) (delays, resets []time.Duration) {
	for _, i := range c.counted() {
		var first, last time.Time
		open := false
		for _, f := range firings {
			if !slices.Contains(f.Incidents, i.ID) {
				continue
			}
			if first.IsZero() {
				first = f.From
			}
			if !f.From.Before(i.End) {
				continue
			}
			open = open || f.To.IsZero()
			if f.To.After(last) {
				last = f.To
			}
		}
		if first.IsZero() {
			continue
		}
		delays = append(delays, max(0, first.Sub(i.Start)))
		if !open && !last.IsZero() {
			resets = append(resets, max(0, last.Sub(i.End)))
		}
	}
	return delays, resets
}

func mean(of []time.Duration) *time.Duration {
	if len(of) == 0 {
		return nil
	}
	var sum time.Duration
	for _, d := range of {
		sum += d
	}
	return new(sum / time.Duration(len(of)))
}

// trueEvents counts the groups of true alerts that share incidents.
func trueEvents(firings []Firing) int {
	var groups [][]string
	for _, f := range firings {
		if !f.TruePositive {
			continue
		}
		merged := slices.Clone(f.Incidents)
		groups = slices.DeleteFunc(groups, func(g []string) bool {
			shared := slices.ContainsFunc(g, func(id string) bool { return slices.Contains(f.Incidents, id) })
			if shared {
				merged = append(merged, g...)
			}
			return shared
		})
		groups = append(groups, merged)
	}
	return len(groups)
}

// falseEvents counts the groups of false alerts that follow upon each other. Firings are sorted by their start.
func falseEvents(firings []Firing) int {
	events := 0
	var until time.Time
	open := false
	for _, f := range firings {
		if f.TruePositive {
			continue
		}
		if !open && (events == 0 || f.From.After(until.Add(f.pause))) {
			events++
		}
		open = open || f.To.IsZero()
		if f.To.After(until) {
			until = f.To
		}
	}
	return events
}
