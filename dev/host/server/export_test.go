package server

import (
	"context"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/burnline/grafana-slo-app/dev/host/alerting"
)

// EvaluateAlerts evaluates all rules at an instant, so that tests need not wait for an interval.
func (s *Server) EvaluateAlerts(ctx context.Context, at time.Time) { s.alerts.EvaluateAt(ctx, at) }

// QueryForAlert is what the rules' queries are answered by.
func (s *Server) QueryForAlert(ctx context.Context, query alerting.DataQuery, from, to time.Time) ([]alerting.Series, error) {
	return s.queryForAlert(ctx, query, from, to)
}

// SeriesOf turns frames into what expressions work on.
func SeriesOf(frames data.Frames) ([]alerting.Series, error) { return seriesOf(frames) }

// MaxTransitions is how many changes of state are kept.
const MaxTransitions = maxTransitions

// RecordTransition is what the scheduler tells changes of state to.
func (s *Server) RecordTransition(t alerting.Transition) { s.recordTransition(t) }
