package alert

import (
	"fmt"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// shortPart is the convention of the SRE Workbook: the short window is a twelfth of the long one.
const shortPart = 12

// severities maps what people write in OpenSLO's free text to ours.
var severities = map[string]string{
	"page": budget.SeverityPage, "critical": budget.SeverityPage, "high": budget.SeverityPage, "p1": budget.SeverityPage,
	"ticket": budget.SeverityTicket, "warning": budget.SeverityTicket, "medium": budget.SeverityTicket, "low": budget.SeverityTicket,
	"p2": budget.SeverityTicket, "info": budget.SeverityTicket,
}

// SeverityOf is budget.SeverityPage or budget.SeverityTicket for the words that people use for them; false for others.
func SeverityOf(text string) (string, bool) {
	severity, ok := severities[strings.ToLower(strings.TrimSpace(text))]
	return severity, ok
}

// FromOpenSLO turns a resolved AlertPolicy into a policy of one row. Problems name what can't be followed;
// a policy with an error has no rows.
func FromOpenSLO(p slo.AlertPolicy) (Policy, []slo.Problem) {
	out := Policy{Name: p.Name, DisplayName: p.DisplayName, Description: p.Description, Absence: AbsenceOff}
	if p.WhenNoData {
		out.Absence = AbsenceTraffic
	}
	var problems []slo.Problem
	report := func(at slo.Position, severity slo.Severity, path, message, remedy string) {
		problems = append(problems, slo.Problem{Position: at, Severity: severity, Kind: "AlertPolicy", Name: p.Name, Path: path, Message: message, Remedy: remedy})
	}
	if !p.WhenBreaching {
		if !p.WhenNoData {
			report(p.Origin, slo.SeverityWarning, "spec.alertWhenBreaching", "alerts neither when breaching nor without data, and so never", "write alertWhenBreaching: true")
		}
		return out, problems
	}
	for _, c := range p.Conditions {
		severity, ok := SeverityOf(c.Severity)
		switch {
		case !ok:
			report(c.Origin, slo.SeverityError, "spec.severity", fmt.Sprintf("has the severity %q, which is neither a page nor a ticket", c.Severity), "write page (wakes somebody) or ticket (waits for working hours)")
			continue
		case c.Op != slo.OpGT && c.Op != slo.OpGTE:
			report(c.Origin, slo.SeverityError, "spec.condition.op", fmt.Sprintf("%q would alert while the budget does not burn", c.Op), "write gte or gt")
			continue
		case c.Threshold <= 0:
			report(c.Origin, slo.SeverityError, "spec.condition.threshold", "a burn rate of 0 is always reached", "write the burn rate, e.g. 14.4")
			continue
		}
		short := c.Short
		if short == 0 {
			short = max(budget.Step, (c.Lookback / shortPart).Truncate(budget.Step))
		}
		row := Row{Policy: p.Name, For: c.After, PolicyWindow: budget.PolicyWindow{
			Severity: severity, Long: c.Lookback, Short: min(short, c.Lookback), Fixed: c.Threshold, Inclusive: c.Op == slo.OpGTE,
		}}
		if len(p.Targets) > 0 {
			row.Target = p.Targets[0].Target
		}
		if len(p.Targets) > 1 {
			report(p.Targets[1].Origin, slo.SeverityWarning, "spec.notificationTargets", fmt.Sprintf("a Grafana rule has one contact point; %q is used and %d more are not", p.Targets[0].Target, len(p.Targets)-1), "put all receivers into one contact point in Grafana")
		}
		out.Rows = append(out.Rows, row)
	}
	return out, problems
}

// share is the part of the budget that a fixed burn rate spends within its long window.
func share(rate float64, long, window time.Duration) float64 {
	return rate * float64(long) / float64(window)
}
