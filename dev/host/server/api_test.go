package server_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/host/server"
)

func TestAPIFollowsGrafanasDescription(t *testing.T) {
	if _, err := description(); err != nil {
		t.Skipf("Grafana's API description is not there, name it in GRAFANA_OPENAPI: %v", err)
	}
	host := start(t, nil)
	annotation := int(do(t, host, call{method: http.MethodPost, path: "/api/annotations", body: map[string]any{"text": "deployed", "tags": []string{"deploy"}, "time": 1000, "timeEnd": 2000}}).json(t)["id"].(float64))
	require.Positive(t, annotation)
	folder := do(t, host, call{method: http.MethodPost, path: "/api/folders", body: map[string]any{"title": "Burnline", "uid": "burnline"}})
	require.Equal(t, http.StatusOK, folder.status)
	for _, c := range []call{
		{path: "/api/org"},
		{path: "/api/user", login: "viewer"},
		{path: "/api/datasources"},
		{path: "/api/datasources/uid/echo-1"},
		{path: "/api/datasources/uid/nobody"},
		{path: "/api/datasources/uid/echo-1/health"},
		{path: "/api/datasources/uid/echo-2/health"},
		{method: http.MethodPut, path: "/api/datasources/uid/echo-2", body: map[string]any{"name": "Ill", "type": sourceID, "access": "proxy", "jsonData": map[string]any{}}},
		{method: http.MethodPost, path: "/api/datasources", body: map[string]any{"name": "New", "type": sourceID, "access": "proxy", "uid": "new"}},
		{method: http.MethodDelete, path: "/api/datasources/uid/new"},
		{method: http.MethodPost, path: "/api/ds/query", body: query("A", "echo-1", "")},
		{path: "/api/dashboards/uid/board"},
		{path: "/api/dashboards/uid/nothing"},
		{path: "/api/search"},
		{path: "/api/folders"},
		{path: "/api/folders/burnline"},
		{method: http.MethodPut, path: "/api/folders/burnline", body: map[string]any{"title": "Burnline SLOs", "version": 1}},
		{method: http.MethodDelete, path: "/api/folders/burnline"},
		{path: "/api/annotations?tags=deploy&from=1&to=5000"},
		{method: http.MethodDelete, path: "/api/annotations/" + decimal(annotation)},
	} {
		do(t, host, c)
	}
	require.GreaterOrEqual(t, len(covered.operations), 18, "operations that were compared")
}

func TestAnnotationsAreKeptFilteredAndDeleted(t *testing.T) {
	data := t.TempDir()
	keep := func(cfg *server.Config) { cfg.Data = data }
	host := start(t, keep)
	first := do(t, host, call{method: http.MethodPost, path: "/api/annotations", login: "editor", body: map[string]any{"text": "incident", "tags": []string{"slo", "page"}, "time": 1000, "timeEnd": 3000}})
	require.Equal(t, http.StatusOK, first.status)
	do(t, host, call{method: http.MethodPost, path: "/api/annotations", body: map[string]any{"text": "deployed", "tags": []string{"deploy"}, "time": 9000, "dashboardUID": "board", "panelId": 2}})

	for name, example := range map[string]struct {
		query string
		texts []string
	}{
		"all, the newest first":                     {"", []string{"deployed", "incident"}},
		"a range takes what overlaps it":            {"?from=2000&to=4000", []string{"incident"}},
		"all tags are needed":                       {"?tags=slo&tags=deploy", []string{}},
		"any tag is enough when that is asked":      {"?tags=slo&tags=deploy&matchAny=true", []string{"deployed", "incident"}},
		"a dashboard's panel has only its own":      {"?dashboardUID=board&panelId=2", []string{"deployed"}},
		"the limit cuts the oldest":                 {"?limit=1", []string{"deployed"}},
		"a range that nothing touches gives no one": {"?from=20000&to=30000", []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			texts := []string{}
			for _, item := range do(t, host, call{path: "/api/annotations" + example.query}).list(t) {
				texts = append(texts, item.(map[string]any)["text"].(string))
			}
			require.Equal(t, example.texts, texts)
		})
	}
	require.Equal(t, http.StatusBadRequest, do(t, host, call{method: http.MethodPost, path: "/api/annotations", body: map[string]any{"text": ""}}).status)
	require.Equal(t, http.StatusForbidden, do(t, host, call{method: http.MethodPost, path: "/api/annotations", login: "viewer", body: map[string]any{"text": "x"}}).status)

	require.Len(t, do(t, start(t, keep), call{path: "/api/annotations"}).list(t), 2, "a new host with the same data folder")
}

func TestFoldersAreCreatedRenamedAndDeleted(t *testing.T) {
	host := start(t, nil)
	created := do(t, host, call{method: http.MethodPost, path: "/api/folders", body: map[string]any{"title": "Burnline alerts", "uid": "burnline-alerts"}}).json(t)
	require.Equal(t, "/dashboards/f/burnline-alerts/burnline-alerts", created["url"])
	again := do(t, host, call{method: http.MethodPost, path: "/api/folders", body: map[string]any{"title": "Other", "uid": "burnline-alerts"}})
	require.Equal(t, http.StatusConflict, again.status)
	long := do(t, host, call{method: http.MethodPost, path: "/api/folders", body: map[string]any{"title": "Other", "uid": "a-uid-of-more-than-forty-characters-is-refused"}})
	require.Equal(t, http.StatusBadRequest, long.status)

	stale := do(t, host, call{method: http.MethodPut, path: "/api/folders/burnline-alerts", body: map[string]any{"title": "New", "version": 7}})
	require.Equal(t, http.StatusPreconditionFailed, stale.status)
	renamed := do(t, host, call{method: http.MethodPut, path: "/api/folders/burnline-alerts", body: map[string]any{"title": "New", "version": 1}}).json(t)
	require.Equal(t, "New", renamed["title"])
	require.InDelta(t, 2, renamed["version"], 0)

	hits := do(t, host, call{path: "/api/search?type=dash-folder&query=new"}).list(t)
	require.Len(t, hits, 1)
	require.Equal(t, http.StatusForbidden, do(t, host, call{method: http.MethodDelete, path: "/api/folders/burnline-alerts", login: "viewer"}).status)
	require.Equal(t, http.StatusOK, do(t, host, call{method: http.MethodDelete, path: "/api/folders/burnline-alerts", login: "editor"}).status)
	require.Equal(t, http.StatusNotFound, do(t, host, call{path: "/api/folders/burnline-alerts"}).status)
}

func TestDashboardsOfTheAppAreFoundAndServed(t *testing.T) {
	host := start(t, nil)
	hits := do(t, host, call{path: "/api/search?query=board&tag=slo&type=dash-db"}).list(t)
	require.Len(t, hits, 1)
	require.Equal(t, "/d/board/the-board", hits[0].(map[string]any)["url"])
	require.Empty(t, do(t, host, call{path: "/api/search?tag=other"}).list(t))

	board := do(t, host, call{path: "/api/dashboards/uid/board", login: "viewer"}).json(t)
	require.Equal(t, "The Board", board["dashboard"].(map[string]any)["title"])
	require.Equal(t, false, board["meta"].(map[string]any)["canSave"])
	require.Equal(t, http.StatusNotFound, do(t, host, call{path: "/api/dashboards/uid/none"}).status)
}

func TestDisablingTheAppTakesItsPagesAndDashboardsAway(t *testing.T) {
	host := start(t, nil)
	settings := "/api/plugins/" + appID + "/settings"
	require.Equal(t, http.StatusForbidden, do(t, host, call{method: http.MethodPost, path: settings, login: "editor", body: map[string]any{"enabled": false}}).status)
	require.Equal(t, http.StatusOK, do(t, host, call{method: http.MethodPost, path: settings, body: map[string]any{"enabled": false, "secureJsonData": map[string]string{"other": "x"}}}).status)

	got := do(t, host, call{path: settings}).json(t)
	require.Equal(t, false, got["enabled"])
	require.Equal(t, map[string]any{"token": true, "other": true}, got["secureJsonFields"], "secure values that were not sent stay, and are never shown")
	require.Equal(t, http.StatusNotFound, do(t, host, call{path: "/api/plugins/" + appID + "/resources/x"}).status)
	require.Empty(t, do(t, host, call{path: "/api/search?type=dash-db"}).list(t))
	require.Len(t, do(t, host, call{path: "/bootdata"}).json(t)["navTree"], 1)
}
