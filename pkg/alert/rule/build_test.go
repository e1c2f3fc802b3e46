package rule

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

var update = flag.Bool("update", false, "write the golden files")

const day = 24 * time.Hour

// checkout is an SLO on Prometheus with everything set.
func checkout() slo.Definition {
	return slo.Definition{
		ID: "checkout-availability", Name: "checkout-availability", DisplayName: "Checkout availability",
		Service: "checkout", ServiceDisplayName: "Checkout", Owner: "team-shop", RunbookURL: "https://runbooks.example.com/checkout",
		Labels: map[string]string{"app.kubernetes.io/tier": "one"}, Target: slo.MustFraction("0.999"), Window: slo.Window{Duration: 30 * day, Text: "30d"},
		Method: slo.MethodOccurrences, Source: slo.SourceRef{Type: "prometheus", UID: "prom"},
		Indicator: slo.Indicator{
			Kind: slo.KindRatio, Counter: true,
			Bad: `http_requests_total{job="checkout",code=~"5.."}`, Total: `http_requests_total{job="checkout"}`,
		},
	}
}

// traced is an SLO that only the ledger can answer for.
func traced() slo.Definition {
	d := checkout()
	d.ID, d.Name, d.DisplayName, d.Source = "cart/fast", "cart", "Cart {{fast}}", slo.SourceRef{Type: "tempo", UID: "traces"}
	d.RunbookURL, d.MinimumEvents = "/d/runbooks", 50
	return d
}

func build(t *testing.T, settings alert.Settings, definitions ...slo.Definition) ([]Group, []slo.Problem) {
	t.Helper()
	var plans []alert.Plan
	for _, d := range definitions {
		plans = append(plans, alert.PlanFor(d, settings))
	}
	groups, problems, err := Build(Config{Settings: settings, AppURL: "https://grafana.example.com/"}, plans)
	require.NoError(t, err)
	return groups, problems
}

func find(t *testing.T, groups []Group, uid string) Rule {
	t.Helper()
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.UID == uid {
				return r
			}
		}
	}
	t.Fatalf("no rule %s", uid)
	return Rule{}
}

func TestTheRulesOfAnSLOAreThoseOfTheGoldenFile(t *testing.T) {
	settings := alert.DefaultSettings()
	settings.Page = alert.Route{ContactPoint: "oncall", GroupWait: "10s"}
	settings.Labels = map[string]string{"env": "prod"}
	groups, problems := build(t, settings, traced(), checkout())
	assert.Empty(t, problems)
	raw, err := json.MarshalIndent(groups, "", "  ")
	require.NoError(t, err)
	golden := filepath.Join("testdata", "groups.json")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, append(raw, '\n'), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.JSONEq(t, string(want), string(raw))
}

func TestUIDsStayTheSameWhateverElseChangesAndFitGrafana(t *testing.T) {
	settings := alert.DefaultSettings()
	uids := func(definitions ...slo.Definition) []string {
		groups, _ := build(t, settings, definitions...)
		var all []string
		for _, g := range groups {
			for _, r := range g.Rules {
				assert.LessOrEqual(t, len(r.UID), 40)
				assert.Regexp(t, `^[a-zA-Z0-9_-]+$`, r.UID)
				all = append(all, r.UID)
			}
		}
		assert.Len(t, slices.Compact(slices.Sorted(slices.Values(all))), len(all), "each UID once")
		return all
	}
	before := uids(checkout(), traced())
	other := checkout()
	other.Target, other.Owner, other.Window = slo.MustFraction("0.9995"), "somebody", slo.Window{Duration: 28 * day, Text: "28d"}
	assert.Equal(t, before, uids(traced(), other))
	assert.Equal(t, "bl-"+digest("checkout-availability\x00burn-page-1h-5m", 32), UID("checkout-availability", "burn-page-1h-5m"))
}

func TestPagesOnPrometheusAskTheSourceAndTheRestAsksTheLedger(t *testing.T) {
	groups, _ := build(t, alert.DefaultSettings(), checkout(), traced())
	for _, g := range groups {
		for _, r := range g.Rules {
			kind, severity, id := r.Labels[alert.LabelKind], r.Labels[alert.LabelSeverity], r.Labels[alert.LabelSLO]
			direct := id == "checkout-availability" && (kind == "burn" && severity == budget.SeverityPage || kind == "absence")
			for _, q := range r.Data {
				switch {
				case q.DataSource == ExpressionUID:
				case direct:
					assert.Equal(t, "prom", q.DataSource, r.Title)
				default:
					assert.Equal(t, "burnline-slo", q.DataSource, r.Title)
				}
			}
			assert.True(t, slices.ContainsFunc(r.Data, func(q Query) bool { return q.RefID == r.Condition }), "%s has its condition", r.Title)
			assert.Equal(t, StateAlerting == r.NoData, direct && kind == "absence" || kind == "stale", r.Title)
		}
	}
}

func TestAPageThatRestsOnTheLedgerMakesTheWatchdogAPage(t *testing.T) {
	watchdog := UID(alert.WatchdogSLO, string(alert.KindStale))
	groups, _ := build(t, alert.DefaultSettings(), checkout())
	assert.Equal(t, budget.SeverityTicket, find(t, groups, watchdog).Labels[alert.LabelSeverity])
	groups, _ = build(t, alert.DefaultSettings(), checkout(), traced())
	assert.Equal(t, budget.SeverityPage, find(t, groups, watchdog).Labels[alert.LabelSeverity])
}

func TestAnUnreadableQueryFallsBackToTheLedger(t *testing.T) {
	d := checkout()
	d.Indicator.Total = "sum(("
	groups, _ := build(t, alert.DefaultSettings(), d)
	r := find(t, groups, UID(d.ID, "burn-page-1h-5m"))
	assert.Equal(t, "burnline-slo", r.Data[0].DataSource)
}

func TestTheMinimumOfEventsIsPartOfTheDecision(t *testing.T) {
	groups, _ := build(t, alert.DefaultSettings(), traced())
	r := find(t, groups, UID("cart/fast", "burn-page-1h-5m"))
	var decision expression
	require.NoError(t, json.Unmarshal(r.Data[len(r.Data)-1].Model, &decision))
	assert.Equal(t, "!is_nan($C) && !is_nan($D) && $C > 14.4 && $D > 14.4 && $M >= 50", decision.Expression)
}

func TestWhatOnlyTheSummarySaysNeverLacksDataAndWhatDecidesMay(t *testing.T) {
	groups, _ := build(t, alert.DefaultSettings(), traced())
	asked := 0
	for _, g := range groups {
		for _, r := range g.Rules {
			for _, q := range r.Data {
				if q.DataSource == ExpressionUID {
					continue
				}
				var model ledgerQuery
				require.NoError(t, json.Unmarshal(q.Model, &model))
				told := model.Value == "remaining" || model.Value == "exhaustion_hours" && r.Labels[alert.LabelKind] != string(alert.KindForecast)
				assert.Equal(t, told, model.Otherwise != nil, "%s, query %s", r.Title, q.RefID)
				asked++
			}
		}
	}
	assert.Positive(t, asked)
}

func TestASummaryIsSilentOnABudgetThatIsNotKnownYet(t *testing.T) {
	groups, _ := build(t, alert.DefaultSettings(), traced())
	type value struct{ Value float64 }
	say := func(left, hours float64) string {
		text := "{{- $values := . -}}" + find(t, groups, UID("cart/fast", "burn-page-1h-5m")).Annotations["summary"]
		parsed, err := template.New("").Parse(text)
		require.NoError(t, err)
		var out strings.Builder
		require.NoError(t, parsed.Execute(&out, map[string]value{"C": {20}, "Q": {100 * left}, "H": {hours}, "V": {hours / 24}}))
		return out.String()
	}
	assert.Equal(t, "Cart { {fast} } is consuming its error budget at 20.0x over 1h (limit 14.4x).", say(-never, never))
	assert.Equal(t, "Cart { {fast} } is consuming its error budget at 20.0x over 1h (limit 14.4x); -9999900 % of the budget is left.", say(-99999, never))
	assert.Contains(t, say(0.31, 9), "31 % of the budget is left, exhausted in about 9 h.")
}

func TestSLOsOfOneNameInOneFolderGetTitlesOfTheirOwn(t *testing.T) {
	a, b := checkout(), checkout()
	b.ID = "checkout-two"
	long := checkout()
	long.ID, long.DisplayName = "long", strings.Repeat("ä", 300)
	groups, problems := build(t, alert.DefaultSettings(), a, b, long)
	assert.Empty(t, problems)
	titles := map[string]bool{}
	for _, g := range groups {
		for _, r := range g.Rules {
			assert.False(t, titles[g.FolderUID+r.Title], r.Title)
			titles[g.FolderUID+r.Title] = true
			assert.LessOrEqual(t, len([]rune(r.Title)), maxTitle)
		}
	}
}

func TestTwoSLOsThatClaimOneUIDAreReported(t *testing.T) {
	groups, problems := build(t, alert.DefaultSettings(), checkout(), checkout())
	require.NotEmpty(t, problems)
	assert.Contains(t, problems[0].Message, "claim the same UID")
	assert.Len(t, groups, 2, "one of the two, and the watchdog")
}

func TestTextOfUsersIsNoTemplateAndNoSlashReachesGroups(t *testing.T) {
	groups, _ := build(t, alert.DefaultSettings(), traced())
	assert.Equal(t, "cart:fast", groups[0].Name)
	assert.Len(t, []rune(GroupName(strings.Repeat("ü/", 200))), maxTitle)
	for _, r := range groups[0].Rules {
		assert.NotContains(t, r.Annotations["summary"], "{{fast}}")
		assert.Equal(t, "a { { {b} } }", literal("a {{{b}}}"))
		assert.Equal(t, "https://grafana.example.com/d/runbooks", r.Annotations["runbook_url"])
		assert.Equal(t, "https://grafana.example.com/a/burnline-slo-app/slos/cart%2Ffast?tab=alerts", r.Annotations[AnnotationURL])
		assert.Equal(t, "one", r.Labels["app_kubernetes_io_tier"])
	}
}

func TestAContactPointOfTheDefinitionWins(t *testing.T) {
	d := checkout()
	d.AlertPolicies = []string{"fast"}
	d.Policies = []slo.AlertPolicy{{
		Name: "fast", WhenBreaching: true, Targets: []slo.NotificationTarget{{Target: "team-phone"}},
		Conditions: []slo.AlertCondition{{Severity: "critical", Op: slo.OpGTE, Threshold: 10, Lookback: time.Hour, After: 2 * time.Minute}},
	}}
	settings := alert.DefaultSettings()
	settings.Page = alert.Route{ContactPoint: "oncall", GroupWait: "10s"}
	groups, problems := build(t, settings, d)
	assert.Empty(t, problems)
	r := groups[0].Rules[0]
	assert.Equal(t, alert.Route{ContactPoint: "team-phone", GroupWait: "10s"}, r.Route)
	assert.Equal(t, 2*time.Minute, r.For)
	assert.Contains(t, string(r.Data[len(r.Data)-1].Model), `$C >= 10`)
}

func TestWithoutGrafanasAddressNothingIsBuilt(t *testing.T) {
	_, _, err := Build(Config{Settings: alert.DefaultSettings()}, nil)
	assert.ErrorContains(t, err, "root_url")
}
