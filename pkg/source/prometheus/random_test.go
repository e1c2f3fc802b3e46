package prometheus

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/promtest"
)

// TestRandomHistoriesAddUp reads many made-up histories: pods with their own scrape intervals that are
// deployed, restarted, lost from sight and found again. The sums must be exact.
func TestRandomHistoriesAddUp(t *testing.T) {
	const histories, last = 25, 180
	var all []promtest.Series
	truths := make([]truth, histories)
	for i := range truths {
		random := rand.New(rand.NewPCG(uint64(i), 7))
		truths[i] = truth{}
		for _, one := range randomHistory(random, truths[i], last) {
			for _, s := range seriesOf(one) {
				if len(s.Samples) == 0 {
					continue
				}
				s.Labels["history"] = fmt.Sprint(i)
				all = append(all, s)
			}
		}
	}
	server := promtest.Start(t, promtest.Config{}, all...)
	for i, tr := range truths {
		inHistory := fmt.Sprintf(`http_requests_total{history="%d",`, i)
		def := badOf(strings.Replace(badQuery5, "http_requests_total{", inHistory, 1),
			strings.Replace(totalQuery, "http_requests_total[", inHistory+"}[", 1))
		result := read(t, newReader(t, server.URL), def, minute(3), minute(last))
		require.Empty(t, result.Warnings, "history %d", i)
		var good, total float64
		for _, one := range result.Buckets {
			good += one.Good
			total += one.Total
		}
		wantGood, wantTotal := tr.sum(minute(3), minute(last))
		require.Equal(t, wantTotal, total, "history %d", i)
		require.Equal(t, wantGood, good, "history %d", i)
		split := read(t, newReader(t, server.URL, func(cfg *Config) { cfg.MaxBuckets = 17 }), def, minute(3), minute(last))
		require.Equal(t, result.Buckets, split.Buckets, "history %d", i)
	}
}

// randomHistory has one pod that is always there, so that newcomers are known to be new, and a few that
// come and go.
func randomHistory(random *rand.Rand, tr truth, last int64) []*pod {
	scrapes := []int64{5, 10, 15, 30, 60, 120}
	pods := []*pod{newPod("always", 15).run(tr, minute(0)+random.Int64N(15), minute(last), float64(3+random.IntN(5)), 20)}
	for n := range 3 {
		at, generation := minute(4+random.Int64N(20)), 0
		one := newPod(fmt.Sprintf("p%d-0", n), scrapes[random.IntN(len(scrapes))])
		one.lazy = random.IntN(2) == 0
		for at < minute(last) {
			// Less traffic than the pod that is always there, so that what it brings is credible.
			until := min(at+60+random.Int64N(1800), minute(last))
			one.run(tr, at, until, float64(random.IntN(4)), int64(5+random.IntN(50)))
			at += (until - at + one.scrape - 1) / one.scrape * one.scrape
			switch random.IntN(3) {
			case 0: // a deployment: the name changes
				one.stop(at)
				pods = append(pods, one)
				generation++
				lazy := one.lazy
				one = newPod(fmt.Sprintf("p%d-%d", n, generation), scrapes[random.IntN(len(scrapes))])
				one.lazy = lazy
				at += random.Int64N(300)
			case 1: // a restart that is scraped before its first request
				one.lazy = false // a series that comes back with its old value is no restart to anyone who looks
				one.restart().scrapeAt(at)
				at += one.scrape
			default: // out of sight while it works on
				hidden := *one
				gap := at + one.scrape*random.Int64N(max(1, 1200/one.scrape))
				if gap >= minute(last) {
					continue
				}
				hidden.run(tr, at, gap, 1, 0)
				one.good, one.bad = hidden.good, hidden.bad
				if random.IntN(2) == 0 {
					one.stop(at)
				}
				at = gap
				// What happened out of sight shows at the next scrape.
				one.scrapeAt(at)
				at += one.scrape
			}
		}
		pods = append(pods, one)
	}
	return pods
}
