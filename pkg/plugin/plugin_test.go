package plugin

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// samplePlugin serves the sample ledger; its engine does not run.
func samplePlugin(t testing.TB, s *shelf) *Plugin {
	t.Helper()
	dir := t.TempDir()
	definitions := filepath.Join(dir, "slos")
	require.NoError(t, os.Mkdir(definitions, 0o750))
	engine, err := NewEngine(EngineConfig{
		Settings: Settings{DataDir: filepath.Join(dir, "data"), DefinitionsDir: definitions},
		Logger:   log.NewNullLogger(), Registerer: prometheus.NewRegistry(), Now: func() time.Time { return sampleNow },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.reader.Close()) })
	p := New(engine)
	p.answers.ledger = s.open
	return p
}

// call makes a resource call and decodes the answer into a map or list.
func call(t testing.TB, p *Plugin, pluginID, role, method, path, body string) (int, any) {
	t.Helper()
	req := &backend.CallResourceRequest{
		Method: method, Path: strings.SplitN(path, "?", 2)[0], URL: path, Body: []byte(body),
		PluginContext: backend.PluginContext{PluginID: pluginID},
	}
	if role != "" {
		req.PluginContext.User = &backend.User{Login: "someone", Role: role}
	}
	var status int
	var raw []byte
	err := p.CallResource(context.Background(), req, backend.CallResourceResponseSenderFunc(func(res *backend.CallResourceResponse) error {
		if status == 0 {
			status = res.Status
		}
		raw = append(raw, res.Body...)
		return nil
	}))
	require.NoError(t, err)
	var decoded any
	require.NoError(t, json.Unmarshal(raw, &decoded), string(raw))
	return status, decoded
}

func messageOf(answer any) string {
	text, _ := answer.(map[string]any)["message"].(string)
	return text
}

func TestAppResources(t *testing.T) {
	p := samplePlugin(t, sampleShelf())

	t.Run("the list has every present SLO with its numbers, the problems and the evaluator", func(t *testing.T) {
		status, answer := call(t, p, AppID, "Viewer", http.MethodGet, "slos", "")
		require.Equal(t, http.StatusOK, status)
		requireGolden(t, "resource-slos", answer)
	})
	t.Run("one SLO is found by an id with a slash, escaped or not", func(t *testing.T) {
		for _, path := range []string{"slos/checkout/availability", "slos/checkout%2Favailability"} {
			status, answer := call(t, p, AppID, "Viewer", http.MethodGet, path, "")
			require.Equal(t, http.StatusOK, status, path)
			require.Equal(t, "checkout/availability", answer.(map[string]any)["definition"].(map[string]any)["id"])
		}
	})
	t.Run("one SLO comes with its own document", func(t *testing.T) {
		text := "kind: SLO\nmetadata:\n  name: first\n---\nkind: SLO\nmetadata:\n  name: second\n"
		require.NoError(t, os.WriteFile(filepath.Join(p.settings.DefinitionsDir, "checkout.yaml"), []byte(text), 0o600))
		_, answer := call(t, p, AppID, "Viewer", http.MethodGet, "slos/checkout/availability", "")
		require.Equal(t, "kind: SLO\nmetadata:\n  name: first\n", answer.(map[string]any)["document"])
	})
	t.Run("an unknown SLO is an error with near matches", func(t *testing.T) {
		status, answer := call(t, p, AppID, "Viewer", http.MethodGet, "slos/serch-latency", "")
		require.Equal(t, http.StatusNotFound, status)
		require.Equal(t, `there is no SLO "serch-latency". Did you mean "search-latency"?`, messageOf(answer))
	})
	t.Run("a removed SLO is found by its id", func(t *testing.T) {
		status, answer := call(t, p, AppID, "Viewer", http.MethodGet, "slos/gone", "")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "not evaluated", answer.(map[string]any)["state"])
		require.Contains(t, messageOf(answer), "Removed from the definitions on 2026-03-09")
	})
	t.Run("queries are answered like Grafana's /api/ds/query, each by itself", func(t *testing.T) {
		body := `{"from":1773126000000,"to":1773144000000,"maxDataPoints":10,"queries":[
			{"refId":"A","queryType":"sli","slos":["search-latency"]},{"refId":"B","queryType":"nonsense"}]}`
		status, answer := call(t, p, AppID, "Viewer", http.MethodPost, "query", body)
		require.Equal(t, http.StatusOK, status)
		results := answer.(map[string]any)["results"].(map[string]any)
		require.EqualValues(t, 200, results["A"].(map[string]any)["status"])
		require.Len(t, results["A"].(map[string]any)["frames"], 1)
		require.EqualValues(t, 400, results["B"].(map[string]any)["status"])
		require.Contains(t, results["B"].(map[string]any)["error"], `unknown queryType "nonsense"`)
	})
	t.Run("a body that is not a query says what is expected", func(t *testing.T) {
		for _, body := range []string{"", "[]", "{}", `{"queries":["A"]}`} {
			status, answer := call(t, p, AppID, "Viewer", http.MethodPost, "query", body)
			require.Equal(t, http.StatusBadRequest, status, body)
			require.NotEmpty(t, messageOf(answer))
		}
	})
	t.Run("problems are listed", func(t *testing.T) {
		status, answer := call(t, p, AppID, "Viewer", http.MethodGet, "problems", "")
		require.Equal(t, http.StatusOK, status)
		require.Len(t, answer.(map[string]any)["problems"], 1)
	})
	t.Run("health is readable by everyone who may look", func(t *testing.T) {
		status, answer := call(t, p, AppID, "Viewer", http.MethodGet, "health", "")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "ERROR", answer.(map[string]any)["status"])
	})
	t.Run("an unknown resource lists the known ones", func(t *testing.T) {
		status, answer := call(t, p, AppID, "Admin", http.MethodGet, "secrets", "")
		require.Equal(t, http.StatusNotFound, status)
		require.Contains(t, messageOf(answer), "GET slos")
	})
	t.Run("nothing is writable", func(t *testing.T) {
		status, _ := call(t, p, AppID, "Admin", http.MethodDelete, "slos/search-latency", "")
		require.Equal(t, http.StatusNotFound, status)
	})
}

func TestResourcesAskForARole(t *testing.T) {
	p := samplePlugin(t, sampleShelf())
	for _, c := range []struct {
		role string
		want int
	}{
		{"", http.StatusUnauthorized}, {"None", http.StatusForbidden}, {"Somebody", http.StatusForbidden},
		{"Viewer", http.StatusOK}, {"Editor", http.StatusOK}, {"Admin", http.StatusOK}, {"Grafana Admin", http.StatusOK},
	} {
		for pluginID, path := range map[string]string{AppID: "slos", DataSourceID: "variables?kind=slos"} {
			status, answer := call(t, p, pluginID, c.role, http.MethodGet, path, "")
			require.Equal(t, c.want, status, "%s as %q", path, c.role)
			if c.want != http.StatusOK {
				require.NotEmpty(t, messageOf(answer))
			}
		}
	}
}

func TestEachPluginHasItsOwnResources(t *testing.T) {
	p := samplePlugin(t, sampleShelf())
	for pluginID, path := range map[string]string{DataSourceID: "slos", AppID: "variables", "another-app": "slos"} {
		status, _ := call(t, p, pluginID, "Admin", http.MethodGet, path, "")
		require.Equal(t, http.StatusNotFound, status, pluginID)
	}
}

func TestVariables(t *testing.T) {
	p := samplePlugin(t, sampleShelf())
	texts := func(answer any) []string {
		out := []string{}
		for _, item := range answer.([]any) {
			out = append(out, item.(map[string]any)["text"].(string)+"="+item.(map[string]any)["value"].(string))
		}
		return out
	}
	for name, c := range map[string]struct {
		path, body string
		want       []string
	}{
		"services by their display names": {"variables?kind=services", "", []string{
			"Batch=batch", "Billing=billing", "Checkout=checkout", "Mail=mail", "Profile=profile", "Search=search", "Shop=shop", "Signup=signup",
		}},
		"SLOs of one service":                     {"variables?kind=slos&service=search", "", []string{"Search latency=search-latency"}},
		"label keys":                              {"variables?kind=labels", "", []string{"journey=journey", "team=team"}},
		"label keys of one service":               {"variables?kind=labels&service=billing", "", []string{"team=team"}},
		"label values, those of a list apart":     {"variables?kind=labelvalues&label=team", "", []string{"money=money", "web=web"}},
		"the same as a body":                      {"variables", `{"kind":"labelvalues","label":"journey"}`, []string{"browse=browse", "checkout=checkout", "search=search"}},
		"nothing where a service has no such SLO": {"variables?kind=labels&service=mail", "", []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			method := http.MethodGet
			if c.body != "" {
				method = http.MethodPost
			}
			status, answer := call(t, p, DataSourceID, "Viewer", method, c.path, c.body)
			require.Equal(t, http.StatusOK, status, answer)
			require.Equal(t, c.want, texts(answer))
		})
	}
	for name, c := range map[string]struct{ path, want string }{
		"an unknown kind":                 {"variables?kind=teams", `kind "teams" is unknown; it must be one of "services", "slos", "labels" or "labelvalues".`},
		"label values without a label":    {"variables?kind=labelvalues", `Known: "journey" and "team".`},
		"an unknown label":                {"variables?kind=labelvalues&label=tean", `Did you mean "team"?`},
		"an unknown service":              {"variables?kind=slos&service=serch", `Did you mean "search"?`},
		"a service that resembles no one": {"variables?kind=slos&service=zzzzzz", `Known: "batch"`},
	} {
		t.Run(name+" is an error that helps", func(t *testing.T) {
			status, answer := call(t, p, DataSourceID, "Viewer", http.MethodGet, c.path, "")
			require.GreaterOrEqual(t, status, 400)
			require.Contains(t, messageOf(answer), c.want)
		})
	}
}

func TestSLOsOfTheSameNameAreToldApart(t *testing.T) {
	s := sampleShelf()
	s.entry("mail-latency").Definition.DisplayName = "Search latency"
	q := variableQuery{Kind: "slos"}
	choices, err := q.choices(s.snapshot)
	require.NoError(t, err)
	require.Contains(t, choices, choice{Text: "Search latency (mail-latency)", Value: "mail-latency"})
	require.Contains(t, choices, choice{Text: "Search latency (search-latency)", Value: "search-latency"})
}

func TestADocumentOutsideTheFolderIsNotRead(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600))
	inner := filepath.Join(dir, "slos")
	require.NoError(t, os.Mkdir(inner, 0o750))
	require.Empty(t, document(os.DirFS(inner), slo.Position{File: "../secret", Line: 1}))
}

func TestQueriesOfTheDataSource(t *testing.T) {
	p := samplePlugin(t, sampleShelf())
	good, bad := ask(t, `{"queryType":"status"}`, 1, 10), ask(t, `{"queryType":"budget","slos":["nothing"]}`, 1, 10)
	bad.RefID = "B"
	response, err := p.QueryData(context.Background(), &backend.QueryDataRequest{
		PluginContext: backend.PluginContext{PluginID: DataSourceID, DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{}},
		Queries:       []backend.DataQuery{good, bad},
	})
	require.NoError(t, err)
	require.NoError(t, response.Responses["A"].Error)
	require.EqualError(t, response.Responses["B"].Error, `there is no SLO "nothing". Its definition may be missing or wrong: see the problems on the app's page.`)
	require.Equal(t, backend.StatusNotFound, response.Responses["B"].Status)
	require.Equal(t, backend.ErrorSourceDownstream, response.Responses["B"].ErrorSource)
}

func TestTheFaceFollowsTheRequest(t *testing.T) {
	require.Equal(t, AppID, face(backend.PluginContext{AppInstanceSettings: &backend.AppInstanceSettings{}}))
	require.Equal(t, DataSourceID, face(backend.PluginContext{DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{}}))
	require.Equal(t, DataSourceID, face(backend.PluginContext{PluginID: DataSourceID}))
}

func TestAlertingIsKnownByItsHeaderHoweverItIsWritten(t *testing.T) {
	for headers, want := range map[[2]string]bool{
		{"FromAlert", "true"}: true, {"http_Fromalert", "true"}: true, {"FromAlert", "false"}: false, {"http_User-Agent", "true"}: false,
	} {
		require.Equal(t, want, fromAlert(map[string]string{headers[0]: headers[1]}), headers)
	}
	require.False(t, fromAlert(nil))
}
