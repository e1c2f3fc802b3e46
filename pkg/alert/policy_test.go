package alert

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

const day = 24 * time.Hour

func checkout(window time.Duration) slo.Definition {
	return slo.Definition{
		ID: "checkout", Name: "checkout", Service: "shop", Target: slo.MustFraction("0.999"), RunbookURL: "https://runbooks.example.com/checkout",
		Window: slo.Window{Duration: window, Text: DurationText(window)},
	}
}

func burns(p Plan) (found []Condition) {
	for _, c := range p.Conditions {
		if c.Kind == KindBurn {
			found = append(found, c)
		}
	}
	return found
}

func TestBurnRatesOfTheWorkbookAreExactForEveryWindow(t *testing.T) {
	month := checkout(30 * day)
	month.Window = slo.Window{Duration: 30 * day, Text: "1M", Calendar: &slo.Calendar{Start: "2026-01-01 00:00:00", TimeZone: "UTC"}}
	cases := map[string]struct {
		definition slo.Definition
		rates      []float64 // share x window / long
	}{
		"7 days, of which 3 days at 0.23 are no alarm": {checkout(7 * day), []float64{3.36, 1.4, 0.7}},
		"28 days":          {checkout(28 * day), []float64{13.44, 5.6, 2.8, 28.0 / 30}},
		"30 days":          {checkout(30 * day), []float64{14.4, 6, 3, 1}},
		"90 days":          {checkout(90 * day), []float64{43.2, 18, 9, 3}},
		"a calendar month": {month, []float64{14.4, 6, 3, 1}},
	}
	windows := []struct {
		long, short time.Duration
		severity    string
		share       float64
	}{{time.Hour, 5 * time.Minute, "page", 0.02}, {6 * time.Hour, 30 * time.Minute, "page", 0.05}, {day, 2 * time.Hour, "ticket", 0.1}, {3 * day, 6 * time.Hour, "ticket", 0.1}}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			p := PlanFor(tt.definition, DefaultSettings())
			require.Empty(t, p.Problems)
			found := burns(p)
			require.Len(t, found, len(tt.rates))
			require.Len(t, p.Objective.Policy, len(tt.rates))
			for i, c := range found {
				require.Equal(t, tt.rates[i], c.Rate) //nolint:testifylint // exactly, not nearly
				require.Equal(t, windows[i].long, c.Row.Long)
				require.Equal(t, windows[i].short, c.Row.Short)
				require.Equal(t, windows[i].severity, c.Severity)
				require.Equal(t, windows[i].share, c.Share) //nolint:testifylint // exactly, not nearly
			}
		})
	}
}

func TestEveryBuiltInPolicyHasItsNameAndIsFoundByIt(t *testing.T) {
	var names []string
	for _, p := range Builtins() {
		names = append(names, p.Name)
		found, ok := Builtin(p.Name)
		require.True(t, ok)
		require.Equal(t, p, found)
		require.NotEmpty(t, p.DisplayName)
		require.NotEmpty(t, p.Description)
		require.True(t, p.Builtin)
		for _, row := range p.Rows {
			require.Equal(t, p.Name, row.Policy)
		}
	}
	require.Equal(t, slo.BuiltinPolicies, names)
	_, ok := Builtin("workbok")
	require.False(t, ok)
}

func TestThePolicyForLowTrafficHasNoHourlyPageAndAsksForEvents(t *testing.T) {
	d := checkout(30 * day)
	d.AlertPolicies = []string{slo.PolicyLowTraffic}
	p := PlanFor(d, DefaultSettings())
	found := burns(p)
	require.Len(t, found, 3)
	for _, c := range found {
		require.Greater(t, c.Row.Long, time.Hour)
		require.InDelta(t, 100, c.MinimumEvents, 0)
	}
	absence := p.Conditions[len(p.Conditions)-1]
	require.Equal(t, KindAbsence, absence.Kind)
	require.Equal(t, AbsenceSource, absence.Absence)
}

func TestOpenSLOPoliciesBecomeRows(t *testing.T) {
	condition := slo.AlertCondition{Name: "c", Severity: " Critical ", Op: slo.OpGTE, Threshold: 14.4, Lookback: time.Hour, After: 2 * time.Minute}
	p, problems := FromOpenSLO(slo.AlertPolicy{
		Name: "own", DisplayName: "Own", Description: "d", WhenBreaching: true, WhenNoData: true,
		Conditions: []slo.AlertCondition{condition}, Targets: []slo.NotificationTarget{{Target: "pager"}},
	})
	require.Empty(t, problems)
	require.Equal(t, Policy{
		Name: "own", DisplayName: "Own", Description: "d", Absence: AbsenceTraffic,
		Rows: []Row{{
			PolicyWindow: budget.PolicyWindow{Severity: budget.SeverityPage, Long: time.Hour, Short: 5 * time.Minute, Fixed: 14.4, Inclusive: true},
			For:          2 * time.Minute, Target: "pager", Policy: "own",
		}},
	}, p)

	for long, short := range map[time.Duration]time.Duration{
		time.Minute: time.Minute, 5 * time.Minute: time.Minute, 15 * time.Minute: time.Minute, 30 * time.Minute: 2 * time.Minute, 72 * time.Hour: 6 * time.Hour,
	} {
		condition.Lookback = long
		p, _ = FromOpenSLO(slo.AlertPolicy{WhenBreaching: true, Conditions: []slo.AlertCondition{condition}})
		require.Equal(t, short, p.Rows[0].Short, "a twelfth, in whole minutes, at least one")
	}
	condition.Lookback, condition.Short = time.Hour, 10*time.Minute
	p, _ = FromOpenSLO(slo.AlertPolicy{WhenBreaching: true, Conditions: []slo.AlertCondition{condition}})
	require.Equal(t, 10*time.Minute, p.Rows[0].Short)
	require.Equal(t, AbsenceOff, p.Absence)
}

func TestWhatOfAnOpenSLOPolicyCannotBeFollowedIsSaidWithARemedy(t *testing.T) {
	good := slo.AlertCondition{Severity: "page", Op: slo.OpGT, Threshold: 2, Lookback: time.Hour, Origin: slo.Position{File: "c.yaml", Line: 3}}
	with := func(change func(*slo.AlertPolicy, *slo.AlertCondition)) slo.AlertPolicy {
		p, c := slo.AlertPolicy{Name: "own", WhenBreaching: true, Origin: slo.Position{File: "p.yaml", Line: 1}}, good
		change(&p, &c)
		p.Conditions = []slo.AlertCondition{c}
		return p
	}
	cases := map[string]struct {
		policy slo.AlertPolicy
		rows   int
		want   []string
	}{
		"nothing":                  {with(func(*slo.AlertPolicy, *slo.AlertCondition) {}), 1, nil},
		"another severity":         {with(func(_ *slo.AlertPolicy, c *slo.AlertCondition) { c.Severity = "urgent" }), 0, []string{`c.yaml:3: error: spec.severity: has the severity "urgent"`, "write page (wakes somebody) or ticket"}},
		"a rate that is too low":   {with(func(_ *slo.AlertPolicy, c *slo.AlertCondition) { c.Op = slo.OpLT }), 0, []string{`spec.condition.op: "lt" would alert while the budget does not burn; write gte or gt`}},
		"a rate of nothing":        {with(func(_ *slo.AlertPolicy, c *slo.AlertCondition) { c.Threshold = 0 }), 0, []string{"a burn rate of 0 is always reached; write the burn rate, e.g. 14.4"}},
		"never":                    {with(func(p *slo.AlertPolicy, _ *slo.AlertCondition) { p.WhenBreaching = false }), 0, []string{"p.yaml:1: warning", "and so never; write alertWhenBreaching: true"}},
		"only when data is absent": {with(func(p *slo.AlertPolicy, _ *slo.AlertCondition) { p.WhenBreaching, p.WhenNoData = false, true }), 0, nil},
		"two receivers": {with(func(p *slo.AlertPolicy, _ *slo.AlertCondition) {
			p.Targets = []slo.NotificationTarget{{Target: "a"}, {Target: "b", Origin: slo.Position{File: "t.yaml"}}}
		}), 1, []string{`"a" is used and 1 more are not; put all receivers into one contact point`}},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			p, problems := FromOpenSLO(tt.policy)
			require.Len(t, p.Rows, tt.rows)
			require.Equal(t, len(tt.want) > 0, len(problems) == 1)
			for _, want := range tt.want {
				require.Contains(t, problems[0].String(), want)
			}
		})
	}
}

func TestOtherWordsForPageAndTicketAreUnderstood(t *testing.T) {
	for text, want := range map[string]string{"PAGE": "page", "p1": "page", "High": "page", "warning": "ticket", " info": "ticket"} {
		got, ok := SeverityOf(text)
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	_, ok := SeverityOf("")
	require.False(t, ok)
}
