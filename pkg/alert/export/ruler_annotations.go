package export

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/burnline/grafana-slo-app/pkg/alert"
)

// annotations are what a person reads, in the template language of Prometheus; Loki's ruler has the same.
func (r *ruled) annotations(c alert.Condition) map[string]string {
	d := r.plan.Definition
	out := map[string]string{
		"title":       escaped(fmt.Sprintf("%s: %s", d.DisplayName, c.Title())),
		"summary":     r.summary(c),
		"description": r.description(c),
	}
	if d.RunbookURL != "" {
		out["runbook_url"] = escaped(d.RunbookURL)
	}
	if r.cfg.AppURL != "" {
		out["burnline_url"] = escaped(strings.TrimSuffix(r.cfg.AppURL, "/") + "/a/burnline-slo-app/slos/" + url.PathEscape(d.ID) + "?tab=alerts")
	}
	return out
}

// summary says it in words with numbers. $value is the burn rate over the long window, or the share consumed.
func (r *ruled) summary(c alert.Condition) string {
	name, window := escaped(r.plan.Definition.DisplayName), alert.DurationText(r.plan.Objective.Window)
	switch c.Kind {
	case alert.KindBurn:
		text := fmt.Sprintf("%s is consuming its error budget at {{ $value | humanize }}x over %s", name, alert.DurationText(c.Row.Long))
		if r.cfg.Dialect == DialectLoki {
			return text
		}
		// Templates know no division, PromQL does.
		return text + fmt.Sprintf("{{ with printf \"%d / %%f\" $value | query }}; at this rate a whole budget of %s lasts {{ . | first | value | humanizeDuration }}{{ end }}",
			int64(r.plan.Objective.Window.Seconds()), window)
	case alert.KindConsumed:
		return fmt.Sprintf("%s has consumed {{ $value | humanizePercentage }} of its error budget of %s", name, window)
	default:
		return fmt.Sprintf("%s has had no event for %s: its traffic or its source is missing", name, alert.DurationText(alert.AbsenceWindow+c.For))
	}
}

func (r *ruled) description(c alert.Condition) string {
	d := r.plan.Definition
	first := "Look at the errors of the last " + alert.DurationText(c.Row.Short) + " first: what changed when they began?"
	if c.Kind == alert.KindConsumed {
		first = "Look at what consumed it, and decide what may still be released."
	}
	if c.Kind == alert.KindAbsence {
		first = "Look whether requests arrive at all, then whether the service is still scraped: an outage that ends all traffic shows no errors."
	}
	urgent := "It can wait for working hours. "
	if pages(c) {
		urgent = "It can't wait. "
	}
	return escaped(fmt.Sprintf("The objective is %s %% over %s. %s%s", d.Target.Percent(), d.Window.Text, urgent, first))
}

// escaped keeps text from being read as a template.
func escaped(text string) string { return strings.ReplaceAll(text, "{{", `{{ "{{" }}`) }
