package noise

import (
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// SpentShare is the share of the budget from which a loss is a reason to tell somebody; a condition that asks for
// less has its own share.
const SpentShare = 0.01

// incidentReach is how long before an alert an incident may have ended and still be its reason, for rules without a
// long window.
const incidentReach = time.Hour

// verdict is whether somebody could act on an episode, and why.
type verdict int

const (
	// unknown: the budget can't be looked at, or nobody ever labels or acknowledges anything.
	unknown verdict = iota
	byIncident
	byAcknowledgement
	bySpending
	// idle: nothing says that anybody could.
	idle
)

// judge takes the first reason of incident, acknowledgement and spending that any of the episode's firings has.
func (a *assessment) judge(e *episode) verdict {
	spent, asked := false, false
	var acknowledged bool
	for _, event := range e.events {
		if a.inIncident(e, event) {
			return byIncident
		}
		_, ok := event.Acknowledgement(a.Acknowledged)
		acknowledged = acknowledged || ok
		enough, ok := a.spent(e, event)
		spent, asked = spent || enough, asked || ok
	}
	switch {
	case acknowledged:
		return byAcknowledgement
	case spent:
		return bySpending
	case e.slo != "" && !asked, e.slo == "" && !a.labelled:
		return unknown
	}
	return idle
}

// inIncident reports whether a labelled incident, one that somebody should hear of, overlaps the firing or what it looked at.
func (a *assessment) inIncident(e *episode, event Event) bool {
	from, to := event.Start.Add(-a.reach(event, incidentReach)), a.end(event)
	subject := e.definition
	if subject.ID == "" { // not an SLO's alert, or that of a removed one
		subject = slo.Definition{ID: e.slo, Name: e.slo, Service: e.service}
	}
	for _, i := range a.Incidents {
		if i.Severity != "none" && i.Touches(subject) && i.Overlaps(from, to) {
			return true
		}
	}
	return false
}

// spent reports whether enough budget went in the firing and the long window before it; false for ok if that can't be said.
func (a *assessment) spent(e *episode, event Event) (enough, ok bool) {
	if e.slo == "" || a.Spent == nil {
		return false, false
	}
	share, ok := a.Spent(e.slo, event.Start.Add(-a.reach(event, 0)), a.end(event))
	least := SpentShare
	if c, known := a.condition(event); known && c.Share > 0 {
		least = min(least, c.Share)
	}
	return ok && share >= least, ok
}

func (a *assessment) end(event Event) time.Time {
	if event.End.IsZero() || event.End.After(a.To) {
		return a.To
	}
	return event.End
}

func (a *assessment) condition(event Event) (alert.Condition, bool) {
	if a.Condition == nil {
		return alert.Condition{}, false
	}
	return a.Condition(event)
}

// reach is how far back the rule looked when it fired: the long window of a burn rate, the given default else. The
// label of other rules is the SLO's window, in which something always went.
func (a *assessment) reach(event Event, otherwise time.Duration) time.Duration {
	if c, ok := a.condition(event); ok {
		switch c.Kind {
		case alert.KindBurn:
			return c.Row.Long
		case alert.KindConsumed:
			return max(otherwise, incidentReach)
		case alert.KindForecast, alert.KindAbsence, alert.KindStale:
			return otherwise
		}
	}
	if alert.Kind(event.Labels[alert.LabelKind]) == alert.KindBurn {
		if d, err := slo.ParseDuration(event.Labels[alert.LabelWindow]); err == nil {
			return d
		}
	}
	return otherwise
}
