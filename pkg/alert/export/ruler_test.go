package export

import (
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

func thirtyDays(id string, change func(*slo.Definition)) alert.Plan {
	d := checkout()
	d.ID, d.Window = id, slo.Window{Duration: 30 * 24 * time.Hour, Text: "30d"}
	if change != nil {
		change(&d)
	}
	return alert.PlanFor(d, alert.DefaultSettings())
}

// hostile are texts that would break out of a template, a string or a file.
const hostile = "a\"b`c{{ $labels.x }}\\\n'd}"

// samplePlans has each kind of indicator and objective.
func samplePlans() []alert.Plan {
	return []alert.Plan{
		thirtyDays("availability", nil),
		thirtyDays("everything/all", func(d *slo.Definition) { d.Target = slo.MustFraction("1") }),
		thirtyDays("latency", func(d *slo.Definition) {
			d.Service, d.Indicator = "Check Out", slo.Indicator{Kind: slo.KindThreshold, Value: `histogram_quantile(0.9, sum by (le) (rate(latency_bucket[5m])))`, Op: slo.OpLTE, Limit: 0.5}
		}),
		thirtyDays("gauge", func(d *slo.Definition) {
			d.Indicator = slo.Indicator{Kind: slo.KindRatio, Good: "good_events", Total: "all_events"}
			d.AlertPolicies = []string{slo.PolicyLowTraffic}
		}),
		thirtyDays("raw", func(d *slo.Definition) {
			d.Indicator = slo.Indicator{Kind: slo.KindRaw, Raw: "availability_ratio", RawType: slo.RawSuccess}
		}),
		thirtyDays("words", func(d *slo.Definition) {
			d.ID, d.DisplayName, d.Owner, d.RunbookURL, d.Service = "words"+hostile, hostile, hostile, "https://example.com/"+hostile, "words"
			d.Labels = map[string]string{"team": hostile, "no-label": "left out", "severity": "not ours"}
		}),
	}
}

func exported(t *testing.T, plans []alert.Plan, cfg RulerConfig) (map[string]rulerFile, []slo.Problem, []File) {
	t.Helper()
	files, problems, err := Ruler(plans, cfg)
	require.NoError(t, err)
	out := map[string]rulerFile{}
	for _, file := range files {
		var read rulerFile
		require.NoError(t, yaml.Unmarshal(file.Body, &read))
		out[file.Path] = read
	}
	return out, problems, files
}

func rulesOf(files map[string]rulerFile) []rulerRule {
	var out []rulerRule
	for _, path := range slices.Sorted(maps.Keys(files)) {
		for _, group := range files[path].Groups {
			out = append(out, group.Rules...)
		}
	}
	return out
}

func TestPromtoolTakesWhatIsExported(t *testing.T) {
	for name, cfg := range map[string]RulerConfig{
		"prometheus":                       {Labels: map[string]string{"team": hostile}, AppURL: "https://grafana.example.com/"},
		"prometheus with names of Sloth":   {SlothNames: true},
		"mimir's groups without namespace": {MaxRules: mimirRules},
	} {
		t.Run(name, func(t *testing.T) {
			files, problems, err := Ruler(samplePlans(), cfg)
			require.NoError(t, err)
			for _, p := range problems {
				require.Equal(t, slo.SeverityWarning, p.Severity, p.String())
			}
			require.Len(t, files, 3, "a file a service")
			dir := writeRules(t, files)
			for _, file := range files {
				output, err := exec.CommandContext(t.Context(), promtool(t), "check", "rules", "--lint=all", "--lint-fatal", filepath.Join(dir, file.Path)).CombinedOutput()
				require.NoError(t, err, "%s\n%s", output, file.Body)
			}
		})
	}
}

func TestTheSamePlansGiveTheSameBytes(t *testing.T) {
	forth := samplePlans()
	back := samplePlans()
	slices.Reverse(back)
	_, _, first := exported(t, forth, RulerConfig{SlothNames: true})
	_, _, second := exported(t, back, RulerConfig{SlothNames: true})
	require.Equal(t, first, second)
}

func TestMimirTakesTheGroups(t *testing.T) {
	files, problems, _ := exported(t, samplePlans(), RulerConfig{Dialect: DialectMimir, SlothNames: true, MaxGroups: 5})
	names := map[string]bool{}
	for path, file := range files {
		require.Equal(t, strings.TrimSuffix(path, ".yaml"), file.Namespace)
		for _, group := range file.Groups {
			require.LessOrEqual(t, len(group.Rules), 20)
			require.False(t, names[file.Namespace+group.Name], "a group's name is unique in its namespace")
			names[file.Namespace+group.Name] = true
		}
	}
	require.Contains(t, problems[len(problems)-1].Message, "a tenant of Mimir takes 5")
}

func TestALongWindowIsARatioOfSums(t *testing.T) {
	files, _, _ := exported(t, []alert.Plan{thirtyDays("availability", nil)}, RulerConfig{SlothNames: true})
	found := map[string]string{}
	for _, one := range rulesOf(files) {
		if one.Record != "" {
			found[one.Record] = one.Expr
		}
		read, err := parser.NewParser(parser.Options{}).ParseExpr(one.Expr)
		require.NoError(t, err, one.Expr)
		parser.Inspect(read, func(node parser.Node, _ []parser.Node) error {
			if call, ok := node.(*parser.Call); ok && strings.HasSuffix(call.Func.Name, "_over_time") {
				require.Contains(t, []string{"sum_over_time", "count_over_time"}, call.Func.Name)
				require.NotContains(t, call.String(), "ratio", "no mean of ratios")
			}
			return nil
		})
	}
	require.Equal(t, `sum_over_time(burnline:bad_events:increase5m{burnline_slo="availability"}[30d:5m])`, found["burnline:bad_events:increase30d"])
	require.Equal(t, `sum(increase(requests_total[3d]))`, found["burnline:total_events:increase3d"])
	require.Contains(t, found["slo:sli_error:ratio_rate30d"], "increase30d")
	for _, name := range []string{
		"slo:sli_error:ratio_rate5m", "slo:sli_error:ratio_rate30m", "slo:sli_error:ratio_rate1h", "slo:sli_error:ratio_rate2h", "slo:sli_error:ratio_rate6h",
		"slo:sli_error:ratio_rate1d", "slo:sli_error:ratio_rate3d", "slo:objective:ratio", "slo:error_budget:ratio", "slo:time_period:days",
		"slo:current_burn_rate:ratio", "slo:period_burn_rate:ratio", "slo:period_error_budget_remaining:ratio", "sloth_slo_info",
	} {
		require.Contains(t, found, name)
	}
	require.Equal(t, "vector(0.999)", found["slo:objective:ratio"])
	require.Equal(t, "vector(0.001)", found["slo:error_budget:ratio"])
}

func TestEachAlertSaysWhatAndWhere(t *testing.T) {
	plan := thirtyDays("availability", func(d *slo.Definition) { d.Owner, d.Labels = "team-shop", map[string]string{"tier": "1"} })
	files, problems, _ := exported(t, []alert.Plan{plan}, RulerConfig{Labels: map[string]string{"cluster": "eu"}, AppURL: "https://grafana.example.com"})
	keys := map[string]bool{}
	for _, one := range rulesOf(files) {
		if one.Alert == "" {
			continue
		}
		require.Equal(t, "availability", one.Labels[alert.LabelSLO])
		require.Equal(t, "checkout", one.Labels[alert.LabelService])
		require.Equal(t, "team-shop", one.Labels[alert.LabelOwner])
		require.Equal(t, "1", one.Labels["tier"])
		require.Equal(t, "eu", one.Labels["cluster"])
		require.Contains(t, []string{"page", "ticket"}, one.Labels[alert.LabelSeverity])
		require.Equal(t, "https://runbooks.example.com/checkout", one.Annotations["runbook_url"])
		require.Equal(t, "https://grafana.example.com/a/burnline-slo-app/slos/availability?tab=alerts", one.Annotations["burnline_url"])
		keys[one.Labels[LabelCondition]] = true
	}
	omitted := 0
	for _, c := range plan.Conditions {
		if c.Kind == alert.KindForecast {
			omitted++
			continue
		}
		require.True(t, keys[c.Key()], c.Title())
	}
	require.Len(t, problems, omitted, "what is not exported is said")
	require.Contains(t, problems[0].Message, "can't be exported because a forecast needs")
}

func TestWhatCannotBeExportedIsSaid(t *testing.T) {
	tempo := thirtyDays("traces", func(d *slo.Definition) { d.Source.Type = "tempo" })
	broken := thirtyDays("broken", func(d *slo.Definition) { d.Indicator.Total = "sum(" })
	files, problems, _ := exported(t, []alert.Plan{tempo, broken}, RulerConfig{})
	require.Empty(t, files)
	require.Len(t, problems, 2)
	for _, p := range problems {
		require.Equal(t, slo.SeverityError, p.Severity)
		require.Contains(t, p.Message, "can't be exported because")
		require.NotEmpty(t, p.Remedy)
	}
	brief := alert.PlanWith(checkout(), alert.DefaultSettings(), alert.Policy{Name: "brief", Rows: []alert.Row{
		{PolicyWindow: budget.PolicyWindow{Severity: budget.SeverityPage, Fixed: 10, Long: 10 * time.Minute, Short: time.Minute}},
	}})
	_, problems, _ = exported(t, []alert.Plan{brief}, RulerConfig{})
	require.Len(t, problems, 1)
	require.Contains(t, problems[0].Message, "scraped at least every 30s")
	for _, cfg := range []RulerConfig{
		{Dialect: "thanos"}, {DirectWindow: time.Minute}, {Dialect: DialectLoki, SlothNames: true}, {MaxRules: -1}, {Labels: map[string]string{"a-b": "c"}},
	} {
		_, _, err := Ruler(nil, cfg)
		require.Error(t, err)
	}
}
