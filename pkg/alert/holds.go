package alert

import (
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// Holds reports whether a condition holds at one moment, For aside. It is the arithmetic that rules in
// Grafana, exported rules and the backtest must agree with.
//
// KindStale is not about buckets and never holds here.
func (c Condition) Holds(s *budget.Series, o budget.Objective, at time.Time) bool {
	switch c.Kind {
	case KindBurn:
		o.Policy, o.MinimumEvents = []budget.PolicyWindow{c.Row.PolicyWindow}, c.MinimumEvents
		rows := s.Policy(o, at)
		return len(rows) == 1 && rows[0].Firing
	case KindConsumed:
		r := s.Report(o, at)
		return r.Coverage > 0 && r.Bad() > 0 && Consumed(r) >= c.Share
	case KindForecast:
		return Foreseeable(s.Report(o, at)) && c.Supported(s.Exhaustion(o, at), at)
	case KindAbsence:
		return c.absent(s, at)
	case KindStale:
	}
	return false
}

// Consumed is the share of a whole window's budget that is consumed, as far as is known: while history is
// younger than the window, the little budget of the few events so far would make the first bad one a catastrophe. Minutes
// that a source failed to answer for do not make it smaller.
func Consumed(r budget.Report) float64 { return r.Consumed * recorded(r.Totals) }

// Foreseeable reports whether enough of the window is known to forecast from: half of it.
func Foreseeable(r budget.Report) bool { return recorded(r.Totals) >= 0.5 }

// recorded is the share of a span's buckets in which the service and its evaluation existed.
func recorded(t budget.Totals) float64 {
	all := t.All()
	if all == 0 {
		return 0
	}
	return float64(all-t.Buckets[budget.StateUnknown]-t.Buckets[budget.StateNoData]) / float64(all)
}

// Supported reports whether a forecast made at a moment calls for a ticket. A budget that is spent already is
// not forecast: the consumed thresholds have said so.
func (c Condition) Supported(f budget.Forecast, at time.Time) bool {
	return f.Kind == budget.ForecastAt && f.At.Sub(at) <= c.Horizon && !f.Upper.IsZero()
}

// absent holds when no event happened for AbsenceWindow; with AbsenceSource only a source that failed
// throughout counts. What corrections exclude is not missing, and of what was not evaluated (yet) nothing is
// said: that is the watchdog's to tell.
func (c Condition) absent(s *budget.Series, at time.Time) bool {
	end := budget.AlignDown(at)
	sum := s.Sum(end-int64(AbsenceWindow/time.Second), end)
	if sum.Buckets[budget.StateExcluded] > 0 || sum.Buckets[budget.StateUnknown] > 0 || sum.Total > 0 {
		return false
	}
	return c.Absence != AbsenceSource || sum.Buckets[budget.StateSourceError] == sum.All()
}
