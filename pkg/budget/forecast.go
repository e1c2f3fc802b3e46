package budget

import (
	"fmt"
	"math"
	"time"
)

// ForecastKind says what a Forecast found.
type ForecastKind string

// The kinds of forecast.
const (
	// ForecastExhausted: no budget is left already.
	ForecastExhausted ForecastKind = "exhausted"
	// ForecastAt: the budget is expected to be spent at Forecast.At.
	ForecastAt ForecastKind = "at"
	// ForecastNotWithinHorizon: it is not expected to be spent within one window from now.
	ForecastNotWithinHorizon ForecastKind = "not within horizon"
	// ForecastUnknown: there is no recent event to go by.
	ForecastUnknown ForecastKind = "unknown"
)

// Forecast is when the rolling window's budget is expected to be spent.
type Forecast struct {
	Kind ForecastKind
	// At is the expected moment; for ForecastExhausted the moment of the report; zero otherwise.
	At time.Time
	// Lower and Upper bound At with 90 % confidence in the error ratio. A zero Upper is open: at the
	// hopeful end the budget lasts beyond the horizon. A zero Lower too: at the grim end it lasts.
	Lower, Upper time.Time
	// Basis says in words what the forecast rests on.
	Basis string
}

// confidence is the standard normal quantile of the interval's ends: 5 % and 95 %.
const confidence = 1.6448536269514722

// studentConfidence takes its place where the spread was estimated from subWindows parts: Student's t
// with 11 degrees of freedom.
const studentConfidence = 1.7958848187036691

// subWindows is the number of parts of the recent window that the overdispersion is taken from.
const subWindows = 12

// forecastSteps bounds the number of steps of the projection.
const forecastSteps = 720

// errorRatio is the recent share of bad events with the ends of its interval.
type errorRatio struct {
	expected, low, high float64
	window              time.Duration
}

// Exhaustion forecasts when the rolling window's remaining budget reaches zero, up to one window from
// now. Future traffic repeats the rhythm of the past week (of the past day, or its mean, while less is
// known), bad events continue at the recent error ratio, and events, good and bad, leave the window
// when it has moved past them. docs/budget.md has the formulas.
func (s *Series) Exhaustion(o Objective, at time.Time) Forecast {
	report := s.Report(o, at)
	if report.Total > 0 && report.Bad() > 0 && report.Remaining <= 0 {
		return Forecast{Kind: ForecastExhausted, At: report.At, Lower: report.At, Upper: report.At,
			Basis: "the budget of the present window is spent"}
	}
	ratio, ok := s.recentRatio(o, report.At)
	if !ok {
		return Forecast{Kind: ForecastUnknown, Basis: "no event in the window to go by"}
	}
	traffic, rhythm := s.traffic(report.At.Unix(), forecastStep(o.Window))
	early, expected, late := s.crossings(o, report.At.Unix(), ratio, traffic)
	f := Forecast{Kind: ForecastNotWithinHorizon, Lower: early, Basis: fmt.Sprintf(
		"error ratio of the last %s (%s %%, 90 %% interval %s to %s %%), traffic as %s",
		shortDuration(ratio.window), number(100*ratio.expected), number(100*ratio.low), number(100*ratio.high), rhythm)}
	if !expected.IsZero() {
		f.Kind, f.At, f.Upper = ForecastAt, expected, late
	}
	return f
}

// recentRatio takes the error ratio of the long recent window (window/120: 6 h of 30 d). When that of
// its newest part (window/720: 1 h of 30 d) is apart from the rest, interval from interval, the times
// have changed and the newest part counts alone. Without events in them, longer windows are asked.
func (s *Series) recentRatio(o Objective, at time.Time) (errorRatio, bool) {
	within := func(part time.Duration, least time.Duration) time.Duration {
		return min(o.Window, max(least, o.Window/part).Truncate(Step))
	}
	end := at.Unix()
	longWindow, shortWindow := within(120, 15*time.Minute), within(720, 5*time.Minute)
	if long, ok := s.ratioOver(end, longWindow); ok {
		short, okShort := s.ratioOver(end, shortWindow)
		rest, okRest := s.ratioOver(end-windowSeconds(shortWindow), longWindow-shortWindow)
		if okShort && okRest && (short.low > rest.high || short.high < rest.low) {
			return short, true
		}
		return long, true
	}
	for _, part := range []time.Duration{30, 10, 1} {
		if ratio, ok := s.ratioOver(end, within(part, time.Hour)); ok {
			return ratio, true
		}
	}
	return errorRatio{}, false
}

// ratioOver estimates the error ratio over the window that ends at end. Bad events are taken as Poisson
// with a mean proportional to traffic, made wider by the overdispersion that the sub-windows show
// (quasi-Poisson); with Jeffreys' prior the ratio is Gamma distributed with shape bad/phi + 1/2 and
// rate total/phi.
func (s *Series) ratioOver(end int64, window time.Duration) (errorRatio, bool) {
	length := windowSeconds(window)
	sum := s.Sum(end-length, end)
	if sum.Total == 0 {
		return errorRatio{}, false
	}
	ratio := sum.Bad() / sum.Total
	phi, z := 1.0, confidence
	if ratio > 0 {
		var chi float64
		parts := 0
		for _, p := range s.Rollup(end-length, end, max(StepSeconds, alignDown(length/subWindows))) {
			if mean := ratio * p.Total; mean > 0 {
				chi += (p.Bad() - mean) * (p.Bad() - mean) / mean
				parts++
			}
		}
		if parts > 1 && chi > float64(parts-1) {
			phi, z = chi/float64(parts-1), studentConfidence
		}
	}
	shape, rate := sum.Bad()/phi+0.5, sum.Total/phi
	return errorRatio{
		expected: ratio,
		low:      min(ratio, gammaQuantile(shape, -z)/rate),
		high:     min(1, max(ratio, gammaQuantile(shape, z)/rate)),
		window:   window,
	}, true
}

// gammaQuantile is the quantile of the Gamma distribution of this shape and rate 1 for the standard
// normal quantile z, by Wilson and Hilferty's cube root (Abramowitz and Stegun 26.4.17).
func gammaQuantile(shape, z float64) float64 {
	c := 1 / (9 * shape)
	root := max(0, 1-c+z*math.Sqrt(c))
	return shape * root * root * root
}

// forecastStep is the shortest step that divides a day and keeps to forecastSteps.
func forecastStep(window time.Duration) int64 {
	for _, minutes := range []int64{1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720} {
		if step := minutes * 60; windowSeconds(window) <= step*forecastSteps {
			return step
		}
	}
	return 24 * 3600
}

const (
	daySeconds  = 24 * int64(3600)
	weekSeconds = 7 * daySeconds
)

// traffic is the expected number of events of each step from at on, for one period, to be repeated.
// Steps of the past of which nothing is known are filled with the mean of the others.
func (s *Series) traffic(at, step int64) (period []float64, basis string) {
	length, basis := daySeconds, "its mean over the past day"
	switch {
	case s.answeredShare(at-weekSeconds, at) >= 0.8:
		length, basis = weekSeconds, "in the past week"
	case s.answeredShare(at-daySeconds, at) >= 0.8:
		basis = "in the past day"
	}
	past := s.Rollup(at-length, at, step)
	period = make([]float64, len(past))
	var total, known float64
	for _, p := range past {
		total += p.Total
		known += float64(p.Answered())
	}
	if known == 0 {
		known = 1
	}
	mean := total / known
	for i, p := range past {
		answered := float64(p.Answered())
		period[i] = p.Total + mean*(float64(p.All())-answered)
	}
	return period, basis
}

func (s *Series) answeredShare(from, to int64) float64 {
	return float64(s.Sum(from, to).Answered()) / float64((to-from)/StepSeconds)
}

// moment is the projected state of the budget at one time, for each of three error ratios: the high,
// the expected and the low end.
type moment struct {
	at int64
	// left and allowed are numbers of events.
	left    [3]float64
	allowed float64
	// spent says whether any event was or will be bad.
	spent [3]bool
}

// project walks one window into the future, from the present moment on, until fn returns false.
func (s *Series) project(o Objective, at int64, ratio errorRatio, period []float64, fn func(m moment) bool) {
	window, step := o.seconds(), forecastStep(o.Window)
	share := o.Target.Complement().Float()
	whole := s.cumulate(at)
	var future float64
	for i := 0; int64(i)*step <= window; i++ {
		now := at + int64(i)*step
		if i > 0 {
			future += period[(i-1)%len(period)]
		}
		kept := whole.minus(s.cumulate(min(at, now-window)))
		total := kept.total.float()
		bad := total - kept.good.float()
		m := moment{at: now, allowed: share * (total + future)}
		for k, p := range [3]float64{ratio.high, ratio.expected, ratio.low} {
			m.left[k] = m.allowed - bad - p*future
			m.spent[k] = bad > 0 || p > 0
		}
		if !fn(m) {
			return
		}
	}
}

// crossings gives the moments at which the remaining budget reaches zero at the high, the expected and
// the low end of the error ratio; zero where it does not.
func (s *Series) crossings(o Objective, at int64, ratio errorRatio, period []float64) (early, expected, late time.Time) {
	step := forecastStep(o.Window)
	var crossed [3]time.Time
	var previous [3]float64
	s.project(o, at, ratio, period, func(m moment) bool {
		open := false
		for k, left := range m.left {
			if m.at > at && crossed[k].IsZero() && left <= 0 && m.spent[k] {
				crossed[k] = between(m.at-step, step, previous[k], left)
			}
			open = open || crossed[k].IsZero()
		}
		previous = m.left
		return open
	})
	return crossed[0], crossed[1], crossed[2]
}

// ProjectionPoint is the remaining budget expected at a moment to come.
type ProjectionPoint struct {
	// At is the moment in Unix seconds.
	At int64
	// Remaining is the expected remaining share of the budget of the window that ends at At; Lower
	// and Upper bound it with 90 % confidence in the error ratio.
	Remaining, Lower, Upper float64
}

// Projection is the remaining budget that Exhaustion expects, from the present moment until the given
// time, at most one window ahead. It is empty when there is no event to go by or nothing is allowed.
func (s *Series) Projection(o Objective, at, until time.Time) []ProjectionPoint {
	now := AlignDown(at)
	ratio, ok := s.recentRatio(o, unix(now))
	if !ok {
		return nil
	}
	period, _ := s.traffic(now, forecastStep(o.Window))
	var points []ProjectionPoint
	s.project(o, now, ratio, period, func(m moment) bool {
		if m.at > until.Unix() {
			return false
		}
		if m.allowed > 0 {
			points = append(points, ProjectionPoint{
				At: m.at, Remaining: m.left[1] / m.allowed, Lower: m.left[0] / m.allowed, Upper: m.left[2] / m.allowed,
			})
		}
		return true
	})
	return points
}

// between interpolates the moment within a step at which the budget fell from before to after.
func between(start, step int64, before, after float64) time.Time {
	share := 1.0
	if before > after {
		share = max(0, min(1, before/(before-after)))
	}
	return unix(start).Add(time.Duration(share * float64(step) * float64(time.Second))).Truncate(time.Second)
}
