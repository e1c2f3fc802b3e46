package prometheus

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

func TestBurnRateIsOneExpression(t *testing.T) {
	const requests, failed = `sum(rate(http_requests_total[5m]))`, `sum(rate(http_requests_total{code=~"5.."}[5m]))`
	tests := map[string]struct {
		indicator slo.Indicator
		target    string
		want      string
	}{
		"bad events are a part of all events": {
			indicator: slo.Indicator{Kind: slo.KindRatio, Bad: failed, Total: requests}, target: "0.999",
			want: `round(((sum(increase(http_requests_total{code=~"5.."}[1h])) or vector(0)) / sum(increase(http_requests_total[1h]))) / 0.001, 0.000001)`,
		},
		"good events are taken from all events": {
			indicator: slo.Indicator{Kind: slo.KindRatio, Good: `sum(rate(ok_total[5m]))`, Total: requests}, target: "0.9995",
			want: `round((clamp_min(sum(increase(http_requests_total[1h])) - (sum(increase(ok_total[1h])) or vector(0)), 0) / sum(increase(http_requests_total[1h]))) / 0.0005, 0.000001)`,
		},
		"all but the errors are good: the errors are bad": {
			indicator: slo.Indicator{Kind: slo.KindRatio, Good: requests + " - " + failed, Total: requests}, target: "0.9",
			want: `round(((sum(increase(http_requests_total{code=~"5.."}[1h])) or vector(0)) / sum(increase(http_requests_total[1h]))) / 0.1, 0.000001)`,
		},
		"bad events counted elsewhere can't exceed all events": {
			indicator: slo.Indicator{Kind: slo.KindRatio, Bad: `sum(increase(errors_total[1m])) * 2`, Total: requests}, target: "0.99",
			want: `round(clamp_max((((sum(increase(errors_total[1h])) * 2) or vector(0)) / sum(increase(http_requests_total[1h]))) != +Inf, 1) / 0.01, 0.000001)`,
		},
		"an objective of 100 % divides by zero": {
			indicator: slo.Indicator{Kind: slo.KindRatio, Bad: failed, Total: requests}, target: "1",
			want: `round(((sum(increase(http_requests_total{code=~"5.."}[1h])) or vector(0)) / sum(increase(http_requests_total[1h]))) / 0, 0.000001)`,
		},
		"a value above the limit is a bad minute": {
			indicator: slo.Indicator{Kind: slo.KindThreshold, Value: "queue_length + 1", Op: slo.OpLTE, Limit: 5}, target: "0.999999999999",
			want: `round((sum(sum_over_time((((queue_length + 1) >= -Inf) > bool 5)[1h:1m])) / sum(count_over_time(((queue_length + 1) >= -Inf)[1h:1m]))) / 0.000000000001, 0.000001)`,
		},
		"a failure ratio is bad to that degree": {
			indicator: slo.Indicator{Kind: slo.KindRaw, Raw: "failures", RawType: slo.RawFailure}, target: "0.99",
			want: `round((sum(sum_over_time((clamp((failures > -Inf) < +Inf, 0, 1))[1h:1m])) / sum(count_over_time(((failures > -Inf) < +Inf)[1h:1m]))) / 0.01, 0.000001)`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := BurnRate(test.indicator, slo.MustFraction(test.target), time.Hour)
			require.NoError(t, err)
			want, err := promql.ParseExpr(test.want)
			require.NoError(t, err)
			read, err := promql.ParseExpr(got)
			require.NoError(t, err, got)
			require.Equal(t, printed(want), printed(read))
		})
	}
}

func TestWhatAQueryHoldsStaysWithinItsPlace(t *testing.T) {
	for name, query := range map[string]string{
		"a closing bracket":  `up) or vector(1`,
		"a comment":          "up # )",
		"a bracket in quote": `sum(rate(a_total{x="\"}[5m])) or vector(1) #"}[5m]))`,
	} {
		t.Run(name, func(t *testing.T) {
			burn, err := BurnRate(slo.Indicator{Kind: slo.KindRatio, Bad: query, Total: query}, slo.MustFraction("0.99"), time.Hour)
			if err != nil {
				return
			}
			read, err := promql.ParseExpr(burn)
			require.NoError(t, err, burn)
			require.Equal(t, "round", functionOf(read, "round").Func.Name)
		})
	}
}

func TestCheapWindows(t *testing.T) {
	counters := slo.Indicator{Kind: slo.KindRatio, Bad: `rate(a_total{code="500"}[1m])`, Total: `rate(a_total[1m])`}
	require.True(t, Cheap(counters, 6*time.Hour))
	require.True(t, Cheap(slo.Indicator{Kind: slo.KindThreshold, Value: "up"}, time.Hour))
	require.False(t, Cheap(counters, 24*time.Hour))
	require.False(t, Cheap(slo.Indicator{Kind: slo.KindThreshold, Value: "up{"}, time.Hour), "what can't be parsed can't be asked")
	_, err := AlertSums(counters, time.Second)
	require.ErrorContains(t, err, "shorter than a minute")
}
