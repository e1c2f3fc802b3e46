package server_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/host/server"
)

func TestExportedRulesCanBeProvisionedFromAFile(t *testing.T) {
	host := alertingHost(t, nil)
	made := do(t, host, call{method: http.MethodPost, path: provisioningPath + "/alert-rules", body: ruleWith(object{
		"uid": "burn", "keep_firing_for": "5m", "notification_settings": object{"receiver": "grafana-default-email", "group_by": []string{"grafana_folder", "alertname"}, "repeat_interval": "4h"},
		"annotations": object{"summary": "{{ $values.A }}", "__dashboardUid__": "board", "__panelId__": "2"},
	})})
	require.Equal(t, http.StatusCreated, made.status, string(made.body))
	rule := made.json(t)

	exports := provisioningPath + "/alert-rules/export"
	groups := do(t, host, call{path: exports + "?format=json"}).json(t)["groups"].([]any)
	require.Equal(t, []any{"Team", "checkout", "1m"}, []any{groups[0].(object)["folder"], groups[0].(object)["name"], groups[0].(object)["interval"]})
	for _, path := range []string{exports + "?folderUid=other", provisioningPath + "/alert-rules/none/export", provisioningPath + "/folder/team/rule-groups/none/export"} {
		require.Equal(t, http.StatusNotFound, do(t, host, call{path: path}).status, path)
	}

	for _, path := range []string{exports, provisioningPath + "/alert-rules/burn/export", provisioningPath + "/folder/team/rule-groups/checkout/export"} {
		file := do(t, host, call{path: path + "?format=yaml"})
		require.Equal(t, "text/yaml", file.header.Get("Content-Type"))
		other := start(t, func(cfg *server.Config) {
			tree(t, cfg.Provisioning[0], map[string]string{"alerting/rules.yaml": string(file.body)})
		})
		read := do(t, other, call{path: provisioningPath + "/alert-rules/burn"}).json(t)
		for _, own := range []string{"id", "updated", "provenance", "folderUID"} {
			delete(read, own)
			delete(rule, own)
		}
		require.Equal(t, rule, read)
	}
}
