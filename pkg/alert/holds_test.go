package alert

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// epoch is Monday, 2026-06-01 00:00 UTC.
const epoch = int64(1780272000)

// measured are minutes of 1,000 events each from the epoch on, the given number of them bad in each.
func measured(from, to int, bad float64) (found []budget.Bucket) {
	for m := from; m < to; m++ {
		found = append(found, budget.Bucket{Start: epoch + int64(m)*60, Total: 1000, Good: 1000 - bad, State: budget.StateMeasured})
	}
	return found
}

func states(from, to int, state budget.State) (found []budget.Bucket) {
	for m := from; m < to; m++ {
		found = append(found, budget.Bucket{Start: epoch + int64(m)*60, State: state})
	}
	return found
}

func series(parts ...[]budget.Bucket) *budget.Series {
	var all []budget.Bucket
	for _, part := range parts {
		all = append(all, part...)
	}
	return budget.NewSeries(all...)
}

func minute(n int) time.Time { return time.Unix(epoch+int64(n)*60, 0).UTC() }

func objective() budget.Objective {
	return budget.Objective{Target: slo.MustFraction("0.999"), Window: 30 * day}
}

// fast is the hourly page: 14.4 over 1h and 5m. In an hour of 60,000 events it asks for more than 864 bad ones,
// in five minutes of 5,000 for more than 72.
func fast() Condition {
	return Condition{Kind: KindBurn, Severity: budget.SeverityPage, Row: Row{PolicyWindow: budget.WorkbookPolicy[0]}, Rate: 14.4, Share: 0.02}
}

func TestABurnHoldsJustAboveItsRateInBothWindows(t *testing.T) {
	inclusive := fast()
	inclusive.Row.PolicyWindow = budget.PolicyWindow{Severity: budget.SeverityPage, Long: time.Hour, Short: 5 * time.Minute, Fixed: 14.4, Inclusive: true}
	few := fast()
	few.MinimumEvents = 60_001
	enough := fast()
	enough.MinimumEvents = 60_000
	// 55 minutes of long, 5 minutes of short.
	hour := func(long, short float64) *budget.Series {
		return series(measured(0, 55, long), measured(55, 60, short))
	}
	one := func(short float64) []budget.Bucket { // 72 bad events over the five minutes and some
		return append(measured(55, 59, 14.4), budget.Bucket{Start: epoch + 59*60, Total: 1000, Good: 1000 - 14.4 - short, State: budget.StateMeasured})
	}
	cases := map[string]struct {
		condition Condition
		series    *budget.Series
		want      bool
	}{
		"well above": {fast(), hour(20, 20), true},
		"865 in the hour and 100 in five minutes":    {fast(), series(measured(0, 54, 14), []budget.Bucket{{Start: epoch + 54*60, Total: 1000, Good: 991, State: budget.StateMeasured}}, measured(55, 60, 20)), true},
		"864 in the hour: not above":                 {fast(), series(measured(0, 54, 14), []budget.Bucket{{Start: epoch + 54*60, Total: 1000, Good: 992, State: budget.StateMeasured}}, measured(55, 60, 20)), false},
		"864 in the hour, where reaching is enough":  {inclusive, series(measured(0, 54, 14), []budget.Bucket{{Start: epoch + 54*60, Total: 1000, Good: 992, State: budget.StateMeasured}}, measured(55, 60, 20)), true},
		"73 in five minutes":                         {fast(), series(measured(0, 55, 100), measured(55, 59, 14), []budget.Bucket{{Start: epoch + 59*60, Total: 1000, Good: 983, State: budget.StateMeasured}}), true},
		"72 in five minutes: over for the short one": {fast(), series(measured(0, 55, 100), measured(55, 59, 14), []budget.Bucket{{Start: epoch + 59*60, Total: 1000, Good: 984, State: budget.StateMeasured}}), false},
		"a fraction above in five minutes":           {fast(), series(measured(0, 55, 100), one(0.1)), true},
		"an hour ago only":                           {fast(), hour(100, 0), false},
		"the last five minutes only":                 {fast(), hour(0, 100), false},
		"one event fewer than the minimum":           {few, hour(20, 20), false},
		"as many events as the minimum":              {enough, hour(20, 20), true},
		"nothing known":                              {fast(), budget.NewSeries(), false},
		"no traffic":                                 {fast(), series(states(0, 60, budget.StateNoTraffic)), false},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.want, tt.condition.Holds(tt.series, objective(), minute(60)))
		})
	}
}

func TestAConsumedShareHoldsFromTheEventThatReachesIt(t *testing.T) {
	// A day of 1,440,000 events permits 1,440 bad ones; half of that is 720.
	condition := Condition{Kind: KindConsumed, Severity: budget.SeverityTicket, Share: 0.5}
	objective := func() budget.Objective {
		o := objective()
		o.Window = day
		return o
	}
	with := func(bad float64) *budget.Series {
		return series(measured(0, 1439, 0), []budget.Bucket{{Start: epoch + 1439*60, Total: 1000, Good: 1000 - bad, State: budget.StateMeasured}})
	}
	require.True(t, condition.Holds(with(720), objective(), minute(1440)))
	require.False(t, condition.Holds(with(719), objective(), minute(1440)))
	require.False(t, condition.Holds(with(0), objective(), minute(1440)))
	require.False(t, condition.Holds(budget.NewSeries(), objective(), minute(1440)))
	condition.Share = 1
	require.False(t, condition.Holds(with(720), objective(), minute(1440)))
}

func TestTheFirstErrorOfAYoungHistoryConsumesNoWholeBudget(t *testing.T) {
	half := Condition{Kind: KindConsumed, Severity: budget.SeverityTicket, Share: 0.5}
	o := objective()
	o.Window = 30 * day
	// A day of the month is known, with as many bad events as 60 % of a month's budget, at a day's traffic.
	bad := 0.6 * 1440 * 30
	spread := func(bad float64) *budget.Series {
		buckets := measured(0, 1440, 0)
		for i := range buckets {
			buckets[i].Good = buckets[i].Total - bad/1440
		}
		return series(buckets)
	}
	require.True(t, half.Holds(spread(bad), o, minute(1440)))
	require.False(t, half.Holds(spread(0.8*bad), o, minute(1440)), "16 times the day's own budget, and 48 % of the month's")
	require.False(t, Foreseeable(spread(bad).Report(o, minute(1440))), "a day does not foretell a month")
	failing := series(measured(0, 1440, 0))
	for i := range 29 * 1440 {
		failing.Put(budget.Bucket{Start: epoch - int64(i+1)*60, State: budget.StateSourceError})
	}
	require.True(t, Foreseeable(failing.Report(o, minute(1440))), "what the source failed to answer for is no young history")
}

func TestAForecastHoldsOnlyWhereItsIntervalSupportsIt(t *testing.T) {
	now := minute(0)
	condition := Condition{Kind: KindForecast, Horizon: 3 * day}
	certain := budget.Forecast{Kind: budget.ForecastAt, At: now.Add(2 * day), Lower: now.Add(day), Upper: now.Add(5 * day)}
	require.True(t, condition.Supported(certain, now))
	for name, change := range map[string]func(*budget.Forecast){
		"an open end":           func(f *budget.Forecast) { f.Upper = time.Time{} },
		"beyond the horizon":    func(f *budget.Forecast) { f.At = now.Add(3*day + time.Second) },
		"exhausted already":     func(f *budget.Forecast) { f.Kind = budget.ForecastExhausted },
		"not within the window": func(f *budget.Forecast) { f.Kind = budget.ForecastNotWithinHorizon },
		"nothing to go by":      func(f *budget.Forecast) { f.Kind = budget.ForecastUnknown },
	} {
		f := certain
		change(&f)
		require.False(t, condition.Supported(f, now), name)
	}
	certain.At = now.Add(3 * day)
	require.True(t, condition.Supported(certain, now), "just within the horizon")

	steady := series(measured(0, 2*1440, 3)) // three times the permitted, for two days of thirty
	require.Equal(t, condition.Supported(steady.Exhaustion(objective(), minute(2*1440)), minute(2*1440)), condition.Holds(steady, objective(), minute(2*1440)))
}

func TestTrafficIsMissingAfterFiveMinutesWithoutAnEvent(t *testing.T) {
	traffic := Condition{Kind: KindAbsence, Absence: AbsenceTraffic}
	source := Condition{Kind: KindAbsence, Absence: AbsenceSource}
	cases := map[string]struct {
		series                  *budget.Series
		wantTraffic, wantSource bool
	}{
		"traffic":                              {series(measured(0, 10, 0)), false, false},
		"no events for five minutes":           {series(measured(0, 5, 0), states(5, 10, budget.StateNoTraffic)), true, false},
		"no events for four minutes":           {series(measured(0, 6, 0), states(6, 10, budget.StateNoTraffic)), false, false},
		"a source that fails for five minutes": {series(measured(0, 5, 0), states(5, 10, budget.StateSourceError)), true, true},
		"a source that failed, then quiet":     {series(measured(0, 5, 0), states(5, 9, budget.StateSourceError), states(9, 10, budget.StateNoTraffic)), true, false},
		"what a correction excludes":           {series(measured(0, 5, 0), states(5, 9, budget.StateNoTraffic), states(9, 10, budget.StateExcluded)), false, false},
		"what was not evaluated yet":           {series(measured(0, 5, 0), states(5, 9, budget.StateNoTraffic)), false, false},
		"nothing known":                        {budget.NewSeries(), false, false},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.wantTraffic, traffic.Holds(tt.series, objective(), minute(10)))
			require.Equal(t, tt.wantSource, source.Holds(tt.series, objective(), minute(10)))
		})
	}
}

func TestAStaleLedgerIsNotAboutBuckets(t *testing.T) {
	require.False(t, Condition{Kind: KindStale}.Holds(series(measured(0, 60, 500)), objective(), minute(60)))
}
