package backtest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// twoMonths are 60 days of an ordinary service: the span, and the window that its first minutes look back on.
func twoMonths(fractional bool) *budget.Series {
	random := rand.New(rand.NewPCG(1, 2))
	buckets := make([]budget.Bucket, 60*24*60)
	for i := range buckets {
		total := float64(600 + random.IntN(400))
		bad := float64(random.IntN(2))
		if i%(9*24*60) < 45 {
			bad = total / 10
		}
		if fractional {
			total += 0.25
		}
		buckets[i] = budget.Bucket{Start: minute(i).Unix(), State: budget.StateMeasured, Total: total, Good: total - float64(int(bad))}
	}
	return budget.NewSeries(buckets...)
}

func objective() slo.Definition {
	return slo.Definition{
		ID: "checkout", Name: "checkout", Service: "checkout", Target: slo.MustFraction("0.999"),
		Window: slo.Window{Duration: 30 * 24 * time.Hour, Text: "30d"}, RunbookURL: "https://example.org/runbook",
	}
}

func workbook(b testing.TB) alert.Policy {
	policy, ok := alert.Builtin(slo.PolicyWorkbook)
	require.True(b, ok)
	return policy
}

func BenchmarkRun(b *testing.B) {
	settings := alert.DefaultSettings()
	withoutForecast := settings
	withoutForecast.ForecastHorizon = ""
	cases := map[string]struct {
		settings   alert.Settings
		fractional bool
	}{
		"burn rows, thresholds and absence": {settings: withoutForecast},
		"with forecast":                     {settings: settings},
		"fractional counts":                 {settings: withoutForecast, fractional: true},
	}
	for name, c := range cases {
		b.Run(name, func(b *testing.B) {
			s := twoMonths(c.fractional)
			plan := alert.PlanWith(objective(), c.settings, workbook(b))
			cfg := Config{From: minute(30 * 24 * 60), To: minute(60 * 24 * 60), Incidents: []alert.Incident{{ID: "i", Start: minute(36 * 24 * 60), End: minute(36*24*60 + 45)}}}
			firings := 0
			b.ReportAllocs()
			for b.Loop() {
				firings = len(Run(s, plan, cfg).Firings)
			}
			b.ReportMetric(float64(firings), "alerts")
		})
	}
}

// BenchmarkMinuteByMinute is the plain way: each condition at each minute from the series' own sums. A day is measured.
func BenchmarkMinuteByMinute(b *testing.B) {
	settings := alert.DefaultSettings()
	settings.ForecastHorizon = ""
	s, plan := twoMonths(false), alert.PlanWith(objective(), settings, workbook(b))
	const day = 24 * 60
	held := 0
	for b.Loop() {
		for i := range day {
			for _, c := range plan.Conditions {
				if c.Holds(s, plan.Objective, minute(36*day+i)) {
					held++
				}
			}
		}
	}
	require.Positive(b, held)
	b.ReportMetric(30*float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/30-days")
}

func BenchmarkWhatIf(b *testing.B) {
	s := twoMonths(false)
	cfg := Config{From: minute(30 * 24 * 60), To: minute(60 * 24 * 60)}
	for b.Loop() {
		WhatIf(s, objective(), alert.DefaultSettings(), nil, cfg)
	}
}
