package prometheus

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// resetRange is how far back resets between samples are looked for: a bucket and, for scrape intervals
// of up to a minute, the last sample before it. Slower scrapes show their resets at the buckets' ends.
const resetRange = 2 * time.Minute

// profile is what one leaf did over a span, a value for each instant from its start to its end.
type profile struct {
	// sum and count are over the series present; kept counts those that were present a bucket earlier
	// and did not fall; resets counts the falls between samples. A leaf within another has only sums.
	sum, count, kept, resets []float64
}

// overview is the expression that yields all leaves' profiles in one answer.
func overview(leaves []leaf) parser.Expr {
	var parts []parser.Expr
	for i, l := range leaves {
		parts = append(parts, part(name("sum", i), aggregate(parser.SUM, l.value(l.selector))))
		if l.within != i {
			continue
		}
		now, before := l.selector, l.ago(time.Minute)
		kept := compare(parser.GTE, l.monotone(now), l.monotone(before))
		resets := aggregate(parser.SUM, call("resets", l.over(resetRange)))
		parts = append(parts,
			part(name("count", i), aggregate(parser.COUNT, now)),
			part(name("kept", i), aggregate(parser.COUNT, kept)),
			part(name("resets", i), compare(parser.GTR, resets, number(0))),
		)
	}
	return union(parts)
}

func name(part string, leaf int) string { return part + strconv.Itoa(leaf) }

// profiles reads all leaves over [from, to], both ends included.
func (r *Reader) profiles(ctx context.Context, leaves []leaf, from, to int64, t *tally) ([]profile, error) {
	result, err := r.client.span(ctx, overview(leaves), from, to, t)
	if err != nil {
		return nil, err
	}
	values := map[string]points{}
	for _, one := range result {
		values[one.labels[partLabel]] = one.points
	}
	out := make([]profile, len(leaves))
	for i := range leaves {
		out[i] = profile{
			sum:    column(values[name("sum", i)], from, to),
			count:  column(values[name("count", i)], from, to),
			kept:   column(values[name("kept", i)], from, to),
			resets: column(values[name("resets", i)], from, to),
		}
		if err := out[i].check(leaves[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// check finds a leaf whose series are of the other sort: a sum of native histograms is no number, and a
// number has no histogram's count.
func (p profile) check(l leaf) error {
	for i := range p.count {
		if !p.present(i) || !isAbsent(p.sum[i]) {
			continue
		}
		switch l.kind {
		case leafFloat:
			return badQuery("%s holds native histograms: count their observations with histogram_count(rate(%s))", l.name(), l.over(5*time.Minute))
		case leafCount: // a fraction has no value while nothing is observed; the count beside it tells
			return badQuery("%s holds plain numbers, not native histograms: use its _count and _bucket series instead", l.name())
		}
	}
	return nil
}

// regular reports whether the bucket that ends at instant i has the same series at both ends, none of
// them reset: the difference of the sums is exact.
func (p profile) regular(i int) bool {
	count := orZero(p.count[i])
	return orZero(p.count[i-1]) == count && orZero(p.kept[i]) == count && orZero(p.resets[i]) == 0
}

// increment is the number of events of the regular bucket that ends at instant i.
func (p profile) increment(i int) float64 {
	after, before := orZero(p.sum[i]), orZero(p.sum[i-1])
	d := after - before
	// Sums of fractions round; what is below their resolution is not an event. Whole numbers do not.
	const resolution = 1e-12
	whole := after == math.Trunc(after) && before == math.Trunc(before)
	if !whole && math.Abs(d) <= resolution*math.Abs(after) {
		return 0
	}
	return max(d, 0)
}

// present reports whether the leaf had any series at instant i.
func (p profile) present(i int) bool { return orZero(p.count[i]) > 0 || !isAbsent(p.sum[i]) }

func orZero(f float64) float64 {
	if math.IsNaN(f) {
		return 0
	}
	return f
}

// counters reads a ratio of counters.
func (r *Reader) counters(ctx context.Context, p *plan, from, to int64, t *tally) ([]budget.Bucket, error) {
	profiles, err := r.profiles(ctx, p.leaves, from, to, t)
	if err != nil {
		return nil, err
	}
	n := int((to - from) / step)
	cells := make([][]cell, len(p.leaves))
	var irregular []int
	for i, l := range p.leaves {
		cells[i] = make([]cell, n)
		for b := range n {
			c := &cells[i][b]
			if profiles[l.within].regular(b + 1) {
				c.events, c.present = profiles[i].increment(b+1), profiles[i].present(b+1)
			} else {
				c.open = true
			}
		}
	}
	for b := range n {
		for i := range cells {
			if cells[i][b].open {
				irregular = append(irregular, b)
				break
			}
		}
	}
	if err := r.resolve(ctx, p, profiles, cells, irregular, from, t); err != nil {
		return nil, err
	}
	buckets := make([]budget.Bucket, n)
	for b := range buckets {
		buckets[b] = p.bucket(cells, b, t)
		buckets[b].Start = from + int64(b)*step
	}
	return buckets, nil
}

// cell is what one leaf counted in one bucket.
type cell struct {
	// events is the increment; present tells that the leaf had a series whose events are known.
	events  float64
	present bool
	// open marks a bucket that the overview could not settle.
	open bool
}

// bucket combines the leaves' cells. Without any series of the total, nothing is known of the bucket;
// without a series of the good (or bad) counter, none of its events happened.
func (p *plan) bucket(cells [][]cell, b int, t *tally) budget.Bucket {
	known := false
	for _, one := range p.total {
		known = known || cells[one.leaf][b].present
	}
	if !known {
		return budget.Bucket{State: budget.StateNoData}
	}
	return ratio(p.indicator, combined(p.part, cells, b), combined(p.total, cells, b), t)
}

func combined(terms []term, cells [][]cell, b int) float64 {
	sum := 0.0
	for _, one := range terms {
		sum += one.factor * cells[one.leaf][b].events
	}
	return sum
}
