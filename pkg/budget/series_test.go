package budget

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// epoch is a round moment that tests count from: Monday, 2026-06-01 00:00 UTC.
const epoch = int64(1780272000)

func bucketAt(minute int, good, total float64) Bucket {
	return Bucket{Start: epoch + int64(minute)*StepSeconds, Good: good, Total: total, State: StateMeasured}
}

// wholeBucket draws any valid bucket of a span of minutes with whole counts.
func wholeBucket(minutes int) *rapid.Generator[Bucket] {
	return rapid.Custom(func(t *rapid.T) Bucket {
		b := Bucket{
			Start: epoch + int64(rapid.IntRange(0, minutes-1).Draw(t, "minute"))*StepSeconds,
			State: State(rapid.IntRange(1, States-1).Draw(t, "state")),
		}
		if b.State == StateMeasured {
			total := rapid.Int64Range(1, 1<<40).Draw(t, "total")
			b.Total = float64(total)
			b.Good = float64(rapid.Int64Range(0, total).Draw(t, "good"))
		}
		return b
	})
}

// anyBucket draws valid buckets with whole and fractional counts.
func anyBucket(minutes int) *rapid.Generator[Bucket] {
	whole := wholeBucket(minutes)
	return rapid.Custom(func(t *rapid.T) Bucket {
		b := whole.Draw(t, "bucket")
		if b.State == StateMeasured && rapid.Bool().Draw(t, "fractional") {
			b.Total = rapid.Float64Range(1e-6, 1e6).Draw(t, "total")
			b.Good = b.Total * rapid.Float64Range(0, 1).Draw(t, "share")
		}
		return b
	})
}

func buckets(s *Series) []Bucket {
	var out []Bucket
	s.each(func(b Bucket) bool { out = append(out, b); return true })
	return out
}

// naive adds up by hand what Sum must give.
func naive(all map[int64]Bucket, from, to int64) Totals {
	var t Totals
	for at := from; at < to; at += StepSeconds {
		b := all[at]
		t.Good += b.Good
		t.Total += b.Total
		t.Buckets[b.State]++
	}
	return t
}

const span = 5 * 60

func drawSpan(t *rapid.T) (from, mid, to int64) {
	a := rapid.IntRange(-70, span+70).Draw(t, "from")
	b := rapid.IntRange(a, span+70).Draw(t, "mid")
	c := rapid.IntRange(b, span+70).Draw(t, "to")
	at := func(m int) int64 { return epoch + int64(m)*StepSeconds }
	return at(a), at(b), at(c)
}

func TestSumEqualsAddingUpBucketByBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.SliceOfN(wholeBucket(span), 0, 200).Draw(t, "buckets")
		all := map[int64]Bucket{}
		for _, b := range drawn {
			all[b.Start] = b
		}
		s := NewSeries(drawn...)
		from, _, to := drawSpan(t)
		require.Equal(t, naive(all, from, to), s.Sum(from, to))
	})
}

func TestSplittingAWindowAnywhereGivesTheSameSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewSeries(rapid.SliceOfN(wholeBucket(span), 0, 200).Draw(t, "buckets")...)
		from, mid, to := drawSpan(t)
		require.Equal(t, s.Sum(from, to), s.Sum(from, mid).Add(s.Sum(mid, to)))
	})
}

func TestSplittingAWindowOfFractionalCountsIsExactInsideAndWithinTheLastPlaceOutside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewSeries(rapid.SliceOfN(anyBucket(span), 0, 200).Draw(t, "buckets")...)
		from, mid, to := drawSpan(t)
		exact := s.cumulate(to).minus(s.cumulate(from))
		parts := s.cumulate(mid).minus(s.cumulate(from)).plus(s.cumulate(to).minus(s.cumulate(mid)))
		require.Equal(t, exact, parts)
		sum, split := s.Sum(from, to), s.Sum(from, mid).Add(s.Sum(mid, to))
		require.InDelta(t, sum.Good, split.Good, sum.Good*3e-16)
		require.InDelta(t, sum.Total, split.Total, sum.Total*3e-16)
		require.Equal(t, sum.Buckets, split.Buckets)
	})
}

func TestFractionalSumsAreWithinAThirtySecondBinaryPlaceOfEachBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.SliceOfN(anyBucket(span), 0, 200).Draw(t, "buckets")
		s := NewSeries(drawn...)
		var want float64
		n := 0
		s.each(func(b Bucket) bool { want += b.Bad(); n++; return true })
		got := s.Sum(epoch, epoch+span*StepSeconds)
		require.InDelta(t, want, got.Bad(), float64(n)*2/partsPerEvent+got.Total*1e-15)
	})
}

func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unique := rapid.SliceOfNDistinct(anyBucket(span), 0, 100, func(b Bucket) int64 { return b.Start })
		drawn := unique.Draw(t, "buckets")
		shuffled := rapid.Permutation(drawn).Draw(t, "shuffled")
		all := NewSeries(drawn...)
		single := NewSeries()
		for _, b := range shuffled {
			single.Put(b)
		}
		require.Equal(t, all.Chunks(), single.Chunks())
		from, _, to := drawSpan(t)
		require.Equal(t, all.Sum(from, to), single.Sum(from, to))
	})
}

func TestWritingTwiceIsWritingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.SliceOfN(anyBucket(span), 0, 100).Draw(t, "buckets")
		once, twice := NewSeries(drawn...), NewSeries(drawn...)
		twice.Put(drawn...)
		require.Equal(t, once, twice)
	})
}

func TestMergingIsAssociative(t *testing.T) {
	merged := func(a, b *Series) *Series {
		out := a.Clone()
		out.Merge(b)
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) *Series {
			return NewSeries(rapid.SliceOfN(anyBucket(span), 0, 60).Draw(t, name)...)
		}
		a, b, c := draw("a"), draw("b"), draw("c")
		left, right := merged(merged(a, b), c), merged(a, merged(b, c))
		require.Equal(t, left.Chunks(), right.Chunks())
		require.Equal(t, left.end, right.end)
	})
}

func TestExclusionEqualsAbsence(t *testing.T) {
	objective := sample("0.999", 4*time.Hour)
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.SliceOfNDistinct(anyBucket(span), 1, 100, func(b Bucket) int64 { return b.Start }).Draw(t, "buckets")
		excluded, absent := NewSeries(), NewSeries()
		for i, b := range drawn {
			if i%3 == 0 {
				excluded.Put(Bucket{Start: b.Start, State: StateExcluded})
				continue
			}
			excluded.Put(b)
			absent.Put(b)
		}
		at := time.Unix(epoch+span*StepSeconds, 0)
		with, without := excluded.Report(objective, at), absent.Report(objective, at)
		require.Equal(t, without.Total, with.Total)
		require.Equal(t, without.Good, with.Good)
		require.Equal(t, without.Remaining, with.Remaining)
		require.Equal(t, excluded.BurnRate(objective, at, time.Hour).Rate, absent.BurnRate(objective, at, time.Hour).Rate)
	})
}

func TestBucketsComeBackAsTheyWentIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.SliceOfN(anyBucket(span), 0, 200).Draw(t, "buckets")
		all := map[int64]Bucket{}
		for _, b := range drawn {
			all[b.Start] = b
		}
		got := buckets(NewSeries(drawn...))
		require.Len(t, got, len(all))
		for i, b := range got {
			require.Equal(t, all[b.Start], b)
			require.True(t, i == 0 || got[i-1].Start < b.Start)
		}
	})
}

func TestACloneDoesNotSeeLaterChangesAndDoesNotMakeAny(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewSeries(rapid.SliceOfN(anyBucket(span), 0, 60).Draw(t, "before")...)
		before := buckets(s)
		clone := s.Clone()
		clone.Put(rapid.SliceOfN(anyBucket(span), 1, 60).Draw(t, "into the clone")...)
		require.Equal(t, before, buckets(s))
		changed := buckets(clone)
		s.Put(rapid.SliceOfN(anyBucket(span), 1, 60).Draw(t, "into the original")...)
		require.Equal(t, changed, buckets(clone))
	})
}

func TestChunksCarryASeriesWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewSeries(rapid.SliceOfN(anyBucket(span), 0, 200).Draw(t, "buckets")...)
		back, err := SeriesOf(rapid.Permutation(s.Chunks()).Draw(t, "chunks"))
		require.NoError(t, err)
		require.Equal(t, s.Chunks(), back.Chunks())
		require.Equal(t, s.end, back.end)
	})
}

func TestUnknownBucketsAreRemoved(t *testing.T) {
	s := NewSeries(bucketAt(0, 9, 10), bucketAt(1, 10, 10), bucketAt(90, 5.5, 6))
	s.Put(Bucket{Start: epoch + 60}, Bucket{Start: epoch + 90*60}, Bucket{Start: epoch + 7200})
	require.Equal(t, []Bucket{bucketAt(0, 9, 10)}, buckets(s))
	require.Len(t, s.Chunks(), 1)
	s.Put(Bucket{Start: epoch})
	require.Empty(t, buckets(s))
	require.Equal(t, Totals{Buckets: [States]int64{60}}, s.Sum(epoch, epoch+3600))
}

func TestBoundsAndTheNewestAnswer(t *testing.T) {
	s := NewSeries()
	_, _, ok := s.Bounds()
	require.False(t, ok)
	_, ok = s.LastMeasured()
	require.False(t, ok)

	s.Put(Bucket{Start: epoch + 60, State: StateNoData})
	_, ok = s.LastMeasured()
	require.False(t, ok, "no data is no answer")

	s.Put(bucketAt(3, 1, 1), Bucket{Start: epoch + 5*60, State: StateNoTraffic},
		Bucket{Start: epoch + 500*60, State: StateSourceError}, Bucket{Start: epoch + 900*60, State: StateExcluded})
	first, end, ok := s.Bounds()
	require.True(t, ok)
	require.Equal(t, epoch+60, first)
	require.Equal(t, epoch+901*60, end)
	last, ok := s.LastMeasured()
	require.True(t, ok)
	require.Equal(t, epoch+6*60, last)
	last, _ = s.lastAnswered(epoch + 4*60)
	require.Equal(t, epoch+4*60, last)
	_, ok = s.lastAnswered(epoch + 3*60)
	require.False(t, ok)
}

func TestCountsThatAreNoNumbersBecomeNoDataAndNeverPoisonASum(t *testing.T) {
	cases := map[string]struct{ in, want Bucket }{
		"not a number":                 {bucketAt(0, math.NaN(), 5), Bucket{Start: epoch, State: StateNoData}},
		"a total that is not a number": {bucketAt(0, 0, math.NaN()), Bucket{Start: epoch, State: StateNoData}},
		"an infinite total":            {bucketAt(0, 0, math.Inf(1)), Bucket{Start: epoch, State: StateNoData}},
		"a negative count":             {bucketAt(0, -1, 5), Bucket{Start: epoch, State: StateNoData}},
		"measured, but no event":       {bucketAt(0, 0, 0), Bucket{Start: epoch, State: StateNoTraffic}},
		"more good than total":         {bucketAt(0, 7, 5), bucketAt(0, 5, 5)},
		"off the grid":                 {Bucket{Start: epoch + 59, State: StateNoTraffic}, Bucket{Start: epoch, State: StateNoTraffic}},
		"an unknown state":             {Bucket{Start: epoch, State: 200, Total: 4}, Bucket{Start: epoch, State: StateNoData}},
		"counts in another state":      {Bucket{Start: epoch, State: StateExcluded, Total: 4}, Bucket{Start: epoch, State: StateExcluded}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if c.in.Total != 0 || c.in.Start != epoch {
				require.Error(t, c.in.Check())
			}
			require.NoError(t, c.want.Check())
			s := NewSeries(c.in)
			require.Equal(t, []Bucket{c.want}, buckets(s))
			require.False(t, math.IsNaN(s.Sum(0, epoch+60).Total))
		})
	}
}

func TestTenYearsOfLargeCountsStillSumExactly(t *testing.T) {
	s := NewSeries()
	var chunks []Chunk
	hour := make([]Bucket, 60)
	const hours = 10 * 365 * 24
	for h := range int64(hours) {
		for i := range hour {
			hour[i] = Bucket{Start: epoch + h*3600 + int64(i)*60, Good: 9e9 + 0.25, Total: 9e9 + 0.75, State: StateMeasured}
		}
		chunks = append(chunks, PackChunk(epoch+h*3600, hour))
	}
	require.NoError(t, s.PutChunks(chunks...))
	end := epoch + hours*3600
	last := s.Sum(end-3600, end)
	require.Equal(t, 60*(9e9+0.75), last.Total)
	require.Equal(t, 30.0, last.Bad())
	require.Equal(t, float64(hours)*60*(9e9+0.75), s.Sum(0, end).Total)
}
