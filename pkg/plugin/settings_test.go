package plugin

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/alert"
)

func TestSettingsFromTheEnvironment(t *testing.T) {
	const executable = "/var/lib/grafana/plugins/burnline-slo-app/gpx_burnline_slo_linux_amd64"
	for name, c := range map[string]struct {
		env  map[string]string
		want Settings
	}{
		"without anything the data lies beside the plugins folder": {nil, Settings{
			DataDir: "/var/lib/grafana/burnline", DefinitionsDir: "/etc/grafana/provisioning/slos",
		}},
		"Grafana's own folders": {map[string]string{"GF_PATHS_DATA": "/data", "GF_PATHS_PROVISIONING": "/prov"}, Settings{
			DataDir: "/data/burnline", DefinitionsDir: "/prov/slos",
		}},
		"folders from grafana.ini win": {map[string]string{
			"GF_PATHS_DATA": "/data", "GF_PATHS_PROVISIONING": "/prov", "GF_PLUGIN_DATA_DIR": "/ledger", "GF_PLUGIN_DEFINITIONS_DIR": "/slos",
		}, Settings{DataDir: "/ledger", DefinitionsDir: "/slos"}},
		"a managed service account": {map[string]string{"GF_APP_URL": "https://grafana.example/sub/", "GF_PLUGIN_APP_CLIENT_SECRET": "secret"}, Settings{
			DataDir: "/var/lib/grafana/burnline", DefinitionsDir: "/etc/grafana/provisioning/slos",
			Grafana: Access{URL: "https://grafana.example/sub", Token: "secret"}, AppURL: "https://grafana.example/sub",
		}},
		"an address of Grafana of its own": {map[string]string{"GF_APP_URL": "https://grafana.example", "GF_PLUGIN_GRAFANA_URL": "http://localhost:3000/"}, Settings{
			DataDir: "/var/lib/grafana/burnline", DefinitionsDir: "/etc/grafana/provisioning/slos",
			Grafana: Access{URL: "http://localhost:3000"}, AppURL: "https://grafana.example",
		}},
		"the evaluation's limits": {map[string]string{
			"GF_PLUGIN_INTERVAL": "2m", "GF_PLUGIN_SETTLE": "90s", "GF_PLUGIN_READ_TIMEOUT": "30s",
			"GF_PLUGIN_CONCURRENCY": "8", "GF_PLUGIN_SOURCE_CONCURRENCY": "2", "GF_PLUGIN_SOURCE_QUERIES_PER_SECOND": "0.5",
		}, Settings{
			DataDir: "/var/lib/grafana/burnline", DefinitionsDir: "/etc/grafana/provisioning/slos",
			Interval: 2 * time.Minute, Settle: 90 * time.Second, ReadTimeout: 30 * time.Second,
			Concurrency: 8, SourceConcurrency: 2, SourceQueriesPerSecond: 0.5,
		}},
		"where alert rules go": {map[string]string{"GF_PLUGIN_ALERTS_MODE": "File", "GF_PATHS_PROVISIONING": "/prov", "GF_PLUGIN_DATA_SOURCE_UID": "slos"}, Settings{
			DataDir: "/var/lib/grafana/burnline", DefinitionsDir: "/prov/slos",
			Alerts: AlertPlace{Mode: alert.ModeFile, Dir: "/prov/alerting", DataSourceUID: "slos"},
		}},
		"where the file of alert rules goes": {map[string]string{"GF_PLUGIN_ALERTS_DIR": "/checkout"}, Settings{
			DataDir: "/var/lib/grafana/burnline", DefinitionsDir: "/etc/grafana/provisioning/slos", Alerts: AlertPlace{Dir: "/checkout"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := SettingsFromEnv(func(key string) string { return c.env[key] }, executable)
			require.NoError(t, err)
			require.Equal(t, c.want, s)
			require.Equal(t, filepath.Join(c.want.DataDir, "ledger.db"), s.LedgerPath())
		})
	}
	t.Run("every variable that can't be read is named with what would be right", func(t *testing.T) {
		env := map[string]string{"GF_PLUGIN_INTERVAL": "90s", "GF_PLUGIN_SETTLE": "soon", "GF_PLUGIN_CONCURRENCY": "none"}
		_, err := SettingsFromEnv(func(key string) string { return env[key] }, executable)
		require.ErrorContains(t, err, `GF_PLUGIN_INTERVAL is "1m30s"; it must be a multiple of 1m0s up to 5m0s, such as 60s`)
		require.ErrorContains(t, err, `GF_PLUGIN_SETTLE is "soon"; it must be a duration of at least 1s, such as 2m or 90s`)
		require.ErrorContains(t, err, `GF_PLUGIN_CONCURRENCY is "none"; it must be a number of at least 1`)
		_, err = SettingsFromEnv(func(key string) string { return map[string]string{"GF_PLUGIN_ALERTS_MODE": "export"}[key] }, executable)
		require.EqualError(t, err, `environment variable GF_PLUGIN_ALERTS_MODE is "export"; it must be api, file or off`)
		env = map[string]string{"GF_PLUGIN_INTERVAL": "15m"}
		_, err = SettingsFromEnv(func(key string) string { return env[key] }, executable)
		require.ErrorContains(t, err, `GF_PLUGIN_INTERVAL is "15m0s"`, "every SLO would look stale for five minutes of fifteen")
	})
}
