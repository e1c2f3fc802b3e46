package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/gtime"

	"github.com/burnline/grafana-slo-app/dev/host/alerting"
)

const (
	// defaultScrapeInterval is the least step of Grafana's Prometheus data source that does not say another.
	defaultScrapeInterval = 15 * time.Second
	// maxPrometheusPoints is Prometheus's own limit on the points of a series.
	maxPrometheusPoints = 11000
	maxPrometheusAnswer = 64 << 20
)

// schedulerIdentity is the user that Grafana evaluates rules as.
var schedulerIdentity = &identity{login: "grafana_scheduler", name: "grafana_scheduler", role: RoleAdmin}

// queryForAlert answers one query of a rule. Its errors are worded as Grafana words those of an evaluation.
func (s *Server) queryForAlert(ctx context.Context, query alerting.DataQuery, from, to time.Time) ([]alerting.Series, error) {
	source, err := s.dataSource(query.DatasourceUID)
	if err != nil {
		return nil, fmt.Errorf("failed to build query '%s': data source not found", query.RefID)
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.ProxyTimeout)
	defer cancel()
	var found []alerting.Series
	if source.Type == typePrometheus {
		found, err = s.queryPrometheus(ctx, source, query, from, to)
	} else {
		found, err = s.queryPlugin(ctx, source, query, from, to)
	}
	if err != nil {
		return nil, fmt.Errorf("[sse.dataQueryError] failed to execute query [%s]: %w", query.RefID, err)
	}
	return found, nil
}

// queryPlugin asks a data source's process as Grafana does for an alert: with the FromAlert header and no user's own.
func (s *Server) queryPlugin(ctx context.Context, source *dataSource, query alerting.DataQuery, from, to time.Time) ([]alerting.Series, error) {
	var model queryModel
	if err := json.Unmarshal(query.Model, &model); err != nil {
		return nil, fmt.Errorf("query model: %w", err)
	}
	asked := backend.DataQuery{
		RefID: query.RefID, QueryType: query.QueryType, TimeRange: backend.TimeRange{From: from.UTC(), To: to.UTC()}, JSON: query.Model,
		MaxDataPoints: defaultModelPoints, Interval: defaultModelIntervalMS * time.Millisecond,
	}
	if model.MaxDataPoints != nil {
		asked.MaxDataPoints = int64(*model.MaxDataPoints)
	}
	if model.IntervalMS != nil {
		asked.Interval = time.Duration(*model.IntervalMS * float64(time.Millisecond))
	}
	headers := map[string]string{backend.FromAlertHeaderName: "true", "X-Cache-Skip": "true"}
	answer, err := s.querySource(ctx, source.UID, []backend.DataQuery{asked}, headers, schedulerIdentity)
	if err != nil {
		return nil, err
	}
	response, ok := answer.Responses[query.RefID]
	if !ok {
		return nil, nil
	}
	if response.Error != nil {
		return nil, response.Error
	}
	return seriesOf(response.Frames)
}

// promAnswer is the body of Prometheus's query API.
type promAnswer struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	} `json:"data"`
}

// promSample is a pair of Unix seconds and a number as text.
type promSample struct {
	at    time.Time
	value float64
}

// UnmarshalJSON reads [1700000000.5, "NaN"].
func (p *promSample) UnmarshalJSON(content []byte) error {
	var pair [2]json.RawMessage
	var at float64
	var text string
	if err := errors.Join(json.Unmarshal(content, &pair), json.Unmarshal(pair[0], &at), json.Unmarshal(pair[1], &text)); err != nil {
		return fmt.Errorf("sample %s: %w", content, err)
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("sample %s: %w", content, err)
	}
	p.at, p.value = time.UnixMilli(int64(math.Round(at*1000))).UTC(), value
	return nil
}

// queryPrometheus runs an instant query at the end of the range, or a range query where the model asks for that one.
func (s *Server) queryPrometheus(ctx context.Context, source *dataSource, query alerting.DataQuery, from, to time.Time) ([]alerting.Series, error) {
	var model struct {
		Expr       string  `json:"expr"`
		Instant    bool    `json:"instant"`
		Range      bool    `json:"range"`
		IntervalMS float64 `json:"intervalMs"`
	}
	if err := json.Unmarshal(query.Model, &model); err != nil {
		return nil, fmt.Errorf("query model: %w", err)
	}
	if model.Expr == "" {
		return nil, errors.New("query model: expr is empty")
	}
	form, path := url.Values{"query": {model.Expr}}, "api/v1/query"
	if model.Range || !model.Instant {
		path = "api/v1/query_range"
		step := stepFor(source, time.Duration(model.IntervalMS)*time.Millisecond, to.Sub(from))
		form.Set("start", unixText(from))
		form.Set("end", unixText(to))
		form.Set("step", strconv.FormatFloat(step.Seconds(), 'f', -1, 64))
	} else {
		form.Set("time", unixText(to))
	}
	answer, err := s.askPrometheus(ctx, source, path, form)
	if err != nil {
		return nil, err
	}
	return promSeries(answer)
}

func unixText(at time.Time) string {
	return strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', -1, 64)
}

func stepFor(source *dataSource, interval, span time.Duration) time.Duration {
	least := defaultScrapeInterval
	if text, ok := source.JSONData["timeInterval"].(string); ok && text != "" {
		if parsed, err := gtime.ParseDuration(text); err == nil {
			least = parsed
		}
	}
	return max(interval, least, (span / maxPrometheusPoints).Round(time.Second))
}

func (s *Server) askPrometheus(ctx context.Context, source *dataSource, path string, form url.Values) (promAnswer, error) {
	var answer promAnswer
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(source.URL, "/")+"/"+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", "Grafana/"+s.cfg.Version)
	authorize(request, source)
	response, err := s.alertClient.Do(request)
	if err != nil {
		return answer, err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxPrometheusAnswer))
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(content, &answer); err != nil {
		return answer, fmt.Errorf("%s answered %s without Prometheus's JSON", path, response.Status)
	}
	if answer.Status != "success" {
		return answer, errors.New(cmp.Or(answer.Error, response.Status))
	}
	return answer, nil
}

func promSeries(answer promAnswer) ([]alerting.Series, error) {
	switch answer.Data.ResultType {
	case "scalar":
		var sample promSample
		if err := json.Unmarshal(answer.Data.Result, &sample); err != nil {
			return nil, err
		}
		return []alerting.Series{{Labels: map[string]string{}, Value: &sample.value}}, nil
	case "vector", "matrix":
		var results []struct {
			Metric map[string]string `json:"metric"`
			Value  promSample        `json:"value"`
			Values []promSample      `json:"values"`
		}
		if err := json.Unmarshal(answer.Data.Result, &results); err != nil {
			return nil, err
		}
		var series []alerting.Series
		for _, result := range results {
			one := alerting.Series{Labels: result.Metric}
			if answer.Data.ResultType == "vector" {
				one.Value = &result.Value.value
			} else {
				one.Points = []alerting.Point{}
				for _, sample := range result.Values {
					one.Points = append(one.Points, alerting.Point{Time: sample.at, Value: &sample.value})
				}
			}
			series = append(series, one)
		}
		return series, nil
	default:
		return nil, fmt.Errorf("unknown result type: %s", answer.Data.ResultType)
	}
}
