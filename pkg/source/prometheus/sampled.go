package prometheus

import (
	"context"
	"math"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

// sampled reads what is not a counter: its value at each bucket's end stands for the bucket.
func (r *Reader) sampled(ctx context.Context, p *plan, from, to int64, t *tally) ([]budget.Bucket, error) {
	names := []string{"part", "total"}[:len(p.sampled)]
	parts := make([]parser.Expr, len(p.sampled))
	for i, e := range p.sampled {
		parts[i] = part(names[i], e)
	}
	result, err := r.client.span(ctx, union(parts), from+step, to, t)
	if err != nil {
		return nil, err
	}
	columns := map[string][]float64{}
	for _, one := range result {
		name := one.labels[partLabel]
		if columns[name] == nil {
			columns[name] = column(nil, from+step, to)
		}
		// One series may follow another, say after a new version; two at once have no meaning.
		if !fill(columns[name], one.points, from+step) {
			return nil, &source.Error{
				Kind:    source.KindBadQuery,
				Message: "the query of a " + string(p.indicator.Kind) + " indicator yields more than one series",
				Remedy:  "aggregate it to one, e.g. with sum(...), max(...) or avg(...)",
			}
		}
	}
	buckets := make([]budget.Bucket, (to-from)/step)
	for i := range buckets {
		bucket := &buckets[i]
		switch p.indicator.Kind {
		case slo.KindRatio:
			*bucket = ratioOfSamples(p.indicator, at(columns["part"], i), at(columns["total"], i), t)
		case slo.KindRaw:
			*bucket = raw(p.indicator, at(columns["part"], i), t)
		default:
			*bucket = threshold(p.indicator, at(columns["part"], i))
		}
		bucket.Start = from + int64(i)*step
	}
	return buckets, nil
}

// absent stands for "no sample" in a column: a NaN whose bits no server sends, for NaN itself is an
// answer (0/0, nothing happened).
var absent = math.Float64frombits(0x7ff8b0b0b0b0b0b0)

func isAbsent(f float64) bool { return math.Float64bits(f) == math.Float64bits(absent) }

// column spreads points over the steps of [start, end].
func column(values points, start, end int64) []float64 {
	out := make([]float64, (end-start)/step+1)
	for i := range out {
		out[i] = absent
	}
	fill(out, values, start)
	return out
}

// fill puts points into a column that begins at start; false if a step is taken already.
func fill(out []float64, values points, start int64) bool {
	for _, one := range values {
		i := (one.at/1000 - start) / step
		if one.at/1000 < start || i >= int64(len(out)) {
			continue
		}
		if !isAbsent(out[i]) {
			return false
		}
		out[i] = one.value
	}
	return true
}

func at(values []float64, i int) float64 {
	if values == nil {
		return absent
	}
	return values[i]
}

// missing gives the bucket of a value that is no number: absent is no data, NaN (nothing divided by
// nothing) is no traffic, an infinity is no data.
func missing(value float64, t *tally) (budget.Bucket, bool) {
	switch {
	case isAbsent(value):
		return budget.Bucket{State: budget.StateNoData}, true
	case math.IsNaN(value):
		return budget.Bucket{State: budget.StateNoTraffic}, true
	case math.IsInf(value, 0):
		t.warn("the query yielded an infinite value (a division by zero?); such minutes count as no data")
		return budget.Bucket{State: budget.StateNoData}, true
	}
	return budget.Bucket{}, false
}

func ratioOfSamples(indicator slo.Indicator, part, total float64, t *tally) budget.Bucket {
	if bucket, is := missing(total, t); is {
		return bucket
	}
	if math.IsNaN(part) {
		part = 0 // without any good (or bad) event there is often no series
	}
	return ratio(indicator, part, total, t)
}

// ratio makes a bucket of a number of good (or bad) events and all events.
func ratio(indicator slo.Indicator, part, total float64, t *tally) budget.Bucket {
	if total < 0 {
		t.warn("the total query yielded a negative number of events; such minutes count as no traffic")
		total = 0
	}
	if part < 0 {
		t.warn("the good or bad query yielded a negative number of events; it counts as none")
		part = 0
	}
	const tolerance = 1e-9 // of rounding in sums of fractions
	if part > total*(1+tolerance) {
		t.warn("more good or bad events than events in all in some minutes: the two queries do not count the same requests, or are scraped at different times; the surplus is not counted")
	}
	part = min(part, total)
	if total == 0 {
		return budget.Bucket{State: budget.StateNoTraffic}
	}
	good := part
	if indicator.Good == "" {
		good = total - part
	}
	return budget.Bucket{Good: good, Total: total, State: budget.StateMeasured}
}

// raw makes a bucket of a ratio: one event, good to that degree.
func raw(indicator slo.Indicator, value float64, t *tally) budget.Bucket {
	if bucket, is := missing(value, t); is {
		return bucket
	}
	if value < 0 || value > 1 {
		t.warn("the raw ratio left the range 0 to 1 in some minutes; it was cut to it")
		value = min(max(value, 0), 1)
	}
	if indicator.RawType == slo.RawFailure {
		value = 1 - value
	}
	return budget.Bucket{Good: value, Total: 1, State: budget.StateMeasured}
}

// threshold makes a bucket of a value: one event, good or bad.
func threshold(indicator slo.Indicator, value float64) budget.Bucket {
	// An infinite value is one: histogram_quantile gives +Inf for what is over the last bound.
	if isAbsent(value) {
		return budget.Bucket{State: budget.StateNoData}
	}
	if math.IsNaN(value) {
		return budget.Bucket{State: budget.StateNoTraffic}
	}
	bucket := budget.Bucket{Total: 1, State: budget.StateMeasured}
	if holds(value, indicator.Op, indicator.Limit) {
		bucket.Good = 1
	}
	return bucket
}

func holds(value float64, op slo.Operator, limit float64) bool {
	switch op {
	case slo.OpLT:
		return value < limit
	case slo.OpGT:
		return value > limit
	case slo.OpGTE:
		return value >= limit
	}
	return value <= limit
}
