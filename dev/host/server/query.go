package server

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/grafana/dskit/concurrency"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/gtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	defaultMaxDataPoints   = 100
	defaultQueryIntervalMS = 1000
	defaultRefID           = "A"
	maxParallelSources     = 8
)

type metricRequest struct {
	From    string            `json:"from"`
	To      string            `json:"to"`
	Queries []json.RawMessage `json:"queries"`
}

// queryModel is what every query of a request carries besides its data source's own fields.
type queryModel struct {
	RefID         string   `json:"refId"`
	QueryType     string   `json:"queryType"`
	MaxDataPoints *float64 `json:"maxDataPoints"`
	IntervalMS    *float64 `json:"intervalMs"`
	DatasourceID  int64    `json:"datasourceId"`
	Datasource    struct {
		UID string `json:"uid"`
	} `json:"datasource"`
	TimeRange *struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"timeRange"`
}

// queryData answers POST /api/ds/query: the queries go to their data sources' plugins, a request a data source, and
// the frames come back under each query's refId.
func (s *Server) queryData(w http.ResponseWriter, r *http.Request) error {
	var request metricRequest
	if err := readJSON(r, &request); err != nil {
		return err
	}
	groups, err := s.groupQueries(request, time.Now())
	if err != nil {
		return err
	}
	who := identityFrom(r.Context())
	for uid := range groups {
		if !who.may(actionDataSourcesQuery, "datasources:uid:"+uid) {
			return &apiError{Status: http.StatusForbidden, Message: "Access denied to data source " + uid, MessageID: "accesscontrol.access-denied"}
		}
	}
	headers := queryHeaders(r)
	uids := slices.Sorted(maps.Keys(groups))
	answers := make([]*backend.QueryDataResponse, len(uids))
	err = concurrency.ForEachJob(r.Context(), len(uids), maxParallelSources, func(ctx context.Context, i int) error {
		answer, err := s.querySource(ctx, uids[i], groups[uids[i]], headers, who)
		answers[i] = answer
		return err
	})
	if err != nil {
		return err
	}
	merged := backend.NewQueryDataResponse()
	code := http.StatusOK
	for _, answer := range answers {
		for refID, response := range answer.Responses {
			merged.Responses[refID] = response
			if response.Error != nil {
				// A query's own error makes the whole answer a 400, with the other queries' frames in it.
				code = http.StatusBadRequest
			}
		}
	}
	return writeJSON(w, code, merged)
}

func (s *Server) groupQueries(request metricRequest, now time.Time) (map[string][]backend.DataQuery, error) {
	if len(request.Queries) == 0 {
		return nil, badRequest("No queries found", nil)
	}
	groups := map[string][]backend.DataQuery{}
	for _, raw := range request.Queries {
		var model queryModel
		if err := json.Unmarshal(raw, &model); err != nil {
			return nil, badRequest("bad request data", err)
		}
		uid := model.Datasource.UID
		if uid == "" && model.DatasourceID > 0 {
			uid = s.uidOf(model.DatasourceID)
		}
		if uid == "" {
			return nil, badRequest("Query does not contain a valid data source identifier", nil)
		}
		from, to := request.From, request.To
		if model.TimeRange != nil {
			from, to = model.TimeRange.From, model.TimeRange.To
		}
		timeRange, err := parseRange(from, to, now)
		if err != nil {
			return nil, err
		}
		query := backend.DataQuery{
			RefID: cmp.Or(model.RefID, defaultRefID), QueryType: model.QueryType, TimeRange: timeRange, JSON: raw,
			MaxDataPoints: defaultMaxDataPoints, Interval: defaultQueryIntervalMS * time.Millisecond,
		}
		if model.MaxDataPoints != nil {
			query.MaxDataPoints = int64(*model.MaxDataPoints)
		}
		if model.IntervalMS != nil {
			query.Interval = time.Duration(*model.IntervalMS * float64(time.Millisecond))
		}
		groups[uid] = append(groups[uid], query)
	}
	return groups, nil
}

// parseRange takes epoch milliseconds and relative times such as now-1h.
func parseRange(from, to string, now time.Time) (backend.TimeRange, error) {
	parsed := gtime.TimeRange{From: from, To: to, Now: now}
	start, err := parsed.ParseFrom()
	if err != nil {
		return backend.TimeRange{}, badRequest("bad request data: from is not a time", err)
	}
	end, err := parsed.ParseTo()
	if err != nil {
		return backend.TimeRange{}, badRequest("bad request data: to is not a time", err)
	}
	return backend.TimeRange{From: start.UTC(), To: end.UTC()}, nil
}

func (s *Server) uidOf(id int64) string {
	for _, source := range s.dataSources() {
		if source.ID == id {
			return source.UID
		}
	}
	return ""
}

func (s *Server) querySource(ctx context.Context, uid string, queries []backend.DataQuery, headers map[string]string, who *identity) (*backend.QueryDataResponse, error) {
	source, err := s.dataSource(uid)
	if err != nil {
		return nil, err
	}
	process, pctx, err := s.dataSourceContext(source, who)
	if err != nil {
		return nil, err
	}
	conn, err := process.connected()
	if err != nil {
		return nil, err
	}
	answer, err := conn.data.QueryData(ctx, backend.ToProto().QueryDataRequest(&backend.QueryDataRequest{PluginContext: pctx, Headers: headers, Queries: queries}))
	if err != nil {
		return nil, pluginCallError(err)
	}
	return backend.FromProto().QueryDataResponse(answer)
}

// pluginCallError is Grafana's answer for a call that failed between it and the plugin.
func pluginCallError(err error) error {
	switch status.Code(err) {
	case codes.Unimplemented:
		return &apiError{Status: http.StatusNotImplemented, Message: "Method not implemented", MessageID: "plugin.notImplemented", cause: err}
	case codes.Unavailable:
		return &apiError{Status: http.StatusInternalServerError, Message: "Plugin unavailable", MessageID: "plugin.unavailable", cause: err}
	case codes.Canceled:
		return &apiError{Status: statusClientClosedRequest, Message: "Plugin request canceled", MessageID: "plugin.requestCanceled", cause: err}
	default:
		return &apiError{Status: http.StatusInternalServerError, Message: "An error occurred within the plugin", MessageID: "plugin.downstreamError", cause: err}
	}
}
