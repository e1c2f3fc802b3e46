package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const month = 30 * 24 * 60

// monthOf is 30 days of clean traffic, 1000 events a minute, and what overwrites it.
func monthOf(over ...[]Bucket) *Series {
	s := NewSeries(steady(0, month, 1000, 1000)...)
	for _, b := range over {
		s.Put(b...)
	}
	return s
}

func inState(from, minutes int, state State) []Bucket {
	out := make([]Bucket, minutes)
	for i := range out {
		out[i] = Bucket{Start: epoch + int64(from+i)*StepSeconds, State: state}
	}
	return out
}

func TestAssess(t *testing.T) {
	o := sample("0.999", 30*day)
	minimum := o
	minimum.MinimumEvents = 100_000
	cases := map[string]struct {
		series    *Series
		objective Objective
		at        int
		want      Health
		stale     bool
		says      string
	}{
		"a clean month is ok":                                 {monthOf(), o, month, HealthOK, false, ""},
		"nothing evaluated is no data":                        {NewSeries(), o, month, HealthNoData, false, "evaluated"},
		"a source that was down all the time is no data":      {NewSeries(inState(0, month, StateSourceError)...), o, month, HealthNoData, false, "could not be read"},
		"a query without series is no data":                   {NewSeries(inState(0, month, StateNoData)...), o, month, HealthNoData, false, "no series"},
		"a window that is excluded as a whole is no data":     {NewSeries(inState(0, month, StateExcluded)...), o, month, HealthNoData, false, "excluded"},
		"a spent budget is exhausted":                         {monthOf(steady(1000, 60, 200, 1000)), o, month, HealthExhausted, false, "48000 bad events of 43200"},
		"an hour at 20 times pages":                           {monthOf(steady(month-60, 60, 980, 1000)), o, month, HealthPage, false, "20× over 1h"},
		"a fast burn that is over does not page":              {monthOf(steady(month-60, 50, 980, 1000)), o, month, HealthOK, false, ""},
		"a day at 4 times tickets":                            {monthOf(steady(month-24*60, 24*60, 996, 1000)), o, month, HealthTicket, false, "4× over 24h"},
		"three days at 1.5 times ticket":                      {monthOf(steady(month-72*60, 72*60, 998.5, 1000)), o, month, HealthTicket, false, "1.5× over 3d"},
		"exactly at the threshold does not fire":              {monthOf(steady(month-60, 60, 985.6, 1000)), o, month, HealthOK, false, ""},
		"too few events do not page":                          {monthOf(steady(month-60, 60, 980, 1000)), minimum, month, HealthOK, false, ""},
		"an old answer is stale":                              {monthOf(), o, month + 11, HealthStale, true, "last answered"},
		"ten minutes of silence are not stale yet":            {monthOf(), o, month + 10, HealthOK, false, ""},
		"a failing source makes it stale":                     {monthOf(inState(month-20, 20, StateSourceError)), o, month, HealthStale, true, "last answered"},
		"an exhausted budget stays exhausted when it's stale": {monthOf(steady(1000, 60, 200, 1000)), o, month + 60, HealthExhausted, true, "Nothing newer"},
		"a quiet night is not stale":                          {monthOf(inState(month-300, 300, StateNoTraffic)), o, month, HealthOK, false, ""},
		"a whole window without traffic says so":              {NewSeries(inState(0, month, StateNoTraffic)...), o, month, HealthNoTraffic, false, "no event"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := Assess(c.series, c.objective, at(c.at))
			require.Equal(t, c.want, a.Health, a.Message)
			require.Equal(t, c.stale, a.Stale)
			require.Contains(t, a.Message, c.says)
			if c.want == HealthOK {
				require.Empty(t, a.Message)
			}
			require.Len(t, a.Policy, 4)
		})
	}
}

func TestForecast(t *testing.T) {
	o := sample("0.999", 30*day)
	t.Run("a spent budget is exhausted now", func(t *testing.T) {
		f := monthOf(steady(1000, 60, 200, 1000)).Exhaustion(o, at(month))
		require.Equal(t, ForecastExhausted, f.Kind)
		require.Equal(t, at(month), f.At)
	})
	t.Run("a clean month is not spent within the horizon", func(t *testing.T) {
		f := monthOf().Exhaustion(o, at(month))
		require.Equal(t, ForecastNotWithinHorizon, f.Kind)
		require.True(t, f.At.IsZero())
	})
	t.Run("nothing known is unknown", func(t *testing.T) {
		require.Equal(t, ForecastUnknown, NewSeries().Exhaustion(o, at(month)).Kind)
		require.Equal(t, ForecastUnknown, NewSeries(inState(0, month, StateNoData)...).Exhaustion(o, at(month)).Kind)
	})
	t.Run("a steady burn of ten empties a full budget in a tenth of the window", func(t *testing.T) {
		f := monthOf(steady(month-6*60, 6*60, 990, 1000)).Exhaustion(o, at(month))
		require.Equal(t, ForecastAt, f.Kind)
		// 3,600 of 43,200 are spent in six hours: 66 hours are left.
		require.WithinDuration(t, at(month).Add(66*hour), f.At, 30*time.Minute)
		require.True(t, f.Lower.Before(f.At) && f.Upper.After(f.At), "%v %v %v", f.Lower, f.At, f.Upper)
		require.Less(t, f.Upper.Sub(f.Lower), 10*hour, "3,600 bad events leave little doubt")
		require.Contains(t, f.Basis, "last 6h")
		require.Contains(t, f.Basis, "past week")
	})
	t.Run("old bad events leave the window in time", func(t *testing.T) {
		// 40,000 were lost in the first hour of the window; the present rate of 0.5 would use up the
		// remaining 3,200 in 4.4 days, but the loss leaves the window within the hour.
		s := monthOf(steady(0, 60, 1000-40000.0/60, 1000), steady(month-6*60, 6*60, 999.5, 1000))
		require.Equal(t, ForecastNotWithinHorizon, s.Exhaustion(o, at(month)).Kind)
		// When the loss is recent, it stays.
		s = monthOf(steady(month-10*24*60, 60, 1000-40000.0/60, 1000), steady(month-6*60, 6*60, 999.5, 1000))
		f := s.Exhaustion(o, at(month))
		require.Equal(t, ForecastAt, f.Kind)
		require.WithinDuration(t, at(month).Add(time.Duration(3020/0.5)*time.Minute), f.At, 2*hour)
	})
	t.Run("an incident of the last hour counts as it is, not diluted", func(t *testing.T) {
		f := monthOf(steady(month-60, 60, 800, 1000)).Exhaustion(o, at(month))
		require.Equal(t, ForecastAt, f.Kind)
		require.Contains(t, f.Basis, "last 1h")
		require.WithinDuration(t, at(month).Add(31200/200*time.Minute), f.At, 20*time.Minute)
	})
	t.Run("an incident that is over does not frighten", func(t *testing.T) {
		f := monthOf(steady(month-300, 60, 800, 1000)).Exhaustion(o, at(month))
		require.Equal(t, ForecastNotWithinHorizon, f.Kind)
	})
	t.Run("few and scattered bad events leave the late end open", func(t *testing.T) {
		s := monthOf(steady(month-200, 10, 950, 1000), steady(month-5, 1, 960, 1000))
		f := s.Exhaustion(o, at(month))
		require.False(t, f.Lower.IsZero())
		require.True(t, f.Upper.IsZero(), f.Basis)
	})
	t.Run("a night without traffic spends nothing", func(t *testing.T) {
		// Half of each day is idle: the budget lasts twice as long in hours.
		s := NewSeries()
		for d := range 30 {
			s.Put(steady(d*1440, 720, 1000, 1000)...)
			s.Put(inState(d*1440+720, 720, StateNoTraffic)...)
		}
		s.Put(steady(29*1440+360, 360, 990, 1000)...)
		f := s.Exhaustion(o, at(29*1440+720))
		require.Equal(t, ForecastAt, f.Kind)
		// 18,000 are left, 600 go in each busy hour: 30 busy hours, and three idle halves of a day between.
		require.InDelta(t, 66, f.At.Sub(at(29*1440+720)).Hours(), 1)
	})
}

func TestTheProjectionMeetsZeroWhereTheForecastSays(t *testing.T) {
	o := sample("0.999", 30*day)
	s := monthOf(steady(month-6*60, 6*60, 990, 1000))
	now := at(month)
	f := s.Exhaustion(o, now)
	points := s.Projection(o, now, now.Add(30*day))
	require.Equal(t, now.Unix(), points[0].At)
	require.InDelta(t, s.Report(o, now).Remaining, points[0].Remaining, 1e-12)
	require.Len(t, points, 721)
	for i, p := range points {
		require.LessOrEqual(t, p.Lower, p.Remaining)
		require.LessOrEqual(t, p.Remaining, p.Upper)
		if i > 0 {
			require.Greater(t, p.At, points[i-1].At)
			require.Equal(t, p.At > f.At.Unix(), p.Remaining < 0)
		}
	}
	require.Len(t, s.Projection(o, now, now.Add(10*hour)), 11)
	require.Empty(t, NewSeries().Projection(o, now, now.Add(day)))
	require.Empty(t, s.Projection(sample("1", 30*day), now, now.Add(day)))
}

func TestReportsAndForecastsAreFast(t *testing.T) {
	s := monthOf(steady(month-6*60, 6*60, 990, 1000))
	o := sample("0.999", 30*day)
	best := func(fn func()) time.Duration {
		least := time.Hour
		for range 20 {
			start := time.Now()
			fn()
			least = min(least, time.Since(start))
		}
		return least
	}
	require.Less(t, best(func() { s.Report(o, at(month-17)) }), time.Millisecond)
	require.Less(t, best(func() { s.Exhaustion(o, at(month-17)) }), 5*time.Millisecond)
	require.Less(t, s.Size(), 160_000, "a thousand such series fit 160 MB")
}

func BenchmarkReport(b *testing.B) {
	s := monthOf()
	o := sample("0.999", 30*day)
	for b.Loop() {
		s.Report(o, at(month-17))
	}
}

func BenchmarkExhaustion(b *testing.B) {
	s := monthOf(steady(month-6*60, 6*60, 990, 1000))
	o := sample("0.999", 30*day)
	for b.Loop() {
		s.Exhaustion(o, at(month-17))
	}
}

func BenchmarkPutNewest(b *testing.B) {
	s := monthOf()
	for i := 0; b.Loop(); i++ {
		s.Put(bucketAt(month+i, 999, 1000))
	}
}
