package noise

import (
	"fmt"

	"github.com/burnline/grafana-slo-app/pkg/alert"
)

// Suggestion is a policy that would have been quieter without missing more. Without a Policy it says in Text why
// there is none.
type Suggestion struct {
	Policy string `json:"policy,omitempty"`
	// AlertsBefore and AlertsAfter are the alerts that the present and the suggested policy would have raised in the backtest.
	AlertsBefore int `json:"alertsBefore"`
	AlertsAfter  int `json:"alertsAfter"`
	// FoundBefore and FoundAfter are the labelled incidents that they would have found.
	FoundBefore int `json:"foundBefore"`
	FoundAfter  int `json:"foundAfter"`
	// Text is the suggestion, or why there is none, in a sentence.
	Text string `json:"text"`
}

// Tested is what a backtest says of one policy over one span.
type Tested struct {
	Policy string
	// Alerts are those that it would have raised; Found how many of the labelled Incidents it would have found.
	Alerts, Found, Incidents int
}

// Suggest picks the policy with the fewest alerts that finds no fewer incidents than the present one; of equals the
// one that finds more, then the first. A policy that raises nothing is never suggested: silence is not a policy.
func Suggest(present Tested, others []Tested) Suggestion {
	s := Suggestion{AlertsBefore: present.Alerts, AlertsAfter: present.Alerts, FoundBefore: present.Found, FoundAfter: present.Found}
	switch {
	case present.Alerts == 0:
		s.Text = "The present policy would have raised no alert; nothing is quieter."
		return s
	case present.Incidents == 0:
		s.Text = "No labelled incident of this span is one that the policy promises to find, so that it can't be said what a quieter policy would have missed."
		return s
	}
	best := -1
	for i, o := range others {
		if o.Policy == present.Policy || o.Alerts == 0 || o.Alerts >= present.Alerts || o.Found < present.Found {
			continue
		}
		if best < 0 || o.Alerts < others[best].Alerts || o.Alerts == others[best].Alerts && o.Found > others[best].Found {
			best = i
		}
	}
	if best < 0 {
		s.Text = fmt.Sprintf("No other policy would have raised fewer than %s and found %d of %s.", alerts(present.Alerts), present.Found, incidents(present.Incidents))
		return s
	}
	o := others[best]
	s.Policy, s.AlertsAfter, s.FoundAfter = o.Policy, o.Alerts, o.Found
	s.Text = fmt.Sprintf("%s would have raised %s instead of %d (%s %% fewer) and found %d of %s instead of %d.", o.Policy, alerts(o.Alerts), present.Alerts,
		alert.Number(100*float64(present.Alerts-o.Alerts)/float64(present.Alerts)), o.Found, incidents(o.Incidents), present.Found)
	return s
}

func alerts(n int) string { return counted(n, "alert") }

func incidents(n int) string { return counted(n, "incident") }

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
