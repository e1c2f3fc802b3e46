package export

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// slothWindows are the windows that dashboards made for Sloth expect, and the SLO's own.
func (r *ruled) slothWindows() []time.Duration {
	own := r.plan.Objective.Window
	var out []time.Duration
	for _, window := range []time.Duration{5 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour} {
		if window < own {
			out = append(out, window)
		}
	}
	return append(out, own)
}

// slothLabels identify an SLO as Sloth does.
func (r *ruled) slothLabels() map[string]string {
	d := r.plan.Definition
	name := strings.ReplaceAll(d.ID, "/", "-")
	return map[string]string{"sloth_id": d.Service + "-" + name, "sloth_service": d.Service, "sloth_slo": name}
}

// sloth gives the recorded sums the names that dashboards made for Sloth read. The ratios are sums over sums, not
// the mean of ratios that Sloth records over its period: a quiet night weighs what it served.
func (r *ruled) sloth() []rulerRule {
	d := r.plan.Definition
	var rules []rulerRule
	add := func(metric, expr string, more ...string) {
		set := r.slothLabels()
		for i := 0; i+1 < len(more); i += 2 {
			set[more[i]] = more[i+1]
		}
		rules = append(rules, rulerRule{Record: metric, Expr: expr, Labels: set})
	}
	windows := r.slothWindows()
	for _, window := range windows {
		text := model.Duration(window).String()
		add("slo:sli_error:ratio_rate"+text, r.ratio(window), "sloth_window", text)
	}
	allowed := d.Target.Complement().String()
	period := r.plan.Objective.Window
	current := min(windows[0], period)
	add("slo:objective:ratio", fmt.Sprintf("vector(%s)", d.Target))
	add("slo:error_budget:ratio", fmt.Sprintf("vector(%s)", allowed))
	add("slo:time_period:days", fmt.Sprintf("vector(%s)", decimal(period.Hours()/24)))
	add("slo:current_burn_rate:ratio", fmt.Sprintf("%s / %s", r.ratio(current), allowed))
	add("slo:period_burn_rate:ratio", fmt.Sprintf("%s / %s", r.ratio(period), allowed))
	add("slo:period_error_budget_remaining:ratio", fmt.Sprintf("1 - %s / %s", r.ratio(period), allowed))
	add("sloth_slo_info", "vector(1)", "sloth_mode", "burnline", "sloth_spec", "openslo/v1", "sloth_version", "burnline", "sloth_objective", d.Target.Percent())
	return slices.Clip(rules)
}
