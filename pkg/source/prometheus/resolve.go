package prometheus

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// Irregular buckets: a series appeared, vanished or was reset. They are worked out from each series'
// own samples:
//
//   - between two samples that do not fall, the difference; after a fall, the later value (a reset
//     starts at zero);
//   - a series that vanishes keeps what it counted up to its last sample;
//   - a series that was known before (within Config.Memory) goes on from its last value, so a gap loses
//     nothing: the events of the gap are in the bucket in which the series comes back;
//   - a series never seen before started at zero, if the indicator's total was there before it: a new
//     pod, or the first error of a kind. Its first value is then events, all of them;
//   - unless that value is not credible. A counter that a new scrape configuration or a renamed label
//     brings to light may have counted for months. What all new series of a bucket bring together must
//     not exceed what the total counted in the hour before (or newSlack); else they
//     only count from then on;
//   - if the total was not there before (the start of the retention, a new service), nobody knows
//     since when its counters count: they count from the first sample on, and a bucket that holds
//     nothing more than first samples is no data.
const (
	// lookback is Prometheus's default: how old a sample may be to stand for an instant.
	lookback = 5 * time.Minute
	// credible is how much of the total's past a new series' first value is compared with.
	credible = time.Hour
	// newSlack is the number of events that a new series may always bring.
	newSlack = 10
	// runGap joins irregular buckets that are so near each other (in buckets) into one query.
	runGap = 5
	// mostRun bounds a run in buckets, mostPoints the points of its answer.
	mostRun    = 60
	mostPoints = 200_000
	// nativeStep is the resolution at which native histograms' samples are seen, and so the fastest
	// scrape interval of which no reset is missed.
	nativeStep = 5 * time.Second
)

// resolve settles the open cells of the buckets listed.
func (r *Reader) resolve(ctx context.Context, p *plan, profiles []profile, cells [][]cell, irregular []int, from int64, t *tally) error {
	t.quiet = true
	defer func() { t.quiet = false }()
	for len(irregular) > 0 {
		n := runLength(profiles, irregular)
		if err := r.resolveRun(ctx, p, profiles, cells, irregular[:n], from, t); err != nil {
			return err
		}
		irregular = irregular[n:]
	}
	return nil
}

// runLength is the number of leading irregular buckets to settle with one set of queries.
func runLength(profiles []profile, irregular []int) int {
	widest := 1.0
	for n, b := range irregular {
		for _, p := range profiles {
			widest = max(widest, orZero(p.count[b]), orZero(p.count[b+1]))
		}
		const samplesPerMinute = 12
		minutes := float64(b-irregular[0]+1) + lookback.Minutes()
		if n > 0 && (b-irregular[n-1] > runGap || b-irregular[0] >= mostRun || widest*minutes*samplesPerMinute > mostPoints) {
			return n
		}
	}
	return len(irregular)
}

// track is the samples of one series of one leaf.
type track struct {
	labels map[string]string
	values points
	// counts are the values that show resets, at the same times as values; nil if values do.
	counts points
}

// arrival is a series' first sample in a bucket, when no sample before it is within reach.
type arrival struct {
	leaf, bucket int
	series       string
	value, count float64
}

func (r *Reader) resolveRun(ctx context.Context, p *plan, profiles []profile, cells [][]cell, run []int, from int64, t *tally) error {
	first, last := run[0], run[len(run)-1]
	end := from + int64(last+1)*step
	reach := time.Duration(last-first+1)*time.Minute + lookback
	var arrivals []arrival
	read := map[int]map[string]track{}
	for _, i := range widestFirst(p.leaves) {
		if !anyOpen(cells[i], run) {
			continue
		}
		l := p.leaves[i]
		tracks := l.among(read[l.within])
		if tracks == nil {
			var err error
			if tracks, err = r.tracks(ctx, l, end, reach, t); err != nil {
				return err
			}
		}
		read[i] = tracks
		for _, b := range run {
			if !cells[i][b].open {
				continue
			}
			cells[i][b] = cell{}
			start := (from + int64(b)*step) * 1000
			for series, one := range tracks {
				if new, came := one.settle(start, start+step*1000, &cells[i][b]); came {
					new.leaf, new.bucket, new.series = i, b, series
					arrivals = append(arrivals, new)
				} else if profiles[i].present(b+1) && one.values[0].at <= start {
					cells[i][b].present = true // held by an older sample: nothing happened
				}
			}
		}
	}
	if len(arrivals) == 0 {
		return nil
	}
	// The order of a map must not decide how sums round.
	sort.Slice(arrivals, func(i, j int) bool {
		a, b := arrivals[i], arrivals[j]
		if a.bucket != b.bucket {
			return a.bucket < b.bucket
		}
		return a.leaf < b.leaf || a.leaf == b.leaf && a.series < b.series
	})
	return r.admit(ctx, p, cells, arrivals, from, t)
}

// widestFirst orders the leaves so that one that includes others comes before them.
func widestFirst(leaves []leaf) []int {
	var own, nested []int
	for i, l := range leaves {
		if l.within == i {
			own = append(own, i)
		} else {
			nested = append(nested, i)
		}
	}
	return append(own, nested...)
}

// among picks the leaf's series from those of a leaf that includes it; nil if they must be read.
func (l leaf) among(wider map[string]track) map[string]track {
	if wider == nil || l.kind != leafFloat {
		return nil
	}
	out := map[string]track{}
	for series, one := range wider {
		matches := true
		for _, matcher := range l.selector.LabelMatchers {
			matches = matches && matcher.Matches(one.labels[matcher.Name])
		}
		if matches {
			out[series] = one
		}
	}
	return out
}

func anyOpen(cells []cell, run []int) bool {
	for _, b := range run {
		if cells[b].open {
			return true
		}
	}
	return false
}

// settle adds what the series counted in (start, end] milliseconds to c. A first sample without any before it
// is returned as an arrival; what follows it counts.
func (k track) settle(start, end int64, c *cell) (arrival, bool) {
	var came arrival
	arrived := false
	for i, one := range k.values {
		if one.at <= start {
			continue
		}
		if one.at > end {
			break
		}
		if i == 0 {
			came, arrived = arrival{value: one.value, count: k.count(0)}, true
			continue
		}
		c.events += growth(k.values[i-1].value, one.value, k.count(i-1), k.count(i))
		c.present = true
	}
	return came, arrived
}

// count is the value that shows resets at sample i.
func (k track) count(i int) float64 {
	if k.counts == nil {
		return k.values[i].value
	}
	return k.counts[i].value
}

// growth is the number of events from one sample to the next. The counts tell a reset.
func growth(before, after, countBefore, countAfter float64) float64 {
	if countAfter < countBefore {
		return max(after, 0)
	}
	return max(after-before, 0)
}

// tracks reads the samples of each series of a leaf in the range that ends at end.
func (r *Reader) tracks(ctx context.Context, l leaf, end int64, reach time.Duration, t *tally) (map[string]track, error) {
	if l.kind == leafFloat {
		result, err := r.client.instant(ctx, l.over(reach), end, t)
		if err != nil {
			return nil, err
		}
		out := make(map[string]track, len(result))
		shift := l.selector.OriginalOffset.Milliseconds()
		for _, one := range result {
			if len(one.points) == 0 {
				continue
			}
			for i := range one.points {
				one.points[i].at += shift // raw samples carry their own time, not the time they are asked for
			}
			out[identity(one.labels)] = track{labels: one.labels, values: one.points}
		}
		return out, nil
	}
	both := union([]parser.Expr{
		part("value", l.value(l.selector)),
		part("count", l.monotone(l.selector)),
	})
	result, err := r.client.instant(ctx, &parser.SubqueryExpr{Expr: paren(both), Range: reach, Step: nativeStep}, end, t)
	if err != nil {
		return nil, err
	}
	return paired(result), nil
}

// paired joins the values and counts of native histograms. A histogram without observations has a count
// and no value: nothing was observed below any bound.
func paired(result []series) map[string]track {
	values := map[string]map[int64]float64{}
	out := map[string]track{}
	for _, one := range result {
		key := identity(one.labels)
		if one.labels[partLabel] == "count" {
			out[key] = track{counts: one.points}
			continue
		}
		byTime := make(map[int64]float64, len(one.points))
		for _, p := range one.points {
			byTime[p.at] = p.value
		}
		values[key] = byTime
	}
	for key, one := range out {
		one.values = make(points, len(one.counts))
		for i, c := range one.counts {
			one.values[i] = point{at: c.at, value: values[key][c.at]}
		}
		out[key] = one
	}
	return out
}

// identity is the series' labels without the metric's name, which functions drop.
func identity(set map[string]string) string {
	names := make([]string, 0, len(set))
	for name := range set {
		if name != metricName && name != partLabel {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var out strings.Builder
	for _, name := range names {
		fmt.Fprintf(&out, "%s=%q,", name, set[name])
	}
	return out.String()
}
