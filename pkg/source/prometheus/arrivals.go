package prometheus

import (
	"context"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// past is what was known at a bucket's start.
type past struct {
	// value and count are the last of each series within the reader's memory, by leaf and series.
	value, count map[string]float64
	// known tells that the total had a series within the memory; traffic is what it counted in the
	// hour before.
	known   bool
	traffic float64
}

// admit decides what the arrivals' first values mean (see resolve.go).
func (r *Reader) admit(ctx context.Context, p *plan, cells [][]cell, arrivals []arrival, from int64, t *tally) error {
	first, last := arrivals[0].bucket, arrivals[len(arrivals)-1].bucket
	pasts, err := r.pasts(ctx, p, arrivals, from+int64(first)*step, from+int64(last)*step, t)
	if err != nil {
		return err
	}
	for len(arrivals) > 0 {
		n := 1
		for n < len(arrivals) && arrivals[n].bucket == arrivals[0].bucket {
			n++
		}
		b := arrivals[0].bucket
		p.admitBucket(pasts[from+int64(b)*step], cells, arrivals[:n], t)
		arrivals = arrivals[n:]
	}
	return nil
}

// admitBucket settles the arrivals of one bucket together.
func (p *plan) admitBucket(before past, cells [][]cell, arrivals []arrival, t *tally) {
	brought := make([]float64, len(p.leaves))
	var unknown []arrival
	for _, one := range arrivals {
		c := &cells[one.leaf][one.bucket]
		key := name(one.series, one.leaf)
		last, back := before.value[key]
		if !back {
			unknown = append(unknown, one)
			brought[one.leaf] += one.value
			continue
		}
		lastCount, counted := before.count[key]
		if !counted {
			lastCount = last
		}
		c.events += growth(last, one.value, lastCount, one.count)
		c.present = true
	}
	if len(unknown) == 0 || !before.known {
		return
	}
	for i, events := range brought {
		if events > before.traffic+newSlack {
			t.warn("counters of " + p.leaves[i].name() + " came to light with values too large to be new (a new scrape configuration or changed labels?); they count from then on")
			return
		}
	}
	for _, one := range unknown {
		c := &cells[one.leaf][one.bucket]
		c.events += one.value
		c.present = true
	}
}

// pasts reads what was known at each bucket start from first to last (Unix seconds).
func (r *Reader) pasts(ctx context.Context, p *plan, arrivals []arrival, first, last int64, t *tally) (map[int64]past, error) {
	result, err := r.client.span(ctx, union(p.history(arrivals, r.cfg.Memory)), first, last, t)
	if err != nil {
		return nil, err
	}
	out := map[int64]past{}
	for at := first; at <= last; at += step {
		out[at] = past{value: map[string]float64{}, count: map[string]float64{}}
	}
	for _, one := range result {
		kind, leaf := splitName(one.labels[partLabel])
		key := identity(one.labels) + leaf
		for _, sample := range one.points {
			before := out[sample.at/1000]
			switch kind {
			case "value":
				before.value[key] = sample.value
			case "count":
				before.count[key] = sample.value
			case "known":
				before.known = true
			case "traffic":
				before.traffic += max(0, orZero(sample.value))
			}
			out[sample.at/1000] = before
		}
	}
	return out, nil
}

// history asks for the last values of the arrivals' leaves and for the total's past.
func (p *plan) history(arrivals []arrival, memory time.Duration) []parser.Expr {
	var parts []parser.Expr
	asked := map[int]bool{}
	for _, one := range arrivals {
		if asked[one.leaf] {
			continue
		}
		asked[one.leaf] = true
		l := p.leaves[one.leaf]
		last := call("last_over_time", l.over(memory))
		parts = append(parts, part(name("value", one.leaf), l.value(last)))
		if l.kind == leafFraction {
			parts = append(parts, part(name("count", one.leaf), l.monotone(last)))
		}
	}
	for _, one := range p.total {
		l := p.leaves[one.leaf]
		parts = append(parts,
			part(name("known", one.leaf), aggregate(parser.COUNT, call("last_over_time", l.over(memory)))),
			part(name("traffic", one.leaf), aggregate(parser.SUM, l.monotone(call("increase", l.over(credible))))),
		)
	}
	return parts
}

// splitName takes name(part, leaf) apart.
func splitName(combined string) (part, leaf string) {
	for i := len(combined); i > 0; i-- {
		if combined[i-1] < '0' || combined[i-1] > '9' {
			return combined[:i], combined[i:]
		}
	}
	return "", combined
}
