package export

import (
	"fmt"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// logql fills the group for Loki's ruler. Loki sends what it records to a metrics store and can't read it back, so
// each alert asks for its own sums; the sums of a few minutes are recorded for dashboards.
func (r *ruled) logql() error {
	d := r.plan.Definition
	if d.Indicator.Kind != slo.KindRatio {
		return fmt.Errorf("a %s indicator of log lines has no number of events; write a ratio of count_over_time(...)", d.Indicator.Kind)
	}
	role, query := "good", d.Indicator.Good
	if query == "" {
		role, query = "bad", d.Indicator.Bad
	}
	part, err := parseLogQL(query)
	if err != nil {
		return fmt.Errorf("its %s query %w", role, err)
	}
	total, err := parseLogQL(d.Indicator.Total)
	if err != nil {
		return fmt.Errorf("its total query %w", err)
	}
	lines := logRatio{part: part, total: total, good: role == "good"}
	r.record(&r.fast, metricBad+alert.DurationText(tile), lines.bad(tile))
	r.record(&r.fast, metricTotal+alert.DurationText(tile), lines.total.over(tile))
	for _, c := range r.plan.Conditions {
		switch c.Kind {
		case alert.KindBurn:
			r.alert(&r.fast, c, lines.burning(c, d.Target))
		case alert.KindAbsence:
			if c.Absence == alert.AbsenceSource {
				r.omit(c, "the ruler reads its own store, and when that fails no rule is evaluated", "alert on the ruler's own figure loki_prometheus_rule_evaluation_failures_total instead")
				continue
			}
			r.alert(&r.fast, c, fmt.Sprintf("(%s or vector(0)) <= 0", lines.total.over(alert.AbsenceWindow)))
		default:
			r.omit(c, fmt.Sprintf("Loki would have to count the lines of %s at every evaluation", d.Window.Text), "keep Burnline's own rule for it in Grafana")
		}
	}
	return nil
}

// logRatio counts good (or bad) lines among all.
type logRatio struct {
	part, total logCount
	good        bool
}

// bad is the number of bad lines in a window; empty when there is no line at all and good ones are counted.
func (l logRatio) bad(window time.Duration) string {
	if l.good {
		return fmt.Sprintf("(%s - (%s or vector(0)))", l.total.over(window), l.part.over(window))
	}
	return fmt.Sprintf("(%s or vector(0))", l.part.over(window))
}

func (l logRatio) burning(c alert.Condition, target slo.Fraction) string {
	op := ">"
	if c.Row.Inclusive {
		op = ">="
	}
	above := func(window time.Duration) string {
		if target.Complement().IsZero() { // LogQL makes a division by zero NaN; nothing is allowed, so any bad line is too much
			return fmt.Sprintf("%s > 0", l.bad(window))
		}
		return fmt.Sprintf("((%s / %s) / %s) %s %s", l.bad(window), l.total.over(window), target.Complement(), op, decimal(c.Rate))
	}
	expr := above(c.Row.Long) + "\nand\n" + above(c.Row.Short)
	if c.MinimumEvents > 0 {
		expr += fmt.Sprintf("\nand\n%s >= %s", l.total.over(c.Row.Long), decimal(c.MinimumEvents))
	}
	return expr
}
