package backtest

import (
	"math"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// timeline is a stretch of a series as prefix sums: entry i is what the minutes before minute i hold. Counts are
// kept as the series keeps them, in whole events and 2^-32ths, so that a difference of two entries is the
// sum itself to the last bit and each comparison comes out as it does in package budget.
type timeline struct {
	// base is the Unix time in seconds of minute 0.
	base        int64
	total, good []int64
	// totalPart and goodPart are nil while all counts are whole.
	totalPart, goodPart []int64
	// answered counts the minutes for which the source answered with data.
	answered []int32
	// evaluated counts the minutes that are in the ledger at all, recorded those of them for which the source had series.
	evaluated, recorded []int32
	state               []budget.State
}

const partsPerEvent = 1 << 32

// layOut reads the span and what the conditions of the plans look back on from its start.
func layOut(s *budget.Series, cfg Config, plans ...alert.Plan) *timeline {
	back := time.Duration(0)
	for _, plan := range plans {
		long := recentWindow(plan.Objective)
		for _, c := range plan.Conditions {
			switch c.Kind {
			case alert.KindBurn:
				long = max(long, c.Row.Long, c.Row.Short)
			case alert.KindForecast:
				long = max(long, week)
			default:
			}
		}
		back = max(back, plan.Objective.Window+long)
	}
	from, to := cfg.From.Unix()-int64(minutes(back)+minutes(alert.AbsenceWindow))*budget.StepSeconds, cfg.To.Unix()
	n := int(max(0, (to-from)/budget.StepSeconds))
	l := &timeline{base: from, total: make([]int64, n+1), good: make([]int64, n+1), answered: make([]int32, n+1), evaluated: make([]int32, n+1), recorded: make([]int32, n+1), state: make([]budget.State, n)}
	l.read(s, to)
	return l
}

// read adds the buckets up.
func (l *timeline) read(s *budget.Series, to int64) {
	at := 0
	skip := func(until int) {
		for ; at < until; at++ {
			l.total[at+1], l.good[at+1], l.answered[at+1] = l.total[at], l.good[at], l.answered[at]
			l.evaluated[at+1], l.recorded[at+1] = l.evaluated[at], l.recorded[at]
			if l.totalPart != nil {
				l.totalPart[at+1], l.goodPart[at+1] = l.totalPart[at], l.goodPart[at]
			}
		}
	}
	s.Each(l.base, to, func(b budget.Bucket) bool {
		i := int((b.Start - l.base) / budget.StepSeconds)
		skip(i + 1)
		l.state[i] = b.State
		l.evaluated[i+1]++
		if b.State != budget.StateNoData {
			l.recorded[i+1]++
		}
		if b.State == budget.StateMeasured || b.State == budget.StateNoTraffic {
			l.answered[i+1]++
		}
		if b.State != budget.StateMeasured {
			return true
		}
		total, totalPart := split(b.Total)
		good, goodPart := split(b.Good)
		l.total[i+1] += total
		l.good[i+1] += good
		if totalPart != 0 || goodPart != 0 {
			if l.totalPart == nil {
				l.totalPart, l.goodPart = make([]int64, len(l.total)), make([]int64, len(l.total))
			}
			l.totalPart[i+1] += totalPart
			l.goodPart[i+1] += goodPart
		}
		return true
	})
	skip(len(l.state))
}

// split is a count in whole events and 2^-32ths, as package budget rounds it.
func split(v float64) (whole, part int64) {
	floor := math.Floor(v)
	return int64(floor), int64(math.RoundToEven((v - floor) * partsPerEvent))
}

func join(whole, part int64) float64 {
	return float64(whole+part>>32) + float64(part&(partsPerEvent-1))/partsPerEvent
}

// index is the minute that starts at a time, inside the timeline.
func (l *timeline) index(at int64) int {
	return int(min(max(0, (at-l.base)/budget.StepSeconds), int64(len(l.state))))
}

func (l *timeline) time(i int) time.Time {
	return time.Unix(l.base+int64(i)*budget.StepSeconds, 0).UTC()
}

// sum counts the events of the minutes [i, j); what lies before the timeline is left out.
func (l *timeline) sum(i, j int) (good, total float64) {
	i = max(0, i)
	if l.totalPart == nil {
		return float64(l.good[j] - l.good[i]), float64(l.total[j] - l.total[i])
	}
	return join(l.good[j]-l.good[i], l.goodPart[j]-l.goodPart[i]), join(l.total[j]-l.total[i], l.totalPart[j]-l.totalPart[i])
}

// bad counts the bad events of the minutes [i, j).
func (l *timeline) bad(i, j int) float64 {
	if j <= i {
		return 0
	}
	good, total := l.sum(i, j)
	return total - good
}

// share is the part of the n minutes before i that are counted in a prefix sum.
func share(counts []int32, n, i int) float64 {
	return float64(counts[i]-counts[max(0, i-n)]) / float64(n)
}

// rate is the burn rate over the minutes [i, j); false without an event.
func (l *timeline) rate(o budget.Objective, i, j int) (float64, bool) {
	good, total := l.sum(i, j)
	bad := total - good
	switch {
	case total == 0:
		return 0, false
	case bad <= 0:
		return 0, true
	}
	allowed := o.Allowed(total)
	if allowed <= 0 {
		return math.Inf(1), true
	}
	return bad / allowed, true
}

// consumed is the share that bad events are of the allowed ones; all of it where none is allowed.
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

// minutes is a window in minutes, rounded up, at least one.
func minutes(d time.Duration) int {
	return max(1, int((int64(d/time.Second)+budget.StepSeconds-1)/budget.StepSeconds))
}
