package server_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/host/server"
)

// TestRealPluginRunsUnderTheHost takes the product's own binary and manifests: the handshake, both processes and the
// service account's token work together without a browser.
func TestRealPluginRunsUnderTheHost(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	host := start(t, func(cfg *server.Config) {
		cfg.Dist = t.TempDir()
		for from, to := range map[string]string{"plugin.json": "plugin.json", "src/datasource/plugin.json": "datasource/plugin.json"} {
			content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(from)))
			require.NoError(t, err)
			tree(t, cfg.Dist, map[string]string{to: string(content)})
		}
		name := fmt.Sprintf("gpx_burnline_slo_%s_%s", runtime.GOOS, runtime.GOARCH)
		require.NoError(t, os.Symlink(build(t, "github.com/burnline/grafana-slo-app/pkg/cmd/plugin"), filepath.Join(cfg.Dist, name)))
		provisioning := t.TempDir()
		tree(t, provisioning, map[string]string{
			"datasources/x.yaml": "datasources: [{name: Burnline, uid: burnline, type: burnline-slo-datasource}]",
			"plugins/x.yaml":     "apps: [{type: burnline-slo-app}]",
			"slos/readme.txt":    "no definition yet",
		})
		cfg.Provisioning = []string{provisioning}
	})
	app := call{path: "/api/plugins/burnline-slo-app/resources/slos", login: "viewer"}
	require.Eventually(t, func() bool {
		got := do(t, host, app)
		return got.status == http.StatusOK && got.json(t)["evaluator"].(map[string]any)["running"] == true
	}, 30*time.Second, 200*time.Millisecond, "the app's process evaluates")
	require.Empty(t, do(t, host, app).json(t)["slos"])

	status := map[string]any{"from": "now-1h", "to": "now", "queries": []any{
		map[string]any{"refId": "A", "queryType": "status", "datasource": map[string]any{"uid": "burnline"}},
	}}
	require.Eventually(t, func() bool {
		return do(t, host, call{method: http.MethodPost, path: "/api/ds/query", body: status}).status == http.StatusOK
	}, 20*time.Second, 100*time.Millisecond)
}
