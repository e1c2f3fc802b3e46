package evaluate

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

// metrics are the evaluator's own. Labels are bounded by the number of sources and of SLOs.
type metrics struct {
	sloLag, sourceLag, progress, definitions, queued *prometheus.GaugeVec
	buckets, errors, queries, samples                *prometheus.CounterVec
	querySeconds                                     *prometheus.HistogramVec
	writeSeconds                                     prometheus.Histogram
	writeFailures, clockSteps                        prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer) *metrics {
	with := promauto.With(registerer)
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return with.NewGaugeVec(prometheus.GaugeOpts{Namespace: "burnline", Name: name, Help: help}, labels)
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return with.NewCounterVec(prometheus.CounterOpts{Namespace: "burnline", Name: name, Help: help}, labels)
	}
	return &metrics{
		sloLag:      gauge("slo_lag_seconds", "Age of the newest bucket that was read.", "slo"),
		sourceLag:   gauge("source_lag_seconds", "Age of the newest bucket of the source's SLO that lags most.", "source"),
		progress:    gauge("backfill_progress_ratio", "Share of the SLO's window that is backfilled, 0 to 1.", "slo"),
		definitions: gauge("definitions", "Definitions by what is done with them.", "state"),
		queued:      gauge("queued_readings", "Readings that wait for their turn.", "source", "kind"),
		buckets:     counter("buckets_written_total", "Buckets written to the ledger.", "state"),
		errors:      counter("source_errors_total", "Readings that failed.", "source", "kind"),
		queries:     counter("source_queries_total", "Requests to the source, retries included.", "source"),
		samples:     counter("source_samples_total", "Samples that the source says it read.", "source"),
		querySeconds: with.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "burnline", Name: "query_seconds", Help: "Duration of a reading.", Buckets: prometheus.ExponentialBuckets(0.004, 2.5, 12),
		}, []string{"source"}),
		writeSeconds: with.NewHistogram(prometheus.HistogramOpts{
			Namespace: "burnline", Name: "ledger_write_seconds", Help: "Duration of a write to the ledger.", Buckets: prometheus.ExponentialBuckets(0.001, 3, 10),
		}),
		writeFailures: with.NewCounter(prometheus.CounterOpts{Namespace: "burnline", Name: "ledger_write_failures_total", Help: "Writes to the ledger that failed and are tried again."}),
		clockSteps:    with.NewCounter(prometheus.CounterOpts{Namespace: "burnline", Name: "clock_steps_total", Help: "Steps of the wall clock of a minute or more."}),
	}
}

var stateNames = [budget.States]string{
	budget.StateUnknown: "unknown", budget.StateMeasured: "measured", budget.StateNoTraffic: "no_traffic",
	budget.StateNoData: "no_data", budget.StateSourceError: "source_error", budget.StateExcluded: "excluded",
}

func (m *metrics) wrote(buckets []budget.Bucket) {
	var counts [budget.States]int
	for _, b := range buckets {
		counts[b.State]++
	}
	for state, n := range counts {
		if n > 0 {
			m.buckets.WithLabelValues(stateNames[state]).Add(float64(n))
		}
	}
}

// read counts one reading, answered or not.
func (m *metrics) read(uid string, result source.Result, err error, took time.Duration) {
	m.querySeconds.WithLabelValues(uid).Observe(took.Seconds())
	if err != nil {
		kind := "other"
		var e *source.Error
		if errors.As(err, &e) {
			kind = string(e.Kind)
		}
		m.errors.WithLabelValues(uid, kind).Inc()
		return
	}
	m.queries.WithLabelValues(uid).Add(float64(result.Stats.Queries))
	m.samples.WithLabelValues(uid).Add(float64(result.Stats.Samples))
}

func (m *metrics) forget(id string) {
	m.sloLag.DeleteLabelValues(id)
	m.progress.DeleteLabelValues(id)
}

func (m *metrics) forgetSource(uid string) {
	m.sourceLag.DeleteLabelValues(uid)
	m.queued.DeleteLabelValues(uid, "live")
	m.queued.DeleteLabelValues(uid, "backfill")
}
