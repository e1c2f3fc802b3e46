package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// exportRules answers rules in the format of provisioning files: one rule or group where the path names it, else what
// folderUid, group and ruleUid of the query string leave.
func (s *Server) exportRules(w http.ResponseWriter, r *http.Request) error {
	asked, who := r.URL.Query(), identityFrom(r.Context())
	folders, group, uid := asked["folderUid"], asked.Get("group"), asked.Get("ruleUid")
	if in := r.PathValue("folder"); in != "" {
		folders, group = []string{in}, r.PathValue("group")
	}
	if in := r.PathValue("uid"); in != "" {
		uid = in
	}
	rules := slices.DeleteFunc(s.alertRules(), func(rule *alertRule) bool {
		return !who.mayReadRule(rule) || uid != "" && rule.UID != uid || group != "" && rule.RuleGroup != group || len(folders) > 0 && !slices.Contains(folders, rule.FolderUID)
	})
	if len(rules) == 0 {
		return empty(w, http.StatusNotFound)
	}
	titles := s.folderTitles()
	var groups []groupYAML
	for i, rule := range rules {
		if i == 0 || !rule.in(rules[i-1].FolderUID, rules[i-1].RuleGroup) {
			interval, err := normalDuration(strconv.FormatInt(rule.Interval, 10) + "s")
			if err != nil {
				return err
			}
			groups = append(groups, groupYAML{OrgID: 1, Name: rule.RuleGroup, Folder: titles[rule.FolderUID], Interval: interval})
		}
		exported, err := exportRule(rule)
		if err != nil {
			return err
		}
		last := &groups[len(groups)-1]
		last.Rules = append(last.Rules, exported)
	}
	accept, format := r.Header.Get("Accept"), asked.Get("format")
	if format == "json" || format == "" && strings.Contains(accept, "json") {
		return writeJSON(w, http.StatusOK, map[string]any{"apiVersion": 1, "groups": groups})
	}
	content, err := yaml.Marshal(struct {
		APIVersion int         `yaml:"apiVersion"`
		Groups     []groupYAML `yaml:"groups"`
	}{1, groups})
	if err != nil {
		return fmt.Errorf("export of alert rules: %w", err)
	}
	w.Header().Set("Content-Type", "text/yaml")
	_, err = w.Write(content)
	return err
}

func exportRule(rule *alertRule) (ruleYAML, error) {
	out := ruleYAML{
		UID: rule.UID, Title: rule.Title, Condition: rule.Condition, NoDataState: rule.NoDataState, ExecErrState: rule.ExecErrState, For: rule.For,
		KeepFiringFor: rule.KeepFiringFor, Annotations: maps.Clone(rule.Annotations), Labels: rule.Labels, IsPaused: rule.IsPaused,
	}
	out.DashboardUID = rule.Annotations[annotationDashboard]
	if panel := rule.Annotations[annotationPanel]; panel != "" {
		id, err := strconv.ParseInt(panel, 10, 64)
		if err != nil {
			return out, fmt.Errorf("export of alert rule %s: %w", rule.UID, err)
		}
		out.PanelID = id
	}
	for _, query := range rule.Data {
		exported := queryYAML{
			RefID: query.RefID, QueryType: query.QueryType, DatasourceUID: query.DatasourceUID, RelativeTimeRange: rangeYAML(query.RelativeTimeRange),
		}
		if err := json.Unmarshal(query.Model, &exported.Model); err != nil {
			return out, fmt.Errorf("export of alert rule %s: query %s: %w", rule.UID, query.RefID, err)
		}
		out.Data = append(out.Data, exported)
	}
	if n := rule.NotificationSettings; n != nil {
		settings := notificationYAML(*n)
		out.Notification = &settings
	}
	return out, nil
}
