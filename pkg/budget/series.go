package budget

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
)

// Series is an ordered set of buckets of one key. It keeps each hour packed (see Chunk) and, per hour,
// the exact sum of everything before it: a sum over any window is two look-ups and the decoding of at
// most two hours. A month of minutes takes about 150 kB.
//
// A Series may be read from many goroutines at once, but not while it is changed: change a Clone.
type Series struct {
	nodes []node
	// parts are the fractions of events before each node; nil while all counts are whole numbers.
	parts []parts
	end   tally
}

// node is one hour. Its size matters: there is one per hour of every SLO.
type node struct {
	// total, good and counts sum all hours before this one.
	total, good int64
	counts      [States - 1]uint32
	// hour counts hours since the Unix epoch.
	hour   int32
	packed string
}

type parts struct{ total, good int64 }

// update is what one hour becomes; an empty packed removes it.
type update struct {
	hour   int32
	packed string
	sum    tally
}

// NewSeries is a series of the given buckets, in any order; of several with the same start the last stays.
func NewSeries(buckets ...Bucket) *Series {
	s := &Series{}
	s.Put(buckets...)
	return s
}

// SeriesOf is a series of packed hours. Damaged bytes are an error that wraps ErrChunk.
func SeriesOf(chunks []Chunk) (*Series, error) {
	s := &Series{}
	if err := s.PutChunks(chunks...); err != nil {
		return nil, err
	}
	return s, nil
}

// Put stores buckets, in any order; one that is already there is replaced, StateUnknown removes it.
// Buckets are made normal first (see Bucket.Normal).
func (s *Series) Put(buckets ...Bucket) {
	if len(buckets) == 0 {
		return
	}
	byHour := func(a, b Bucket) int { return cmp.Compare(HourOf(a.Start), HourOf(b.Start)) }
	if !slices.IsSortedFunc(buckets, byHour) {
		buckets = slices.Clone(buckets)
		slices.SortStableFunc(buckets, byHour)
	}
	var updates []update
	for i := 0; i < len(buckets); {
		start := HourOf(buckets[i].Start)
		hour, changed := s.open(start), false
		for ; i < len(buckets) && HourOf(buckets[i].Start) == start; i++ {
			changed = hour.Put(buckets[i]) || changed
		}
		if changed {
			updates = append(updates, hour.update())
		}
	}
	s.apply(updates)
}

// PutChunks replaces whole hours; all, or none when one of them is damaged (the error wraps ErrChunk).
func (s *Series) PutChunks(chunks ...Chunk) error {
	updates := make([]update, 0, len(chunks))
	for _, c := range chunks {
		u, err := c.update()
		if err != nil {
			return err
		}
		updates = append(updates, u)
	}
	byHour := func(a, b update) int { return cmp.Compare(a.hour, b.hour) }
	if !slices.IsSortedFunc(updates, byHour) {
		slices.SortStableFunc(updates, byHour)
	}
	for i := len(updates) - 2; i >= 0; i-- {
		if updates[i].hour == updates[i+1].hour {
			updates = slices.Delete(updates, i, i+1)
		}
	}
	s.apply(updates)
	return nil
}

// Merge stores all buckets of o; where both have one, that of o stays.
func (s *Series) Merge(o *Series) {
	var buckets []Bucket
	o.each(func(b Bucket) bool { buckets = append(buckets, b); return true })
	s.Put(buckets...)
}

// Clone is a copy that can be changed without touching s; the packed hours are shared.
func (s *Series) Clone() *Series {
	return &Series{nodes: slices.Clone(s.nodes), parts: slices.Clone(s.parts), end: s.end}
}

// Sum adds up the buckets whose start is in [from, to), Unix seconds. Buckets[StateUnknown] of the
// result counts the missing ones.
func (s *Series) Sum(from, to int64) Totals {
	from, to = alignUp(from), alignUp(to)
	if to <= from {
		return Totals{}
	}
	return s.cumulate(to).minus(s.cumulate(from)).totals((to - from) / StepSeconds)
}

// Each calls fn with the present buckets whose start is in [from, to), oldest first, until it returns false.
func (s *Series) Each(from, to int64, fn func(Bucket) bool) {
	for i := s.search(HourOf(from)); i < len(s.nodes) && s.nodes[i].start() < to; i++ {
		d := s.nodes[i].decoder()
		for d.next() {
			if d.bucket.Start >= to {
				return
			}
			if d.bucket.Start >= from && !fn(d.bucket) {
				return
			}
		}
	}
}

func (s *Series) each(fn func(Bucket) bool) { s.Each(0, maxStart, fn) }

// Chunks gives the hours that hold buckets, oldest first.
func (s *Series) Chunks() []Chunk {
	out := make([]Chunk, len(s.nodes))
	for i, n := range s.nodes {
		out[i] = Chunk{Hour: n.start(), Packed: []byte(n.packed)}
	}
	return out
}

// Bounds is the start of the oldest and the end of the newest bucket in Unix seconds; false when empty.
func (s *Series) Bounds() (first, end int64, ok bool) {
	if len(s.nodes) == 0 {
		return 0, 0, false
	}
	d := s.nodes[0].decoder()
	d.next()
	first = d.bucket.Start
	for d = s.nodes[len(s.nodes)-1].decoder(); d.next(); {
		end = d.bucket.Start + StepSeconds
	}
	return first, end, true
}

// LastMeasured is the end of the newest bucket for which the source answered with data (measured or
// no traffic) in Unix seconds; false when there is none.
func (s *Series) LastMeasured() (end int64, ok bool) { return s.lastAnswered(maxStart) }

// lastAnswered is LastMeasured among the buckets that start before to.
func (s *Series) lastAnswered(to int64) (end int64, ok bool) {
	want := s.cumulate(to).answered()
	if want == 0 {
		return 0, false
	}
	// The last hour with less than all answered buckets before it holds the newest of them.
	i := sort.Search(len(s.nodes), func(i int) bool { return s.nodes[i].answered() >= want }) - 1
	for d := s.nodes[i].decoder(); d.next() && d.bucket.Start < to; {
		if d.bucket.State == StateMeasured || d.bucket.State == StateNoTraffic {
			end = d.bucket.Start + StepSeconds
		}
	}
	return end, true
}

// Size is about the number of bytes that the series occupies in memory.
func (s *Series) Size() int {
	size := 64 + 56*cap(s.nodes) + 16*cap(s.parts)
	for _, n := range s.nodes {
		size += (len(n.packed) + 15) &^ 15
	}
	return size
}

// cumulate is the exact sum of all buckets that start before the time at.
func (s *Series) cumulate(at int64) tally {
	start := HourOf(at)
	i := s.search(start)
	sum := s.before(i)
	if i < len(s.nodes) && at > start && s.nodes[i].start() == start {
		for d := s.nodes[i].decoder(); d.next() && d.bucket.Start < at; {
			sum.addBucket(d.bucket)
		}
	}
	return sum
}

// search is the index of the first node that starts at or after the hour starting at start. Hours
// mostly follow each other without a gap, so the guess usually hits.
func (s *Series) search(start int64) int {
	hour := start / HourSeconds
	n := len(s.nodes)
	if n == 0 || hour <= int64(s.nodes[0].hour) {
		return 0
	}
	if hour > int64(s.nodes[n-1].hour) {
		return n
	}
	if guess := hour - int64(s.nodes[0].hour); guess < int64(n) && int64(s.nodes[guess].hour) == hour {
		return int(guess)
	}
	return sort.Search(n, func(i int) bool { return int64(s.nodes[i].hour) >= hour })
}

// before is the exact sum of all hours before node i; i may be the number of nodes.
func (s *Series) before(i int) tally {
	if i == len(s.nodes) {
		return s.end
	}
	n := &s.nodes[i]
	t := tally{good: count{whole: n.good}, total: count{whole: n.total}, counts: n.counts}
	if s.parts != nil {
		t.good.part, t.total.part = s.parts[i].good, s.parts[i].total
	}
	return t
}

// open decodes the hour starting at start for writing; empty when it is not there.
func (s *Series) open(start int64) *Hour {
	h := NewHour(start)
	if i := s.search(start); i < len(s.nodes) && s.nodes[i].start() == start {
		for d := s.nodes[i].decoder(); d.next(); {
			h.cells[(d.bucket.Start-start)/StepSeconds] = d.bucket
		}
	}
	return h
}

// apply merges updates, sorted by hour and unique, and renews the sums from the first of them on.
func (s *Series) apply(updates []update) {
	if len(updates) == 0 {
		return
	}
	i := s.search(int64(updates[0].hour) * HourSeconds)
	rest := make([]update, 0, len(s.nodes)-i)
	for j := i; j < len(s.nodes); j++ {
		rest = append(rest, update{s.nodes[j].hour, s.nodes[j].packed, s.before(j + 1).minus(s.before(j))})
	}
	s.end = s.before(i)
	s.nodes = s.nodes[:i]
	if s.parts != nil {
		s.parts = s.parts[:i]
	}
	for len(rest) > 0 || len(updates) > 0 {
		switch {
		case len(updates) == 0 || (len(rest) > 0 && rest[0].hour < updates[0].hour):
			s.push(rest[0])
			rest = rest[1:]
		default:
			if len(rest) > 0 && rest[0].hour == updates[0].hour {
				rest = rest[1:]
			}
			s.push(updates[0])
			updates = updates[1:]
		}
	}
}

// push adds an hour at the end.
func (s *Series) push(u update) {
	if u.packed == "" {
		return
	}
	fractional := s.end.good.part != 0 || s.end.total.part != 0
	if fractional && s.parts == nil {
		s.parts = make([]parts, len(s.nodes))
	}
	s.nodes = append(s.nodes, node{
		total: s.end.total.whole, good: s.end.good.whole, counts: s.end.counts, hour: u.hour, packed: u.packed,
	})
	if s.parts != nil {
		s.parts = append(s.parts, parts{total: s.end.total.part, good: s.end.good.part})
	}
	s.end = s.end.plus(u.sum)
}

func (n *node) start() int64 { return int64(n.hour) * HourSeconds }

func (n *node) answered() uint32 {
	return n.counts[StateMeasured-1] + n.counts[StateNoTraffic-1]
}

func (n *node) decoder() decoder {
	return newStringDecoder(n.start(), n.packed[:len(n.packed)-checksumBytes])
}

func (h *Hour) update() update {
	u := update{hour: int32(h.start / HourSeconds)}
	h.Each(func(b Bucket) bool { u.sum.addBucket(b); return true })
	if u.sum != (tally{}) {
		u.packed = string(h.Chunk().Packed)
	}
	return u
}

// update checks the chunk completely and sums it up.
func (c Chunk) update() (update, error) {
	if err := c.verify(); err != nil {
		return update{}, err
	}
	u := update{hour: int32(c.Hour / HourSeconds)}
	packed := string(c.Packed)
	d := newStringDecoder(c.Hour, packed[:len(packed)-checksumBytes])
	for d.next() {
		u.sum.addBucket(d.bucket)
	}
	if d.err != nil {
		return update{}, fmt.Errorf("hour at %d: %w", c.Hour, d.err)
	}
	if u.sum != (tally{}) {
		u.packed = packed
	}
	return u, nil
}

func alignUp(at int64) int64 {
	return at + ((StepSeconds-at%StepSeconds)%StepSeconds+StepSeconds)%StepSeconds
}
