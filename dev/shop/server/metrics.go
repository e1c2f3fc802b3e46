package server

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/burnline/grafana-slo-app/dev/shop/model"
)

// collector exposes the present tick. Each sample carries the tick's time, as in the history: what
// happened before that time is in it, and nothing else.
type collector struct{ shop *Shop }

// Describe sends nothing: the series change with every deployment.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	c.shop.mutex.Lock()
	defer c.shop.mutex.Unlock()
	now := c.shop.world.Now()
	if now <= c.shop.state.Filled {
		return
	}
	at := time.Unix(now, 0)
	for _, service := range c.shop.world.Services() {
		histograms := map[string]*classic{}
		var order []string
		service.Each(func(s *model.Series) {
			if h, key := classicPart(histograms, s); h {
				if len(histograms) > len(order) {
					order = append(order, key)
				}
				return
			}
			out <- prometheus.NewMetricWithTimestamp(at, metric(s))
		})
		for _, key := range order {
			out <- prometheus.NewMetricWithTimestamp(at, histograms[key].metric())
		}
	}
}

func help(name string) string {
	switch name {
	case model.MetricRequests:
		return "Requests answered, by service, route and status code."
	case model.MetricDuration:
		return "Time to answer a request in seconds."
	case model.MetricIndexAge:
		return "Age of the search index in seconds."
	case model.MetricQuality:
		return "Share of recommendations that the evaluator judged relevant, in the last minute."
	}
	return ""
}

func split(labels []model.Label, without string) (names, values []string) {
	for _, label := range labels {
		if label.Name != without {
			names = append(names, label.Name)
			values = append(values, label.Value)
		}
	}
	return names, values
}

func metric(s *model.Series) prometheus.Metric {
	names, values := split(s.Labels, "")
	desc := prometheus.NewDesc(s.Name, help(s.Name), names, nil)
	switch {
	case s.Native != nil:
		buckets := make(map[int]int64, len(s.Native.Buckets))
		for i, count := range s.Native.Buckets {
			buckets[model.NativeFirst+i] = count
		}
		return prometheus.MustNewConstNativeHistogram(desc, s.Native.Count, s.Native.Sum, buckets, nil, 0,
			model.NativeSchema, 1e-9, time.Time{}, values...)
	case s.Gauge:
		return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, s.Value, values...)
	}
	return prometheus.MustNewConstMetric(desc, prometheus.CounterValue, s.Value, values...)
}

// classic gathers the series of a classic histogram, which the exposition wants in one piece.
type classic struct {
	names, values []string
	buckets       map[float64]uint64
	count         uint64
	sum           float64
}

// classicPart takes s in if it is a part of a classic histogram, whose key it returns.
func classicPart(known map[string]*classic, s *model.Series) (part bool, key string) {
	suffix, ok := suffixes[s.Name]
	if !ok {
		return false, ""
	}
	names, values := split(s.Labels, "le")
	for _, value := range values {
		key += value + "\xff"
	}
	h := known[key]
	if h == nil {
		h = &classic{names: names, values: values, buckets: map[float64]uint64{}}
		known[key] = h
	}
	switch suffix {
	case partBucket:
		if bound := bounds[le(s)]; !math.IsInf(bound, 1) {
			h.buckets[bound] = uint64(s.Value)
		}
	case partCount:
		h.count = uint64(s.Value)
	case partSum:
		h.sum = s.Value
	}
	return true, key
}

type histogramPart int

const (
	partBucket histogramPart = iota
	partCount
	partSum
)

var suffixes = map[string]histogramPart{
	model.MetricDuration + "_bucket": partBucket,
	model.MetricDuration + "_count":  partCount,
	model.MetricDuration + "_sum":    partSum,
}

var bounds = func() map[string]float64 {
	byLabel := map[string]float64{model.BoundLabel(math.Inf(1)): math.Inf(1)}
	for _, bound := range model.ClassicBounds {
		byLabel[model.BoundLabel(bound)] = bound
	}
	return byLabel
}()

func le(s *model.Series) string {
	for _, label := range s.Labels {
		if label.Name == "le" {
			return label.Value
		}
	}
	return ""
}

func (h *classic) metric() prometheus.Metric {
	desc := prometheus.NewDesc(model.MetricDuration, help(model.MetricDuration), h.names, nil)
	return prometheus.MustNewConstHistogram(desc, h.count, h.sum, h.buckets, h.values...)
}
