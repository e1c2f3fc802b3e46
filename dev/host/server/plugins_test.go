package server_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/host/server"
)

func decimal(n int) string { return strconv.Itoa(n) }

func query(refID, uid, kind string) map[string]any {
	return map[string]any{"from": "now-1h", "to": "now", "queries": []any{
		map[string]any{"refId": refID, "queryType": kind, "datasource": map[string]any{"uid": uid, "type": sourceID}, "maxDataPoints": 321, "intervalMs": 60000},
	}}
}

func TestAppPluginIsToldWhatGrafanaTells(t *testing.T) {
	host := start(t, nil)
	got := do(t, host, call{path: "/api/plugins/" + appID + "/resources/who", login: "editor", headers: map[string]string{"X-Own": "kept", "Cookie": "session=1"}}).json(t)

	require.Equal(t, appID, got["pluginId"])
	require.Equal(t, "1.2.3", got["version"])
	require.Equal(t, map[string]any{"Login": "editor", "Name": "Editor", "Email": "editor@localhost", "Role": "Editor"}, got["user"])
	require.Equal(t, map[string]any{"jsonData": map[string]any{"limit": 5.0}, "secure": map[string]any{"token": "cost $5"}}, got["app"])
	require.Equal(t, host.URL()+"/", got["config"].(map[string]any)["GF_APP_URL"])
	require.Equal(t, host.ServiceToken(appID), got["config"].(map[string]any)["GF_PLUGIN_APP_CLIENT_SECRET"])
	require.Contains(t, got["headers"], "X-Own")
	require.NotContains(t, got["headers"], "Cookie")
	require.NotContains(t, got["headers"], "Authorization")

	env := environment(t, got["env"])
	require.Equal(t, host.URL()+"/", env["GF_APP_URL"])
	require.Equal(t, host.ServiceToken(appID), env["GF_PLUGIN_APP_CLIENT_SECRET"])
	require.Equal(t, "1s", env["GF_PLUGIN_SETTLE"])
	require.Contains(t, env, "GF_PATHS_DATA")
	require.NotContains(t, env, "HOME", "a plugin sees only what is meant for it")
}

func TestDataSourcePluginRunsApartAndHasNoToken(t *testing.T) {
	host := start(t, nil)
	got := do(t, host, call{path: "/api/datasources/uid/echo-1/resources/who", login: "viewer"}).json(t)
	require.Equal(t, map[string]any{"uid": "echo-1", "name": "Echo", "url": "", "jsonData": map[string]any{"colour": "blue"}, "secure": map[string]any{"key": "s3cret"}}, got["ds"])
	require.NotContains(t, got, "app")
	require.NotContains(t, got["config"], "GF_PLUGIN_APP_CLIENT_SECRET")
	require.NotContains(t, environment(t, got["env"]), "GF_PLUGIN_APP_CLIENT_SECRET")
	require.NotEqual(t, host.PluginPID(appID), host.PluginPID(sourceID))
	require.Equal(t, host.PluginPID(sourceID), int(got["pid"].(float64)))
}

func TestResourcePathReachesThePluginAsInGrafana(t *testing.T) {
	host := start(t, nil)
	for name, example := range map[string]struct{ asked, path, url string }{
		"plain":                                 {"slos/a", "slos/a", "slos/a"},
		"the query string stays":                {"slos?x=1&y=a%20b", "slos", "slos?x=1&y=a%20b"},
		"an escaped slash becomes a slash":      {"slos/team%2Fcheckout", "slos/team/checkout", "slos/team/checkout"},
		"an escaped space is decoded in a path": {"slos/a%20b", "slos/a b", "slos/a%20b"},
		"a slash at the end is cut":             {"slos/", "slos", "slos"},
		"no path at all":                        {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := do(t, host, call{method: http.MethodPost, path: "/api/plugins/" + appID + "/resources/" + example.asked, body: "hello"}).json(t)
			require.Equal(t, example.path, got["path"])
			require.Equal(t, example.url, got["url"])
			require.Equal(t, "hello", got["body"])
			require.Equal(t, http.MethodPost, got["method"])
		})
	}
}

func TestResourceAnswersAreStreamedWithoutCookies(t *testing.T) {
	host := start(t, nil)
	streamed := do(t, host, call{path: "/api/plugins/" + appID + "/resources/stream"})
	require.Equal(t, http.StatusAccepted, streamed.status)
	require.Equal(t, "one,two,three", string(streamed.body))
	require.Empty(t, do(t, host, call{path: "/api/plugins/" + appID + "/resources/x"}).header.Get("Set-Cookie"))
	require.Equal(t, http.StatusInternalServerError, do(t, host, call{path: "/api/plugins/" + appID + "/resources/error"}).status)
	require.Equal(t, http.StatusNotFound, do(t, host, call{path: "/api/plugins/nobody/resources/x"}).status)
}

func TestHealthAnswersHaveGrafanasStatus(t *testing.T) {
	host := start(t, nil)
	well := do(t, host, call{path: "/api/plugins/" + appID + "/health"})
	require.Equal(t, http.StatusOK, well.status)
	require.Equal(t, map[string]any{"status": "OK", "message": "well"}, well.json(t))
	ill := do(t, host, call{path: "/api/datasources/uid/echo-2/health"})
	require.Equal(t, http.StatusBadRequest, ill.status)
	require.Equal(t, map[string]any{"status": "ERROR", "message": "not well", "details": map[string]any{"why": "told so"}}, ill.json(t))
}

func TestQueriesAreGroupedByDataSource(t *testing.T) {
	host := start(t, nil)
	request := query("A", "echo-1", "")
	request["queries"] = append(request["queries"].([]any), query("B", "echo-2", "")["queries"].([]any)...)
	got := do(t, host, call{method: http.MethodPost, path: "/api/ds/query", body: request, headers: map[string]string{"X-Panel-Id": "7"}})
	require.Equal(t, http.StatusOK, got.status, string(got.body))
	var answer struct {
		Results map[string]struct {
			Status int
			Frames []struct {
				Schema struct{ RefID string }
				Data   struct{ Values [][]any }
			}
		}
	}
	require.NoError(t, json.Unmarshal(got.body, &answer))
	for refID, uid := range map[string]string{"A": "echo-1", "B": "echo-2"} {
		result := answer.Results[refID]
		require.Equal(t, http.StatusOK, result.Status)
		require.Equal(t, refID, result.Frames[0].Schema.RefID)
		values := result.Frames[0].Data.Values
		require.Equal(t, []any{uid}, values[1])
		require.Equal(t, []any{321.0}, values[2])
		require.Equal(t, []any{"7"}, values[3])
		from := time.UnixMilli(int64(values[0][0].(float64)))
		require.WithinDuration(t, time.Now().Add(-time.Hour), from, 10*time.Second)
	}
}

func TestQueriesThatFailSaySo(t *testing.T) {
	host := start(t, nil)
	for name, example := range map[string]struct {
		body   any
		login  string
		status int
		text   string
	}{
		"a query's own error is a 400 with the error in its result": {query("A", "echo-1", "error"), "", http.StatusBadRequest, "asked to fail"},
		"a panic in the plugin is a 500":                            {query("A", "echo-1", "panic"), "", http.StatusInternalServerError, "An error occurred within the plugin"},
		"a data source that is not there":                           {query("A", "gone", ""), "", http.StatusNotFound, "Data source not found"},
		"a type whose plugin is not installed":                      {query("A", "prom-1", ""), "", http.StatusNotFound, "Plugin not found"},
		"no queries":                                                {map[string]any{"from": "1", "to": "2", "queries": []any{}}, "", http.StatusBadRequest, "No queries found"},
		"a time that is none":                                       {map[string]any{"from": "soon", "to": "now", "queries": query("A", "echo-1", "")["queries"]}, "", http.StatusBadRequest, "from is not a time"},
		"a query without a source":                                  {map[string]any{"from": "1", "to": "2", "queries": []any{map[string]any{"refId": "A"}}}, "", http.StatusBadRequest, "valid data source"},
	} {
		t.Run(name, func(t *testing.T) {
			got := do(t, host, call{method: http.MethodPost, path: "/api/ds/query", body: example.body, login: example.login})
			require.Equal(t, example.status, got.status, string(got.body))
			require.Contains(t, string(got.body), example.text)
		})
	}
	require.NotZero(t, host.PluginPID(sourceID), "a panic in a query does not end the process")
}

func TestKilledPluginComesBack(t *testing.T) {
	host := start(t, nil)
	who := call{path: "/api/plugins/" + appID + "/resources/who"}
	require.Equal(t, http.StatusOK, do(t, host, who).status)
	for _, kill := range []func(pid int){
		func(pid int) { require.NoError(t, syscall.Kill(pid, syscall.SIGKILL)) },
		func(int) { do(t, host, call{path: "/api/plugins/" + appID + "/resources/exit"}) },
	} {
		pid := host.PluginPID(appID)
		require.NotZero(t, pid)
		kill(pid)
		require.Eventually(t, func() bool { now := host.PluginPID(appID); return now != 0 && now != pid }, 10*time.Second, 20*time.Millisecond)
		require.Equal(t, http.StatusOK, do(t, host, who).status)
	}
}

func TestStopLeavesNoProcess(t *testing.T) {
	host := start(t, nil)
	pids := []int{host.PluginPID(appID), host.PluginPID(sourceID)}
	require.NoError(t, host.Stop())
	for _, pid := range pids {
		require.Positive(t, pid)
		require.Eventually(t, func() bool { return syscall.Kill(pid, 0) != nil }, 5*time.Second, 20*time.Millisecond, "process %d", pid)
	}
}

func TestPluginThatIsNotBuiltIsUnavailableUntilItIs(t *testing.T) {
	var dist string
	host := start(t, func(cfg *server.Config) {
		dist = t.TempDir()
		tree(t, dist, echoFiles)
		cfg.Dist = dist
	})
	missing := do(t, host, call{path: "/api/plugins/" + appID + "/health"})
	require.Equal(t, http.StatusInternalServerError, missing.status)
	require.Equal(t, "Plugin unavailable", missing.json(t)["message"])
	link(t, dist)
	require.Eventually(t, func() bool { return host.PluginPID(appID) != 0 }, 10*time.Second, 20*time.Millisecond)
	require.Equal(t, http.StatusOK, do(t, host, call{path: "/api/plugins/" + appID + "/health"}).status)
}
