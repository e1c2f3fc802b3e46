package server_test

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/host/alerting"
	"github.com/burnline/grafana-slo-app/dev/host/server"
)

// prometheusStub answers each expression with the JSON that is given for it, and notes what it was asked.
type prometheusStub struct {
	answers map[string]string
	asked   []map[string]string
}

func (p *prometheusStub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	p.asked = append(p.asked, map[string]string{
		"path": r.URL.Path, "user": user, "password": password, "time": r.FormValue("time"), "start": r.FormValue("start"), "end": r.FormValue("end"), "step": r.FormValue("step"),
	})
	answer, ok := p.answers[r.FormValue("query")]
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		answer = `{"status":"error","errorType":"bad_data","error":"parse error"}`
	}
	_, _ = io.WriteString(w, answer)
}

func queryingHost(t *testing.T, answers map[string]string) (*server.Server, *prometheusStub) {
	t.Helper()
	stub := &prometheusStub{answers: answers}
	target := httptest.NewServer(stub)
	t.Cleanup(target.Close)
	env := map[string]string{"PASSWORD": "s3cret", "PROM_URL": target.URL}
	host := alertingHost(t, func(cfg *server.Config) {
		cfg.LookupEnv = func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	})
	return host, stub
}

func number(value float64) *float64 { return &value }

func TestAlertQueriesReachPrometheusWithTheDataSourcesCredentials(t *testing.T) {
	host, stub := queryingHost(t, map[string]string{
		"up":        `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[1700000000,"1.5"]},{"metric":{},"value":[1700000000,"+Inf"]}]}}`,
		"none":      `{"status":"success","data":{"resultType":"vector","result":[]}}`,
		"scalar(1)": `{"status":"success","data":{"resultType":"scalar","result":[1700000000,"1"]}}`,
		"series":    `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"a"},"values":[[1700000000,"1"],[1700000015.5,"2"]]}]}}`,
		"broken":    `<html>`,
	})
	to := time.Unix(1700000000, 0)
	ask := func(model string) ([]alerting.Series, error) {
		return host.QueryForAlert(t.Context(), alerting.DataQuery{RefID: "A", DatasourceUID: "prom-1", Model: json.RawMessage(model)}, to.Add(-10*time.Minute), to)
	}
	series, err := ask(`{"expr":"up","instant":true}`)
	require.NoError(t, err)
	require.Equal(t, []alerting.Series{{Labels: map[string]string{"job": "a"}, Value: number(1.5)}, {Labels: map[string]string{}, Value: number(math.Inf(1))}}, series)
	require.Equal(t, map[string]string{"path": "/api/v1/query", "user": "reader", "password": "s3cret", "time": "1700000000", "start": "", "end": "", "step": ""}, stub.asked[0])

	series, err = ask(`{"expr":"none","instant":true}`)
	require.NoError(t, err)
	require.Empty(t, series)

	series, err = ask(`{"expr":"scalar(1)","instant":true}`)
	require.NoError(t, err)
	require.Equal(t, []alerting.Series{{Labels: map[string]string{}, Value: number(1)}}, series)

	series, err = ask(`{"expr":"series","range":true,"intervalMs":1000}`)
	require.NoError(t, err)
	require.Equal(t, []alerting.Point{{Time: time.Unix(1700000000, 0).UTC(), Value: number(1)}, {Time: time.UnixMilli(1700000015500).UTC(), Value: number(2)}}, series[0].Points)
	last := stub.asked[len(stub.asked)-1]
	require.Equal(t, []string{"/api/v1/query_range", "1699999400", "1700000000", "15"}, []string{last["path"], last["start"], last["end"], last["step"]})

	for model, message := range map[string]string{
		`{"expr":"unknown","instant":true}`: "[sse.dataQueryError] failed to execute query [A]: parse error",
		`{"expr":"broken","instant":true}`:  "api/v1/query answered 200 OK without Prometheus's JSON",
		`{"expr":"","instant":true}`:        "expr is empty",
	} {
		_, err := ask(model)
		require.ErrorContains(t, err, message)
	}
	_, err = host.QueryForAlert(t.Context(), alerting.DataQuery{RefID: "A", DatasourceUID: "nobody", Model: json.RawMessage(`{}`)}, to, to)
	require.ErrorContains(t, err, "data source not found")
}

func TestAlertQueriesReachPluginsAsGrafanasScheduler(t *testing.T) {
	host := alertingHost(t, nil)
	to := time.Unix(1700000000, 0)
	ask := func(kind string) ([]alerting.Series, error) {
		return host.QueryForAlert(t.Context(), alerting.DataQuery{RefID: "B", QueryType: kind, DatasourceUID: "echo-1", Model: json.RawMessage(`{"refId":"B"}`)}, to.Add(-time.Hour), to)
	}
	series, err := ask("numbers")
	require.NoError(t, err)
	require.Equal(t, []alerting.Series{{Labels: map[string]string{"slo": "checkout"}, Value: number(2)}, {Labels: map[string]string{"slo": "search"}, Value: number(1)}}, series)
	_, err = ask("error")
	require.ErrorContains(t, err, "failed to execute query [B]: asked to fail")
	_, err = ask("")
	require.ErrorContains(t, err, "input data must be a wide series")
}

func TestFramesBecomeSeriesByGrafanasRules(t *testing.T) {
	at := time.Unix(1700000000, 0).UTC()
	numeric := func(kind data.FrameType, frame *data.Frame) *data.Frame {
		return frame.SetMeta(&data.FrameMeta{Type: kind, TypeVersion: data.FrameTypeVersion{0, 1}})
	}
	for name, example := range map[string]struct {
		frames data.Frames
		series []alerting.Series
	}{
		"no frame is no data":                  {nil, nil},
		"a frame without fields is no data":    {data.Frames{data.NewFrame("")}, nil},
		"a table without rows is no data":      {data.Frames{data.NewFrame("", data.NewField("slo", nil, []string{}), data.NewField("v", nil, []float64{}))}, nil},
		"texts of a table's row become labels": {data.Frames{data.NewFrame("", data.NewField("slo", nil, []string{"a"}), data.NewField("v", nil, []int64{3}))}, []alerting.Series{{Labels: map[string]string{"slo": "a"}, Value: number(3)}}},
		"a null number stays null":             {data.Frames{data.NewFrame("", data.NewField("v", nil, []*float64{nil}))}, []alerting.Series{{Labels: map[string]string{}}}},
		"numeric frames may hold several numbers": {
			data.Frames{numeric(data.FrameTypeNumericWide, data.NewFrame("", data.NewField("v", data.Labels{"slo": "a"}, []float64{1}), data.NewField("v", data.Labels{"slo": "b"}, []float64{2})))},
			[]alerting.Series{{Labels: map[string]string{"slo": "a"}, Value: number(1)}, {Labels: map[string]string{"slo": "b"}, Value: number(2)}},
		},
		"a wide time series is a series a field": {
			data.Frames{data.NewFrame("", data.NewField("time", nil, []time.Time{at}), data.NewField("v", data.Labels{"slo": "a"}, []float64{1}), data.NewField("w", data.Labels{"slo": "b"}, []*float64{nil}))},
			[]alerting.Series{
				{Labels: map[string]string{"slo": "a"}, Points: []alerting.Point{{Time: at, Value: number(1)}}},
				{Labels: map[string]string{"slo": "b"}, Points: []alerting.Point{{Time: at}}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			series, err := server.SeriesOf(example.frames)
			require.NoError(t, err)
			require.Equal(t, example.series, series)
		})
	}
}

func TestStateAndHistoryOfARuleAreShown(t *testing.T) {
	host, stub := queryingHost(t, map[string]string{"up": `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[1700000000,"5"]}]}}`})
	made := do(t, host, call{method: http.MethodPost, path: provisioningPath + "/alert-rules", body: ruleWith(object{
		"uid": "burn", "for": "0s", "execErrState": "Error", "annotations": object{"summary": "It <burns>", "runbook_url": "https://example.com/run", "__dashboardUid__": "board", "__panelId__": "2"},
	})})
	require.Equal(t, http.StatusCreated, made.status, string(made.body))
	id := strconv.Itoa(int(made.json(t)["id"].(float64)))

	rule := rulesOf(t, host, "")["burn"]
	require.Equal(t, []any{"inactive", "ok", "Team", "alerting"}, []any{rule["state"], rule["health"], rule["file"], rule["type"]})
	require.Empty(t, rule["alerts"])

	at := time.Now().Truncate(time.Second)
	host.EvaluateAlerts(t.Context(), at)
	rule = rulesOf(t, host, "?folder_uid=team")["burn"]
	require.Equal(t, "firing", rule["state"])
	require.Len(t, rule["alerts"], 1)
	alert := rule["alerts"].([]any)[0].(object)
	require.Equal(t, "Alerting", alert["state"])
	require.Equal(t, "a", alert["labels"].(object)["job"])
	require.Empty(t, rulesOf(t, host, "?folder_uid=other"))

	delete(stub.answers, "up")
	host.EvaluateAlerts(t.Context(), at.Add(time.Minute))
	require.Equal(t, "error", rulesOf(t, host, "")["burn"]["health"])

	stub.answers["up"] = `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[1700000000,"0"]}]}}`
	host.EvaluateAlerts(t.Context(), at.Add(2*time.Minute))
	history := do(t, host, call{path: "/api/annotations?type=alert&alertUID=burn"}).list(t)
	require.Len(t, history, 3, "%v", history)
	fired, failed := history[2].(object), history[1].(object)
	require.Equal(t, []any{"Normal", "Alerting"}, []any{fired["prevState"], fired["newState"]})
	require.Contains(t, fired["text"], "Checkout burns {alertname=Checkout burns, grafana_folder=Team, job=a, severity=page} - A=5.000000, C=1.000000")
	require.InDelta(t, at.UnixMilli(), fired["time"], 0)
	require.Equal(t, "board", fired["dashboardUID"])
	require.InDelta(t, 5, fired["data"].(object)["values"].(object)["A"], 0)
	require.Equal(t, "Error", failed["newState"])
	require.Contains(t, failed["text"], " - Error")

	for query, count := range map[string]int{
		"?type=alert&alertId=" + id: 3, "?type=annotation": 0, "?alertUID=nobody": 0, "?type=alert&limit=1": 1, "?type=alert&tags=slo": 0,
		"?from=" + decimal(int(at.Add(90*time.Second).UnixMilli())) + "&to=" + decimal(int(at.Add(time.Hour).UnixMilli())): 1,
	} {
		require.Len(t, do(t, host, call{path: "/api/annotations" + query}).list(t), count, query)
	}

	page := do(t, host, call{path: "/alerting/grafana/burn/view", login: "viewer"})
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.header.Get("Content-Type"), "text/html")
	require.Contains(t, string(page.body), "<h1>Checkout burns</h1>")
	require.Contains(t, string(page.body), "It &lt;burns&gt;")
	require.Contains(t, string(page.body), `<a href="https://example.com/run">`)
	require.Equal(t, http.StatusNotFound, do(t, host, call{path: "/alerting/grafana/none/view"}).status)
}

// rulesOf gives the rules of Grafana's Prometheus API by uid.
func rulesOf(t *testing.T, host *server.Server, query string) map[string]object {
	t.Helper()
	var body struct {
		Status string
		Data   struct {
			Groups []struct {
				Name, File, FolderUID string
				Interval              float64
				Rules                 []object
			}
		}
	}
	require.NoError(t, json.Unmarshal(do(t, host, call{path: "/api/prometheus/grafana/api/v1/rules" + query}).body, &body))
	require.Equal(t, "success", body.Status)
	found := map[string]object{}
	for _, group := range body.Data.Groups {
		for _, rule := range group.Rules {
			rule["file"], rule["interval"] = group.File, group.Interval
			found[rule["uid"].(string)] = rule
		}
	}
	return found
}

func TestOldStateHistoryIsForgotten(t *testing.T) {
	data := t.TempDir()
	notes := []object{{"id": 1, "text": "deployed", "time": 1, "timeEnd": 1, "tags": []string{}, "data": object{}}}
	for i := range server.MaxTransitions {
		notes = append(notes, object{"id": i + 2, "alertId": 7, "text": decimal(i), "time": i + 1, "timeEnd": i + 1, "tags": []string{}, "data": object{}})
	}
	content, err := json.Marshal(object{"nextId": 100000, "annotations": notes})
	require.NoError(t, err)
	tree(t, data, map[string]string{"host.json": string(content)})
	host := start(t, func(cfg *server.Config) { cfg.Data = data })
	host.RecordTransition(alerting.Transition{Rule: alerting.RuleWithGroup{Rule: alerting.Rule{ID: 7, Title: "Burns"}}, From: "Normal", To: "NoData", At: time.Now()})

	kept := do(t, host, call{path: "/api/annotations?type=alert&limit=10000"}).list(t)
	require.Len(t, kept, server.MaxTransitions)
	require.Equal(t, "Burns {} - No data", kept[0].(object)["text"])
	require.Equal(t, "1", kept[len(kept)-1].(object)["text"], "the oldest went")
	require.Len(t, do(t, host, call{path: "/api/annotations?type=annotation"}).list(t), 1, "what people wrote stays")
}
