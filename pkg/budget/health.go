package budget

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Health is the state of an SLO in one word (or two).
type Health string

// The states of an SLO, the most urgent first. HealthError is for callers who know that the evaluation
// fails; Assess does not see that.
const (
	HealthError     Health = "error"
	HealthNoData    Health = "no data"
	HealthExhausted Health = "exhausted"
	HealthPage      Health = "page"
	HealthTicket    Health = "ticket"
	HealthStale     Health = "stale"
	HealthNoTraffic Health = "no traffic"
	HealthOK        Health = "ok"
)

// StaleAfter is the age of the newest answer of the source beyond which an SLO is stale: well above
// the usual settle time and a few missed evaluations.
const StaleAfter = 10 * time.Minute

// Assessment is the state of an SLO at one moment and what it rests on.
type Assessment struct {
	Health Health
	Report Report
	// Policy are the rows of the objective's policy that apply to the window.
	Policy []PolicyBurn
	// Stale is true when the newest answer of the source is older than StaleAfter, whatever Health
	// says: an exhausted budget stays exhausted when the source falls silent.
	Stale bool
	// Message says in a sentence why Health is what it is; empty when it is ok.
	Message string
}

// Assess decides the state of an SLO: no data when the source answered for nothing in the window,
// exhausted when no budget is left, page and ticket while a row of the objective's policy fires, stale when
// the newest answer is old, no traffic when the window holds no event, ok otherwise.
func Assess(s *Series, o Objective, at time.Time) Assessment {
	a := Assessment{Report: s.Report(o, at), Policy: s.Policy(o, at)}
	r := a.Report
	a.Stale = !r.LastMeasured.IsZero() && r.At.Sub(r.LastMeasured) > StaleAfter
	page, ticket := firing(a.Policy, SeverityPage), firing(a.Policy, SeverityTicket)
	switch {
	case r.Answered() == 0:
		a.Health, a.Message = HealthNoData, noDataMessage(r)
	case r.Bad() > 0 && r.Remaining <= 0:
		a.Health = HealthExhausted
		a.Message = fmt.Sprintf("%s bad events of %s allowed: the budget is spent.", number(r.Bad()), number(r.Allowed))
	case page != nil:
		a.Health, a.Message = HealthPage, page.message()
	case ticket != nil:
		a.Health, a.Message = HealthTicket, ticket.message()
	case a.Stale:
		a.Health = HealthStale
		a.Message = fmt.Sprintf("The source last answered with data for %s; look at its state and at the evaluation's error.",
			r.LastMeasured.Format("2006-01-02 15:04 MST"))
	case r.Total == 0:
		a.Health, a.Message = HealthNoTraffic, "The source answered, and no event happened in the window."
	default:
		a.Health = HealthOK
	}
	if a.Stale && a.Health != HealthStale && a.Health != HealthNoData {
		a.Message += fmt.Sprintf(" Nothing newer than %s is known.", r.LastMeasured.Format("2006-01-02 15:04 MST"))
	}
	return a
}

func noDataMessage(r Report) string {
	switch {
	case r.Buckets[StateSourceError] > 0:
		return "The source could not be read in the whole window; look at the evaluation's error."
	case r.Buckets[StateNoData] > 0:
		return "The source holds no series for the indicator in the whole window; check the query's names and labels."
	case r.Buckets[StateExcluded] > 0:
		return "The whole window is excluded by corrections."
	default:
		return "Nothing of the window has been evaluated yet."
	}
}

func firing(rows []PolicyBurn, severity string) *PolicyBurn {
	for i := range rows {
		if rows[i].Firing && rows[i].Severity == severity {
			return &rows[i]
		}
	}
	return nil
}

func (p *PolicyBurn) message() string {
	return fmt.Sprintf("The budget burns at %s× over %s and %s× over %s; the limit is %s×.",
		number(p.LongBurn.Rate), shortDuration(p.Long), number(p.ShortBurn.Rate), shortDuration(p.Short), number(p.Threshold))
}

// number is v with three significant digits, or all digits of its whole part.
func number(v float64) string {
	if math.IsInf(v, 0) {
		return "∞"
	}
	if math.Abs(v) >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// shortDuration is the duration in its largest whole unit: 5m, 6h, 3d.
func shortDuration(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0 && d > 24*time.Hour:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	default:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
}
