package reconcile

import (
	"maps"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/grafana/grafana-openapi-client-go/models"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
)

// Model is a rule as Grafana's provisioning API takes it, without the annotations that reconcile adds.
func Model(r rule.Rule) *models.ProvisionedAlertRule {
	// Grafana takes the organisation from the token; the API's description wants the field nevertheless.
	organisation := int64(1)
	pending := strfmt.Duration(r.For)
	m := &models.ProvisionedAlertRule{
		UID: r.UID, Title: &r.Title, FolderUID: &r.FolderUID, RuleGroup: &r.Group, Condition: &r.Condition, OrgID: &organisation,
		NoDataState: &r.NoData, ExecErrState: &r.Error, For: &pending, KeepFiringFor: strfmt.Duration(r.KeepFiringFor),
		Labels: maps.Clone(r.Labels), Annotations: maps.Clone(r.Annotations), IsPaused: r.Paused, NotificationSettings: settingsOf(r.Route),
	}
	for _, query := range r.Data {
		model := plain(query.Model)
		kind, _ := model["queryType"].(string)
		m.Data = append(m.Data, &models.AlertQuery{
			RefID: query.RefID, DatasourceUID: query.DataSource, QueryType: kind, Model: model,
			RelativeTimeRange: &models.RelativeTimeRange{From: models.Duration(query.From / time.Second)},
		})
	}
	return m
}

// settingsOf is nil for the organisation's own notification policies.
func settingsOf(route alert.Route) *models.AlertRuleNotificationSettings {
	if route.ContactPoint == "" {
		return nil
	}
	return &models.AlertRuleNotificationSettings{
		Receiver: &route.ContactPoint, GroupBy: route.GroupBy, GroupWait: route.GroupWait, GroupInterval: route.GroupInterval,
		RepeatInterval: route.RepeatInterval, MuteTimeIntervals: route.MuteTimings,
	}
}

// annotated is a copy of a rule with an annotation set, or removed with "".
func annotated(m *models.ProvisionedAlertRule, name, value string) *models.ProvisionedAlertRule {
	changed := *m
	changed.Annotations = maps.Clone(m.Annotations)
	if changed.Annotations == nil {
		changed.Annotations = map[string]string{}
	}
	changed.Annotations[name] = value
	if value == "" {
		delete(changed.Annotations, name)
	}
	return &changed
}
