package grafana

import (
	"context"
	"slices"
	"strings"
	"time"
)

// RuleState is what Grafana's evaluation says of a rule.
type RuleState struct {
	// UID and FolderUID are empty before Grafana 12.0; Folder, Group and Title name the rule as well.
	UID, FolderUID       string
	Folder, Group, Title string
	// State is "inactive", "pending", "recovering" or "firing".
	State string
	// Health is "ok", "nodata", "error" or "unknown" (not evaluated yet).
	Health    string
	LastError string
	// LastEvaluation is zero for a rule that was not evaluated yet.
	LastEvaluation time.Time
	// EvaluationTime is how long the last evaluation took.
	EvaluationTime time.Duration
	Paused         bool
	Labels         map[string]string
	Alerts         []AlertState
}

// AlertState is one instance of a rule.
type AlertState struct {
	// State is Grafana's word: "Normal", "Pending", "Alerting", "Recovering", "NoData", "Error", with a reason in
	// parentheses where there is one.
	State string
	// ActiveAt is since when the instance is in its state; zero if it is not active.
	ActiveAt time.Time
	// Value is the value of the nodes in Grafana's words.
	Value  string
	Labels map[string]string
}

// ActiveAt is since when the rule is pending or fires: that of its longest active instance, zero if none is.
func (s RuleState) ActiveAt() time.Time {
	var since time.Time
	for _, instance := range s.Alerts {
		normal := strings.HasPrefix(strings.ToLower(instance.State), "normal")
		if !normal && !instance.ActiveAt.IsZero() && (since.IsZero() || instance.ActiveAt.Before(since)) {
			since = instance.ActiveAt
		}
	}
	return since
}

// FindState picks a rule's state: by UID, and in a Grafana that does not tell UIDs by folder title, group and title.
func FindState(states []RuleState, uid, folderTitle, group, title string) (RuleState, bool) {
	if i := slices.IndexFunc(states, func(s RuleState) bool { return s.UID == uid && uid != "" }); i >= 0 {
		return states[i], true
	}
	i := slices.IndexFunc(states, func(s RuleState) bool {
		return s.UID == "" && s.Folder == folderTitle && s.Group == group && s.Title == title
	})
	if i < 0 {
		return RuleState{}, false
	}
	return states[i], true
}

// wireRules is Grafana's answer in the shape of Prometheus' rules API, as far as it is used here.
type wireRules struct {
	Data struct {
		Groups []struct {
			Name      string `json:"name"`
			File      string `json:"file"`
			FolderUID string `json:"folderUid"`
			Rules     []struct {
				UID            string            `json:"uid"`
				Name           string            `json:"name"`
				State          string            `json:"state"`
				Health         string            `json:"health"`
				LastError      string            `json:"lastError"`
				LastEvaluation time.Time         `json:"lastEvaluation"`
				EvaluationTime float64           `json:"evaluationTime"`
				Paused         bool              `json:"isPaused"`
				Labels         map[string]string `json:"labels"`
				Alerts         []struct {
					State       string            `json:"state"`
					ActiveAt    *time.Time        `json:"activeAt"`
					Value       string            `json:"value"`
					Labels      map[string]string `json:"labels"`
					Annotations map[string]string `json:"annotations"`
				} `json:"alerts"`
			} `json:"rules"`
		} `json:"groups"`
	} `json:"data"`
}

// RuleStates are the states of every Grafana-managed rule that the service account may see.
func (a *Alerting) RuleStates(ctx context.Context) ([]RuleState, error) {
	var wire wireRules
	if err := a.client.fetch(ctx, operation{"read the states of alert rules", permitStates}, "/api/prometheus/grafana/api/v1/rules", &wire); err != nil {
		return nil, err
	}
	states := []RuleState{}
	for _, group := range wire.Data.Groups {
		for _, r := range group.Rules {
			state := RuleState{
				UID: r.UID, FolderUID: group.FolderUID, Folder: group.File, Group: group.Name, Title: r.Name, State: r.State, Health: r.Health,
				LastError: r.LastError, LastEvaluation: r.LastEvaluation, EvaluationTime: time.Duration(r.EvaluationTime * float64(time.Second)),
				Paused: r.Paused, Labels: r.Labels,
			}
			for _, instance := range r.Alerts {
				one := AlertState{State: instance.State, Value: instance.Value, Labels: instance.Labels}
				if instance.ActiveAt != nil {
					one.ActiveAt = *instance.ActiveAt
				}
				// A rule that keeps its last state through an error is healthy to Grafana; only the alert itself says that it is blind.
				if failed := instance.Annotations["Error"]; state.LastError == "" {
					state.LastError = failed
				}
				state.Alerts = append(state.Alerts, one)
			}
			states = append(states, state)
		}
	}
	return states, nil
}
