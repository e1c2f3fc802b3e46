// Command echo is a plugin that tells what its host gave it. Tests of the preview host run it in place of a real plugin.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

type echo struct{}

func main() {
	e := &echo{}
	if err := backend.Manage("echo", backend.ServeOpts{CheckHealthHandler: e, CallResourceHandler: e, QueryDataHandler: e}); err != nil {
		os.Exit(1)
	}
}

// CheckHealth is healthy unless the data source's settings say otherwise.
func (*echo) CheckHealth(_ context.Context, req *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	if ds := req.PluginContext.DataSourceInstanceSettings; ds != nil && strings.Contains(string(ds.JSONData), "unhealthy") {
		return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: "not well", JSONDetails: []byte(`{"why":"told so"}`)}, nil
	}
	return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: "well"}, nil
}

// QueryData answers each query with one row, with a number for each of two SLOs (more than 0 for an alert rule only), or
// fails, as the query type asks.
func (*echo) QueryData(_ context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	response := backend.NewQueryDataResponse()
	for _, query := range req.Queries {
		switch query.QueryType {
		case "error":
			response.Responses[query.RefID] = backend.ErrDataResponse(backend.StatusBadRequest, "asked to fail")
		case "numbers":
			alert := 0.0
			if req.Headers[backend.FromAlertHeaderName] == "true" {
				alert = 1
			}
			response.Responses[query.RefID] = backend.DataResponse{Frames: data.Frames{data.NewFrame("",
				data.NewField("slo", nil, []string{"checkout", "search"}),
				data.NewField("value", nil, []float64{2 * alert, alert}),
			)}}
		case "panic":
			panic("asked to panic")
		default:
			response.Responses[query.RefID] = backend.DataResponse{Frames: data.Frames{data.NewFrame("row",
				data.NewField("time", nil, []time.Time{query.TimeRange.From}),
				data.NewField("uid", nil, []string{req.PluginContext.DataSourceInstanceSettings.UID}),
				data.NewField("points", nil, []int64{query.MaxDataPoints}),
				data.NewField("panel", nil, []string{req.GetHTTPHeader("X-Panel-Id")}),
			)}}
		}
	}
	return response, nil
}

// CallResource echoes the request with its context, or ends the process.
func (*echo) CallResource(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	switch req.Path {
	case "exit":
		os.Exit(3)
	case "error":
		return errors.New("asked to fail")
	case "stream":
		for _, part := range []string{"one,", "two,", "three"} {
			if err := sender.Send(&backend.CallResourceResponse{Status: http.StatusAccepted, Body: []byte(part)}); err != nil {
				return err
			}
		}
		return nil
	}
	pctx := req.PluginContext
	answer := map[string]any{
		"method": req.Method, "path": req.Path, "url": req.URL, "body": string(req.Body), "headers": req.Headers,
		"user": pctx.User, "orgId": pctx.OrgID, "pluginId": pctx.PluginID, "version": pctx.PluginVersion,
		"config": pctx.GrafanaConfig.Config(), "env": os.Environ(), "pid": os.Getpid(),
	}
	if app := pctx.AppInstanceSettings; app != nil {
		answer["app"] = map[string]any{"jsonData": json.RawMessage(app.JSONData), "secure": app.DecryptedSecureJSONData}
	}
	if ds := pctx.DataSourceInstanceSettings; ds != nil {
		answer["ds"] = map[string]any{"uid": ds.UID, "name": ds.Name, "url": ds.URL, "jsonData": json.RawMessage(ds.JSONData), "secure": ds.DecryptedSecureJSONData}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return sender.Send(&backend.CallResourceResponse{
		Status: http.StatusOK, Body: body, Headers: map[string][]string{"Content-Type": {"application/json"}, "Set-Cookie": {"session=stolen"}},
	})
}
