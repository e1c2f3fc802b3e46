package model

import (
	"math"
	"strconv"
)

// The metric names that the shop exposes.
const (
	MetricRequests = "shop_http_requests_total"
	MetricDuration = "shop_http_request_duration_seconds"
	MetricIndexAge = "shop_search_index_age_seconds"
	MetricQuality  = "shop_recommendations_hit_ratio"
)

// Label is a label's name and value.
type Label struct{ Name, Value string }

// Series is one time series; its value is what a scrape at the service's present tick returns.
type Series struct {
	// ID counts the series of a service from 0.
	ID int
	// Name is the metric's name, with _bucket, _count and _sum for the series of a classic histogram.
	Name string
	// Labels are sorted by name and lack __name__.
	Labels []Label
	// Gauge is false for counters and histograms.
	Gauge bool
	// Value is the sample of everything but a native histogram.
	Value float64
	// Native is set for a native histogram only.
	Native *Native
}

// Native is the state of a native histogram with NativeSchema.
type Native struct {
	Count uint64
	Sum   float64
	// Buckets are absolute counts, from index NativeFirst on.
	Buckets [NativeLast - NativeFirst + 1]int64
}

func (s *Series) reset() {
	s.Value = 0
	if s.Native != nil {
		*s.Native = Native{}
	}
}

// Recorder receives what a Prometheus would scrape. Calls of different services may come from
// different goroutines.
type Recorder interface {
	// Sample is called for each series of the service after each tick; at is in Unix seconds.
	Sample(service *Service, series *Series, at int64)
	// Gone is called once when a series that had samples is no longer exposed at a tick.
	Gone(service *Service, series *Series, at int64)
}

// histogram is the latency histogram of one route of one instance, classic or native.
type histogram struct {
	buckets    []*Series
	count, sum *Series
	native     *Series
}

func (h *histogram) each(fn func(*Series)) {
	if h.native != nil {
		fn(h.native)
		return
	}
	for _, bucket := range h.buckets {
		fn(bucket)
	}
	fn(h.count)
	fn(h.sum)
}

// observe adds n requests whose latencies have the cumulative shares of shape; u settles fractions.
// It returns the number of requests within the bucket at index bound.
func (h *histogram) observe(n int64, shape *latencies, u float64) {
	if h.native != nil {
		state := h.native.Native
		before := int64(0)
		for i := range state.Buckets {
			upTo := portion(n, shape.cumulative[i], u)
			state.Buckets[i] += upTo - before
			before = upTo
		}
		state.Count += uint64(n)
		state.Sum += float64(n) * shape.mean
		return
	}
	for i, bucket := range h.buckets {
		bucket.Value += float64(portion(n, shape.cumulative[i], u))
	}
	h.count.Value += float64(n)
	h.sum.Value += float64(n) * shape.mean
}

// latencies is the distribution of a route's latencies: the share of requests up to each bucket's end.
type latencies struct {
	cumulative []float64
	mean       float64
}

func newLatencies(kind histogramKind, median, spread float64) *latencies {
	var bounds []float64
	switch kind {
	case classicHistogram:
		bounds = ClassicBounds
	case nativeHistogram:
		for i := NativeFirst; i <= NativeLast; i++ {
			bounds = append(bounds, math.Exp2(float64(i)/2))
		}
	default:
		return nil
	}
	shape := &latencies{mean: math.Round(median*math.Exp(spread*spread/2)*1e4) / 1e4}
	for _, bound := range bounds {
		z := (math.Log(bound) - math.Log(median)) / spread
		shape.cumulative = append(shape.cumulative, 0.5*math.Erfc(-z/math.Sqrt2))
	}
	// The last bucket of a classic histogram is +Inf; the native one's last takes the rest.
	if kind == classicHistogram {
		shape.cumulative = append(shape.cumulative, 1)
	} else {
		shape.cumulative[len(shape.cumulative)-1] = 1
	}
	return shape
}

// within is the number of n requests up to the bound: the index of a classic bucket, or a native index.
func (l *latencies) within(kind histogramKind, bound int, n int64, u float64) int64 {
	if kind == nativeHistogram {
		bound -= NativeFirst
	}
	return portion(n, l.cumulative[bound], u)
}

// BoundLabel is the le label of a classic bucket as Prometheus 3 writes it.
func BoundLabel(bound float64) string {
	if math.IsInf(bound, 1) {
		return "+Inf"
	}
	text := strconv.FormatFloat(bound, 'g', -1, 64)
	if bound == math.Trunc(bound) {
		text += ".0"
	}
	return text
}
