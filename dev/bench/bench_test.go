package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source/prometheus"
)

func TestRulesAreThoseOfRuleFiles(t *testing.T) {
	bad := slo.Definition{ID: "a", Indicator: slo.Indicator{Bad: `errors_total{x="y"}`, Total: `all_total{x="y"}`}}
	require.Equal(t, `(sum(rate(errors_total{x="y"}[3d]))) / (sum(rate(all_total{x="y"}[3d])))`, errorRatio(bad, "rate", "3d"))
	good := slo.Definition{ID: "b", Window: slo.Window{Text: "30d"}, Indicator: slo.Indicator{Good: `sum(rate(good_total[5m]))`, Total: `sum(rate(all_total[5m]))`}}
	require.Equal(t, `1 - ((sum(increase(good_total[30d]))) / (sum(increase(all_total[30d]))))`, errorRatio(good, "increase", "30d"))
	require.Equal(t, `sum_over_time(slo:sli_error:ratio_rate5m{slo="b"}[30d]) / count_over_time(slo:sli_error:ratio_rate5m{slo="b"}[30d])`, meanOfRatios(good))
}

func TestBackfilledIndicatorsDifferAndCanBeRead(t *testing.T) {
	definitions := manyDefinitions(100)
	indicators := map[slo.Indicator]bool{}
	for _, one := range definitions {
		require.NoError(t, prometheus.Check(one))
		indicators[one.Indicator] = true
	}
	require.Len(t, indicators, len(definitions), "no reading serves two SLOs")
}

func TestBenchmarkOutputIsUnderstood(t *testing.T) {
	measured, err := parseBenchmarks("goos: linux\nBenchmarkReport/warm-2 \t 25\t 41 ns/op\t 2.5 ms-p99\t 12 B/op\nPASS\n")
	require.NoError(t, err)
	require.Equal(t, 2.5, measured["BenchmarkReport/warm"]["ms-p99"])
	_, err = parseBenchmarks("PASS\n")
	require.Error(t, err)
}

func TestTablesAreMarkdown(t *testing.T) {
	var out bytes.Buffer
	results{
		Machine: "a machine",
		Figures: []figure{
			{Part: "a", Measure: "samples", Ours: 2e5, Theirs: 4e7, Unit: "samples", Against: "rules", Target: "≤ 1/20", OK: true},
			{Part: "d", Measure: "backfill", Ours: 70, Unit: "s", Target: "< 60 s"},
		},
		Costs:  []cost{{SLO: "x", Ours: 10, Rules: 200, Raw: 3000}},
		Errors: []deviation{{SLO: "x", Consumed: 0.5, MeanOfRatios: 0.1, Rules: true}},
	}.print(&out)
	require.Contains(t, out.String(), "| a | samples | 200 k samples | rules: 40 M samples | 200 × | ≤ 1/20 | yes |\n")
	require.Contains(t, out.String(), "| d | backfill | 70 s |  |  | < 60 s | **no** |\n")
	require.Contains(t, out.String(), "| x | 10 | 200 | 20 × | 3000 | 300 × |\n")
	require.Contains(t, out.String(), "| x | 50 % | 0 % | 10 % | 0 % |\n")
}
