package budget

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheForecastsIntervalHoldsTheTruthAboutAsOftenAsItSays draws six hours of bad events from a known
// error ratio, evenly and in bursts, and compares the interval with the moment at which that ratio
// would spend the rest of the budget.
func TestTheForecastsIntervalHoldsTheTruthAboutAsOftenAsItSays(t *testing.T) {
	const (
		runs    = 300
		traffic = 1000
		ratio   = 0.004 // burn rate 4
	)
	o := sample("0.999", 30*day)
	clean := monthOf()
	for name, burst := range map[string]float64{"even": 1, "in bursts of twenty": 20} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(11, 12))
			held := 0
			for range runs {
				s := clean.Clone()
				recent := steady(month-360, 360, traffic, traffic)
				for i := range recent {
					bad := burst * poisson(random, ratio*traffic/burst)
					recent[i].Good -= min(traffic, bad)
				}
				s.Put(recent...)
				left := s.Report(o, at(month)).Remaining * 0.001 * traffic * month
				truth := at(month).Add(time.Duration(left / (ratio * traffic) * float64(time.Minute)))
				f := s.Exhaustion(o, at(month))
				if !f.Lower.After(truth) && (f.Upper.IsZero() || !f.Upper.Before(truth)) {
					held++
				}
			}
			t.Logf("%d of %d", held, runs)
			require.GreaterOrEqual(t, held, runs*84/100)
		})
	}
}

// poisson draws from a Poisson distribution by Knuth's method.
func poisson(random *rand.Rand, mean float64) float64 {
	limit, product, n := math.Exp(-mean), random.Float64(), 0.0
	for product > limit {
		product *= random.Float64()
		n++
	}
	return n
}
