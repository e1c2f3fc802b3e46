package backtest

import (
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
)

const week = 7 * 24 * time.Hour

// forecastEvery is how often a forecast is made; it stands until the next. A forecast walks 720 steps into the future.
const forecastEvery = 15 * time.Minute

// leastEvaluated is the share of a burn row's long window that the ledger must have evaluated for the row to be asked:
// what a window would have said that begins before the ledger does, nobody knows.
const leastEvaluated = 0.5

// holds is alert.Condition.Holds for the minutes of the timeline, to be asked in ascending order.
func (l *timeline) holds(s *budget.Series, o budget.Objective, c alert.Condition) func(i int) bool {
	switch c.Kind {
	case alert.KindBurn:
		return l.burns(o, c)
	case alert.KindConsumed:
		window := minutes(o.Window)
		return func(i int) bool {
			good, total := l.sum(i-window, i)
			bad := total - good
			return bad > 0 && consumed(bad, o.Allowed(total))*share(l.recorded, window, i) >= c.Share
		}
	case alert.KindForecast:
		return l.forecasts(s, o, c)
	case alert.KindAbsence:
		return func(i int) bool { return l.absent(c, i) }
	case alert.KindStale:
	}
	return func(int) bool { return false }
}

// burns asks the short window only while the long one is above the rate.
func (l *timeline) burns(o budget.Objective, c alert.Condition) func(i int) bool {
	if !c.Row.Applies(o.Window) {
		return func(int) bool { return false }
	}
	long, short, threshold := minutes(c.Row.Long), minutes(c.Row.Short), c.Row.PolicyWindow.Rate(o.Window)
	above := func(i, j int) bool {
		rate, ok := l.rate(o, i, j)
		return ok && (rate > threshold || c.Row.Inclusive && rate == threshold)
	}
	return func(i int) bool {
		if !above(i-long, i) || !above(i-short, i) || share(l.evaluated, long, i) < leastEvaluated {
			return false
		}
		_, total := l.sum(i-long, i)
		return total >= c.MinimumEvents
	}
}

func (l *timeline) absent(c alert.Condition, i int) bool {
	from := i - minutes(alert.AbsenceWindow)
	if _, total := l.sum(from, i); total > 0 || from < 0 {
		return false
	}
	failed := 0
	for _, state := range l.state[from:i] {
		switch state {
		case budget.StateExcluded, budget.StateUnknown:
			return false
		case budget.StateSourceError:
			failed++
		default:
		}
	}
	return c.Absence != alert.AbsenceSource || failed == i-from
}

// forecasts makes a forecast each forecastEvery while the budget burns. Between two of them the last one stands.
func (l *timeline) forecasts(s *budget.Series, o budget.Objective, c alert.Condition) func(i int) bool {
	every, stands := int64(forecastEvery/time.Second), false
	recent := minutes(recentWindow(o))
	return func(i int) bool {
		at := l.time(i)
		if at.Unix()%every == 0 {
			stands = l.bad(i-recent, i) > 0 && !l.lasts(o, c.Horizon, i) && c.Holds(s, o, at)
		}
		return stands
	}
}

// recentWindow and newestWindow are those from which budget.Series.Exhaustion takes the error ratio.
func recentWindow(o budget.Objective) time.Duration {
	return min(o.Window, max(15*time.Minute, o.Window/120).Truncate(budget.Step))
}

func newestWindow(o budget.Objective) time.Duration {
	return min(o.Window, max(5*time.Minute, o.Window/720).Truncate(budget.Step))
}

// lasts reports whether the budget surely outlives the horizon, or is spent already, so that the forecast need not be made.
// It bounds from below what is left in each stretch of the projection: the events that stay in the window until the
// stretch's end, the bad ones that are in it at its start, and future traffic at the worse of the two
// error ratios that the forecast chooses from.
func (l *timeline) lasts(o budget.Objective, horizon time.Duration, i int) bool {
	window := minutes(o.Window)
	good, total := l.sum(i-window, i)
	bad := total - good
	if 1-consumed(bad, o.Allowed(total)) <= 0 {
		return true
	}
	allowed := o.Target.Complement().Float()
	ratio := max(l.ratio(i-minutes(recentWindow(o)), i), l.ratio(i-minutes(newestWindow(o)), i))
	traffic := l.traffic(i)
	// The projection's own step is at most 2.5/720 of the window; a crossing is found at the end of its step.
	ahead := minutes(horizon) + (window*5+1439)/1440 + 1
	stretch := max(1, window/720)
	least := 1e-6 * (bad + allowed*total)
	for n := 0; n < ahead; n += stretch {
		_, kept := l.sum(min(i, i+n+stretch-window), i)
		future := traffic(n)
		if ratio > allowed {
			future = traffic(n + stretch)
		}
		if allowed*kept-l.bad(min(i, i+n-window), i)+(allowed-ratio)*future <= least {
			return false
		}
	}
	return true
}

func (l *timeline) ratio(i, j int) float64 {
	good, total := l.sum(i, j)
	if total == 0 {
		return 0
	}
	return (total - good) / total
}

// traffic gives the number of events of the next minutes as the forecast expects them: the past week repeats itself, or the past day
// where too little is known of the week, and minutes of which nothing is known are as the mean of the others.
func (l *timeline) traffic(i int) func(ahead int) float64 {
	period := minutes(week)
	if float64(l.answered[i]-l.answered[i-period])/float64(period) < 0.8 {
		period /= 7
	}
	first := i - period
	_, total := l.sum(first, i)
	mean := total / max(1, float64(l.answered[i]-l.answered[first]))
	until := func(n int) float64 {
		_, events := l.sum(first, first+n)
		return events + mean*float64(n-int(l.answered[first+n]-l.answered[first]))
	}
	whole := until(period)
	return func(ahead int) float64 { return float64(ahead/period)*whole + until(ahead%period) }
}
