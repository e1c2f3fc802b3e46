package alert

import (
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// Absence says what counts as missing traffic.
type Absence string

// The kinds of absence.
const (
	// AbsenceTraffic: no event at all, or a source that can't be read.
	AbsenceTraffic Absence = "traffic"
	// AbsenceSource: only a source that can't be read; quiet hours are normal.
	AbsenceSource Absence = "source"
	// AbsenceOff: never.
	AbsenceOff Absence = "off"
)

// Row is a burn-rate row of a policy and how long it must hold before it fires (OpenSLO's alertAfter;
// 0 is at once: the windows themselves already ask for persistence).
type Row struct {
	budget.PolicyWindow
	For time.Duration
	// Target is the contact point that an OpenSLO AlertNotificationTarget names; "" for the route of the severity.
	Target string
	// Policy is the name of the policy that the row comes from.
	Policy string
}

// Policy is a named set of burn-rate rows with what stands beside them.
type Policy struct {
	// Name is how an SLO or an organisation refers to it, DisplayName and Description are for people.
	Name, DisplayName, Description string
	// Builtin is false for an OpenSLO AlertPolicy.
	Builtin bool
	Rows    []Row
	// MinimumEvents is the least number of events in the long window for a row to fire.
	MinimumEvents float64
	Absence       Absence
	// Beside is false for a policy that has its rows only: no budget thresholds, forecast or absence rule.
	Beside bool
}

// Builtins are the policies that need no document, by slo.BuiltinPolicies.
func Builtins() []Policy {
	return []Policy{
		{
			Name: slo.PolicyWorkbook, DisplayName: "SRE workbook", Builtin: true, Beside: true, Absence: AbsenceTraffic,
			Description: "Multi-window, multi-burn-rate alerts of the Google SRE Workbook, chapter 5: pages for 2 % of the budget in 1 h and 5 % in 6 h, tickets for 10 % in 1 d and in 3 d.",
			Rows:        rows(slo.PolicyWorkbook, budget.WorkbookPolicy...),
		},
		{
			Name: slo.PolicyLowTraffic, DisplayName: "SRE workbook for low traffic", Builtin: true, Beside: true, Absence: AbsenceSource, MinimumEvents: 100,
			Description: "For services with few events or quiet hours: no 1 h page, for there one error weighs too much; nothing fires on fewer than 100 events, and missing traffic is normal.",
			Rows:        rows(slo.PolicyLowTraffic, budget.WorkbookPolicy[1:]...),
		},
		{
			Name: slo.PolicyFastOnly, DisplayName: "Fast burn only", Builtin: true, Absence: AbsenceTraffic,
			Description: "The two pages of the SRE workbook and nothing else: no tickets, no budget thresholds.",
			Rows:        rows(slo.PolicyFastOnly, budget.WorkbookPolicy[:2]...),
		},
		{
			Name: slo.PolicyNone, DisplayName: "No alerts", Builtin: true, Absence: AbsenceOff,
			Description: "The SLO is measured and shown, and tells nobody.",
		},
	}
}

// Builtin gives a built-in policy by name.
func Builtin(name string) (Policy, bool) {
	for _, p := range Builtins() {
		if p.Name == name {
			return p, true
		}
	}
	return Policy{}, false
}

func rows(policy string, windows ...budget.PolicyWindow) []Row {
	out := make([]Row, len(windows))
	for i, w := range windows {
		out[i] = Row{PolicyWindow: w, Policy: policy}
	}
	return out
}
