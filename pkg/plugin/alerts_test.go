package plugin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/alert"
)

// ruleStore is a Grafana that keeps alert rules, folders and contact points, as far as is asked here.
type ruleStore struct {
	URL string

	mu      sync.Mutex
	rules   map[string]map[string]any
	folders map[string]string
	// noFolders keeps folders from being made.
	noFolders bool
	writes    int
	// broken answers every call but /api/health with this status; 0 for none.
	broken int
	// sources is the answer of /api/datasources.
	sources string
	// history is the answer of /api/annotations.
	history string
}

func newRuleStore(t *testing.T) *ruleStore {
	t.Helper()
	s := &ruleStore{rules: map[string]map[string]any{}, folders: map[string]string{}, history: "[]",
		sources: `[{"uid":"prometheus","type":"prometheus"},{"uid":"our-slos","type":"burnline-slo-datasource"}]`}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

func (s *ruleStore) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	raw := func(text string) { answer(http.StatusOK, json.RawMessage(text)) }
	path, uid, _ := strings.Cut(r.URL.Path, "/alert-rules/")
	switch {
	case r.URL.Path == "/api/health":
		raw(`{"database":"ok","version":"12.3.0"}`)
	case s.broken != 0:
		answer(s.broken, map[string]string{"message": "out of order"})
	case r.URL.Path == "/api/datasources":
		raw(s.sources)
	case strings.HasPrefix(r.URL.Path, "/api/datasources/proxy/"):
		raw(`{"status":"success","data":{"resultType":"matrix","result":[]}}`)
	case r.URL.Path == "/api/annotations":
		raw(s.history)
	case r.URL.Path == "/api/v1/provisioning/contact-points":
		raw(`[{"uid":"1","name":"on call","type":"webhook"},{"uid":"2","name":"on call","type":"email"},{"uid":"3","name":"tickets","type":"email"}]`)
	case r.URL.Path == "/api/v1/provisioning/mute-timings":
		raw(`[]`)
	case r.URL.Path == "/api/prometheus/grafana/api/v1/rules":
		answer(http.StatusOK, map[string]any{"status": "success", "data": map[string]any{"groups": s.states()}})
	case strings.HasPrefix(r.URL.Path, "/api/folders"):
		s.serveFolder(r, answer)
	case r.URL.Path == "/api/v1/provisioning/alert-rules" && r.Method == http.MethodGet:
		list := []map[string]any{}
		for _, one := range s.rules {
			list = append(list, one)
		}
		answer(http.StatusOK, list)
	case r.URL.Path == "/api/v1/provisioning/alert-rules" || strings.HasSuffix(path, "/provisioning"):
		s.serveRule(r, uid, answer)
	default:
		answer(http.StatusNotFound, map[string]string{"message": "not found"})
	}
}

func (s *ruleStore) serveFolder(r *http.Request, answer func(int, any)) {
	if title, ok := s.folders[strings.TrimPrefix(r.URL.Path, "/api/folders/")]; ok && r.Method == http.MethodGet {
		answer(http.StatusOK, map[string]string{"title": title})
		return
	}
	if r.Method == http.MethodPost && s.noFolders {
		answer(http.StatusForbidden, map[string]string{"message": "no permission"})
		return
	}
	if r.Method == http.MethodPost {
		var body struct{ UID, Title string }
		_ = json.NewDecoder(r.Body).Decode(&body)
		s.folders[body.UID] = body.Title
		answer(http.StatusOK, body)
		return
	}
	answer(http.StatusNotFound, map[string]string{"message": "no folder"})
}

func (s *ruleStore) serveRule(r *http.Request, uid string, answer func(int, any)) {
	if r.Method == http.MethodGet || r.Method == http.MethodDelete {
		one, ok := s.rules[uid]
		switch {
		case !ok:
			answer(http.StatusNotFound, map[string]string{"message": "no rule"})
		case r.Method == http.MethodDelete:
			delete(s.rules, uid)
			s.writes++
			answer(http.StatusNoContent, nil)
		default:
			answer(http.StatusOK, one)
		}
		return
	}
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	s.rules[fmt.Sprint(body["uid"])] = body
	s.writes++
	answer(map[string]int{http.MethodPost: http.StatusCreated, http.MethodPut: http.StatusOK}[r.Method], body)
}

// states says of every rule that it is well.
func (s *ruleStore) states() []map[string]any {
	out := []map[string]any{}
	for uid, one := range s.rules {
		out = append(out, map[string]any{"name": one["ruleGroup"], "file": s.folders[fmt.Sprint(one["folderUID"])], "rules": []map[string]any{{
			"uid": uid, "name": one["title"], "state": "inactive", "health": "ok", "lastEvaluation": sampleRead.Format(time.RFC3339),
			"alerts": []map[string]any{{"state": "Normal", "value": "[ var='C' labels={} value=0.25 ]"}},
		}}})
	}
	return out
}

func (s *ruleStore) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rules)
}

func (s *ruleStore) change(of func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of()
}

// alertPlugin serves the sample ledger, can write it, and has a Grafana to keep rules in.
func alertPlugin(t *testing.T) (*Plugin, *shelf, *ruleStore) {
	t.Helper()
	s, grafana := sampleShelf(), newRuleStore(t)
	p := samplePlugin(t, s)
	p.engine.access = Access{URL: grafana.URL, Token: "good"}
	p.engine.running, p.engine.store = true, s
	return p, s, grafana
}

// callApp calls a resource of the app as an editor and wants a status.
func callApp(t *testing.T, p *Plugin, want int, method, path, body string) map[string]any {
	t.Helper()
	status, answer := call(t, p, AppID, "Editor", method, path, body)
	require.Equal(t, want, status, "%s %s: %v", method, path, answer)
	out, _ := answer.(map[string]any)
	return out
}

func TestOnlyEditorsChangeAlerts(t *testing.T) {
	p, _, _ := alertPlugin(t)
	for _, route := range [][2]string{
		{"PUT", "alerts/settings"}, {"POST", "alerts/apply"}, {"POST", "alerts/drift"}, {"POST", "alerts/incidents"}, {"DELETE", "alerts/incidents/x"},
		{"POST", "alerts/acknowledge"}, {"POST", "alerts/notifications"}, {"POST", "alerts/test"},
	} {
		status, answer := call(t, p, AppID, "Viewer", route[0], route[1], "{}")
		require.Equal(t, http.StatusForbidden, status, route)
		require.Equal(t, "This needs the role Editor or Admin, and you are Viewer. Ask an editor to do it, or an administrator of this organisation for the role.", messageOf(answer))
		status, _ = call(t, p, AppID, "", route[0], route[1], "{}")
		require.Equal(t, http.StatusUnauthorized, status, route)
		for _, role := range []string{"Editor", "Admin", "Grafana Admin"} {
			status, _ = call(t, p, AppID, role, route[0], route[1], "not JSON")
			require.NotEqual(t, http.StatusForbidden, status, route)
		}
	}
	for _, path := range []string{"alerts/settings", "alerts/plan", "alerts/rules?slo=search-latency", "alerts/history", "alerts/incidents", "alerts/noise"} {
		status, answer := call(t, p, AppID, "Viewer", http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, status, "%s: %v", path, answer)
	}
}

func TestNothingIsSavedWhereNobodyEvaluates(t *testing.T) {
	p, _, _ := alertPlugin(t)
	p.engine.stand(false, nil, "Another process does.")
	for path, body := range map[string]string{
		"alerts/incidents": `{"title":"x","start":"2026-03-10T09:00:00Z"}`, "alerts/acknowledge": `{"event":"x"}`, "alerts/apply": `{}`,
		"alerts/notifications": notificationOf(firingAlert("a", "")),
	} {
		require.Equal(t, "Nothing can be saved here, because this process does not evaluate. Another process does.",
			messageOf(callApp(t, p, http.StatusServiceUnavailable, http.MethodPost, path, body)))
	}
}

func TestAlertSettings(t *testing.T) {
	put := func(t *testing.T, p *Plugin, want int, change func(map[string]any)) map[string]any {
		t.Helper()
		settings := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/settings", "")["settings"].(map[string]any)
		change(settings)
		body, err := json.Marshal(settings)
		require.NoError(t, err)
		return callApp(t, p, want, http.MethodPut, "alerts/settings", string(body))
	}
	t.Run("before anybody chose they are the defaults, with what may be chosen", func(t *testing.T) {
		p, _, _ := alertPlugin(t)
		answer := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/settings", "")
		require.Equal(t, answer["defaults"], answer["settings"])
		require.Len(t, answer["builtins"], len(alert.Builtins()))
		require.Equal(t, []any{
			map[string]any{"name": "on call", "types": []any{"email", "webhook"}}, map[string]any{"name": "tickets", "types": []any{"email"}},
		}, answer["contactPoints"])
		require.Empty(t, answer["contactPointsError"])
	})
	t.Run("what is saved is in force, and two editors do not overwrite each other", func(t *testing.T) {
		p, _, _ := alertPlugin(t)
		saved := put(t, p, http.StatusOK, func(s map[string]any) { s["page"] = map[string]any{"contactPoint": "on call", "groupWait": "5s"} })
		require.EqualValues(t, 1, saved["version"])
		require.Equal(t, "on call", callApp(t, p, http.StatusOK, http.MethodGet, "alerts/settings", "")["settings"].(map[string]any)["page"].(map[string]any)["contactPoint"])
		late := put(t, p, http.StatusConflict, func(s map[string]any) { s["version"] = 0 })
		require.Contains(t, messageOf(late), "somebody else saved these settings meanwhile (version 1, yours began with 0)")
	})
	t.Run("every mistake is named", func(t *testing.T) {
		p, _, _ := alertPlugin(t)
		message := messageOf(put(t, p, http.StatusBadRequest, func(s map[string]any) {
			s["mode"], s["minimumEvents"] = "carrier pigeon", -1
			s["ticket"] = map[string]any{"contactPoint": "tikets"}
		}))
		require.Contains(t, message, `mode is "carrier pigeon"; it must be api, file or off`)
		require.Contains(t, message, "minimumEvents is -1")
		require.Contains(t, message, `ticket: Grafana has no contact point "tikets". Did you mean "tickets"?`)
	})
	t.Run("only an administrator chooses where on the server files are written", func(t *testing.T) {
		p, _, _ := alertPlugin(t)
		elsewhere := func(s map[string]any) { s["mode"], s["fileDir"] = "file", t.TempDir() }
		require.Contains(t, messageOf(put(t, p, http.StatusForbidden, elsewhere)), "only an administrator")
		settings := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/settings", "")["settings"].(map[string]any)
		elsewhere(settings)
		body, err := json.Marshal(settings)
		require.NoError(t, err)
		status, saved := call(t, p, AppID, "Admin", http.MethodPut, "alerts/settings", string(body))
		require.Equal(t, http.StatusOK, status, saved)
		put(t, p, http.StatusOK, func(s map[string]any) { s["minimumEvents"] = 10 }) // the rest is an editor's as before
	})
	t.Run("what the environment fixes is shown as such and can't be chosen", func(t *testing.T) {
		p, _, _ := alertPlugin(t)
		p.settings.Alerts = AlertPlace{Mode: alert.ModeOff}
		p.answers.chosen.place = p.settings.Alerts
		answer := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/settings", "")
		require.Equal(t, "off", answer["settings"].(map[string]any)["mode"])
		require.Equal(t, []any{"mode"}, answer["fixed"])
		require.Contains(t, messageOf(put(t, p, http.StatusBadRequest, func(s map[string]any) { s["mode"] = "api" })), "GF_PLUGIN_ALERTS_MODE")
	})
	t.Run("an SLO's state follows the policy that is chosen", func(t *testing.T) {
		p, _, _ := alertPlugin(t)
		state := func() any { return callApp(t, p, http.StatusOK, http.MethodGet, "slos/search-latency", "")["state"] }
		require.Equal(t, "page", state())
		put(t, p, http.StatusOK, func(s map[string]any) { s["defaultPolicies"] = []string{"none"} })
		require.Equal(t, "ok", state(), "nobody asked to be told")
	})
}

func TestASpanLiesWithinTheCalendar(t *testing.T) {
	p, _, _ := alertPlugin(t)
	for _, path := range []string{"alerts/noise", "alerts/history", "alerts/incidents"} {
		for _, span := range []string{"?from=9223372036854770000&to=9223372036854775807", "?from=-9223372036854775808&to=-9223372036854770000", "?from=5&to=5"} {
			require.Contains(t, messageOf(callApp(t, p, http.StatusBadRequest, http.MethodGet, path+span, "")), "the time range")
		}
	}
}

func TestIncidents(t *testing.T) {
	p, _, _ := alertPlugin(t)
	saved := callApp(t, p, http.StatusOK, http.MethodPost, "alerts/incidents",
		`{"title":" Index broken ","start":"2026-03-10T10:50:00Z","end":"2026-03-10T11:30:00Z","slos":["search-latency"],"severity":"page"}`)
	require.Equal(t, "Index broken", saved["title"])
	require.Equal(t, "someone", saved["by"])
	again := callApp(t, p, http.StatusOK, http.MethodPost, "alerts/incidents",
		`{"title":"Index broken","start":"2026-03-10T10:50:00Z","slos":["search-latency"],"severity":"page"}`)
	require.Equal(t, saved["id"], again["id"], "what is sent twice is there once")
	list := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/incidents", "")["incidents"].([]any)
	require.Len(t, list, 1)
	past := fmt.Sprintf("alerts/incidents?from=%d&to=%d", sampleNow.Add(-48*time.Hour).UnixMilli(), sampleNow.Add(-24*time.Hour).UnixMilli())
	require.Empty(t, callApp(t, p, http.StatusOK, http.MethodGet, past, "")["incidents"])
	callApp(t, p, http.StatusOK, http.MethodDelete, "alerts/incidents/"+saved["id"].(string), "")
	callApp(t, p, http.StatusNotFound, http.MethodDelete, "alerts/incidents/"+saved["id"].(string), "")
	for name, c := range map[string][2]string{
		"no title":                     {`{"start":"2026-03-10T10:50:00Z"}`, "the incident has no title"},
		"an id that no address keeps":  {`{"id":"a%2fb","title":"x","start":"2026-03-10T10:50:00Z"}`, "can't stand in an address"},
		"no start":                     {`{"title":"x"}`, "the incident has no start"},
		"a start to come":              {`{"title":"x","start":"2026-03-11T10:50:00Z"}`, "which is in the future"},
		"an end before the start":      {`{"title":"x","start":"2026-03-10T10:50:00Z","end":"2026-03-10T10:00:00Z"}`, "which is not after its start"},
		"an unknown severity":          {`{"title":"x","start":"2026-03-10T10:50:00Z","severity":"huge"}`, `the severity is "huge"`},
		"an SLO that does not exist":   {`{"title":"x","start":"2026-03-10T10:50:00Z","slos":["serch-latency"]}`, `Did you mean "search-latency"?`},
		"a service that does not":      {`{"title":"x","start":"2026-03-10T10:50:00Z","services":["serch"]}`, `Did you mean "search"?`},
		"a time that is none":          {`{"title":"x","start":"yesterday"}`, "the body can't be read"},
		"a time range that is not one": {``, "the body is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, messageOf(callApp(t, p, http.StatusBadRequest, http.MethodPost, "alerts/incidents", c[0])), c[1])
		})
	}
}
