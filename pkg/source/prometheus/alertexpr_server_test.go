package prometheus

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/promtest"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// rates asks the server for a burn rate at the end of each minute.
func rates(t *testing.T, reader *Reader, indicator slo.Indicator, window time.Duration, from, to int64) []float64 {
	t.Helper()
	expr, err := BurnRate(indicator, slo.MustFraction("0.999"), window)
	require.NoError(t, err)
	parsed, err := promql.ParseExpr(expr)
	require.NoError(t, err)
	result, err := reader.client.span(t.Context(), parsed, from, to, &tally{})
	require.NoError(t, err, expr)
	require.LessOrEqual(t, len(result), 1, expr)
	if len(result) == 0 {
		return column(nil, from, to)
	}
	require.Empty(t, result[0].labels, expr)
	return column(result[0].points, from, to)
}

// served is a history of two counters in which bad(minute) tells the share of bad requests, scraped twice a minute.
func served(name string, last int64, perScrape func(minute int64) float64, bad func(minute int64) float64) []promtest.Series {
	good, failed, le, all := 0.0, 0.0, 0.0, 0.0
	series := []promtest.Series{
		promtest.Metric("requests_total", "history", name, "code", "200"), promtest.Metric("requests_total", "history", name, "code", "500"),
		promtest.Metric("latency_bucket", "history", name, "le", "0.5"), promtest.Metric("latency_count", "history", name),
		promtest.Metric("native", "history", name), promtest.Metric("events_per_minute", "history", name, "kind", "all"),
		promtest.Metric("events_per_minute", "history", name, "kind", "bad"), promtest.Metric("seconds", "history", name), promtest.Metric("failures", "history", name),
	}
	for at := minute(0); at <= minute(last); at += 30 {
		m := (at - 1 - origin) / 60
		events, share := perScrape(m), bad(m)
		good, failed = good+events*(1-share), failed+events*share
		le, all = le+events*(1-share), all+events
		value := 0.1
		if share > 0 {
			value = 2
		}
		sample := func(v float64) promtest.Sample { return promtest.Sample{At: at * 1000, Value: v} }
		for i, v := range []float64{good, failed, le, all} {
			series[i] = series[i].With(sample(v))
		}
		series[4] = series[4].With(promtest.Sample{At: at * 1000, Histogram: &promtest.Histogram{Buckets: map[int]uint64{-1: uint64(le), 2: uint64(all - le)}}})
		for i, v := range []float64{2 * events, 2 * events * share, value, share} {
			series[5+i] = series[5+i].With(sample(v))
		}
	}
	return series
}

// TestBurnRatesOfTheServerAreThoseOfTheLedger holds the expression that a rule asks for against the arithmetic over the buckets that
// the reader makes of the same series: no row of the policy may come or go more than one minute earlier or later.
func TestBurnRatesOfTheServerAreThoseOfTheLedger(t *testing.T) {
	const last = 150
	steady := func(int64) float64 { return 2000 }
	share := func(from, to int64, share float64) func(int64) float64 {
		return func(m int64) float64 {
			if m >= from && m < to {
				return share
			}
			return 0
		}
	}
	histories := map[string][]promtest.Series{}
	for _, rate := range []float64{14.4, 6, 3, 1} {
		histories[fmt.Sprintf("above %g", rate)] = served(fmt.Sprintf("above %g", rate), last, steady, share(15, 110, rate*0.001+0.0005))
		histories[fmt.Sprintf("below %g", rate)] = served(fmt.Sprintf("below %g", rate), last, steady, share(15, 110, rate*0.001-0.0005))
	}
	histories["flapping"] = served("flapping", last, steady, func(m int64) float64 { return share(0, 2, 0.05)(m % 5) })
	histories["spikes"] = served("spikes", last, steady, func(m int64) float64 { return share(0, 1, 0.5)(m % 30) })
	histories["no traffic"] = served("no traffic", last, func(m int64) float64 { return 2000 * (1 - share(50, 90, 1)(m)) }, share(40, 110, 0.03))
	histories["collapse"] = served("collapse", last, func(m int64) float64 { return 2000 - share(50, 120, 1990)(m) }, share(50, 100, 0.5))
	var all []promtest.Series
	for _, one := range histories {
		all = append(all, one...)
	}
	server := promtest.Start(t, promtest.Config{}, all...)
	reader := newReader(t, server.URL)
	indicators := map[string]func(string) slo.Indicator{
		"bad requests": func(h string) slo.Indicator {
			return slo.Indicator{Kind: slo.KindRatio, Bad: fmt.Sprintf(`sum(rate(requests_total{history=%q,code="500"}[5m]))`, h), Total: fmt.Sprintf(`sum(rate(requests_total{history=%q}[5m]))`, h)}
		},
		"good requests of a classic histogram": func(h string) slo.Indicator {
			return slo.Indicator{Kind: slo.KindRatio, Good: fmt.Sprintf(`sum(rate(latency_bucket{history=%q,le="0.5"}[5m]))`, h), Total: fmt.Sprintf(`sum(rate(latency_count{history=%q}[5m]))`, h)}
		},
		"good requests of a native histogram": func(h string) slo.Indicator {
			return slo.Indicator{Kind: slo.KindRatio, Good: fmt.Sprintf(`histogram_fraction(-Inf, 0.5, sum(rate(native{history=%q}[5m]))) * histogram_count(sum(rate(native{history=%q}[5m])))`, h, h), Total: fmt.Sprintf(`histogram_count(sum(rate(native{history=%q}[5m])))`, h)}
		},
		"sampled good events": func(h string) slo.Indicator {
			return slo.Indicator{Kind: slo.KindRatio, Good: fmt.Sprintf(`sum(events_per_minute{history=%q,kind="all"}) - sum(events_per_minute{history=%q,kind="bad"})`, h, h), Total: fmt.Sprintf(`sum(events_per_minute{history=%q,kind="all"})`, h)}
		},
		"a failure ratio": func(h string) slo.Indicator {
			return slo.Indicator{Kind: slo.KindRaw, RawType: slo.RawFailure, Raw: fmt.Sprintf(`failures{history=%q}`, h)}
		},
		"a threshold": func(h string) slo.Indicator {
			return slo.Indicator{Kind: slo.KindThreshold, Value: fmt.Sprintf(`seconds{history=%q}`, h), Op: slo.OpLTE, Limit: 0.5}
		},
	}
	policy := []budget.PolicyWindow{
		{Fixed: 14.4, Long: time.Hour, Short: 5 * time.Minute}, {Fixed: 6, Long: 90 * time.Minute, Short: 10 * time.Minute},
		{Fixed: 3, Long: 90 * time.Minute, Short: 15 * time.Minute}, {Fixed: 1, Long: 100 * time.Minute, Short: 30 * time.Minute},
	}
	compared, changes := 0, 0
	for kind, indicatorOf := range indicators {
		for history := range histories {
			indicator := indicatorOf(history)
			// The first sample lies at the end of the minute before the origin.
			series := budget.NewSeries(read(t, reader, slo.Definition{Indicator: indicator}, minute(-1), minute(last)).Buckets...)
			for _, row := range policy {
				long, short := rates(t, reader, indicator, row.Long, minute(1), minute(last)), rates(t, reader, indicator, row.Short, minute(1), minute(last))
				var have, want []bool
				for i := range long {
					o := budget.Objective{Target: slo.MustFraction("0.999"), Window: 24 * time.Hour, Policy: []budget.PolicyWindow{row}}
					want = append(want, series.Policy(o, time.Unix(minute(int64(i)+1), 0))[0].Firing)
					have = append(have, long[i] > row.Fixed && short[i] > row.Fixed)
				}
				for i := range want {
					near := have[i] == want[i] || i > 0 && have[i] == want[i-1] || i+1 < len(want) && have[i] == want[i+1]
					require.True(t, near, "%s, %s, burn rate %g: minute %d fires=%v (%g, %g), by the ledger %v", kind, history, row.Fixed, i+1, have[i], long[i], short[i], want[i])
					compared++
					if i > 0 && want[i] != want[i-1] {
						changes++
					}
				}
			}
		}
	}
	t.Logf("%d minutes compared, %d changes of state", compared, changes)
	require.Greater(t, changes, 100, "the histories make the alerts come and go")
}

func TestBurnRateWhereNothingOrNothingElseHappened(t *testing.T) {
	a := func(name, code string, value func(at int64) float64) promtest.Series {
		return promtest.Metric(name, "code", code).Every(30, minute(0), minute(20), value)
	}
	count := func(at int64) float64 { return float64(at - origin) }
	idle := func(int64) float64 { return 7 }
	server := promtest.Start(t, promtest.Config{}, a("ok_total", "200", count), a("bad_total", "500", count), a("idle_total", "200", idle), a("idle_total", "500", idle))
	reader := newReader(t, server.URL)
	ratio := func(good, bad, total string) slo.Indicator {
		i := slo.Indicator{Kind: slo.KindRatio, Total: "sum(rate(" + total + "[5m]))"}
		if good != "" {
			i.Good = "sum(rate(" + good + "[5m]))"
		} else {
			i.Bad = "sum(rate(" + bad + "[5m]))"
		}
		return i
	}
	at := func(i slo.Indicator) float64 { return rates(t, reader, i, 5*time.Minute, minute(10), minute(10))[0] }
	require.Zero(t, at(ratio("", `ok_total{code="500"}`, "ok_total")), "no series of bad events: none happened")
	require.InDelta(t, 1000, at(ratio(`bad_total{code="200"}`, "", "bad_total")), 1e-6, "no series of good events: all are bad")
	require.True(t, isAbsent(at(ratio("", "bad_total", "nowhere_total"))), "nothing is known of the total")
	require.True(t, math.IsNaN(at(ratio("", `idle_total{code="500"}`, "idle_total"))), "no event")
	require.True(t, isAbsent(at(ratio("", "bad_total", "idle_total"))), "bad events without any event are a mistake, and no outage")
	parts := slo.Indicator{Kind: slo.KindRatio, Bad: "sum(rate(bad_total[5m]))", Total: "sum(rate(ok_total[5m])) * 3 + sum(rate(bad_total[5m])) + sum(rate(nowhere_total[5m]))"}
	require.InDelta(t, 250, at(parts), 1e-6, "a part of the total that has no series counts as none")
	expr, err := BurnRate(ratio("", "bad_total", "bad_total"), slo.MustFraction("1"), 5*time.Minute)
	require.NoError(t, err)
	parsed, err := promql.ParseExpr(expr)
	require.NoError(t, err)
	result, err := reader.client.span(t.Context(), parsed, minute(10), minute(10), &tally{})
	require.NoError(t, err)
	require.True(t, math.IsInf(result[0].points[0].value, 1), "nothing is allowed")
}
