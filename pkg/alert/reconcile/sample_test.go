package reconcile

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
)

// sampleRule is a direct burn rule as rule.Build makes them, with every field set.
func sampleRule(slo, key string) rule.Rule {
	model := func(format string, args ...any) json.RawMessage { return json.RawMessage(fmt.Sprintf(format, args...)) }
	return rule.Rule{
		UID: "bl-" + slo + "-" + key, Title: slo + " " + key, Condition: "E",
		Data: []rule.Query{
			{RefID: "A", DataSource: "prom", From: time.Hour, Model: model(`{"refId":"A","expr":"sum(rate(bad{job=\"%s\"}[1h]))","instant":true,"range":false,"editorMode":"code","datasource":{"type":"prometheus","uid":"prom"}}`, slo)},
			{RefID: "B", DataSource: "burnline", From: 5 * time.Minute, Model: model(`{"refId":"B","queryType":"alert","slos":["%s"],"value":"burn","windows":["5m"]}`, slo)},
			{RefID: "C", DataSource: rule.ExpressionUID, Model: model(`{"refId":"C","type":"reduce","expression":"A","reducer":"last","settings":{"mode":""},"datasource":{"type":"__expr__","uid":"__expr__"}}`)},
			{RefID: "D", DataSource: rule.ExpressionUID, Model: model(`{"refId":"D","type":"threshold","expression":"C","conditions":[{"evaluator":{"type":"gt","params":[0.5]}}]}`)},
			{RefID: "E", DataSource: rule.ExpressionUID, Model: model(`{"refId":"E","type":"math","expression":"$C > 14.4 && $D > 0"}`)},
		},
		For: 5 * time.Minute, KeepFiringFor: 10 * time.Minute, NoData: rule.StateOK, Error: rule.StateKeepLast,
		Labels:      map[string]string{alert.LabelSLO: slo, alert.LabelService: "shop", alert.LabelSeverity: "page"},
		Annotations: map[string]string{"summary": "{{ $values.C }}", "runbook_url": "https://runbooks.example.com/" + slo, "description": ""},
		Route: alert.Route{
			ContactPoint: "oncall", GroupBy: []string{"grafana_folder", "alertname"}, GroupWait: "30s", RepeatInterval: "240m", MuteTimings: []string{"nights"},
		},
	}
}

func sampleGroup(slo string, keys ...string) rule.Group {
	group := rule.Group{Name: slo, FolderUID: "burnline-shop", FolderTitle: "Burnline: Shop", Interval: rule.Interval}
	for _, key := range keys {
		group.Rules = append(group.Rules, sampleRule(slo, key))
	}
	return group
}
