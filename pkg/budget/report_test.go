package budget

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

func sample(target string, window time.Duration) Objective {
	return Objective{Target: slo.MustFraction(target), Window: window}
}

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

func at(minute int) time.Time { return time.Unix(epoch+int64(minute)*StepSeconds, 0).UTC() }

// steady is a series of whole minutes with the same counts.
func steady(from, minutes int, good, total float64) []Bucket {
	out := make([]Bucket, minutes)
	for i := range out {
		out[i] = bucketAt(from+i, good, total)
	}
	return out
}

func TestReportCountsEventsAndNotTheMeanOfRatios(t *testing.T) {
	// A bad noon: 59 quiet minutes without an error, one busy minute that lost half.
	s := NewSeries(append(steady(0, 59, 10, 10), bucketAt(59, 5000, 10000))...)
	r := s.Report(sample("0.9", hour), at(60))
	require.Equal(t, 10590.0, r.Total)
	require.Equal(t, 5000.0, r.Bad())
	require.InDelta(t, 5590.0/10590, r.SLI, 1e-15)
	require.Equal(t, 1059.0, r.Allowed)
	require.InDelta(t, 5000.0/1059, r.Consumed, 1e-12)
	require.Less(t, r.Remaining, -3.0, "a remaining budget may be negative")
	require.Equal(t, 1.0, r.Coverage)
	require.Equal(t, at(60), r.LastMeasured)
}

func TestTheWindowEndsAtTheMomentAlignedDown(t *testing.T) {
	s := NewSeries(steady(0, 120, 9, 10)...)
	r := s.Report(sample("0.9", hour), at(90).Add(59*time.Second))
	require.Equal(t, at(30), r.From)
	require.Equal(t, at(90), r.At)
	require.Equal(t, 600.0, r.Total)
}

func TestReportIsHonestAboutWhatItDoesNotKnow(t *testing.T) {
	cases := map[string]struct {
		series *Series
		check  func(t *testing.T, r Report)
	}{
		"an empty series has its whole budget and no coverage": {NewSeries(), func(t *testing.T, r Report) {
			require.True(t, math.IsNaN(r.SLI))
			require.Equal(t, []float64{0, 1, 0}, []float64{r.Consumed, r.Remaining, r.Coverage})
			require.True(t, r.LastMeasured.IsZero())
			require.Equal(t, int64(60), r.Buckets[StateUnknown])
		}},
		"idle minutes are covered and do not poison the ratio": {
			NewSeries(bucketAt(0, 9, 10), Bucket{Start: epoch + 60, State: StateNoTraffic}, Bucket{Start: epoch + 120, State: StateNoTraffic}),
			func(t *testing.T, r Report) {
				require.Equal(t, 0.9, r.SLI)
				require.Equal(t, 3.0/60, r.Coverage)
				require.Equal(t, at(3), r.LastMeasured)
			}},
		"minutes without data and failed readings are not covered": {
			NewSeries(bucketAt(0, 9, 10), Bucket{Start: epoch + 60, State: StateNoData}, Bucket{Start: epoch + 120, State: StateSourceError}),
			func(t *testing.T, r Report) {
				require.Equal(t, 1.0/60, r.Coverage)
				require.Equal(t, int64(1), r.Buckets[StateSourceError])
			}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := c.series.Report(sample("0.99", hour), at(60))
			c.check(t, r)
			raw, err := json.Marshal(r)
			require.NoError(t, err)
			require.NotContains(t, string(raw), "NaN")
		})
	}
}

func TestAllowedEventsAreDecimal(t *testing.T) {
	cases := []struct {
		target      string
		total, want float64
	}{
		{"0.9995", 1_000_000, 500},
		{"0.999", 1_000_000, 1000},
		{"0.999", 3, 0.003},
		{"0.9999", 123_456_789, 12345.6789},
		{"0.999999999999", 1e12, 1},
		{"0.95", 43200, 2160},
		{"0.999", 43200, 43.2},
		{"1", 1e9, 0},
		{"0", 17, 17},
		{"0.999", 0.5, 0.0005},
	}
	for _, c := range cases {
		require.Equal(t, c.want, sample(c.target, day).Allowed(c.total), "%s of %v", c.target, c.total)
	}
}

func TestA100PercentObjectiveIsExhaustedByTheFirstBadEvent(t *testing.T) {
	o := sample("1", hour)
	clean := NewSeries(steady(0, 60, 10, 10)...)
	r := clean.Report(o, at(60))
	require.Equal(t, []float64{0, 0, 1}, []float64{r.Allowed, r.Consumed, r.Remaining})
	require.Equal(t, 0.0, clean.BurnRate(o, at(60), hour).Rate)
	require.Equal(t, HealthOK, Assess(clean, o, at(60)).Health)
	require.Equal(t, ForecastNotWithinHorizon, clean.Exhaustion(o, at(60)).Kind)

	clean.Put(bucketAt(30, 9, 10))
	r = clean.Report(o, at(60))
	require.Equal(t, []float64{0, 1, 0}, []float64{r.Allowed, r.Consumed, r.Remaining})
	burn := clean.BurnRate(o, at(60), hour)
	require.True(t, math.IsInf(burn.Rate, 1))
	require.True(t, burn.OK)
	raw, err := json.Marshal(burn)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"rate":null,"infinite":true`)
	require.Equal(t, HealthExhausted, Assess(clean, o, at(60)).Health)
	require.Equal(t, ForecastExhausted, clean.Exhaustion(o, at(60)).Kind)
}

func TestBurnRateIsTheErrorRatioOverTheAllowedOne(t *testing.T) {
	s := NewSeries(append(steady(0, 60, 1000, 1000), steady(60, 60, 986, 1000)...)...)
	o := sample("0.999", 30*day)
	require.Equal(t, 14.0, s.BurnRate(o, at(120), hour).Rate)
	require.Equal(t, 7.0, s.BurnRate(o, at(120), 2*hour).Rate)
	require.Equal(t, 0.0, s.BurnRate(o, at(60), hour).Rate)
	none := s.BurnRate(o, at(500), hour)
	require.False(t, none.OK)
	require.Equal(t, 0.0, none.Rate)
}

func TestRollupBurnDownAndBurnRatesAgreeWithSingleReports(t *testing.T) {
	var all []Bucket
	for i := range 2000 {
		all = append(all, bucketAt(i, 99-float64(i%3), 100))
	}
	s := NewSeries(all...)
	o := sample("0.99", 6*hour)
	from, to := at(100).Unix(), at(1900).Unix()
	points := s.Rollup(from, to, 420)
	var sum Totals
	for i, p := range points {
		require.Equal(t, from+int64(i)*420, p.Start)
		require.Equal(t, s.Sum(p.Start, p.Start+420), p.Totals)
		sum = sum.Add(p.Totals)
	}
	require.Equal(t, s.Sum(from, points[len(points)-1].Start+420), sum)
	for _, p := range s.BurnDown(o, from, to, 1200) {
		r := s.Report(o, time.Unix(p.At, 0))
		if r.Coverage > 0 {
			require.Equal(t, r.Remaining, p.Remaining)
			require.Equal(t, r.SLI, p.SLI)
		}
		require.Equal(t, r.Totals, p.Totals)
		require.Equal(t, r.Coverage, p.Coverage)
	}
	for _, p := range s.BurnRates(o, hour, from, to, 1200) {
		b := s.BurnRate(o, time.Unix(p.At, 0), hour)
		require.Equal(t, b.Rate, p.Rate)
	}
	require.True(t, math.IsNaN(s.BurnRates(o, hour, to+90000, to+90000, 60)[0].Rate))
	require.True(t, math.IsNaN(s.BurnDown(o, to+90000, to+90000, 60)[0].Remaining))
	require.Nil(t, s.Rollup(to, from, 60))
}

func TestPolicyFactorsAreExact(t *testing.T) {
	cases := map[string]struct {
		window time.Duration
		want   []float64
	}{
		"30 days": {30 * day, []float64{14.4, 6, 3, 1}},
		"28 days": {28 * day, []float64{13.44, 5.6, 2.8, 2.8 / 3}},
		"7 days":  {7 * day, []float64{3.36, 1.4, 0.7, 0.7 / 3}},
		"90 days": {90 * day, []float64{43.2, 18, 9, 3}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for i, p := range WorkbookPolicy {
				require.Equal(t, c.want[i], p.Rate(c.window))
			}
		})
	}
}

func TestPolicyRowsThatMakeNoSenseForAShortWindowAreLeftOut(t *testing.T) {
	applying := func(w time.Duration) (n int) {
		for _, p := range WorkbookPolicy {
			if p.Applies(w) {
				n++
			}
		}
		return n
	}
	require.Equal(t, 4, applying(30*day))
	require.Equal(t, 4, applying(28*day))
	require.Equal(t, 3, applying(7*day))
	require.Equal(t, 0, applying(hour))
}
