package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/grafana/grafana-openapi-client-go/client"
	"github.com/grafana/grafana-openapi-client-go/client/provisioning"
	"github.com/grafana/grafana-openapi-client-go/models"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/host/server"
)

func pointer[T any](value T) *T { return &value }

func clientOf(host *server.Server) *client.GrafanaHTTPAPI {
	return client.NewHTTPClientWithConfig(strfmt.Default, &client.TransportConfig{
		Host: strings.TrimPrefix(host.URL(), "http://"), BasePath: "/api", Schemes: []string{"http"}, HTTPHeaders: map[string]string{"X-Disable-Provenance": "true"},
	})
}

func TestGrafanasOwnClientSpeaksWithTheHost(t *testing.T) {
	host := start(t, nil)
	api := clientOf(host)
	_, err := api.Folders.CreateFolder(&models.CreateFolderCommand{UID: "team", Title: "Team"})
	require.NoError(t, err)
	point, err := api.Provisioning.PostContactpoints(provisioning.NewPostContactpointsParams().WithBody(&models.EmbeddedContactPoint{
		Name: "Hook", Type: pointer("webhook"), Settings: map[string]any{"url": "http://127.0.0.1:1/"},
	}))
	require.NoError(t, err)
	require.NotEmpty(t, point.Payload.UID)

	rule := &models.ProvisionedAlertRule{
		UID: "bl-1", OrgID: pointer(int64(1)), FolderUID: pointer("team"), RuleGroup: pointer("checkout"), Title: pointer("Checkout burns"), Condition: pointer("C"),
		For: pointer(strfmt.Duration(2 * time.Minute)), KeepFiringFor: strfmt.Duration(90 * time.Second), NoDataState: pointer("OK"), ExecErrState: pointer("KeepLast"),
		Data: []*models.AlertQuery{
			{RefID: "A", DatasourceUID: "prom-1", RelativeTimeRange: &models.RelativeTimeRange{From: 600}, Model: map[string]any{"refId": "A", "expr": "up", "instant": true}},
			{RefID: "C", DatasourceUID: "__expr__", RelativeTimeRange: &models.RelativeTimeRange{}, Model: map[string]any{"refId": "C", "type": "math", "expression": "$A > 1"}},
		},
		NotificationSettings: &models.AlertRuleNotificationSettings{Receiver: pointer("Hook"), GroupWait: "30s"},
		Labels:               map[string]string{"burnline_slo": "checkout"},
	}
	put := func(rules ...*models.ProvisionedAlertRule) error {
		_, err := api.Provisioning.PutAlertRuleGroup(provisioning.NewPutAlertRuleGroupParams().WithFolderUID("team").WithGroup("check/out").
			WithBody(&models.AlertRuleGroup{Title: "check/out", FolderUID: "team", Interval: 60, Rules: rules}))
		return err
	}
	require.NoError(t, put(rule))
	group, err := api.Provisioning.GetAlertRuleGroup("check/out", "team")
	require.NoError(t, err)
	kept := group.Payload.Rules[0]
	require.Equal(t, []any{"bl-1", strfmt.Duration(2 * time.Minute), strfmt.Duration(90 * time.Second), "KeepLast", "Hook"},
		[]any{kept.UID, *kept.For, kept.KeepFiringFor, *kept.ExecErrState, *kept.NotificationSettings.Receiver})
	require.Equal(t, "check/out", *kept.RuleGroup)

	rule.NotificationSettings.Receiver = pointer("Pager")
	var refused *provisioning.PutAlertRuleGroupBadRequest
	require.ErrorAs(t, put(rule), &refused)
	_, err = api.Provisioning.GetAlertRule("none")
	var absent *provisioning.GetAlertRuleNotFound
	require.ErrorAs(t, err, &absent)
	_, err = api.Provisioning.DeleteAlertRule(provisioning.NewDeleteAlertRuleParams().WithUID("bl-1"))
	require.NoError(t, err)

	points, err := api.Provisioning.GetContactpoints(provisioning.NewGetContactpointsParams())
	require.NoError(t, err)
	require.Len(t, points.Payload, 2)
	policy, err := api.Provisioning.GetPolicyTree()
	require.NoError(t, err)
	require.Equal(t, "grafana-default-email", policy.Payload.Receiver)
}

func TestNotificationReachesAReceiverWithWorkingLinks(t *testing.T) {
	received := make(chan []byte, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received <- body
	}))
	t.Cleanup(receiver.Close)
	host := alertingHost(t, nil)
	do(t, host, call{method: http.MethodPost, path: provisioningPath + "/contact-points", body: object{"name": "Hook", "type": "webhook", "settings": object{"url": receiver.URL}}})
	made := do(t, host, call{method: http.MethodPost, path: provisioningPath + "/alert-rules", body: ruleWith(object{
		"uid": "burn", "for": "0s", "condition": "B", "notification_settings": object{"receiver": "Hook", "group_wait": "0s"}, "annotations": object{"summary": "{{ $labels.slo }} burns"},
		"data": []object{
			{"refId": "A", "relativeTimeRange": object{"from": 600, "to": 0}, "datasourceUid": "echo-1", "model": object{"queryType": "numbers"}},
			{"refId": "B", "datasourceUid": "__expr__", "model": object{"type": "math", "expression": "$A > 1"}},
		},
	})})
	require.Equal(t, http.StatusCreated, made.status, string(made.body))
	at := time.Now()
	host.EvaluateAlerts(t.Context(), at)
	host.EvaluateAlerts(t.Context(), at.Add(time.Minute))

	var payload struct {
		Status string
		Alerts []struct {
			Labels, Annotations map[string]string
			GeneratorURL        string
		}
	}
	select {
	case body := <-received:
		require.NoError(t, json.Unmarshal(body, &payload))
	case <-time.After(10 * time.Second):
		t.Fatal("no notification came")
	}
	require.Equal(t, "firing", payload.Status)
	require.Len(t, payload.Alerts, 1, "the other SLO is at its limit and not above")
	require.Equal(t, "checkout burns", payload.Alerts[0].Annotations["summary"])
	require.Equal(t, "checkout", payload.Alerts[0].Labels["slo"])
	path, ours := strings.CutPrefix(payload.Alerts[0].GeneratorURL, host.URL())
	require.True(t, ours, payload.Alerts[0].GeneratorURL)
	page := do(t, host, call{path: path})
	require.Equal(t, http.StatusOK, page.status, path)
	require.Contains(t, string(page.body), "checkout burns")
}
