package budget

import "math"

// Totals is a sum over buckets.
type Totals struct {
	// Good and Total are numbers of events.
	Good, Total float64
	// Buckets counts the buckets by state; Buckets[StateUnknown] are the missing ones.
	Buckets [States]int64
}

// Bad is the number of bad events.
func (t Totals) Bad() float64 { return t.Total - t.Good }

// Add is the sum over two disjoint sets of buckets. It is exact while the counts are whole numbers
// below 2^53, and correct to one unit in the last place otherwise.
func (t Totals) Add(o Totals) Totals {
	t.Good += o.Good
	t.Total += o.Total
	for i := range t.Buckets {
		t.Buckets[i] += o.Buckets[i]
	}
	return t
}

// SLI is the share of good events; false when there was no event.
func (t Totals) SLI() (float64, bool) {
	if t.Total == 0 {
		return math.NaN(), false
	}
	return t.Good / t.Total, true
}

// All is the number of buckets, the missing ones included.
func (t Totals) All() int64 {
	var n int64
	for _, c := range t.Buckets {
		n += c
	}
	return n
}

// Answered is the number of buckets for which the source answered with data: measured or no traffic.
func (t Totals) Answered() int64 { return t.Buckets[StateMeasured] + t.Buckets[StateNoTraffic] }

// Coverage is the share of buckets that are accounted for: measured, no traffic, or excluded by a
// correction. It is 0 for an empty span.
func (t Totals) Coverage() float64 {
	all := t.All()
	if all == 0 {
		return 0
	}
	return float64(t.Answered()+t.Buckets[StateExcluded]) / float64(all)
}

// count is a number of events in fixed point: whole events and 2^-32ths of one. Integer addition is
// associative and has an inverse, so a difference of prefix sums is the sum itself, to the last bit,
// however long the history and wherever a window is split.
type count struct{ whole, part int64 }

const partsPerEvent = 1 << 32

func countOf(v float64) count {
	whole := math.Floor(v)
	return count{whole: int64(whole), part: int64(math.RoundToEven((v - whole) * partsPerEvent))}
}

func (c count) plus(o count) count  { return count{c.whole + o.whole, c.part + o.part} }
func (c count) minus(o count) count { return count{c.whole - o.whole, c.part - o.part} }

func (c count) float() float64 {
	return float64(c.whole+c.part>>32) + float64(c.part&(partsPerEvent-1))/partsPerEvent
}

// tally is the exact sum over buckets. counts has no place for StateUnknown: missing buckets are those
// of the span that are in no other state.
type tally struct {
	good, total count
	counts      [States - 1]uint32
}

func (t *tally) addBucket(b Bucket) {
	t.counts[b.State-1]++
	if b.State == StateMeasured {
		t.total = t.total.plus(countOf(b.Total))
		t.good = t.good.plus(countOf(b.Good))
	}
}

func (t tally) plus(o tally) tally {
	t.good, t.total = t.good.plus(o.good), t.total.plus(o.total)
	for i := range t.counts {
		t.counts[i] += o.counts[i]
	}
	return t
}

func (t tally) minus(o tally) tally {
	t.good, t.total = t.good.minus(o.good), t.total.minus(o.total)
	for i := range t.counts {
		t.counts[i] -= o.counts[i]
	}
	return t
}

// answered counts the buckets for which the source answered with data.
func (t tally) answered() uint32 {
	return t.counts[StateMeasured-1] + t.counts[StateNoTraffic-1]
}

// totals converts for a span of n buckets, present or not.
func (t tally) totals(n int64) Totals {
	out := Totals{Good: t.good.float(), Total: t.total.float()}
	for i, c := range t.counts {
		out.Buckets[i+1] = int64(c)
		n -= int64(c)
	}
	out.Buckets[StateUnknown] = n
	return out
}
