package export

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

func TestLogQLRangesAreStretched(t *testing.T) {
	const want = "sum(count_over_time({ app = \"shop\" } |= `a [5m] b` | json | status >= 500[1h]))"
	for name, query := range map[string]string{
		"counted lines":                  "count_over_time({app=\"shop\"} |= `a [5m] b` | json | status >= 500 [5m])",
		"a sum":                          "sum(count_over_time({app=\"shop\"} |= `a [5m] b` | json | status >= 500 [5m]))",
		"a sum of rates by a label":      "sum by (pod, zone) (rate({app=\"shop\"} |= `a [5m] b` | json | status >= 500 [5m]))",
		"the labels behind":              "sum(rate({app=\"shop\"} |= `a [5m] b` | json | status >= 500 [5m])) by (pod)",
		"none where there are none":      "(sum(rate({app=\"shop\"} |= `a [5m] b` | json | status >= 500 [5m])) or vector(0))",
		"the range before the filter":    "sum(rate({app=\"shop\"}[5m] |= `a [5m] b` | json | status >= 500))",
		"comments, which end with lines": "sum( # all of them)\nrate({app=\"shop\"} |= `a [5m] b` | json | status >= 500 [5m])) # end",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseLogQL(query)
			require.NoError(t, err)
			require.Equal(t, want, got.over(time.Hour))
		})
	}
}

func TestLogQLWhoseRangeIsNotSafelyStretched(t *testing.T) {
	for name, test := range map[string]struct{ query, says string }{
		"values of lines":           {`sum(rate({a="b"} | unwrap bytes [5m]))`, "unwrap"},
		"bytes":                     {`sum(bytes_rate({a="b"}[5m]))`, "bytes_rate"},
		"two sums":                  {`sum(rate({a="b"}[5m])) + sum(rate({a="c"}[5m]))`, "plain sum"},
		"another time":              {`sum(rate({a="b"}[5m] offset 1h))`, "offset"},
		"no range":                  {`sum(rate({a="b"}))`, "0 ranges"},
		"a mean":                    {`avg(rate({a="b"}[5m]))`, "avg"},
		"a quote that doesn't end":  {`sum(rate({a="b}[5m]))`, "not LogQL"},
		"a bracket that closes all": {`rate({a="b"}[5m]) or vector(1)`, "plain sum"},
		"a bracket that breaks out": {`rate({a="b"}[5m])) + (rate({a="b"}[5m])`, "plain sum"},
		"nothing":                   {``, "plain sum"},
		"no stream":                 {`rate(up[5m])`, "stream selector"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseLogQL(test.query)
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestLokiAsksForItsOwnSums(t *testing.T) {
	logs := func(change func(*slo.Definition)) alert.Plan {
		return thirtyDays("logs", func(d *slo.Definition) {
			d.Source.Type = "loki"
			d.Indicator = slo.Indicator{Kind: slo.KindRatio, Good: `sum(rate({app="shop"} | json | status < 500 [5m]))`, Total: `sum(rate({app="shop"} | json [5m]))`}
			change(d)
		})
	}
	files, problems, _ := exported(t, []alert.Plan{logs(func(d *slo.Definition) { d.MinimumEvents = 50 })}, RulerConfig{Dialect: DialectLoki})
	burning := 0
	for _, one := range rulesOf(files) {
		require.Equal(t, strings.Count(one.Expr, "("), strings.Count(one.Expr, ")"))
		require.False(t, one.Alert != "" && strings.Contains(one.Expr, "burnline:"), "Loki can't read what it recorded")
		if one.Labels[alert.LabelKind] == string(alert.KindBurn) {
			burning++
			require.Contains(t, one.Expr, ">= 50")
		}
	}
	require.Equal(t, 4, burning)
	require.Len(t, problems, 4, "three thresholds and a forecast are left out, and said to be")

	whole, _, _ := exported(t, []alert.Plan{logs(func(d *slo.Definition) { d.Target = slo.MustFraction("1") })}, RulerConfig{Dialect: DialectLoki})
	for _, one := range rulesOf(whole) {
		require.NotContains(t, one.Expr, "/ 0)", "LogQL makes x/0 NaN")
	}
	none, problems, _ := exported(t, []alert.Plan{logs(func(d *slo.Definition) { d.Indicator.Total = `sum(bytes_over_time({app="shop"}[5m]))` })}, RulerConfig{Dialect: DialectLoki})
	require.Empty(t, none)
	require.Contains(t, problems[0].Message, "can't be exported because its total query counts with bytes_over_time")
}
