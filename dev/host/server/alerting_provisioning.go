package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/burnline/grafana-slo-app/dev/host/alerting"
)

// alertingFile is one file of provisioning/alerting, read and checked as far as it can be by itself.
type alertingFile struct {
	name    string
	points  []contactPoint
	groups  []fileGroup
	deleted []string
}

// fileGroup is a rule group of a file, which names its folder by title.
type fileGroup struct {
	folder string
	group  ruleGroup
}

// contactPointYAML is a contact point in Grafana's provisioning format.
type contactPointYAML struct {
	Name      string `yaml:"name"`
	Receivers []struct {
		UID                   string         `yaml:"uid"`
		Type                  string         `yaml:"type"`
		Settings              map[string]any `yaml:"settings"`
		DisableResolveMessage bool           `yaml:"disableResolveMessage"`
	} `yaml:"receivers"`
}

// groupYAML is a rule group in Grafana's provisioning format, as a file has it and as an export answers it.
type groupYAML struct {
	OrgID    int64      `yaml:"orgId" json:"orgId"`
	Name     string     `yaml:"name" json:"name"`
	Folder   string     `yaml:"folder" json:"folder"`
	Interval string     `yaml:"interval" json:"interval"`
	Rules    []ruleYAML `yaml:"rules" json:"rules"`
}

type ruleYAML struct {
	UID           string            `yaml:"uid" json:"uid"`
	Title         string            `yaml:"title" json:"title"`
	Condition     string            `yaml:"condition" json:"condition"`
	Data          []queryYAML       `yaml:"data" json:"data"`
	DashboardUID  string            `yaml:"dashboardUid,omitempty" json:"dashboardUid,omitempty"`
	PanelID       int64             `yaml:"panelId,omitempty" json:"panelId,omitempty"`
	NoDataState   string            `yaml:"noDataState" json:"noDataState"`
	ExecErrState  string            `yaml:"execErrState" json:"execErrState"`
	For           string            `yaml:"for" json:"for"`
	KeepFiringFor string            `yaml:"keepFiringFor,omitempty" json:"keepFiringFor,omitempty"`
	Annotations   map[string]string `yaml:"annotations,omitempty" json:"annotations,omitempty"`
	Labels        map[string]string `yaml:"labels,omitempty" json:"labels,omitempty"`
	IsPaused      bool              `yaml:"isPaused" json:"isPaused"`
	Notification  *notificationYAML `yaml:"notification_settings,omitempty" json:"notification_settings,omitempty"`
}

type notificationYAML struct {
	Receiver          string   `yaml:"receiver" json:"receiver"`
	GroupBy           []string `yaml:"group_by,omitempty" json:"group_by,omitempty"`
	GroupWait         string   `yaml:"group_wait,omitempty" json:"group_wait,omitempty"`
	GroupInterval     string   `yaml:"group_interval,omitempty" json:"group_interval,omitempty"`
	RepeatInterval    string   `yaml:"repeat_interval,omitempty" json:"repeat_interval,omitempty"`
	MuteTimeIntervals []string `yaml:"mute_time_intervals,omitempty" json:"mute_time_intervals,omitempty"`
}

type queryYAML struct {
	RefID             string         `yaml:"refId" json:"refId"`
	QueryType         string         `yaml:"queryType,omitempty" json:"queryType,omitempty"`
	RelativeTimeRange rangeYAML      `yaml:"relativeTimeRange" json:"relativeTimeRange"`
	DatasourceUID     string         `yaml:"datasourceUid" json:"datasourceUid"`
	Model             map[string]any `yaml:"model" json:"model"`
}

// rangeYAML is seconds before the evaluation.
type rangeYAML struct {
	From int64 `yaml:"from" json:"from"`
	To   int64 `yaml:"to" json:"to"`
}

// readAlerting reads contact points, rule groups and deleted rules. Deleted contact points are passed over: the file
// that deletes one is there for Grafanas which had it.
func readAlerting(name string, content []byte, lookup func(string) (string, bool)) (alertingFile, error) {
	file := alertingFile{name: name}
	var contacts struct {
		ContactPoints []contactPointYAML `yaml:"contactPoints"`
	}
	var rules struct {
		Groups      []groupYAML `yaml:"groups"`
		DeleteRules []struct {
			UID string `yaml:"uid"`
		} `yaml:"deleteRules"`
		Policies  []any `yaml:"policies"`
		MuteTimes []any `yaml:"muteTimes"`
	}
	// Grafana expands variables in contact points, but neither in a rule's queries nor in its annotations, whose
	// templates are full of dollar signs.
	if err := errors.Join(decodeYAML(content, &contacts, lookup), yaml.Unmarshal(content, &rules)); err != nil {
		return file, err
	}
	if len(rules.Policies)+len(rules.MuteTimes) > 0 {
		return file, errors.New("policies and muteTimes are not for the preview host: it has Grafana's default policy only; take them out, and name the receiver in a rule's notification_settings")
	}
	for _, point := range contacts.ContactPoints {
		read, err := point.contactPoints()
		if err != nil {
			return file, err
		}
		file.points = append(file.points, read...)
	}
	for _, group := range rules.Groups {
		read, err := group.ruleGroup(lookup)
		if err != nil {
			return file, err
		}
		file.groups = append(file.groups, read)
	}
	for _, rule := range rules.DeleteRules {
		file.deleted = append(file.deleted, rule.UID)
	}
	return file, nil
}

func (c contactPointYAML) contactPoints() ([]contactPoint, error) {
	name := strings.TrimSpace(c.Name)
	if name == "" {
		return nil, errors.New("contactPoints: no name is set")
	}
	var points []contactPoint
	for _, receiver := range c.Receivers {
		point := contactPoint{
			UID: receiver.UID, Name: name, Type: receiver.Type, Settings: receiver.Settings, DisableResolveMessage: receiver.DisableResolveMessage, Provenance: provenanceFile,
		}
		if err := validateUID(point.UID); err != nil {
			return nil, fmt.Errorf("contactPoints: %s: %w", name, err)
		}
		if len(point.Settings) == 0 {
			return nil, fmt.Errorf("contactPoints: %s: no settings are set", name)
		}
		if err := point.validate(); err != nil {
			return nil, fmt.Errorf("contactPoints: %s: %w", name, err)
		}
		points = append(points, point)
	}
	return points, nil
}

func (g groupYAML) ruleGroup(lookup func(string) (string, bool)) (fileGroup, error) {
	expanded := func(text string) string { return expand(text, lookup) }
	name, folder := expanded(g.Name), expanded(g.Folder)
	if strings.TrimSpace(name) == "" {
		return fileGroup{}, errors.New("groups: rule group has no name set")
	}
	if strings.TrimSpace(folder) == "" {
		return fileGroup{}, fmt.Errorf("groups: %s: rule group has no folder set", name)
	}
	interval, err := parseDuration(expanded(g.Interval))
	if err != nil || interval == 0 {
		return fileGroup{}, fmt.Errorf("groups: %s: interval %q: write it like 1m", name, g.Interval)
	}
	read := fileGroup{folder: folder, group: ruleGroup{Title: name, Interval: int64(interval / time.Second), Rules: []alerting.Rule{}}}
	for _, rule := range g.Rules {
		converted, err := rule.rule(expanded)
		if err != nil {
			return fileGroup{}, fmt.Errorf("groups: %s: rule '%s' failed to parse: %w", name, rule.Title, err)
		}
		read.group.Rules = append(read.group.Rules, converted)
	}
	return read, nil
}

func (r ruleYAML) rule(expanded func(string) string) (alerting.Rule, error) {
	rule := alerting.Rule{
		UID: expanded(r.UID), Title: expanded(r.Title), Condition: expanded(r.Condition), NoDataState: expanded(r.NoDataState), ExecErrState: expanded(r.ExecErrState),
		For: expanded(r.For), KeepFiringFor: expanded(r.KeepFiringFor), Annotations: map[string]string{}, Labels: map[string]string{}, IsPaused: r.IsPaused,
	}
	if rule.UID == "" {
		return rule, errors.New("no UID set")
	}
	if rule.NoDataState == "" {
		rule.NoDataState = "NoData"
	}
	if rule.ExecErrState == "" {
		rule.ExecErrState = "Alerting"
	}
	for name, value := range r.Annotations {
		rule.Annotations[name] = value
	}
	if uid := expanded(r.DashboardUID); uid != "" {
		rule.Annotations[annotationDashboard] = uid
	}
	if r.PanelID != 0 {
		rule.Annotations[annotationPanel] = strconv.FormatInt(r.PanelID, 10)
	}
	for name, value := range r.Labels {
		rule.Labels[name] = expanded(value)
	}
	for _, query := range r.Data {
		model, err := json.Marshal(query.Model)
		if err != nil {
			return rule, fmt.Errorf("query %s: %w", query.RefID, err)
		}
		rule.Data = append(rule.Data, alerting.DataQuery{
			RefID: expanded(query.RefID), QueryType: expanded(query.QueryType), DatasourceUID: expanded(query.DatasourceUID), Model: model,
			RelativeTimeRange: alerting.RelativeTimeRange(query.RelativeTimeRange),
		})
	}
	if n := r.Notification; n != nil {
		settings := alerting.NotificationSettings(*n)
		for _, text := range []*string{&settings.Receiver, &settings.GroupWait, &settings.GroupInterval, &settings.RepeatInterval} {
			*text = expanded(*text)
		}
		rule.NotificationSettings = &settings
	}
	return rule, nil
}

// provisionAlerting puts files into the state: all contact points before the rules that name them. What an earlier run
// got from a file stays when the file no longer has it, as in Grafana.
func (s *state) provisionAlerting(files []alertingFile) error {
	var errs []error
	for _, file := range files {
		for _, point := range file.points {
			errs = append(errs, inFile(file, s.provisionContactPoint(point)))
		}
	}
	for _, file := range files {
		for _, group := range file.groups {
			group.group.FolderUID = s.folderTitled(group.folder).UID
			errs = append(errs, inFile(file, editRules(s, func(edit *ruleEdit) error {
				return edit.replaceGroup(group.group, provenanceFile, func(_, _ *alertRule) error { return nil })
			})))
		}
		s.AlertRules = slices.DeleteFunc(slices.Clone(s.AlertRules), func(r *alertRule) bool { return slices.Contains(file.deleted, r.UID) })
	}
	return errors.Join(errs...)
}

func inFile(file alertingFile, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("provisioning file %s: %w", file.name, err)
}

func (s *state) provisionContactPoint(point contactPoint) error {
	at := slices.IndexFunc(s.ContactPoints, func(p *contactPoint) bool { return p.UID == point.UID })
	if at < 0 {
		s.ContactPoints = append(slices.Clone(s.ContactPoints), &point)
		return nil
	}
	if old := s.ContactPoints[at]; old.Provenance == provenanceAPI {
		return fmt.Errorf("cannot change provenance from '%s' to '%s' of contact point %s", old.Provenance, point.Provenance, old.Name)
	}
	s.ContactPoints = slices.Clone(s.ContactPoints)
	s.ContactPoints[at] = &point
	return nil
}

// folderTitled finds a folder by its title, or creates it.
func (s *state) folderTitled(title string) *folder {
	for _, f := range s.Folders {
		if f.Title == title && f.ParentUID == "" {
			return f
		}
	}
	now := time.Now().UTC()
	created := &folder{ID: s.newID(), UID: newUID(), Title: title, Created: now, Updated: now, Version: 1}
	s.Folders = append(s.Folders, created)
	return created
}
