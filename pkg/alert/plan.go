package alert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// The labels of every rule.
const (
	// LabelSLO is the SLO's id. A rule without it is not ours and is never touched.
	LabelSLO      = "burnline_slo"
	LabelService  = "burnline_service"
	LabelSeverity = "severity"
	// LabelWindow is the long window of a burn-rate rule ("1h"), the SLO's window otherwise.
	LabelWindow = "burnline_window"
	// LabelKind is the Kind.
	LabelKind = "burnline_kind"
	// LabelOwner is the SLO's owner, absent where none is named.
	LabelOwner = "owner"
)

// WatchdogSLO stands in LabelSLO of the rule that watches the ledger itself.
const WatchdogSLO = "burnline"

// TestSLO stands in LabelSLO of the alerts that try a contact point out.
const TestSLO = "test"

// IsTest tells by its labels an alert that tries a contact point out: unlike those of an SLO that somebody named "test"
// it is of no kind.
func IsTest(labels map[string]string) bool {
	return labels[LabelSLO] == TestSLO && labels[LabelKind] == ""
}

// Kind is what a condition is about.
type Kind string

// The kinds of condition.
const (
	// KindBurn: the burn rate is too high over two windows.
	KindBurn Kind = "burn"
	// KindConsumed: a share of the budget is consumed.
	KindConsumed Kind = "consumed"
	// KindForecast: the budget is expected to be exhausted within a horizon, and the forecast's interval supports
	// it: even at its hopeful end the budget does not last the window.
	KindForecast Kind = "forecast"
	// KindAbsence: traffic or source is missing.
	KindAbsence Kind = "absence"
	// KindStale: the ledger itself is stale.
	KindStale Kind = "stale"
)

// Condition is one thing to alert on for one SLO.
type Condition struct {
	Kind Kind
	// Severity is budget.SeverityPage or budget.SeverityTicket.
	Severity string
	// Row is the burn-rate row of KindBurn.
	Row Row
	// Rate is the burn rate that Row asks for in the SLO's window.
	Rate float64
	// Share is the consumed share of KindConsumed; for KindBurn what the row spends in its long window.
	Share float64
	// Horizon is that of KindForecast.
	Horizon time.Duration
	// Absence says what counts as missing for KindAbsence.
	Absence Absence
	// MinimumEvents is the least number of events in the long window of KindBurn.
	MinimumEvents float64
	// For is how long the condition must hold before the alert fires.
	For time.Duration
	// Target is a contact point that the definition names; "" for the route of the severity.
	Target string
}

// AbsenceWindow is the window without an event of KindAbsence.
const AbsenceWindow = 5 * time.Minute

// Key names the condition within its SLO; it does not change with the SLO's target, window or policy name.
func (c Condition) Key() string {
	switch c.Kind {
	case KindBurn:
		key := fmt.Sprintf("burn-%s-%s-%s", c.Severity, DurationText(c.Row.Long), DurationText(c.Row.Short))
		if c.Row.Fixed > 0 {
			key += "-" + strconv.FormatFloat(c.Row.Fixed, 'f', -1, 64)
		}
		return key
	case KindConsumed:
		return "consumed-" + strconv.FormatFloat(c.Share, 'f', -1, 64)
	default:
		return string(c.Kind)
	}
}

// Title is the condition in a few words: "burn rate above 14.4 over 1h and 5m".
func (c Condition) Title() string {
	switch c.Kind {
	case KindBurn:
		return fmt.Sprintf("burn rate above %s over %s and %s", Number(c.Rate), DurationText(c.Row.Long), DurationText(c.Row.Short))
	case KindConsumed:
		return fmt.Sprintf("%s %% of the budget consumed", Number(100*c.Share))
	case KindForecast:
		return fmt.Sprintf("budget exhausted within %s", DurationText(c.Horizon))
	case KindAbsence:
		if c.Absence == AbsenceSource {
			return "source missing"
		}
		return "traffic or source missing"
	case KindStale:
		return "budget ledger stale"
	}
	return string(c.Kind)
}

// Plan is everything to alert on for one SLO.
type Plan struct {
	Definition slo.Definition
	// Objective holds the definition's target and window with the policy's rows: what pages show and the backtest uses.
	Objective budget.Objective
	// Policies are the names of the policies in force, the organisation's default included.
	Policies   []string
	Conditions []Condition
	// Problems say what of the policies can't be followed, and what to do.
	Problems []slo.Problem
}

// PlanFor decides what to alert on for an SLO: its own policies, else the organisation's default.
func PlanFor(d slo.Definition, s Settings) Plan {
	names := d.AlertPolicies
	if len(names) == 0 {
		names = s.DefaultPolicies
	}
	var policies []Policy
	var problems []slo.Problem
	for _, name := range names {
		if i := slices.IndexFunc(d.Policies, func(p slo.AlertPolicy) bool { return p.Name == name }); i >= 0 {
			policy, found := FromOpenSLO(d.Policies[i])
			policies, problems = append(policies, policy), append(problems, found...)
		} else if policy, ok := Builtin(name); ok {
			policies = append(policies, policy)
		} else {
			problems = append(problems, slo.Problem{Position: d.Origin, Severity: slo.SeverityError, Kind: "SLO", Name: d.Name, Path: "spec.alertPolicies",
				Message: fmt.Sprintf("names the alert policy %q, which is not known", name), Remedy: fmt.Sprintf("declare it, or use one of %s", strings.Join(slo.BuiltinPolicies, ", "))})
		}
	}
	p := PlanWith(d, s, policies...)
	p.Problems = append(problems, p.Problems...)
	return p
}

// PlanWith decides what given policies alert on for an SLO, whatever the SLO itself names: the what-if of a backtest.
func PlanWith(d slo.Definition, s Settings, policies ...Policy) Plan {
	p := Plan{Definition: d, Objective: budget.ObjectiveOf(d)}
	p.Objective.Policy = []budget.PolicyWindow{}
	if p.Objective.MinimumEvents == 0 {
		p.Objective.MinimumEvents = s.MinimumEvents
	}
	absence, beside := AbsenceOff, false
	for _, policy := range policies {
		p.Policies = append(p.Policies, policy.Name)
		p.Objective.MinimumEvents = max(p.Objective.MinimumEvents, policy.MinimumEvents)
		beside = beside || policy.Beside
		if policy.Absence == AbsenceTraffic || policy.Absence == AbsenceSource && absence == AbsenceOff {
			absence = policy.Absence
		}
	}
	for _, policy := range policies {
		for _, row := range policy.Rows {
			p.addRow(row)
		}
	}
	if beside {
		for _, share := range s.ConsumedAt {
			p.Conditions = append(p.Conditions, Condition{Kind: KindConsumed, Severity: budget.SeverityTicket, Share: share})
		}
		if horizon := min(s.Horizon(), d.Window.Duration); horizon > 0 {
			p.Conditions = append(p.Conditions, Condition{Kind: KindForecast, Severity: budget.SeverityTicket, Horizon: horizon, For: forecastFor})
		}
	}
	p.addAbsence(absence)
	p.review(policies)
	return p
}

// forecastFor is how long a forecast must stand: during an incident every budget looks lost, and the pages tell of that.
const forecastFor = time.Hour

func (p *Plan) addRow(row Row) {
	if !row.Applies(p.Objective.Window) {
		if row.Fixed > 0 { // somebody asked for just this; rows of a share are made for windows of any length
			p.warn(fmt.Sprintf("the look-back window %s of the alert policy %q is longer than the SLO's window of %s, so that it never alerts", DurationText(row.Long), row.Policy, p.Definition.Window.Text),
				"write a shorter lookbackWindow")
		}
		return
	}
	c := Condition{
		Kind: KindBurn, Severity: row.Severity, Row: row, Rate: row.Rate(p.Objective.Window), Share: row.Share,
		MinimumEvents: p.Objective.MinimumEvents, For: row.For, Target: row.Target,
	}
	if row.Fixed > 0 {
		c.Share = share(row.Fixed, row.Long, p.Objective.Window)
	}
	if !row.Reachable(p.Objective) {
		p.warn(fmt.Sprintf("an objective of %s %% never burns faster than %s, so that %q can't fire", p.Definition.Target.Percent(),
			Number(1/p.Definition.Target.Complement().Float()), c.Title()), "choose a policy with lower burn rates, or leave it: the other rows still work")
		return
	}
	if i := slices.IndexFunc(p.Conditions, func(other Condition) bool { return other.Key() == c.Key() }); i >= 0 {
		if first := p.Conditions[i]; first.For != c.For || first.Target != c.Target || first.Row.Inclusive != c.Row.Inclusive {
			p.warn(fmt.Sprintf("the alert policies %q and %q ask for the same %q and differ in what else they say; %q is followed", first.Row.Policy, row.Policy, c.Title(), first.Row.Policy),
				"make one policy of them; a contact point in Grafana may have several receivers")
		}
		return
	}
	p.Conditions = append(p.Conditions, c)
	p.Objective.Policy = append(p.Objective.Policy, row.PolicyWindow)
}

// addAbsence waits as long as a total outage would need to page, and never less than AbsenceWindow.
func (p *Plan) addAbsence(absence Absence) {
	if absence == AbsenceOff {
		return
	}
	wait, severity := time.Duration(0), budget.SeverityTicket
	for _, row := range p.Objective.Policy {
		if row.Severity != budget.SeverityPage {
			continue
		}
		severity = budget.SeverityPage
		if outage := row.OutageTime(p.Objective); wait == 0 || outage < wait {
			wait = outage
		}
	}
	wait = max(wait, AbsenceWindow)
	if rest := wait % budget.Step; rest > 0 {
		wait += budget.Step - rest
	}
	p.Conditions = append(p.Conditions, Condition{Kind: KindAbsence, Severity: severity, Absence: absence, For: wait})
}

// review says what an owner should know about the plan.
func (p *Plan) review(policies []Policy) {
	wanted := slices.ContainsFunc(policies, func(policy Policy) bool { return len(policy.Rows) > 0 })
	if wanted && len(p.Objective.Policy) == 0 {
		p.Problems = append(p.Problems, slo.Problem{
			Position: p.Definition.Origin, Severity: slo.SeverityError, Kind: "SLO", Name: p.Definition.Name, Path: "spec.alertPolicies",
			Message: fmt.Sprintf("no burn-rate row of %s fits a window of %s and an objective of %s %%, so that nothing pages", strings.Join(p.Policies, ", "), p.Definition.Window.Text, p.Definition.Target.Percent()),
			Remedy:  "write an AlertPolicy whose look-back window is shorter than the SLO's window and whose burn rate can be reached",
		})
	}
	pages := slices.ContainsFunc(p.Conditions, func(c Condition) bool { return c.Severity == budget.SeverityPage })
	if pages && p.Definition.RunbookURL == "" {
		p.warn("pages somebody without a runbook", "add the annotation "+slo.AnnotationRunbook+" to the SLO or its service")
	}
}

func (p *Plan) warn(message, remedy string) {
	p.Problems = append(p.Problems, slo.Problem{
		Position: p.Definition.Origin, Severity: slo.SeverityWarning, Kind: "SLO", Name: p.Definition.Name, Path: "spec.alertPolicies", Message: message, Remedy: remedy,
	})
}

// Pages reports whether any condition pages.
func (p Plan) Pages() bool {
	return slices.ContainsFunc(p.Conditions, func(c Condition) bool { return c.Severity == budget.SeverityPage })
}

// Number is a number for people: at most three significant digits, no exponent.
func Number(v float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil || v >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// DurationText is a duration in the largest unit that divides it: "3d", "6h", "90m", "45s".
func DurationText(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d >= u.unit && d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	return d.String()
}
