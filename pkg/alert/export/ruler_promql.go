package export

import (
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source/prometheus"
)

// The recorded series; a window follows all but the last two, as in burnline:bad_events:increase5m.
const (
	metricBad      = "burnline:bad_events:increase"
	metricTotal    = "burnline:total_events:increase"
	metricBurn     = "burnline:burn_rate:ratio"
	metricConsumed = "burnline:budget_consumed:ratio"
	// metricBadMinute and metricTotalMinute are what one minute counted, of indicators that are not counters.
	metricBadMinute   = "burnline:bad_events:minute"
	metricTotalMinute = "burnline:total_events:minute"
)

const (
	// directWindow is RulerConfig.DirectWindow where none is chosen: the longest window of the workbook's policy.
	directWindow = 72 * time.Hour
	// tile is the window of the recorded sums that longer ones are put together from, one after the other without a gap.
	tile = 5 * time.Minute
	// shortest is the window in which counters that are scraped once a minute surely have two samples.
	shortest = 3 * time.Minute
)

// promql fills the groups for rulers of Prometheus and Mimir: of each window the sums of bad and of all events, their
// burn rate, and right after what they need the alerts.
func (r *ruled) promql() error {
	r.recorded = map[time.Duration]bool{}
	sums, sampled, err := prometheus.AlertSamples(r.plan.Definition.Indicator)
	if err != nil {
		return err
	}
	if sampled {
		r.record(&r.fast, metricBadMinute, sums.Bad)
		r.record(&r.fast, metricTotalMinute, sums.Total)
	}
	for _, c := range r.plan.Conditions {
		var err error
		switch c.Kind {
		case alert.KindBurn:
			err = r.burn(c, sampled)
		case alert.KindConsumed:
			err = r.consumed(c, sampled)
		case alert.KindAbsence:
			err = r.absence(c, sampled)
		case alert.KindForecast:
			r.omit(c, "a forecast needs the ledger's history of the past week", "keep Burnline's own rule for it in Grafana")
		case alert.KindStale:
			r.omit(c, "it watches Burnline itself", "keep Burnline's own rule for it in Grafana")
		}
		if err != nil {
			return err
		}
	}
	if !r.cfg.SlothNames {
		return nil
	}
	for _, window := range r.slothWindows() {
		if err := r.window(window, sampled); err != nil {
			return err
		}
	}
	return nil
}

func (r *ruled) burn(c alert.Condition, sampled bool) error {
	for _, window := range []time.Duration{c.Row.Long, c.Row.Short} {
		if err := r.burnWindow(window, sampled); err != nil {
			return err
		}
	}
	if c.Row.Short < shortest && !sampled {
		r.report(slo.SeverityWarning, fmt.Sprintf("%q sees an increase within %s only if its counters are scraped at least every %s", c.Title(), alert.DurationText(c.Row.Short), c.Row.Short/2),
			"scrape as often as that, or write a longer short window into the AlertPolicy")
	}
	op := ">"
	if c.Row.Inclusive {
		op = ">="
	}
	above := func(window time.Duration) string {
		return fmt.Sprintf("%s %s %s", r.series(metricBurn, window), op, decimal(c.Rate))
	}
	expr := above(c.Row.Long) + "\nand\n" + above(c.Row.Short)
	if c.MinimumEvents > 0 {
		expr += fmt.Sprintf("\nand\n%s >= %s", r.series(metricTotal, c.Row.Long), decimal(c.MinimumEvents))
	}
	r.alert(r.group(c.Row.Long), c, expr)
	return nil
}

// burnWindow records the sums and the burn rate of a window, once.
func (r *ruled) burnWindow(window time.Duration, sampled bool) error {
	metric := metricBurn + alert.DurationText(window)
	into := r.group(window)
	for _, one := range *into {
		if one.Record == metric {
			return nil
		}
	}
	if err := r.window(window, sampled); err != nil {
		return err
	}
	r.record(into, metric, r.rate(window))
	return nil
}

// rate is the share of bad events over the allowed share. A window without events has none: 0/0 would only be stored
// as NaN. It is rounded for the same reason as prometheus.BurnRate.
func (r *ruled) rate(window time.Duration) string {
	return fmt.Sprintf("round(%s / %s, 0.000001)", r.ratio(window), r.plan.Definition.Target.Complement())
}

// ratio is the share of bad events in a window, a ratio of sums.
func (r *ruled) ratio(window time.Duration) string {
	return fmt.Sprintf("clamp_max(%s / (%s > 0), 1)", r.series(metricBad, window), r.series(metricTotal, window))
}

// window records the sums of bad and of all events in a window, once.
func (r *ruled) window(window time.Duration, sampled bool) error {
	if r.recorded[window] {
		return nil
	}
	r.recorded[window] = true
	var sums prometheus.Sums
	switch {
	case window > r.cfg.DirectWindow:
		if err := r.window(tile, sampled); err != nil {
			return err
		}
		over := func(metric string) string {
			return fmt.Sprintf("sum_over_time(%s[%s:%s])", r.series(metric, tile), alert.DurationText(window), alert.DurationText(tile))
		}
		sums = prometheus.Sums{Bad: over(metricBad), Total: over(metricTotal)}
	case sampled:
		over := func(metric string) string {
			return fmt.Sprintf("sum_over_time(%s[%s])", r.series(metric, 0), alert.DurationText(window))
		}
		sums = prometheus.Sums{Bad: over(metricBadMinute), Total: over(metricTotalMinute)}
	default:
		var err error
		if sums, err = prometheus.AlertSums(r.plan.Definition.Indicator, window); err != nil {
			return err
		}
	}
	r.record(r.group(window), metricBad+alert.DurationText(window), sums.Bad)
	r.record(r.group(window), metricTotal+alert.DurationText(window), sums.Total)
	return nil
}

// group is where the rules of a window belong.
func (r *ruled) group(window time.Duration) *[]rulerRule {
	if window > r.cfg.DirectWindow {
		return &r.slow
	}
	return &r.fast
}

func (r *ruled) consumed(c alert.Condition, sampled bool) error {
	window := r.plan.Objective.Window
	if !r.recorded[window] {
		if err := r.window(window, sampled); err != nil {
			return err
		}
	}
	into, known := r.group(window), false
	for _, one := range *into {
		known = known || one.Record == metricConsumed
	}
	if !known {
		expr := fmt.Sprintf("%s / %s", r.ratio(window), r.plan.Definition.Target.Complement())
		if r.plan.Definition.Target.Complement().IsZero() {
			expr = "(" + r.ratio(window) + " > bool 0)" // nothing is allowed: the first bad event consumes it all
		}
		if err := r.window(tile, sampled); err != nil {
			return err
		}
		// While the series are younger than the window, as alert.Consumed says. They are recorded once a minute.
		expr += fmt.Sprintf(" * clamp_max(count_over_time(%s[%s]) * 60 / %d, 1)", r.series(metricTotal, tile), alert.DurationText(window), int64(window/time.Second))
		r.record(into, metricConsumed, expr)
	}
	r.alert(into, c, fmt.Sprintf("%s >= %s", r.series(metricConsumed, 0), decimal(c.Share)))
	return nil
}

func (r *ruled) absence(c alert.Condition, sampled bool) error {
	if c.Absence == alert.AbsenceSource {
		r.omit(c, "the ruler reads its own store, and when that fails no rule is evaluated", "alert on the ruler's own figure prometheus_rule_evaluation_failures_total instead")
		return nil
	}
	if err := r.window(alert.AbsenceWindow, sampled); err != nil {
		return err
	}
	// Without labels, an alert goes on when a count of zero is followed by no series at all.
	r.alert(&r.fast, c, fmt.Sprintf("(sum(%s) or vector(0)) <= 0", r.series(metricTotal, alert.AbsenceWindow)))
	return nil
}

// series selects one of the SLO's recorded series. It is printed from a syntax tree: an id is only ever an id.
func (r *ruled) series(metric string, window time.Duration) string {
	if window > 0 {
		metric += alert.DurationText(window)
	}
	matchers := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, alert.LabelSLO, r.plan.Definition.ID)}
	return (&parser.VectorSelector{Name: metric, LabelMatchers: matchers}).String()
}

// alertNames are what an Alertmanager groups by.
var alertNames = map[alert.Kind]string{
	alert.KindBurn:     "BurnlineBudgetBurn",
	alert.KindConsumed: "BurnlineBudgetConsumed",
	alert.KindAbsence:  "BurnlineTrafficMissing",
}

func (r *ruled) alert(into *[]rulerRule, c alert.Condition, expr string) {
	one := rulerRule{Alert: alertNames[c.Kind], Expr: expr, Labels: r.labels(c), Annotations: r.annotations(c)}
	if c.For > 0 {
		one.For = alert.DurationText(c.For.Truncate(time.Second))
	}
	*into = append(*into, one)
}

// labels are the alert's: ours last, so that nobody's labels take their place.
func (r *ruled) labels(c alert.Condition) map[string]string {
	d := r.plan.Definition
	out := map[string]string{}
	for name, value := range d.Labels {
		if labelForm.MatchString(name) {
			out[name] = escaped(value)
		}
	}
	for name, value := range r.cfg.Labels {
		out[name] = escaped(value)
	}
	out[alert.LabelSLO], out[alert.LabelService] = escaped(d.ID), escaped(d.Service)
	out[alert.LabelSeverity], out[alert.LabelKind] = c.Severity, string(c.Kind)
	out[LabelCondition] = c.Key()
	out[alert.LabelWindow] = alert.DurationText(r.plan.Objective.Window)
	if c.Kind == alert.KindBurn {
		out[alert.LabelWindow] = alert.DurationText(c.Row.Long)
	}
	if d.Owner != "" {
		out[alert.LabelOwner] = escaped(d.Owner)
	}
	if r.cfg.SlothNames {
		for name, value := range r.slothLabels() {
			out[name] = escaped(value)
		}
		out["sloth_severity"] = c.Severity
	}
	return out
}

// pages reports whether a condition wakes somebody.
func pages(c alert.Condition) bool { return c.Severity == budget.SeverityPage }
