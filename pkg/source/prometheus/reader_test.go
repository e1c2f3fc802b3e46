package prometheus

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/promtest"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

// origin is where the synthetic histories start.
const origin = int64(1_790_000_000 - 1_790_000_000%3600)

// minute is the start of a bucket counted from the origin.
func minute(n int64) int64 { return origin + n*step }

func newReader(t *testing.T, url string, change ...func(*Config)) *Reader {
	t.Helper()
	cfg := Config{UID: "prom", URL: url}
	cfg.Backoff.MinBackoff, cfg.Backoff.MaxBackoff = time.Millisecond, 5*time.Millisecond
	for _, one := range change {
		one(&cfg)
	}
	reader, err := New(cfg)
	require.NoError(t, err)
	return reader
}

func ratioOf(good, total string) slo.Definition {
	return slo.Definition{Indicator: slo.Indicator{Kind: slo.KindRatio, Counter: true, Good: good, Total: total}}
}

func badOf(bad, total string) slo.Definition {
	return slo.Definition{Indicator: slo.Indicator{Kind: slo.KindRatio, Counter: true, Bad: bad, Total: total}}
}

func read(t *testing.T, reader *Reader, def slo.Definition, from, to int64) source.Result {
	t.Helper()
	result, err := reader.Read(t.Context(), def, from, to)
	require.NoError(t, err)
	require.Len(t, result.Buckets, int((to-from)/step))
	for i, one := range result.Buckets {
		require.Equal(t, from+int64(i)*step, one.Start, "buckets are in order, without a hole")
		require.LessOrEqual(t, one.Good, one.Total)
		require.GreaterOrEqual(t, one.Good, 0.0)
		require.Equal(t, one.State == budget.StateMeasured, one.Total > 0, "only measured buckets carry events")
	}
	return result
}

// truth is what really happened, a bucket a minute.
type truth map[int64]*budget.Bucket

func (tr truth) add(at int64, good, bad float64) {
	start := at - 1 - (at-1)%step // a sample at a bucket's end belongs to it
	if tr[start] == nil {
		tr[start] = &budget.Bucket{Start: start}
	}
	tr[start].Good += good
	tr[start].Total += good + bad
}

func (tr truth) sum(from, to int64) (good, total float64) {
	for start, one := range tr {
		if start >= from && start < to {
			good += one.Good
			total += one.Total
		}
	}
	return good, total
}

// pod is a process with a counter for good and one for bad requests, scraped at an interval.
type pod struct {
	name       string
	scrape     int64
	good, bad  float64
	goodSeries promtest.Series
	badSeries  promtest.Series
	lazy       bool
}

func newPod(name string, scrape int64) *pod {
	return &pod{
		name: name, scrape: scrape,
		goodSeries: promtest.Metric("http_requests_total", "pod", name, "code", "200"),
		badSeries:  promtest.Metric("http_requests_total", "pod", name, "code", "500"),
	}
}

// run serves from from to to: perScrape good requests a scrape, one of every failEvery requests more is bad.
// Every request is in the truth at the scrape that shows it.
func (p *pod) run(tr truth, from, to int64, perScrape float64, failEvery int64) *pod {
	for at := from; at < to; at += p.scrape {
		p.good += perScrape
		bad := 0.0
		if failEvery > 0 && (at/p.scrape)%failEvery == 0 {
			bad = 1
		}
		p.bad += bad
		tr.add(at, perScrape, bad)
		p.scrapeAt(at)
	}
	return p
}

func (p *pod) scrapeAt(at int64) {
	p.goodSeries = p.goodSeries.With(promtest.Sample{At: at * 1000, Value: p.good})
	if p.bad > 0 || !p.lazy {
		p.badSeries = p.badSeries.With(promtest.Sample{At: at * 1000, Value: p.bad})
	}
}

// stop writes the stale markers of a target that vanished.
func (p *pod) stop(at int64) {
	p.goodSeries = p.goodSeries.With(promtest.Stale(at * 1000))
	if len(p.badSeries.Samples) > 0 {
		p.badSeries = p.badSeries.With(promtest.Stale(at * 1000))
	}
}

func (p *pod) restart() *pod {
	p.good, p.bad = 0, 0
	return p
}

func seriesOf(pods ...*pod) []promtest.Series {
	var out []promtest.Series
	for _, p := range pods {
		out = append(out, p.goodSeries, p.badSeries)
	}
	return out
}

const (
	goodQuery  = `sum(rate(http_requests_total{code!~"5.."}[5m]))`
	badQuery5  = `sum(rate(http_requests_total{code=~"5.."}[5m]))`
	totalQuery = `sum(rate(http_requests_total[5m]))`
)

// requireTruth compares every bucket from from to to with what happened.
func requireTruth(t *testing.T, tr truth, buckets []budget.Bucket, from, to int64) {
	t.Helper()
	for _, one := range buckets {
		if one.Start < from || one.Start >= to {
			continue
		}
		want := budget.Bucket{}
		if tr[one.Start] != nil {
			want = *tr[one.Start]
		}
		at := "minute " + strconv.FormatInt((one.Start-origin)/60, 10)
		require.InDelta(t, want.Total, one.Total, 1e-9, at)
		require.InDelta(t, want.Good, one.Good, 1e-9, at)
	}
}

func TestCountersAreReadExactly(t *testing.T) {
	const last = 120
	cases := map[string]struct {
		history func(tr truth) []*pod
		// from is the first minute of which all events are known.
		from int64
		// sumsOnly compares the sum over the span: the events of a gap land where it ends.
		sumsOnly bool
	}{
		"steady traffic": {from: 1, history: func(tr truth) []*pod {
			return []*pod{newPod("a", 15).run(tr, minute(0), minute(last), 7, 10), newPod("b", 15).run(tr, minute(0)+3, minute(last), 5, 33)}
		}},
		"scrapes that do not fall on the minute": {from: 1, history: func(tr truth) []*pod {
			return []*pod{newPod("a", 17).run(tr, minute(0)+5, minute(last), 3, 7)}
		}},
		"a scrape interval longer than a bucket": {from: 2, history: func(tr truth) []*pod {
			return []*pod{newPod("a", 120).run(tr, minute(0)+30, minute(last), 100, 3)}
		}},
		"a scrape interval longer than Prometheus's look-back": {from: 11, history: func(tr truth) []*pod {
			return []*pod{newPod("a", 600).run(tr, minute(0)+30, minute(last), 100, 3)}
		}},
		"a reset": {from: 1, history: func(tr truth) []*pod {
			a := newPod("a", 15).run(tr, minute(0), minute(40)+15, 7, 10)
			a.restart().run(tr, minute(40)+15, minute(last), 9, 10)
			return []*pod{a, newPod("b", 15).run(tr, minute(0), minute(last), 5, 33)}
		}},
		"two resets in one minute that regain the old value": {from: 1, history: func(tr truth) []*pod {
			a := newPod("a", 5).run(tr, minute(30), minute(31), 2, 0)
			a.restart().run(tr, minute(31), minute(31)+25, 9, 0)
			a.restart().run(tr, minute(31)+25, minute(32)+40, 9, 0)
			return []*pod{a, newPod("b", 5).run(tr, minute(0), minute(last), 5, 33)}
		}},
		"a rolling deploy changes the pods' names": {from: 1, history: func(tr truth) []*pod {
			var pods []*pod
			for i := range int64(4) {
				name := string(rune('a' + i))
				swap := minute(50+i) + 20 + i
				old := newPod("old-"+name, 15).run(tr, minute(0)+i, swap, 7, 10)
				old.stop(swap)
				pods = append(pods, old, newPod("new-"+name, 15).run(tr, swap+5, minute(last), 7, 10))
			}
			return pods
		}},
		"an error series that appears with the first error": {from: 1, history: func(tr truth) []*pod {
			a := newPod("a", 15)
			a.lazy = true
			return []*pod{a.run(tr, minute(0), minute(40), 7, 0).run(tr, minute(40), minute(last), 7, 100)}
		}},
		"a pod that vanishes": {from: 1, history: func(tr truth) []*pod {
			a := newPod("a", 15).run(tr, minute(0), minute(40)+40, 7, 10)
			a.stop(minute(40) + 40)
			return []*pod{a, newPod("b", 15).run(tr, minute(0), minute(last), 5, 33)}
		}},
		"all pods vanish and new ones come": {from: 1, history: func(tr truth) []*pod {
			a := newPod("a", 15).run(tr, minute(0), minute(40)+40, 7, 10)
			a.stop(minute(40) + 40)
			return []*pod{a, newPod("b", 15).run(tr, minute(60)+10, minute(last), 5, 33)}
		}},
		"a gap of ten minutes in which requests go on": {from: 1, sumsOnly: true, history: func(tr truth) []*pod {
			a := newPod("a", 15).run(tr, minute(0), minute(40), 7, 10)
			samples := len(a.goodSeries.Samples)
			a.run(tr, minute(40), minute(50), 7, 10)
			a.goodSeries.Samples, a.badSeries.Samples = a.goodSeries.Samples[:samples], a.badSeries.Samples[:samples]
			return []*pod{a.run(tr, minute(50), minute(last), 7, 10)}
		}},
		"a gap with stale markers in one of two pods": {from: 1, sumsOnly: true, history: func(tr truth) []*pod {
			a := newPod("a", 15).run(tr, minute(0), minute(40), 7, 10)
			a.stop(minute(40) + 5)
			samples := len(a.goodSeries.Samples)
			a.run(tr, minute(40)+15, minute(70), 7, 10)
			a.goodSeries.Samples, a.badSeries.Samples = a.goodSeries.Samples[:samples], a.badSeries.Samples[:samples]
			return []*pod{a.run(tr, minute(70), minute(last), 7, 10), newPod("b", 15).run(tr, minute(0), minute(last), 5, 33)}
		}},
		"idle intervals": {from: 1, history: func(tr truth) []*pod {
			a := newPod("a", 15).run(tr, minute(0), minute(20), 7, 10)
			return []*pod{a.run(tr, minute(20), minute(60), 0, 0).run(tr, minute(60), minute(last), 2, 9)}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			tr := truth{}
			server := promtest.Start(t, promtest.Config{}, seriesOf(c.history(tr)...)...)
			for form, def := range map[string]slo.Definition{
				"good and total": ratioOf(goodQuery, totalQuery),
				"bad and total":  badOf(badQuery5, totalQuery),
			} {
				t.Run(form, func(t *testing.T) {
					reader := newReader(t, server.URL)
					result := read(t, reader, def, minute(c.from), minute(last))
					require.Empty(t, result.Warnings)
					if !c.sumsOnly {
						requireTruth(t, tr, result.Buckets, minute(c.from), minute(last))
					}
					wantGood, wantTotal := tr.sum(minute(c.from), minute(last))
					var good, total float64
					for _, one := range result.Buckets {
						good += one.Good
						total += one.Total
					}
					require.InDelta(t, wantTotal, total, 1e-6)
					require.InDelta(t, wantGood, good, 1e-6)

					pieces := newReader(t, server.URL, func(cfg *Config) { cfg.MaxBuckets = 7 })
					require.Equal(t, result.Buckets, read(t, pieces, def, minute(c.from), minute(last)).Buckets,
						"how a span is split does not change what is read")
				})
			}
		})
	}
}

func TestStatesTellWhatIsKnown(t *testing.T) {
	tr := truth{}
	a := newPod("a", 15).run(tr, minute(10), minute(20), 7, 10)
	a.run(tr, minute(20), minute(30), 0, 0)
	a.stop(minute(30))
	server := promtest.Start(t, promtest.Config{}, seriesOf(a)...)
	result := read(t, newReader(t, server.URL), ratioOf(goodQuery, totalQuery), minute(0), minute(40))
	states := map[budget.State]int{}
	for i, one := range result.Buckets {
		states[one.State]++
		switch {
		case i < 9, i >= 30:
			require.Equal(t, budget.StateNoData, one.State, "minute %d has no series", i)
		case i == 9:
			require.Equal(t, budget.StateNoData, one.State, "a counter's first sample tells nothing of the time before it")
		case i < 20:
			require.Equal(t, budget.StateMeasured, one.State, "minute %d", i)
		case i < 30:
			require.Equal(t, budget.StateNoTraffic, one.State, "minute %d is idle", i)
		}
	}
	require.Equal(t, 4, len(states)+1)
}

func TestFirstSightOfOldCountersIsNotCounted(t *testing.T) {
	tr := truth{}
	a := newPod("a", 15)
	a.good, a.bad = 5e6, 4e3 // it has run for months before its first scrape
	a.run(tr, minute(10), minute(60), 7, 10)
	b := newPod("b", 15)
	b.good, b.bad = 7e6, 3e3 // found later, beside a
	b.run(truth{}, minute(30), minute(60), 0, 0)
	server := promtest.Start(t, promtest.Config{}, seriesOf(a, b)...)
	result := read(t, newReader(t, server.URL), ratioOf(goodQuery, totalQuery), minute(0), minute(60))
	require.Len(t, result.Warnings, 1)
	require.Contains(t, result.Warnings[0], "http_requests_total came to light")
	requireTruth(t, tr, result.Buckets, minute(10), minute(60))
}

func TestOurOwnQuestionsCauseNoNotices(t *testing.T) {
	// Prometheus remarks on rate() of a metric that is not named like a counter.
	odd := func(pod string, from int64) promtest.Series {
		return promtest.Metric("requests", "pod", pod).Every(15, from, minute(40), func(at int64) float64 { return float64(at-from) / 15 })
	}
	server := promtest.Start(t, promtest.Config{}, odd("a", minute(0)), odd("b", minute(20)))
	result := read(t, newReader(t, server.URL), ratioOf("requests", "requests"), minute(1), minute(39))
	require.Empty(t, result.Warnings)
	require.Equal(t, 8.0, result.Buckets[30].Total)
}

func TestGoodNeverExceedsTotal(t *testing.T) {
	good := promtest.Metric("good_total").Every(15, minute(0), minute(20), func(at int64) float64 { return float64(at-origin) * 2 })
	total := promtest.Metric("all_total").Every(15, minute(0), minute(20), func(at int64) float64 { return float64(at - origin) })
	server := promtest.Start(t, promtest.Config{}, good, total)
	result := read(t, newReader(t, server.URL), ratioOf("sum(rate(good_total[5m]))", "sum(rate(all_total[5m]))"), minute(1), minute(20))
	require.Len(t, result.Warnings, 1)
	require.Contains(t, result.Warnings[0], "more good or bad events than events in all")
	require.Equal(t, 60.0, result.Buckets[5].Good)
}

func TestClassicHistograms(t *testing.T) {
	bucket := func(le string, perSecond float64) promtest.Series {
		return promtest.Metric("latency_bucket", "le", le).Every(15, minute(0), minute(30), func(at int64) float64 { return math.Floor(float64(at-origin) * perSecond) })
	}
	count := promtest.Metric("latency_count").Every(15, minute(0), minute(30), func(at int64) float64 { return float64(at - origin) })
	server := promtest.Start(t, promtest.Config{}, bucket("0.3", 0.9), bucket("1.0", 0.95), bucket("+Inf", 1), count)
	for le, want := range map[string]float64{"0.3": 54, "1": 57, "1.0": 57, "+Inf": 60} {
		result := read(t, newReader(t, server.URL), ratioOf(`sum(rate(latency_bucket{le="`+le+`"}[5m]))`, `sum(rate(latency_count[5m]))`), minute(1), minute(30))
		for _, one := range result.Buckets[:20] {
			require.Equal(t, want, one.Good, "le=%s", le)
			require.Equal(t, 60.0, one.Total)
		}
	}
}

func TestNativeHistograms(t *testing.T) {
	// 8 of 10 observations a scrape are at most 1 s; the process restarts at minute 20, a second one
	// starts at minute 25 and vanishes at minute 30.
	observed := func(pod string, from, reset, to int64) promtest.Series {
		s := promtest.Metric("latency", "pod", pod)
		n := uint64(0)
		for at := from; at < to; at += 15 {
			if at == reset {
				n = 0
			}
			n++
			s = s.With(promtest.Sample{At: at * 1000, Histogram: &promtest.Histogram{Buckets: map[int]uint64{-1: 5 * n, 0: 3 * n, 2: 2 * n}}})
		}
		return s
	}
	server := promtest.Start(t, promtest.Config{},
		observed("a", minute(0), minute(20)+30, minute(40)),
		observed("b", minute(25)+10, 0, minute(30)+10).With(promtest.Stale((minute(30)+10)*1000)))
	def := ratioOf(
		`histogram_fraction(-Inf, 1, sum(rate(latency[5m]))) * histogram_count(sum(rate(latency[5m])))`,
		`sum(histogram_count(rate(latency[5m])))`)
	result := read(t, newReader(t, server.URL), def, minute(1), minute(39))
	require.Empty(t, result.Warnings)
	for _, one := range result.Buckets {
		at := (one.Start - origin) / 60
		want := 40.0
		switch {
		case at == 25:
			want += 40 // at :10, :25, :40 and :55
		case at > 25 && at < 30:
			want += 40
		case at == 30:
			want += 0
		}
		require.InDelta(t, want, one.Total, 1e-9, "minute %d", at)
		require.InDelta(t, want*0.8, one.Good, 1e-9, "minute %d", at)
	}
}

func TestHistogramsAndNumbersAreNotMistaken(t *testing.T) {
	number, histogram := promtest.Metric("number_total"), promtest.Metric("latency")
	for n := range int64(40) {
		at := (origin + n*15) * 1000
		number = number.With(promtest.Sample{At: at, Value: float64(n)})
		histogram = histogram.With(promtest.Sample{At: at, Histogram: &promtest.Histogram{Buckets: map[int]uint64{}}})
	}
	reader := newReader(t, promtest.Start(t, promtest.Config{}, number, histogram).URL)
	const count, fraction = `sum(histogram_count(rate(%s[5m])))`, `histogram_fraction(0, 1, rate(%s[5m])) * histogram_count(rate(%s[5m]))`
	fill := func(form, metric string) string { return strings.ReplaceAll(form, "%s", metric) }
	_, err := reader.Read(t.Context(), ratioOf(`sum(rate(latency[5m]))`, `sum(rate(latency[5m]))`), minute(1), minute(9))
	require.ErrorContains(t, err, "native histograms: count their observations with histogram_count(rate(latency[5m]))")
	_, err = reader.Read(t.Context(), ratioOf(fill(fraction, "number_total"), fill(count, "number_total")), minute(1), minute(9))
	require.ErrorContains(t, err, "plain numbers")
	result := read(t, reader, ratioOf(fill(fraction, "latency"), fill(count, "latency")), minute(1), minute(9))
	require.Equal(t, budget.StateNoTraffic, result.Buckets[3].State, "histograms without observations are no traffic")
}

func TestValuesThatAreNoCountersAreSampled(t *testing.T) {
	gauge := func(name string, value func(minute int64) float64) promtest.Series {
		return promtest.Metric(name).Every(15, minute(0), minute(30), func(at int64) float64 { return value((at - origin) / 60) })
	}
	server := promtest.Start(t, promtest.Config{},
		gauge("batch_ok", func(m int64) float64 { return float64(m % 5) }),
		gauge("batch_all", func(m int64) float64 { return float64(m%5) * 2 }),
		gauge("temperature", func(m int64) float64 { return float64(m) }),
		gauge("availability", func(int64) float64 { return 0.75 }),
	)
	reader := newReader(t, server.URL)

	t.Run("a ratio of gauges takes the values at the bucket's end", func(t *testing.T) {
		def := ratioOf("batch_ok", "batch_all")
		def.Indicator.Counter = false
		result := read(t, reader, def, minute(1), minute(29))
		for _, one := range result.Buckets {
			end := float64((one.Start/60 - origin/60 + 1) % 5)
			require.Equal(t, end, one.Good)
			require.Equal(t, 2*end, one.Total)
			if end == 0 {
				require.Equal(t, budget.StateNoTraffic, one.State)
			}
		}
	})
	t.Run("a threshold makes one good or bad event", func(t *testing.T) {
		def := slo.Definition{Indicator: slo.Indicator{Kind: slo.KindThreshold, Value: "temperature", Op: slo.OpLT, Limit: 10}}
		result := read(t, reader, def, minute(0), minute(40))
		require.Equal(t, budget.Bucket{Start: minute(8), Good: 1, Total: 1, State: budget.StateMeasured}, result.Buckets[8])
		require.Equal(t, budget.Bucket{Start: minute(9), Good: 0, Total: 1, State: budget.StateMeasured}, result.Buckets[9])
		require.Equal(t, budget.StateNoData, result.Buckets[39].State)
	})
	t.Run("a raw ratio is one event, good to that degree", func(t *testing.T) {
		def := slo.Definition{Indicator: slo.Indicator{Kind: slo.KindRaw, Raw: "availability", RawType: slo.RawFailure}}
		require.Equal(t, 0.25, read(t, reader, def, minute(1), minute(5)).Buckets[0].Good)
	})
	t.Run("nothing divided by nothing is no traffic", func(t *testing.T) {
		def := slo.Definition{Indicator: slo.Indicator{Kind: slo.KindRaw, Raw: "(batch_ok * 0) / (batch_all * 0)", RawType: slo.RawSuccess}}
		require.Equal(t, budget.StateNoTraffic, read(t, reader, def, minute(1), minute(5)).Buckets[0].State)
	})
	t.Run("two series at once are refused", func(t *testing.T) {
		def := slo.Definition{Indicator: slo.Indicator{Kind: slo.KindRaw, Raw: `{__name__=~"temperature|availability"}`}}
		_, err := reader.Read(t.Context(), def, minute(1), minute(5))
		require.ErrorContains(t, err, "more than one series")
	})
}
