package evaluate

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

func TestMetricsTellHowTheEvaluationFares(t *testing.T) {
	play(t, "", func(s *stage) {
		s.start()
		s.wait(10 * time.Minute)
		s.world.setFault(down)
		s.wait(10 * time.Minute)
		registry := s.cfg.Registerer.(*prometheus.Registry)
		require.GreaterOrEqual(t, value(t, registry, "burnline_buckets_written_total", "measured"), 300.0)
		require.InDelta(t, 8, value(t, registry, "burnline_buckets_written_total", "source_error"), 2)
		require.Positive(t, value(t, registry, "burnline_source_errors_total", "unreachable"))
		require.InDelta(t, 600, value(t, registry, "burnline_slo_lag_seconds", "a"), 90)
		require.InDelta(t, 600, value(t, registry, "burnline_source_lag_seconds", "prom"), 90)
		require.Equal(t, 1.0, value(t, registry, "burnline_backfill_progress_ratio", "a"))
		require.Equal(t, 1.0, value(t, registry, "burnline_definitions", "evaluated"))
		require.Positive(t, value(t, registry, "burnline_source_samples_total", "prom"))
		require.Positive(t, value(t, registry, "burnline_query_seconds", "prom"))

		s.shelf.set()
		s.wait(time.Minute)
		require.Zero(t, value(t, registry, "burnline_slo_lag_seconds", "a"), "a removed definition leaves no series")
	})
}

// value is a metric's, summed over the series with a label of the given value.
func value(t *testing.T, registry *prometheus.Registry, name, label string) (sum float64) {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, m := range family.GetMetric() {
			for _, pair := range m.GetLabel() {
				if family.GetName() == name && pair.GetValue() == label {
					sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
				}
			}
		}
	}
	return sum
}
