package rule

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// The annotations of a rule beside summary, description and runbook_url.
const (
	// AnnotationURL leads to the SLO's alerts in Burnline.
	AnnotationURL = "burnline_url"
	// AnnotationDashboard leads to the SLO's dashboard.
	AnnotationDashboard = "dashboard_url"
	// AnnotationDashboardUID and AnnotationPanelID are Grafana's own names for the panel that belongs to a rule.
	AnnotationDashboardUID = "__dashboardUid__"
	AnnotationPanelID      = "__panelId__"
)

// The bundled dashboard of one SLO and its panels; Grafana wants both in a rule, or neither.
const (
	dashboardUID = "burnline-slo"
	burnPanel    = "8"
	budgetPanel  = "7"
	eventsPanel  = "10"
	longestAhead = "100000"
	// leastLeft is below every rest of a budget in percent, and above what stands for an unknown one.
	leastLeft = "-50000000"
)

// annotate writes what the person reads who is woken: what happens, in numbers; where to look first; where the
// runbook is. Grafana fills in the values when the alert fires.
func (b *builder) annotate(r *Rule, p alert.Plan, c alert.Condition, direct bool) {
	d := p.Definition
	id := url.QueryEscape(d.ID)
	r.Annotations = map[string]string{
		"summary":              b.summary(p, c, direct),
		"description":          description(p, c),
		AnnotationURL:          b.AppURL + "/a/burnline-slo-app/slos/" + url.PathEscape(d.ID) + "?tab=alerts",
		AnnotationDashboard:    b.AppURL + "/d/" + cmp.Or(d.DashboardUID, dashboardUID) + "?var-slo=" + id,
		AnnotationDashboardUID: dashboardUID,
		AnnotationPanelID:      panelOf(c),
	}
	switch {
	case strings.HasPrefix(d.RunbookURL, "/"):
		r.Annotations["runbook_url"] = b.AppURL + d.RunbookURL
	case d.RunbookURL != "":
		r.Annotations["runbook_url"] = d.RunbookURL
	}
	for name, text := range r.Annotations {
		if text == "" {
			delete(r.Annotations, name)
		}
	}
}

func panelOf(c alert.Condition) string {
	switch c.Kind {
	case alert.KindConsumed, alert.KindForecast:
		return budgetPanel
	case alert.KindAbsence:
		return eventsPanel
	case alert.KindBurn, alert.KindStale:
	}
	return burnPanel
}

// literal keeps text from being read as a template: no two braces stand side by side.
func literal(text string) string {
	for _, brace := range []string{"{", "}"} {
		for strings.Contains(text, brace+brace) {
			text = strings.ReplaceAll(text, brace+brace, brace+" "+brace)
		}
	}
	return text
}

// number is a node's value with one decimal place, or two where it is small.
func number(refID, otherwise string) string {
	return "{{ with $values." + refID + " }}{{ if lt .Value 10.0 }}{{ printf \"%.2f\" .Value }}{{ else }}{{ printf \"%.1f\" .Value }}{{ end }}{{ else }}" + otherwise + "{{ end }}"
}

// lasting says a time, given in hours and in days, as people say it: 31 h, 12 d.
func lasting(hours, days string) string {
	return "{{ if lt $values." + hours + ".Value 1.0 }}less than 1 h{{ else if lt $values." + hours + ".Value 48.0 }}{{ printf \"%.0f\" $values." + hours +
		".Value }} h{{ else }}{{ printf \"%.0f\" $values." + days + ".Value }} d{{ end }}"
}

// left says what is left and until when, where the ledger is asked.
var left = "{{ with $values.Q }}{{ if gt .Value " + leastLeft + ".0 }}; {{ printf \"%.0f\" .Value }} % of the budget is left{{ end }}{{ end }}" +
	"{{ with $values.H }}{{ if lt .Value " + longestAhead + ".0 }}, exhausted in about " + lasting("H", "V") + "{{ end }}{{ end }}"

func (b *builder) summary(p alert.Plan, c alert.Condition, direct bool) string {
	name, window := literal(p.Definition.DisplayName), p.Definition.Window.Text
	switch c.Kind {
	case alert.KindBurn:
		text := fmt.Sprintf("%s is consuming its error budget at %sx", name, number("C", "more than "+alert.Number(c.Rate)))
		text += fmt.Sprintf(" over %s (limit %sx)", alert.DurationText(c.Row.Long), alert.Number(c.Rate))
		if !direct {
			return text + left + "."
		}
		return text + "{{ with $values.P }}: " + number("P", "") + " % of the " + window + " budget went in the last " + alert.DurationText(c.Row.Long) +
			"{{ end }}{{ with $values.T }}; at this rate a full budget lasts " + lasting("T", "U") + "{{ end }}."
	case alert.KindConsumed:
		return name + " has consumed " + number("P", "more than "+alert.Number(100*c.Share)) + " % of its " + window + " error budget" + left + "."
	case alert.KindForecast:
		return fmt.Sprintf("%s is expected to exhaust its %s error budget within %s", name, window, alert.DurationText(c.Horizon)) + left + "."
	case alert.KindAbsence:
		if c.Absence == alert.AbsenceSource {
			return fmt.Sprintf("%s can't be measured: its data source has not answered for %s.", name, alert.DurationText(c.For))
		}
		return fmt.Sprintf("%s has no traffic, or its data source has not answered, for at least %s: nothing else can page while this lasts.", name, alert.DurationText(c.For))
	case alert.KindStale:
	}
	return name
}

// description says what to look at first.
func description(p alert.Plan, c alert.Condition) string {
	d := p.Definition
	var text string
	switch c.Kind {
	case alert.KindBurn:
		text = fmt.Sprintf("Objective: %s %% over %s. It fires while both the last %s and the last %s burn faster than %sx, that is %s %% of the budget in %s; it ends %s after the errors do at the latest. "+
			"Look first at when the burn began (burn rates on the SLO's page), at what was deployed or changed just then, and at which label the bad events share%s.",
			d.Target.Percent(), d.Window.Text, alert.DurationText(c.Row.Long), alert.DurationText(c.Row.Short), alert.Number(c.Rate),
			alert.Number(100*c.Share), alert.DurationText(c.Row.Long), alert.DurationText(c.Row.Short), badQuery(d))
	case alert.KindConsumed:
		text = fmt.Sprintf("Objective: %s %% over %s. Nothing has to be mended at once: look at what consumed the budget (the SLO's page), and decide with the owner whether releases slow down before it is spent.", d.Target.Percent(), d.Window.Text)
	case alert.KindForecast:
		text = fmt.Sprintf("Objective: %s %% over %s. At the recent error ratio the budget will be spent, and the forecast's interval agrees. Look first at the recent burn rates: a slow leak that no page sees is usual.", d.Target.Percent(), d.Window.Text)
	case alert.KindAbsence:
		text = "Either the service gets no requests (load balancer, DNS, a client's release, a dead service that counts nothing any more), or the data source can't be asked. Look first whether other alerts name the same data source; " +
			"if not, try the service itself" + totalQuery(d, c) + "."
	case alert.KindStale:
	}
	if d.RunbookURL == "" {
		text += " No runbook is set for this SLO: write one when this is over."
	}
	return text
}

func badQuery(d slo.Definition) string {
	switch {
	case d.Indicator.Bad != "":
		return " (bad events: " + literal(oneLine(d.Indicator.Bad)) + ")"
	case d.Indicator.Good != "":
		return " (good events: " + literal(oneLine(d.Indicator.Good)) + ")"
	}
	return ""
}

func totalQuery(d slo.Definition, c alert.Condition) string {
	if d.Indicator.Total == "" || c.Absence == alert.AbsenceSource {
		return ""
	}
	return " (events: " + literal(oneLine(d.Indicator.Total)) + ")"
}
