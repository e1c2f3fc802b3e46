package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/backtest"
	"github.com/burnline/grafana-slo-app/pkg/alert/noise"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
)

// label puts the incident of search-latency into the sample ledger.
func labelSample(t *testing.T, s *shelf) {
	t.Helper()
	incident := alert.Incident{ID: "i-1", Title: "Index broken", Start: sampleRead.Add(-75 * time.Minute), SLOs: []string{"search-latency"}, Severity: "page"}
	require.NoError(t, put(context.Background(), s, collectionIncident, incident.ID, incident.Start, incident))
}

func TestBacktestsAreFrames(t *testing.T) {
	for name, model := range map[string]string{
		"backtest-firings": `{"queryType":"backtest","services":["search","signup"]}`,
		"backtest-summary": `{"queryType":"backtest","view":"summary","slos":["search-latency"],"policies":["own","fast-only"]}`,
		"backtest-whatif":  `{"queryType":"backtest","view":"whatif","slos":["search-latency"],"targets":["0.9","0.99"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := sampleShelf()
			labelSample(t, s)
			// Burn rows alone: what a threshold or a forecast does is the backtest's own matter.
			rowsOnly := alert.DefaultSettings()
			rowsOnly.ConsumedAt, rowsOnly.ForecastHorizon = []float64{}, ""
			require.NoError(t, put(t.Context(), s, collectionSettings, settingsID, sampleNow, rowsOnly))
			response := answerTo(t, s, ask(t, model, 72, 100))
			require.NoError(t, response.Error)
			require.Len(t, response.Frames, 1)
			require.NotZero(t, response.Frames[0].Rows())
			requireGolden(t, name, response)
		})
	}
	t.Run("without anything to show the columns are there", func(t *testing.T) {
		response := answerTo(t, sampleShelf(), ask(t, `{"queryType":"backtest","slos":["nightly-batch"],"policies":["none"]}`, 24, 100))
		require.NoError(t, response.Error)
		require.Zero(t, response.Frames[0].Rows())
		require.Len(t, response.Frames[0].Fields, 15)
	})
	t.Run("no alert rule is about a backtest", func(t *testing.T) {
		q := ask(t, `{"queryType":"backtest"}`, 24, 100)
		require.ErrorContains(t, sampleShelf().answerer().answer(context.Background(), []backend.DataQuery{q}, true)["A"].Error, `use queryType "alert"`)
	})
}

func TestMistakesInABacktestAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		model, want string
		hours       float64
	}{
		"an unknown view":      {`{"queryType":"backtest","view":"graph"}`, `unknown view "graph"; it must be one of "firings", "summary" or "whatif"`, 24},
		"an unknown policy":    {`{"queryType":"backtest","policies":["workbok"]}`, `there is no alert policy "workbok". Did you mean "workbook"`, 24},
		"a target of percents": {`{"queryType":"backtest","view":"whatif","targets":["99.9"]}`, `target "99.9" must be a fraction`, 24},
		"a time of years":      {`{"queryType":"backtest"}`, "the time range has 500 days; at most 400", 500 * 24},
		"more than is computed at once": {`{"queryType":"backtest","view":"summary","policies":["own","workbook","fast-only","workbook-low-traffic"]}`,
			"over 399 days is too much for one request", 399 * 24},
	} {
		t.Run(name, func(t *testing.T) {
			response := answerTo(t, sampleShelf(), ask(t, c.model, c.hours, 10))
			require.ErrorContains(t, response.Error, c.want)
			require.Equal(t, backend.StatusBadRequest, response.Status)
		})
	}
	s := sampleShelf()
	for i := range 300 {
		entry := *s.entry("mail-latency")
		entry.Definition.ID = fmt.Sprintf("slo-%03d", i)
		s.snapshot.Entries = append(s.snapshot.Entries, entry)
	}
	require.ErrorContains(t, answerTo(t, s, ask(t, `{"queryType":"backtest"}`, 24, 10)).Error, "at most 200 are computed in one request")
}

func TestABacktestOfTheAPI(t *testing.T) {
	p, s, _ := alertPlugin(t)
	labelSample(t, s)
	body, err := json.Marshal(map[string]any{
		"slos": []string{"search-latency"}, "from": sampleNow.Add(-72 * time.Hour).UnixMilli(), "to": sampleNow.UnixMilli(), "targets": []string{"0.95"},
	})
	require.NoError(t, err)
	answer := callApp(t, p, http.StatusOK, http.MethodPost, "alerts/backtest", string(body))
	one := answer["slos"].([]any)[0].(map[string]any)
	results := one["results"].([]any)
	require.Len(t, results, 4, "the SLO's own policy and every built-in one that alerts")
	own := results[0].(map[string]any)
	require.Equal(t, "own", own["policy"])
	require.EqualValues(t, 1, own["found"])
	first := own["firings"].([]any)[0].(map[string]any)
	require.Equal(t, "page", first["severity"])
	require.Equal(t, []any{map[string]any{"id": "i-1", "title": "Index broken"}}, first["incidents"])
	require.Greater(t, first["delaySeconds"], 0.0)
	require.Equal(t, true, first["truePositive"])
	require.Nil(t, first["to"], "it fires on at the end")
	require.Len(t, one["targets"], 1)
	overall := answer["overall"].([]any)
	require.Len(t, overall, 4)
	require.Equal(t, own["precision"], overall[0].(map[string]any)["precision"])
	require.EqualValues(t, len(own["firings"].([]any)), overall[0].(map[string]any)["firings"])
}

// The state on a page, the number that a rule gets and the backtest's last minute are one arithmetic.
func TestTheMeansOfAllSLOsAreThoseOfTheirIncidents(t *testing.T) {
	result := func(found int, delay time.Duration, delays int) tried {
		score := backtest.Score{Incidents: found, Found: found, MeanDelay: &delay, Delays: delays, MeanReset: &delay, Resets: delays}
		return tried{Results: []policyResult{{Result: backtest.Result{Summary: backtest.Summary{Score: score, Pages: score}}}}}
	}
	all := overall([]string{"own"}, []tried{result(1, time.Minute, 3), result(0, 5*time.Minute, 1)})[0]
	require.InDelta(t, 120, *all.MeanDelay, 1e-9, "three incidents of a minute and one of five, promised or not")
	require.InDelta(t, 120, *all.MeanPageDelay, 1e-9)
	require.InDelta(t, 120, *all.MeanReset, 1e-9)
}

func TestAPageFiresInTheBacktestWhileTheStateSaysPage(t *testing.T) {
	s := sampleShelf()
	a := s.answerer()
	for id, want := range map[string]string{"search-latency": "page", "signup-availability": "ticket", "checkout/availability": ""} {
		entries, err := selection{SLOs: []string{id}}.pick(s.snapshot)
		require.NoError(t, err)
		found, err := a.try(context.Background(), s, s.snapshot, entries, trial{From: sampleRead.Add(-24 * time.Hour), To: sampleNow, Policies: []string{ownPolicy}})
		require.NoError(t, err)
		open := ""
		for _, f := range found[0].Results[0].Firings {
			if f.To.IsZero() && f.Condition.Kind == alert.KindBurn && open != "page" {
				open = f.Condition.Severity
			}
		}
		require.Equal(t, want, open, id)
	}
}

func TestNoiseIsAssessedFromHistoryAndNotifications(t *testing.T) {
	p, s, grafana := alertPlugin(t)
	labelSample(t, s)
	callApp(t, p, http.StatusOK, http.MethodPost, "alerts/notifications", notificationOf(firingAlert("ab12", "2026-03-10T11:40:00Z")))
	at := sampleNow.Add(-26 * time.Hour).UnixMilli()
	grafana.change(func() {
		grafana.history = fmt.Sprintf(`[{"id":1,"alertName":"CPU high","prevState":"Normal","newState":"Alerting","time":%d,"text":"CPU high {alertname=CPU high} - A=1"},
			{"id":2,"alertName":"CPU high","prevState":"Alerting","newState":"Normal","time":%d,"text":"CPU high {alertname=CPU high} - A=0"}]`, at, at+600_000)
	})
	report := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/noise", "")
	require.EqualValues(t, 2, report["total"].(map[string]any)["alerts"])
	require.EqualValues(t, 1, report["slo"].(map[string]any)["actionable"])
	require.EqualValues(t, 1, report["other"].(map[string]any)["alerts"])
	suggestions := report["bySlo"].([]any)[0].(map[string]any)["suggestions"].([]any)
	require.NotEmpty(t, suggestions[0].(map[string]any)["text"], "measured by a backtest")

	at += 3_600_000
	grafana.change(func() {
		grafana.history = fmt.Sprintf(`[{"id":1,"alertName":"CPU high","prevState":"Normal","newState":"Alerting","time":%d,"text":"CPU high {alertname=CPU high} - A=1"},
			{"id":3,"alertName":"Search latency: 50 %% of the budget consumed","prevState":"Normal","newState":"Alerting","time":%d,
			"text":"Search latency: 50 %% of the budget consumed {alertname=Search latency: 50 %% of the budget consumed, burnline_slo=search-latency, severity=ticket} - A=1"}]`, at, at)
	})
	own := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/history?slo=search-latency", "")["events"].([]any)
	require.Equal(t, rule.UID("search-latency", "consumed-0.5"), own[0].(map[string]any)["ruleUid"], "Grafana's history has titles only")

	all := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/history", "")["events"].([]any)
	require.Len(t, all, 3)
	require.Equal(t, noise.SourceHistory, all[0].(map[string]any)["source"])

	grafana.change(func() { grafana.broken = http.StatusForbidden })
	lacking := callApp(t, p, http.StatusOK, http.MethodGet, "alerts/history", "")
	require.Contains(t, lacking["error"], "so that only notifications are known")
	require.Len(t, lacking["events"], 1)
	callApp(t, p, http.StatusNotFound, http.MethodGet, "alerts/history?slo=serch-latency", "")
	callApp(t, p, http.StatusBadRequest, http.MethodGet, "alerts/history?from=yesterday", "")
	callApp(t, p, http.StatusBadRequest, http.MethodGet, fmt.Sprintf("alerts/history?from=%d", sampleNow.Add(time.Hour).UnixMilli()), "")
}

func TestRulesAreExported(t *testing.T) {
	p, _, _ := alertPlugin(t)
	export := func(path string) (int, string) {
		var status int
		var body []byte
		err := p.CallResource(context.Background(), &backend.CallResourceRequest{
			Method: http.MethodGet, Path: "alerts/export", URL: path,
			PluginContext: backend.PluginContext{PluginID: AppID, User: &backend.User{Login: "someone", Role: "Viewer"}},
		}, backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error {
			if status == 0 {
				status = r.Status
				require.NotEmpty(t, r.Headers["Content-Type"])
			}
			body = append(body, r.Body...)
			return nil
		}))
		require.NoError(t, err)
		return status, string(body)
	}
	for path, want := range map[string]string{
		"alerts/export": "apiVersion: 1",
		"alerts/export?format=prometheus&slo=signup-availability": "alert: ",
		"alerts/export?format=prometheus&sloth=true":              "slo:sli_error:ratio_rate",
		"alerts/export?format=mimir":                              "namespace: burnline-",
	} {
		status, body := export(path)
		require.Equal(t, http.StatusOK, status, path+body)
		require.Contains(t, body, want, path)
	}
	_, one := export("alerts/export?slo=signup-availability")
	require.Contains(t, one, "signup-availability")
	require.NotContains(t, one, "search-latency")
	status, body := export("alerts/export?format=cue")
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, body, `format \"cue\" is unknown`)
	status, _ = export("alerts/export?slo=nobody")
	require.Equal(t, http.StatusNotFound, status)
}
