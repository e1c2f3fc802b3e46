package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/alert"
)

var update = flag.Bool("update", false, "write the golden outputs anew")

// now is 2026-07-01 00:00 UTC.
var now = time.Unix(1782864000, 0).UTC()

// fakeApp answers as the contract of the resources says.
type fakeApp struct {
	*httptest.Server
	// asked are the requests, bodies the last body of each path.
	asked  []string
	bodies map[string]string
	// answers are status and body by method and path; an answer may be a function of the request's body.
	answers map[string]answer
	token   string
}

type answer struct {
	status      int
	contentType string
	body        string
}

func serve(t *testing.T, answers map[string]answer) *fakeApp {
	t.Helper()
	f := &fakeApp{bodies: map[string]string{}, answers: answers}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/grafana/api/plugins/burnline-slo-app/resources/")
		body, _ := io.ReadAll(r.Body)
		f.asked = append(f.asked, r.Method+" "+strings.TrimSuffix(path+"?"+r.URL.RawQuery, "?"))
		f.bodies[path] = string(body)
		f.token = r.Header.Get("Authorization")
		a, ok := f.answers[r.Method+" "+path]
		if !ok {
			a = answer{status: http.StatusNotFound, body: `{"message":"Plugin not found"}`}
		}
		if a.contentType == "" {
			a.contentType = "application/json; charset=utf-8"
		}
		if a.status/100 == 3 {
			w.Header().Set("Location", a.body)
		}
		w.Header().Set("Content-Type", a.contentType)
		w.WriteHeader(max(a.status, http.StatusOK))
		_, _ = w.Write([]byte(a.body))
	}))
	t.Cleanup(f.Close)
	return f
}

type outcome struct {
	code     int
	out, err string
}

// burnline runs the command line against the fake app below a sub-path.
func (f *fakeApp) burnline(t *testing.T, in string, args ...string) outcome {
	t.Helper()
	env := map[string]string{envURL: f.URL + "/grafana/", envToken: "glsa_secret"}
	var out, errs bytes.Buffer
	code := Run(t.Context(), Config{Args: args, In: strings.NewReader(in), Out: &out, Err: &errs, Env: func(name string) string { return env[name] }, Now: func() time.Time { return now }})
	return outcome{code, out.String(), errs.String()}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(text)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join("testdata", name), []byte(got), 0o644))
	}
	require.Equal(t, read(t, name), got)
}

func backtests(t *testing.T) *fakeApp {
	return serve(t, map[string]answer{"POST alerts/backtest": {body: read(t, "backtest.json")}})
}

func TestABacktestIsPrintedInEachForm(t *testing.T) {
	for name, args := range map[string][]string{
		"backtest.table.txt":   {},
		"backtest.details.txt": {"--details", "--target", "0.999,0.9"},
		"backtest.md":          {"--details", "-o", "markdown"},
		"backtest.csv":         {"-o", "csv"},
		"backtest.alerts.csv":  {"--details", "-o", "csv"},
	} {
		t.Run(name, func(t *testing.T) {
			got := backtests(t).burnline(t, "", append([]string{"backtest"}, args...)...)
			require.Empty(t, got.err)
			require.Equal(t, ExitOK, got.code)
			golden(t, name, got.out)
		})
	}
}

func TestABacktestAsJSONHoldsWhatTheAppSaid(t *testing.T) {
	got := backtests(t).burnline(t, "", "backtest", "-o", "json")
	var printed, said struct {
		Overall []map[string]any `json:"overall"`
	}
	require.NoError(t, json.Unmarshal([]byte(got.out), &printed))
	require.NoError(t, json.Unmarshal([]byte(read(t, "backtest.json")), &said))
	require.Equal(t, said, printed)
}

func TestABacktestAsksForWhatTheFlagsName(t *testing.T) {
	app := backtests(t)
	got := app.burnline(t, "", "backtest", "--slo", "a,b", "--service", "shop", "--from", "7d", "--to", "2026-06-30", "--policy", "own,workbook", "--target", "0.999")
	require.Equal(t, ExitOK, got.code, got.err)
	require.Equal(t, "Bearer glsa_secret", app.token)
	require.JSONEq(t, `{"slos":["a","b"],"services":["shop"],"from":1782259200000,"to":1782777600000,"policies":["own","workbook"],"targets":["0.999"]}`, app.bodies["alerts/backtest"])
}

func TestAMistakeOfTheCommandLineIsToldBeforeAnythingIsAsked(t *testing.T) {
	cases := map[string]struct {
		args []string
		says string
	}{
		"an unknown command":                 {[]string{"backtst"}, `unknown command "backtst"; did you mean backtest?`},
		"an unknown command of a group":      {[]string{"alerts", "plans"}, "did you mean plan?"},
		"an unknown flag":                    {[]string{"backtest", "--bogus"}, "unknown flag: --bogus"},
		"a time that is none":                {[]string{"backtest", "--from", "yesterday"}, `--from: "yesterday" is not a time; write one such as`},
		"a span that is empty":               {[]string{"backtest", "--from", "1d", "--to", "2d"}, "the span is empty"},
		"a target in percent":                {[]string{"backtest", "--target", "99.9"}, "--target: 99.9 is outside 0 to 1"},
		"a target without a budget":          {[]string{"backtest", "--target", "1"}, "it must lie between 0 and 1"},
		"an unknown form":                    {[]string{"backtest", "-o", "yaml"}, "it must be one of table, json, markdown, csv"},
		"a URL that is none":                 {[]string{"backtest", "--url", "grafana"}, `"grafana" is not Grafana's URL`},
		"a token with a line break":          {[]string{"backtest", "--token", "glsa\nx"}, "the token holds characters"},
		"an argument too many":               {[]string{"backtest", "checkout"}, "unknown command"},
		"an unknown format":                  {[]string{"alerts", "export", "--format", "nagios"}, "grafana, prometheus, mimir, loki"},
		"a plan as CSV":                      {[]string{"alerts", "plan", "-o", "csv"}, "it must be table or json"},
		"an incident without a start":        {[]string{"incidents", "add", "--title", "x"}, "--title and --start are needed"},
		"an incident that ends before":       {[]string{"incidents", "add", "--title", "x", "--start", "1h", "--end", "2h"}, "is not after --start"},
		"an unknown severity":                {[]string{"incidents", "add", "--title", "x", "--start", "1h", "--severity", "p1"}, "page, ticket, none"},
		"an import without a file":           {[]string{"incidents", "import"}, "accepts 1 arg(s)"},
		"a removal of nothing in particular": {[]string{"incidents", "remove"}, "requires at least 1 arg(s)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			app := serve(t, nil)
			got := app.burnline(t, "", c.args...)
			require.Equal(t, ExitUsage, got.code)
			require.Contains(t, got.err, c.says)
			require.Contains(t, got.err, "--help)")
			require.Empty(t, app.asked)
			require.Empty(t, got.out)
		})
	}
}

func TestARefusalNamesPlaceAndRemedy(t *testing.T) {
	cases := map[string]struct {
		answer answer
		says   []string
	}{
		"a token that Grafana does not know": {answer{status: 401, body: `{"message":"Invalid API key"}`}, []string{"does not accept the token", "service account token", "BURNLINE_TOKEN"}},
		"a role that is too low":             {answer{status: 403, body: `{"message":"This needs the role Editor or Admin, and you are Viewer."}`}, []string{"you are Viewer", "changing Editor or Admin"}},
		"a Grafana without the app":          {answer{status: 404, body: `{"message":"Plugin not found"}`}, []string{"has no Burnline app", "burnline-slo-app and enable it"}},
		"an SLO that is not there":           {answer{status: 404, body: `{"message":"there is no SLO \"chekout\"; did you mean checkout?"}`}, []string{"did you mean checkout?"}},
		"a web server that is no Grafana":    {answer{status: 404, contentType: "text/html", body: "<html>"}, []string{"not Burnline in Grafana", "root URL"}},
		"a login page":                       {answer{status: 200, contentType: "text/html", body: "<html>"}, []string{"not Burnline in Grafana", "login proxy"}},
		"a redirect":                         {answer{status: 302, body: "https://sso.example.com/login"}, []string{"sends on to https://sso.example.com/login", "service account token"}},
		"a proxy without a Grafana":          {answer{status: 502, contentType: "text/html", body: "<html>"}, []string{"502 Bad Gateway", "Grafana's log"}},
		"an app that is not ready":           {answer{status: 503, body: `{"message":"The ledger is not open yet."}`}, []string{"The ledger is not open yet"}},
		"an answer that is cut short":        {answer{body: `{"overall":[`}, []string{"can't be read", "same version"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			app := serve(t, map[string]answer{"POST alerts/backtest": c.answer})
			got := app.burnline(t, "", "backtest")
			require.Equal(t, ExitError, got.code)
			for _, says := range append(c.says, "POST "+app.URL+"/grafana/api/plugins/burnline-slo-app/resources/alerts/backtest") {
				require.Contains(t, got.err, says)
			}
			require.NotContains(t, got.err, "glsa_secret")
		})
	}
}

func TestAGrafanaThatCannotBeReachedIsNamedWithoutItsPassword(t *testing.T) {
	app := serve(t, nil)
	app.Close()
	got := app.burnline(t, "", "backtest", "--url", strings.Replace(app.URL, "http://", "http://admin:hunter2@", 1))
	require.Equal(t, ExitError, got.code)
	require.Contains(t, got.err, "can't be reached")
	require.Contains(t, got.err, "check --url")
	require.NotContains(t, got.err, "hunter2")
}

func TestAPlanReadsLikeADiff(t *testing.T) {
	app := serve(t, map[string]answer{"GET alerts/plan": {body: read(t, "plan.json")}})
	got := app.burnline(t, "", "alerts", "plan")
	require.Equal(t, ExitOK, got.code, got.err)
	golden(t, "plan.txt", got.out)
	got = app.burnline(t, "", "alerts", "plan", "-o", "json")
	require.Contains(t, got.out, `"action": "create"`)
}

func TestAPlanThatIsNotWholeIsAnErrorAfterWhatIsKnown(t *testing.T) {
	app := serve(t, map[string]answer{"GET alerts/plan": {body: `{"mode":"api","changes":[],"problems":[],"errors":["Grafana's rules can't be read: 403"]}`}})
	got := app.burnline(t, "", "alerts", "plan")
	require.Equal(t, ExitError, got.code)
	require.Contains(t, got.out, "Plan: 0 to create")
	require.Contains(t, got.err, "Grafana's rules can't be read: 403")
}

func TestAnApplySaysWhatWasDoneAndWhatNot(t *testing.T) {
	app := serve(t, map[string]answer{"POST alerts/apply": {body: `{"applied":[{"action":"create","uid":"bl-1","title":"a","folder":"Burnline: shop"}],"failed":[],"problems":["somebody edited b"]}`}})
	got := app.burnline(t, "", "alerts", "apply")
	require.Equal(t, ExitOK, got.code, got.err)
	require.Equal(t, "Burnline: shop\n  + create a (bl-1)\n\nProblem: somebody edited b\nApplied 1, failed 0.\n", got.out)

	app.answers["POST alerts/apply"] = answer{body: `{"applied":[],"failed":[{"action":"update","uid":"bl-2","title":"b","error":"no permission for the folder"}]}`}
	got = app.burnline(t, "", "alerts", "apply")
	require.Equal(t, ExitError, got.code)
	require.Contains(t, got.out, "Failed: update b (bl-2): no permission for the folder")
	require.Contains(t, got.err, "1 rule could not be written")
}

func TestAnExportGoesToStandardOutputOrIntoAFolder(t *testing.T) {
	app := serve(t, map[string]answer{"GET alerts/export": {contentType: "application/yaml", body: "groups: []\n"}})
	got := app.burnline(t, "", "alerts", "export", "--format", "prometheus", "--sloth", "--slo", "a b")
	require.Equal(t, outcome{ExitOK, "groups: []\n", ""}, got)
	require.Equal(t, []string{"GET alerts/export?format=prometheus&slo=a+b&sloth=true"}, app.asked)

	dir := filepath.Join(t.TempDir(), "rules")
	got = app.burnline(t, "", "alerts", "export", "--out", dir)
	file := filepath.Join(dir, "burnline-grafana.yaml")
	require.Equal(t, outcome{ExitOK, file + "\n", ""}, got)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "groups: []\n", string(text))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)

	got = app.burnline(t, "", "alerts", "export", "--out", file)
	require.Equal(t, ExitError, got.code)
	require.Contains(t, got.err, "choose another --out")
}

func TestIncidentsAreListed(t *testing.T) {
	app := serve(t, map[string]answer{"GET alerts/incidents": {body: `{"incidents":[
		{"id":"inc-1","title":"database full","start":"2026-06-10T09:00:00Z","end":"2026-06-10T10:05:00Z","services":["shop"],"severity":"page"},
		{"id":"inc-2","title":"slow | search","start":"2026-06-30T23:00:00Z"}]}`}})
	golden(t, "incidents.txt", app.burnline(t, "", "incidents", "list").out)
	golden(t, "incidents.md", app.burnline(t, "", "incidents", "list", "-o", "markdown").out)
	require.Equal(t, "GET alerts/incidents?from=1780272000000&to=1782864000000", app.asked[0])
	var back []alert.Incident
	require.NoError(t, json.Unmarshal([]byte(app.burnline(t, "", "incidents", "list", "-o", "json").out), &back))
	require.Len(t, back, 2)
	app.answers["GET alerts/incidents"] = answer{body: `{"incidents":null}`}
	require.Equal(t, "[]\n", app.burnline(t, "", "incidents", "list", "-o", "json").out)
}

func TestAnIncidentIsAddedAndRemoved(t *testing.T) {
	app := serve(t, map[string]answer{"POST alerts/incidents": {body: `{"id":"made"}`}, "DELETE alerts/incidents/made": {body: `{}`}})
	got := app.burnline(t, "", "incidents", "add", "--title", "full", "--start", "2h", "--end", "1h", "--slo", "a", "--severity", "ticket")
	require.Equal(t, outcome{ExitOK, "made\n", ""}, got)
	require.JSONEq(t, `{"id":"","title":"full","start":"2026-06-30T22:00:00Z","end":"2026-06-30T23:00:00Z","slos":["a"],"severity":"ticket"}`, app.bodies["alerts/incidents"])
	require.Equal(t, outcome{ExitOK, "", ""}, app.burnline(t, "", "incidents", "remove", "made"))
	app.answers["DELETE alerts/incidents/gone"] = answer{status: 404, body: `{"message":"there is no incident \"gone\"; somebody may have deleted it already."}`}
	got = app.burnline(t, "", "incidents", "remove", "gone", "made")
	require.Equal(t, ExitError, got.code)
	require.Contains(t, got.err, "somebody may have deleted it already")
	require.Equal(t, "DELETE alerts/incidents/made", app.asked[len(app.asked)-1])
}

func TestIncidentsOfTheDemoAndOfAListAreImported(t *testing.T) {
	file := `[
		{"name":"payment-outage","kind":"total outage","text":"The certificate expired.","severity":"page","slos":["payment-availability"],"from":1782000000,"to":1782000600,"effects":[{"service":"payment","errors":1}]},
		{"name":"breakage","kind":"control","from":1782000000,"to":0,"effects":[]},
		{"id":"inc-1","title":"database full","start":"2026-06-10T09:00:00Z","services":["shop"]}]`
	incidents, err := parseIncidents([]byte(file))
	require.NoError(t, err)
	require.Equal(t, []alert.Incident{
		{ID: "payment-outage", Title: "The certificate expired.", Start: time.Unix(1782000000, 0).UTC(), End: time.Unix(1782000600, 0).UTC(), SLOs: []string{"payment-availability"}, Severity: "page"},
		{ID: "breakage", Title: "control: breakage", Start: time.Unix(1782000000, 0).UTC()},
		{ID: "inc-1", Title: "database full", Start: time.Date(2026, 6, 10, 9, 0, 0, 0, time.UTC), Services: []string{"shop"}},
	}, incidents)

	app := serve(t, map[string]answer{"POST alerts/incidents": {body: `{}`}})
	got := app.burnline(t, file, "incidents", "import", "-")
	require.Equal(t, outcome{ExitOK, "3 of 3 incidents imported.\n", ""}, got)
	require.Len(t, app.asked, 3)

	app.answers["POST alerts/incidents"] = answer{status: 400, body: `{"message":"there is no SLO \"x\"."}`}
	got = app.burnline(t, file, "incidents", "import", "-")
	require.Equal(t, ExitError, got.code)
	require.Equal(t, "0 of 3 incidents imported.\n", got.out)
	require.Contains(t, got.err, "incident 1 (The certificate expired.)")
}

func TestAFileThatHoldsNoIncidentsImportsNothing(t *testing.T) {
	for text, says := range map[string]string{
		`{"incidents":[]}`: "not a JSON array of incidents",
		`[{"title":"x"}]`:  "incident 1 lacks a title or a start; nothing was imported",
	} {
		app := serve(t, nil)
		got := app.burnline(t, text, "incidents", "import", "-")
		require.Equal(t, ExitError, got.code)
		require.Contains(t, got.err, says)
		require.Empty(t, app.asked)
	}
	got := serve(t, nil).burnline(t, "", "incidents", "import", filepath.Join(t.TempDir(), "none.json"))
	require.Contains(t, got.err, "none.json")
}

func TestShellsCompleteWhatAFlagMayHold(t *testing.T) {
	got := serve(t, nil).burnline(t, "", "__complete", "backtest", "--policy", "w")
	require.Contains(t, got.out, "workbook-low-traffic")
	require.Contains(t, serve(t, nil).burnline(t, "", "completion", "bash").out, "burnline")
	require.Contains(t, serve(t, nil).burnline(t, "").out, "incidents")
}
