// Package export writes what SLOs alert on as files: Grafana provisioning, and ruler files for Prometheus, Mimir and Loki.
package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
)

// The shapes of Grafana's alerting provisioning files (apiVersion 1). The order of fields is that of Grafana's own
// exports, so that a diff against one is short.
type (
	provisioningFile struct {
		APIVersion int                 `yaml:"apiVersion"`
		Groups     []provisioningGroup `yaml:"groups"`
		// Delete is what is to go: Grafana keeps a provisioned rule that merely vanishes from its file.
		Delete []provisioningDelete `yaml:"deleteRules,omitempty"`
	}
	provisioningDelete struct {
		OrgID int64  `yaml:"orgId"`
		UID   string `yaml:"uid"`
	}
	provisioningGroup struct {
		OrgID    int64              `yaml:"orgId"`
		Name     string             `yaml:"name"`
		Folder   string             `yaml:"folder"`
		Interval string             `yaml:"interval"`
		Rules    []provisioningRule `yaml:"rules"`
	}
	provisioningRule struct {
		UID           string              `yaml:"uid"`
		Title         string              `yaml:"title"`
		Condition     string              `yaml:"condition"`
		Data          []provisioningQuery `yaml:"data"`
		DashboardUID  string              `yaml:"dashboardUid,omitempty"`
		PanelID       int64               `yaml:"panelId,omitempty"`
		NoDataState   string              `yaml:"noDataState"`
		ExecErrState  string              `yaml:"execErrState"`
		For           string              `yaml:"for"`
		KeepFiringFor string              `yaml:"keepFiringFor,omitempty"`
		Annotations   map[string]string   `yaml:"annotations,omitempty"`
		Labels        map[string]string   `yaml:"labels,omitempty"`
		IsPaused      bool                `yaml:"isPaused"`
		Notification  *provisioningRoute  `yaml:"notification_settings,omitempty"`
	}
	provisioningQuery struct {
		RefID     string            `yaml:"refId"`
		TimeRange provisioningRange `yaml:"relativeTimeRange"`
		UID       string            `yaml:"datasourceUid"`
		Model     map[string]any    `yaml:"model"`
	}
	provisioningRange struct {
		From int64 `yaml:"from"`
		To   int64 `yaml:"to"`
	}
	provisioningRoute struct {
		Receiver       string   `yaml:"receiver"`
		GroupBy        []string `yaml:"group_by,omitempty"`
		GroupWait      string   `yaml:"group_wait,omitempty"`
		GroupInterval  string   `yaml:"group_interval,omitempty"`
		RepeatInterval string   `yaml:"repeat_interval,omitempty"`
		MuteTimings    []string `yaml:"mute_time_intervals,omitempty"`
	}
)

const provisioningHead = `# Written by Burnline; changes are overwritten. Grafana reads it from its provisioning/alerting folder.
`

// Provisioning writes rule groups as one Grafana alerting provisioning file for an organisation (1 is the first).
// The same groups give the same bytes.
func Provisioning(groups []rule.Group, orgID int64) ([]byte, error) {
	return ProvisioningAfter(nil, groups, orgID, nil)
}

// ProvisioningAfter is for a file that replaces a former one: it also deletes the rules of the former one that no group
// has, except those of SLOs that keep reports true for, which stay as they were.
func ProvisioningAfter(former []byte, groups []rule.Group, orgID int64, keep func(sloID string) bool) ([]byte, error) {
	file := provisioningFile{APIVersion: 1, Groups: []provisioningGroup{}}
	for _, g := range groups {
		out := provisioningGroup{OrgID: max(1, orgID), Name: verbatim(g.Name), Folder: verbatim(g.FolderTitle), Interval: promDuration(g.Interval)}
		for _, r := range g.Rules {
			converted, err := provisioned(r)
			if err != nil {
				return nil, fmt.Errorf("rule %q: %w", r.Title, err)
			}
			out.Rules = append(out.Rules, converted)
		}
		file.Groups = append(file.Groups, out)
	}
	if err := file.follow(former, keep); err != nil {
		return nil, err
	}
	out := bytes.NewBufferString(provisioningHead)
	encoder := yaml.NewEncoder(out)
	encoder.SetIndent(2)
	if err := encoder.Encode(file); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

// follow takes over what a former file had and this one has not: rules to keep, and rules to delete.
func (f *provisioningFile) follow(former []byte, keep func(sloID string) bool) error {
	var before provisioningFile
	if err := yaml.Unmarshal(former, &before); err != nil {
		return fmt.Errorf("the former file can't be read; look what it holds, and remove it: %w", err)
	}
	known := map[string]bool{}
	for _, g := range f.Groups {
		for _, r := range g.Rules {
			known[r.UID] = true
		}
	}
	for _, g := range before.Groups {
		kept := g
		kept.Rules = nil
		for _, r := range g.Rules {
			switch {
			case known[r.UID]:
			case keep(strings.ReplaceAll(r.Labels[alert.LabelSLO], "$$", "$")):
				kept.Rules = append(kept.Rules, r)
			default:
				f.Delete = append(f.Delete, provisioningDelete{OrgID: g.OrgID, UID: r.UID})
			}
			known[r.UID] = true
		}
		if len(kept.Rules) > 0 {
			f.Groups = append(f.Groups, kept)
		}
	}
	for _, d := range before.Delete {
		if !known[d.UID] {
			f.Delete = append(f.Delete, d)
		}
	}
	slices.SortFunc(f.Delete, func(a, b provisioningDelete) int { return strings.Compare(a.UID, b.UID) })
	return nil
}

func provisioned(r rule.Rule) (provisioningRule, error) {
	out := provisioningRule{
		UID: r.UID, Title: verbatim(r.Title), Condition: r.Condition, NoDataState: r.NoData, ExecErrState: r.Error,
		For: promDuration(r.For), Annotations: maps.Clone(r.Annotations), Labels: map[string]string{}, IsPaused: r.Paused,
		DashboardUID: r.Annotations[rule.AnnotationDashboardUID], Notification: provisionedRoute(r.Route),
	}
	out.PanelID, _ = strconv.ParseInt(r.Annotations[rule.AnnotationPanelID], 10, 64)
	if r.KeepFiringFor > 0 {
		out.KeepFiringFor = promDuration(r.KeepFiringFor)
	}
	for name, value := range r.Labels {
		out.Labels[name] = verbatim(value)
	}
	for _, q := range r.Data {
		query := provisioningQuery{RefID: q.RefID, TimeRange: provisioningRange{From: int64(q.From / time.Second)}, UID: verbatim(q.DataSource)}
		if err := json.Unmarshal(q.Model, &query.Model); err != nil {
			return out, fmt.Errorf("query %s: %w", q.RefID, err)
		}
		out.Data = append(out.Data, query)
	}
	return out, nil
}

func provisionedRoute(r alert.Route) *provisioningRoute {
	if r.ContactPoint == "" {
		return nil
	}
	return &provisioningRoute{
		Receiver: verbatim(r.ContactPoint), GroupBy: slices.Clone(r.GroupBy), GroupWait: r.GroupWait,
		GroupInterval: r.GroupInterval, RepeatInterval: r.RepeatInterval, MuteTimings: slices.Clone(r.MuteTimings),
	}
}

// verbatim keeps Grafana from expanding environment variables in provisioned text. Annotations and query models
// must not be escaped: Grafana takes those as they are. (Versions from late 2026 may expand ${NAME} in annotations; only a
// query quoted in a description can hold that, and older versions know no escape for it.)
func verbatim(text string) string { return strings.ReplaceAll(text, "$", "$$") }

// promDuration is the form that Grafana reads: "0s", "5m", "1h".
func promDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	return alert.DurationText(d)
}
