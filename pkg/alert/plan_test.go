package alert

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

func keys(p Plan) (found []string) {
	for _, c := range p.Conditions {
		found = append(found, c.Key())
	}
	return found
}

func TestWhatAnSLOAlertsOnFollowsFromItsPoliciesAndTheOrganisation(t *testing.T) {
	own := slo.AlertPolicy{Name: "own", WhenBreaching: true, Conditions: []slo.AlertCondition{{Severity: "ticket", Op: slo.OpGT, Threshold: 2.5, Lookback: 2 * time.Hour}}}
	quiet := DefaultSettings()
	quiet.DefaultPolicies, quiet.ConsumedAt, quiet.ForecastHorizon = []string{slo.PolicyFastOnly}, nil, ""
	workbook := []string{
		"burn-page-1h-5m", "burn-page-6h-30m", "burn-ticket-1d-2h", "burn-ticket-3d-6h", "consumed-0.5", "consumed-0.75", "consumed-0.9", "forecast", "absence",
	}
	cases := map[string]struct {
		settings Settings
		policies []string
		want     []string
	}{
		"the organisation's default":                    {DefaultSettings(), nil, workbook},
		"another default":                               {quiet, nil, []string{"burn-page-1h-5m", "burn-page-6h-30m", "absence"}},
		"its own choice of the built-ins":               {DefaultSettings(), []string{slo.PolicyFastOnly}, []string{"burn-page-1h-5m", "burn-page-6h-30m", "absence"}},
		"no alerts":                                     {DefaultSettings(), []string{slo.PolicyNone}, nil},
		"a policy of its own alone":                     {DefaultSettings(), []string{"own"}, []string{"burn-ticket-2h-10m-2.5"}},
		"one of its own beside a built-in":              {DefaultSettings(), []string{"own", slo.PolicyFastOnly}, []string{"burn-ticket-2h-10m-2.5", "burn-page-1h-5m", "burn-page-6h-30m", "absence"}},
		"rows of two policies are there once":           {DefaultSettings(), []string{slo.PolicyFastOnly, slo.PolicyWorkbook}, workbook},
		"thresholds only beside a policy that has them": {quiet, []string{slo.PolicyWorkbook}, []string{"burn-page-1h-5m", "burn-page-6h-30m", "burn-ticket-1d-2h", "burn-ticket-3d-6h", "absence"}},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			d := checkout(30 * day)
			d.AlertPolicies, d.Policies = tt.policies, []slo.AlertPolicy{own}
			p := PlanFor(d, tt.settings)
			require.Empty(t, p.Problems)
			require.Equal(t, tt.want, keys(p))
			require.Equal(t, slices.ContainsFunc(tt.want, func(key string) bool { return strings.Contains(key, "page") }), p.Pages())
			require.Len(t, p.Objective.Policy, len(burns(p)))
		})
	}
}

func TestTheTrafficThatIsMissingPagesAfterTheTimeATotalOutageNeeds(t *testing.T) {
	absence := func(target string, policies ...string) Condition {
		d := checkout(30 * day)
		d.Target, d.AlertPolicies = slo.MustFraction(target), policies
		for _, c := range PlanFor(d, DefaultSettings()).Conditions {
			if c.Kind == KindAbsence {
				return c
			}
		}
		t.Fatal("no absence")
		return Condition{}
	}
	// 14.4 x 0.001 x 1h = 51.84 s, but nothing is missing before five minutes.
	require.Equal(t, Condition{Kind: KindAbsence, Severity: budget.SeverityPage, Absence: AbsenceTraffic, For: AbsenceWindow}, absence("0.999", slo.PolicyFastOnly))
	// 14.4 x 0.01 x 1h = 8 min 38.4 s, to the next minute.
	require.Equal(t, 9*time.Minute, absence("0.99", slo.PolicyFastOnly).For)
	// Without the hourly page: 6 x 0.01 x 6h = 21 min 36 s.
	require.Equal(t, 22*time.Minute, absence("0.99", slo.PolicyLowTraffic).For)
}

func TestTheMinimumOfEventsIsTheLargestThatAnybodyAskedFor(t *testing.T) {
	for name, tt := range map[string]struct {
		definition, organisation float64
		policy                   string
		want                     float64
	}{
		"nobody":                      {0, 0, slo.PolicyWorkbook, 0},
		"the organisation":            {0, 30, slo.PolicyWorkbook, 30},
		"the SLO against it":          {10, 30, slo.PolicyWorkbook, 10},
		"the policy, which asks more": {10, 30, slo.PolicyLowTraffic, 100},
		"the SLO, which asks more":    {500, 30, slo.PolicyLowTraffic, 500},
	} {
		t.Run(name, func(t *testing.T) {
			d, s := checkout(30*day), DefaultSettings()
			d.MinimumEvents, s.MinimumEvents, d.AlertPolicies = tt.definition, tt.organisation, []string{tt.policy}
			for _, c := range burns(PlanFor(d, s)) {
				require.InDelta(t, tt.want, c.MinimumEvents, 0)
			}
		})
	}
}

func TestWhatOfAPlanCannotWorkIsSaidWithARemedy(t *testing.T) {
	own := func(threshold float64, lookback time.Duration) func(*slo.Definition) {
		return func(d *slo.Definition) {
			d.AlertPolicies = []string{"own"}
			d.Policies = []slo.AlertPolicy{{Name: "own", WhenBreaching: true, Conditions: []slo.AlertCondition{{Severity: "ticket", Op: slo.OpGTE, Threshold: threshold, Lookback: lookback}}}}
		}
	}
	cases := map[string]struct {
		change func(*slo.Definition)
		want   []string
	}{
		"a policy that nobody declared": {func(d *slo.Definition) { d.AlertPolicies = []string{"nobody"} }, []string{
			`error: spec.alertPolicies: names the alert policy "nobody", which is not known; declare it, or use one of workbook, workbook-low-traffic, fast-only, none`,
		}},
		"a page without a runbook": {func(d *slo.Definition) { d.RunbookURL = "" }, []string{
			"warning: spec.alertPolicies: pages somebody without a runbook; add the annotation burnline.dev/runbook-url to the SLO or its service",
		}},
		"a ticket without a runbook": {func(d *slo.Definition) { d.RunbookURL = ""; own(2, time.Hour)(d) }, nil},
		"an objective that never burns as fast": {func(d *slo.Definition) { d.Target = slo.MustFraction("0.9") }, []string{
			`an objective of 90 % never burns faster than 10, so that "burn rate above 14.4 over 1h and 5m" can't fire; choose a policy with lower burn rates`,
		}},
		"a look-back beyond the window": {own(2, 31*day), []string{
			`the look-back window 31d of the alert policy "own" is longer than the SLO's window of 30d, so that it never alerts; write a shorter lookbackWindow`,
			`no burn-rate row of own fits a window of 30d and an objective of 99.9 %, so that nothing pages; write an AlertPolicy whose look-back window is shorter`,
		}},
		"a policy of which nothing fits": {func(d *slo.Definition) {
			d.AlertPolicies, d.Window = []string{slo.PolicyLowTraffic}, slo.Window{Duration: 2 * time.Hour, Text: "2h"}
		}, []string{"no burn-rate row of workbook-low-traffic fits a window of 2h"}},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			d := checkout(30 * day)
			tt.change(&d)
			problems := PlanFor(d, DefaultSettings()).Problems
			require.Len(t, problems, len(tt.want))
			for i, want := range tt.want {
				require.Contains(t, problems[i].String(), want)
				require.NotEmpty(t, problems[i].Remedy)
			}
		})
	}
}

func TestTheSameConditionOfTwoPoliciesIsFollowedOnceAndSaid(t *testing.T) {
	d := checkout(30 * day)
	d.AlertPolicies = []string{"a", "b"}
	for i, target := range []string{"team a", "team b"} {
		d.Policies = append(d.Policies, slo.AlertPolicy{Name: d.AlertPolicies[i], WhenBreaching: true, Targets: []slo.NotificationTarget{{Target: target}},
			Conditions: []slo.AlertCondition{{Severity: "page", Op: slo.OpGT, Threshold: 14, Lookback: time.Hour}}})
	}
	plan := PlanFor(d, DefaultSettings())
	require.Len(t, plan.Conditions, 1)
	require.Equal(t, "team a", plan.Conditions[0].Target)
	require.Len(t, plan.Problems, 1)
	require.Contains(t, plan.Problems[0].String(), `the alert policies "a" and "b" ask for the same "burn rate above 14 over 1h and 5m" and differ in what else they say; "a" is followed; make one policy of them`)
	d.AlertPolicies = []string{slo.PolicyWorkbook, slo.PolicyFastOnly}
	require.Empty(t, PlanFor(d, DefaultSettings()).Problems, "nothing is lost of two that ask for just the same")
}

func TestAKeyStaysTheSameWhateverChangesAroundItsCondition(t *testing.T) {
	before := checkout(30 * day)
	after := checkout(28 * day)
	after.Target, after.Name, after.DisplayName, after.MinimumEvents = slo.MustFraction("0.9995"), "other", "Other", 7
	require.Equal(t, keys(PlanFor(before, DefaultSettings())), keys(PlanFor(after, DefaultSettings())))
	require.Equal(t, "stale", Condition{Kind: KindStale}.Key())
	seen := map[string]bool{}
	for _, key := range keys(PlanFor(before, DefaultSettings())) {
		require.False(t, seen[key], "two conditions of one SLO have one key")
		seen[key] = true
		require.Regexp(t, `^[a-z0-9.-]+$`, key)
	}
}

func TestTitlesAreWords(t *testing.T) {
	var titles []string
	for _, c := range PlanFor(checkout(30*day), DefaultSettings()).Conditions {
		titles = append(titles, c.Title())
	}
	require.Equal(t, []string{
		"burn rate above 14.4 over 1h and 5m", "burn rate above 6 over 6h and 30m", "burn rate above 3 over 1d and 2h", "burn rate above 1 over 3d and 6h",
		"50 % of the budget consumed", "75 % of the budget consumed", "90 % of the budget consumed", "budget exhausted within 3d", "traffic or source missing",
	}, titles)
	require.Equal(t, "source missing", Condition{Kind: KindAbsence, Absence: AbsenceSource}.Title())
	require.Equal(t, "budget ledger stale", Condition{Kind: KindStale}.Title())
}

func TestTheHorizonOfAForecastIsNoLongerThanTheWindow(t *testing.T) {
	for _, c := range PlanFor(checkout(2*day), DefaultSettings()).Conditions {
		if c.Kind == KindForecast {
			require.Equal(t, 2*day, c.Horizon)
			return
		}
	}
	t.Fatal("no forecast")
}

func TestNumbersAndDurationsAreShort(t *testing.T) {
	for v, want := range map[float64]string{14.4: "14.4", 0.93333: "0.933", 1234.5: "1234", 1e6: "1000000", 0: "0", 43.2: "43.2", 0.0001234: "0.000123"} {
		require.Equal(t, want, Number(v))
	}
	for d, want := range map[time.Duration]string{3 * day: "3d", 6 * time.Hour: "6h", 90 * time.Minute: "90m", 45 * time.Second: "45s", 36 * time.Hour: "36h"} {
		require.Equal(t, want, DurationText(d))
	}
}

func TestTheExampleOfTheDocumentationPagesForABurst(t *testing.T) {
	text, err := os.ReadFile("../../docs/definitions.md")
	require.NoError(t, err)
	for _, example := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1) {
		c := slo.Parse("definitions.md", example[1])
		if len(c.Definitions) != 1 || c.Definitions[0].ID != "orders" {
			continue
		}
		require.Empty(t, c.Problems)
		p := PlanFor(c.Definitions[0], DefaultSettings())
		require.Empty(t, p.Problems)
		require.Len(t, p.Conditions, 10)
		burst := p.Conditions[0]
		require.Equal(t, "burn-page-15m-2m-20", burst.Key())
		require.Equal(t, "Team checkout", burst.Target)
		require.Equal(t, time.Minute, burst.For)
		require.InDelta(t, 50, burst.MinimumEvents, 0)
		require.InDelta(t, 20*0.25/720, burst.Share, 1e-15)
		return
	}
	t.Fatal("the example is gone")
}

func TestAnIncidentTouchesWhatItNames(t *testing.T) {
	d := checkout(30 * day)
	for name, tt := range map[string]struct {
		incident Incident
		want     bool
	}{
		"everything":      {Incident{}, true},
		"the SLO":         {Incident{SLOs: []string{"checkout"}}, true},
		"its service":     {Incident{Services: []string{"shop"}}, true},
		"another SLO":     {Incident{SLOs: []string{"shop"}}, false},
		"another service": {Incident{Services: []string{"checkout"}}, false},
	} {
		require.Equal(t, tt.want, tt.incident.Touches(d), name)
	}
	at := time.Unix(1780272000, 0)
	i := Incident{Start: at, End: at.Add(time.Hour)}
	require.True(t, i.Overlaps(at.Add(-time.Hour), at.Add(time.Second)))
	require.False(t, i.Overlaps(at.Add(-time.Hour), at), "an end is not in a span")
	require.False(t, i.Overlaps(i.End, i.End.Add(time.Hour)))
	require.True(t, Incident{Start: at}.Overlaps(at.Add(day), at.Add(2*day)), "it goes on")
}
