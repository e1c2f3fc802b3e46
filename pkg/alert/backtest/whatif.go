package backtest

import (
	"slices"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// DefaultTargets are those that WhatIf tries where none is named.
func DefaultTargets() []slo.Fraction {
	return []slo.Fraction{slo.MustFraction("0.99"), slo.MustFraction("0.995"), slo.MustFraction("0.999"), slo.MustFraction("0.9995")}
}

// TargetResult is what an SLO would have been with another target.
type TargetResult struct {
	Target slo.Fraction
	// Report is the budget of the window at the end of the span: allowed bad events, consumed and remaining share.
	Report budget.Report
	// Pages and Tickets are the numbers of alerts in the span.
	Pages, Tickets int
	// AlertsPerWeek is both over the span's weeks, as Score has it.
	AlertsPerWeek float64
	// Skipped are the titles of the burn-rate rows that can't fire at this target: even a total outage burns slower.
	Skipped []string
	// Result is the whole backtest.
	Result Result
}

// WhatIf gives the budget and the alerts of an SLO at other targets, with the policies that it has now. Good and bad
// events are taken as they were counted, which is right wherever the target has no part in telling them apart.
func WhatIf(s *budget.Series, d slo.Definition, settings alert.Settings, targets []slo.Fraction, cfg Config) []TargetResult {
	if len(targets) == 0 {
		targets = DefaultTargets()
	}
	cfg = cfg.defaults(s)
	at := func(target slo.Fraction) alert.Plan {
		d.Target = target
		return alert.PlanFor(d, settings)
	}
	// Nothing is out of reach where no bad event is allowed.
	full := at(slo.MustFraction("1"))
	plans := make([]alert.Plan, len(targets))
	for i, target := range targets {
		plans[i] = at(target)
	}
	line := layOut(s, cfg, plans...)
	out := make([]TargetResult, len(targets))
	for i, plan := range plans {
		r := run(s, line, plan, cfg)
		out[i] = TargetResult{
			Target: targets[i], Report: s.Report(plan.Objective, cfg.To), Result: r,
			Pages: r.Summary.Pages.Firings, Tickets: r.Summary.Tickets.Firings, AlertsPerWeek: r.Summary.AlertsPerWeek,
		}
		for _, c := range full.Conditions {
			if c.Kind == alert.KindBurn && !slices.ContainsFunc(plan.Conditions, func(o alert.Condition) bool { return o.Key() == c.Key() }) {
				out[i].Skipped = append(out[i].Skipped, c.Title())
			}
		}
	}
	return out
}
