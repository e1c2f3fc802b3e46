package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/host/server"
)

func TestRolesDecideWhatMayBeDone(t *testing.T) {
	host := start(t, nil)
	token := host.ServiceToken(appID)
	for name, example := range map[string]struct {
		call
		status int
	}{
		"a visitor is an administrator":                              {call{method: http.MethodDelete, path: "/api/datasources/uid/echo-2"}, http.StatusOK},
		"an editor may not delete data sources":                      {call{method: http.MethodDelete, path: "/api/datasources/uid/echo-1", login: "editor"}, http.StatusForbidden},
		"a provisioned data source is not for anyone to delete":      {call{method: http.MethodDelete, path: "/api/datasources/uid/echo-1", login: "admin"}, http.StatusForbidden},
		"a viewer may list data sources":                             {call{path: "/api/datasources", login: "viewer"}, http.StatusOK},
		"a viewer may use the app":                                   {call{path: "/api/plugins/" + appID + "/resources/x", login: "viewer"}, http.StatusOK},
		"a viewer may not write folders":                             {call{method: http.MethodPost, path: "/api/folders", login: "viewer", body: map[string]any{"title": "x"}}, http.StatusForbidden},
		"the app's token reads data sources":                         {call{path: "/api/datasources/uid/prom-1", token: token}, http.StatusOK},
		"the app's token may not do what the manifest does not list": {call{path: "/api/annotations", token: token}, http.StatusForbidden},
		"the app's token queries where its scope says":               {call{path: "/api/datasources/proxy/uid/prom-1/x", token: token}, http.StatusBadGateway},
		"the app's token does not query elsewhere":                   {call{path: "/api/datasources/uid/echo-1/health", token: token}, http.StatusForbidden},
		"a wrong token is refused even where visitors are let in":    {call{path: "/api/org", token: "glsa_wrong"}, http.StatusUnauthorized},
		"a visitor has no account to show":                           {call{path: "/api/user"}, http.StatusUnauthorized},
		"health is for everyone":                                     {call{path: "/api/health"}, http.StatusOK},
		"an unknown route is not found":                              {call{path: "/api/nothing"}, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			got := do(t, host, example.call)
			require.Equal(t, example.status, got.status, string(got.body))
		})
	}
}

func TestAnonymousAccessCanBeTurnedOff(t *testing.T) {
	host := start(t, func(cfg *server.Config) { cfg.AnonymousRole = server.RoleNone })
	require.Equal(t, http.StatusUnauthorized, do(t, host, call{path: "/bootdata"}).status)
	require.Equal(t, http.StatusOK, do(t, host, call{path: "/bootdata", login: "viewer"}).status)
}

func TestPermissionsNameWhatThePluginGrants(t *testing.T) {
	host := start(t, nil)
	viewer := do(t, host, call{path: "/api/access-control/user/permissions", login: "viewer"}).json(t)
	require.Contains(t, viewer, "echo-app.things:read")
	require.NotContains(t, viewer, "plugins:write")
	require.Equal(t, []any{"datasources:*"}, viewer["datasources:query"])
}

func TestNavigationShowsThePagesThatTheUserMayOpen(t *testing.T) {
	host := start(t, nil)
	names := func(login string) []string {
		found := []string{}
		for _, item := range do(t, host, call{path: "/bootdata", login: login}).json(t)["navTree"].([]any) {
			children, _ := item.(map[string]any)["children"].([]any)
			for _, child := range children {
				found = append(found, child.(map[string]any)["text"].(string))
			}
		}
		return found
	}
	require.Equal(t, []string{"Start", "Secret"}, names("admin"))
	require.Equal(t, []string{"Start"}, names("viewer"))
}

func TestProxyPassesRequestsOnWithTheDataSourcesCredentials(t *testing.T) {
	var seen *http.Request
	var body []byte
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Clone(t.Context())
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Set-Cookie", "session=1")
		if r.URL.Path == "/base/denied" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "short and stout")
	}))
	defer target.Close()
	host := start(t, func(cfg *server.Config) {
		lookup := cfg.LookupEnv
		cfg.LookupEnv = func(name string) (string, bool) {
			if name == "PROM_URL" {
				return target.URL + "/base/", true
			}
			return lookup(name)
		}
	})
	got := do(t, host, call{method: http.MethodPost, path: "/api/datasources/proxy/uid/prom-1/api/v1/query_range?step=60", token: host.ServiceToken(appID), body: "query=up", headers: map[string]string{"Cookie": "grafana=1"}})
	require.Equal(t, http.StatusTeapot, got.status)
	require.Equal(t, "short and stout", string(got.body))
	require.Empty(t, got.header.Get("Set-Cookie"))
	require.Equal(t, "/base/api/v1/query_range", seen.URL.Path)
	require.Equal(t, "step=60", seen.URL.RawQuery)
	require.Equal(t, "query=up", string(body))
	user, password, ok := seen.BasicAuth()
	require.True(t, ok)
	require.Equal(t, "reader:s3cret", user+":"+password)
	require.Empty(t, seen.Header.Get("Cookie"))
	require.Equal(t, "Grafana/13.2.2", seen.Header.Get("User-Agent"))

	do(t, host, call{path: "/api/datasources/proxy/uid/prom-1/api/v1/label/a%2Fb/values"})
	require.Equal(t, "/base/api/v1/label/a%2Fb/values", seen.URL.EscapedPath(), "escapes in the path stay")

	denied := do(t, host, call{path: "/api/datasources/proxy/uid/prom-1/denied"})
	require.Equal(t, http.StatusBadRequest, denied.status, "a data source's 401 must not look like Grafana's own")
	for _, refused := range []call{
		{method: http.MethodDelete, path: "/api/datasources/proxy/uid/prom-1/api/v1/series"},
		{method: http.MethodPost, path: "/api/datasources/proxy/uid/prom-1/api/v1/admin/tsdb/delete_series", body: ""},
	} {
		require.Equal(t, http.StatusForbidden, do(t, host, refused).status)
	}
}

func TestProxySaysHowTheDataSourceFailed(t *testing.T) {
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer slow.Close()
	for name, example := range map[string]struct {
		url    string
		status int
	}{
		"nothing listens":        {"http://127.0.0.1:1", http.StatusBadGateway},
		"no answer in time":      {slow.URL, http.StatusGatewayTimeout},
		"the address is no url":  {"not a url", http.StatusBadRequest},
		"the address is not set": {"", http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			host := start(t, func(cfg *server.Config) {
				cfg.ProxyTimeout = 100 * time.Millisecond
				cfg.LookupEnv = func(string) (string, bool) { return example.url, true }
			})
			require.Equal(t, example.status, do(t, host, call{path: "/api/datasources/proxy/uid/prom-1/api/v1/query"}).status)
		})
	}
}

func TestFilesAreServedAsTheyAreAndNothingElse(t *testing.T) {
	web := t.TempDir()
	tree(t, web, map[string]string{"index.html": "<html>page</html>", "public/build/boot.js": "boot", "secret.txt": "secret"})
	host := start(t, func(cfg *server.Config) { cfg.Web = web })
	for path, want := range map[string]string{
		"/public/plugins/echo-app/module.js":                 echoFiles["module.js"],
		"/public/plugins/echo-app/datasource/module.js":      echoFiles["datasource/module.js"],
		"/public/plugins/echo-datasource/module.js":          echoFiles["datasource/module.js"],
		"/public/build/boot.js":                              "boot",
		"/a/echo-app/slos/x":                                 "<html>page</html>",
		"/":                                                  "<html>page</html>",
		"/public/plugins/echo-app/gpx_echo_linux_amd64":      "",
		"/public/plugins/echo-app/none.js":                   "",
		"/public/plugins/none/module.js":                     "",
		"/public/plugins/echo-app/..%2f..%2f..%2fetc/passwd": "",
		"/public/..%2fsecret.txt":                            "",
	} {
		got := do(t, host, call{path: path})
		if want == "" {
			require.Equal(t, http.StatusNotFound, got.status, path)
			continue
		}
		require.Equal(t, http.StatusOK, got.status, path)
		require.Equal(t, want, string(got.body), path)
	}
}

func TestSettingsForTheBrowserHaveEveryPlugin(t *testing.T) {
	host := start(t, nil)
	settings := do(t, host, call{path: "/api/frontend/settings"}).json(t)
	require.Equal(t, "Prom", settings["defaultDatasource"])
	require.Contains(t, settings["apps"], appID)
	require.Equal(t, "public/plugins/echo-panel/module.js", settings["panels"].(map[string]any)["echo-panel"].(map[string]any)["module"])
	source := settings["datasources"].(map[string]any)["Echo"].(map[string]any)
	require.Equal(t, "echo-1", source["uid"])
	require.Equal(t, sourceID, source["meta"].(map[string]any)["id"])
	require.NotContains(t, string(do(t, host, call{path: "/api/frontend/settings"}).body), "s3cret")
}

func TestConfigurationThatCannotWorkIsRefusedWithItsPlace(t *testing.T) {
	for name, example := range map[string]struct {
		files, provisioning map[string]string
		want                []string
	}{
		"no build":                  {nil, nil, []string{"plugin.json", "build the plugin first"}},
		"an id that stands twice":   {map[string]string{"plugin.json": `{"id":"a","type":"panel"}`, "b/plugin.json": `{"id":"a","type":"panel"}`}, nil, []string{`"a"`, "ids are unique"}},
		"a manifest that is broken": {map[string]string{"plugin.json": `{`}, nil, []string{"plugin.json"}},
		"a data source without a type": {map[string]string{"plugin.json": `{"id":"a","type":"panel"}`},
			map[string]string{"datasources/x.yaml": "datasources: [{name: x}]"}, []string{"x.yaml", "name and a type"}},
		"an app that is not installed": {map[string]string{"plugin.json": `{"id":"a","type":"panel"}`},
			map[string]string{"plugins/x.yaml": "apps: [{type: other}]"}, []string{`"other"`, "not installed"}},
	} {
		t.Run(name, func(t *testing.T) {
			dist, provisioning := t.TempDir(), t.TempDir()
			tree(t, dist, example.files)
			tree(t, provisioning, example.provisioning)
			_, err := server.New(server.Config{Dist: dist, Data: t.TempDir(), Provisioning: []string{provisioning}})
			require.Error(t, err)
			for _, part := range example.want {
				require.ErrorContains(t, err, part)
			}
		})
	}
	data := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(data, "host.json"), []byte("{"), 0o600))
	dist := t.TempDir()
	tree(t, dist, echoFiles)
	_, err := server.New(server.Config{Dist: dist, Data: data})
	require.ErrorContains(t, err, "damaged")
}
