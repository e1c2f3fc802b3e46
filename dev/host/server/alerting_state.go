package server

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/dev/host/alerting"
)

// promRuleGroup is a group in Grafana's version of Prometheus's rules API. File is the folder's title.
type promRuleGroup struct {
	Name           string           `json:"name"`
	File           string           `json:"file"`
	FolderUID      string           `json:"folderUid"`
	Rules          []promRule       `json:"rules"`
	Totals         map[string]int64 `json:"totals"`
	Interval       float64          `json:"interval"`
	LastEvaluation time.Time        `json:"lastEvaluation"`
	EvaluationTime float64          `json:"evaluationTime"`
}

// promRule is a rule with what its last evaluation found. Durations are seconds.
type promRule struct {
	State          string                         `json:"state"`
	Name           string                         `json:"name"`
	Query          string                         `json:"query"`
	Duration       float64                        `json:"duration,omitempty"`
	KeepFiringFor  float64                        `json:"keepFiringFor,omitempty"`
	Annotations    map[string]string              `json:"annotations,omitempty"`
	ActiveAt       *time.Time                     `json:"activeAt,omitempty"`
	Alerts         []promAlert                    `json:"alerts"`
	Totals         map[string]int64               `json:"totals,omitempty"`
	UID            string                         `json:"uid"`
	FolderUID      string                         `json:"folderUid"`
	Labels         map[string]string              `json:"labels,omitempty"`
	Health         string                         `json:"health"`
	LastError      string                         `json:"lastError,omitempty"`
	Type           string                         `json:"type"`
	LastEvaluation time.Time                      `json:"lastEvaluation"`
	EvaluationTime float64                        `json:"evaluationTime"`
	IsPaused       bool                           `json:"isPaused"`
	Notification   *alerting.NotificationSettings `json:"notificationSettings,omitempty"`
	Provenance     string                         `json:"provenance,omitempty"`
	Queried        []string                       `json:"queriedDatasourceUIDs"`
}

// promAlert is one alert instance of a rule.
type promAlert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	State       string            `json:"state"`
	ActiveAt    *time.Time        `json:"activeAt"`
	Value       string            `json:"value"`
}

func isPrivateLabel(name string) bool {
	return strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

func (s *Server) ruleStates() map[string]alerting.RuleState {
	states := map[string]alerting.RuleState{}
	if s.alerts != nil {
		for _, state := range s.alerts.States() {
			states[state.UID] = state
		}
	}
	return states
}

// promRuleOf joins a rule with its state; a rule that was not evaluated yet is inactive and healthy, as in Grafana.
func promRuleOf(rule *alertRule, state alerting.RuleState) promRule {
	out := promRule{
		State: cmp.Or(state.State, "inactive"), Name: rule.Title, Query: rule.query(), Annotations: rule.Annotations, Alerts: []promAlert{},
		Totals: map[string]int64{}, UID: rule.UID, FolderUID: rule.FolderUID, Labels: rule.Labels, Health: cmp.Or(state.Health, "ok"), LastError: state.LastError,
		Type: "alerting", LastEvaluation: state.LastEvaluation, EvaluationTime: state.EvaluationTime.Seconds(), IsPaused: rule.IsPaused,
		Notification: rule.NotificationSettings, Provenance: rule.Provenance, Queried: rule.dataSources(),
	}
	out.Duration, out.KeepFiringFor = seconds(rule.For), seconds(rule.KeepFiringFor)
	for _, alert := range state.Alerts {
		labels := maps.Clone(alert.Labels)
		maps.DeleteFunc(labels, func(name, _ string) bool { return isPrivateLabel(name) })
		kind, _, _ := strings.Cut(alert.State, " ")
		out.Totals[strings.ToLower(kind)]++
		shown := promAlert{Labels: labels, Annotations: alert.Annotations, State: alert.State, ActiveAt: &alert.ActiveAt}
		if kind == "Alerting" || kind == "Pending" || kind == "Recovering" {
			shown.Value = alert.Value
		}
		if kind == "Alerting" && (out.ActiveAt == nil || out.ActiveAt.After(alert.ActiveAt)) {
			out.ActiveAt = &alert.ActiveAt
		}
		out.Alerts = append(out.Alerts, shown)
	}
	return out
}

// seconds of a duration that was validated when it was saved.
func seconds(text string) float64 {
	parsed, err := parseDuration(text)
	if err != nil {
		return 0
	}
	return parsed.Seconds()
}

// query is the rule's first expression in a query language, or all queries as JSON when there is none.
func (r *alertRule) query() string {
	var expressions []string
	for _, query := range r.Data {
		var model struct {
			Expr string `json:"expr"`
		}
		if json.Unmarshal(query.Model, &model) == nil && model.Expr != "" && query.DatasourceUID != expressionUID {
			expressions = append(expressions, model.Expr)
		}
	}
	if len(expressions) > 0 {
		return strings.Join(expressions, " | ")
	}
	content, err := json.Marshal(r.Data)
	if err != nil {
		return ""
	}
	return string(content)
}

// promRules answers GET /api/prometheus/grafana/api/v1/rules.
func (s *Server) promRules(w http.ResponseWriter, r *http.Request) error {
	asked, who := r.URL.Query(), identityFrom(r.Context())
	titles, states := s.folderTitles(), s.ruleStates()
	groups, totals := []*promRuleGroup{}, map[string]int64{}
	for _, rule := range s.alertRules() {
		scope := "folders:uid:" + rule.FolderUID
		if !who.may(actionRulesRead, scope) || !who.may(actionFoldersRead, scope) || !askedFor(asked, rule) {
			continue
		}
		at := slices.IndexFunc(groups, func(g *promRuleGroup) bool { return g.Name == rule.RuleGroup && g.FolderUID == rule.FolderUID })
		if at < 0 {
			at = len(groups)
			groups = append(groups, &promRuleGroup{
				Name: rule.RuleGroup, File: titles[rule.FolderUID], FolderUID: rule.FolderUID, Interval: float64(rule.Interval), Totals: map[string]int64{},
			})
		}
		group, shown := groups[at], promRuleOf(rule, states[rule.UID])
		group.Rules = append(group.Rules, shown)
		if shown.LastEvaluation.After(group.LastEvaluation) {
			group.LastEvaluation = shown.LastEvaluation
		}
		group.EvaluationTime += shown.EvaluationTime
		group.Totals[shown.State]++
		totals[shown.State]++
		if shown.Health != "ok" {
			group.Totals[shown.Health]++
			totals[shown.Health]++
		}
	}
	slices.SortStableFunc(groups, func(a, b *promRuleGroup) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Name, b.Name)) })
	return writeJSON(w, http.StatusOK, map[string]any{"status": "success", "data": map[string]any{"groups": groups, "totals": totals}})
}

// askedFor applies the filters of the query string that name a folder, group, rule or dashboard.
func askedFor(asked map[string][]string, rule *alertRule) bool {
	for name, value := range map[string]string{
		"folder_uid": rule.FolderUID, "rule_group": rule.RuleGroup, "rule_name": rule.Title, "dashboard_uid": rule.Annotations[annotationDashboard],
	} {
		if wanted := asked[name]; len(wanted) > 0 && !slices.Contains(wanted, value) {
			return false
		}
	}
	return true
}
