package evaluate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/burnline/grafana-slo-app/pkg/source"
)

func TestSpansAreASetOfMinutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s spans
		var model [40]bool
		for range rapid.IntRange(0, 15).Draw(t, "steps") {
			from := rapid.Int64Range(0, 39).Draw(t, "from")
			each := span{from, rapid.Int64Range(from, 40).Draw(t, "to")}
			add := rapid.Bool().Draw(t, "add")
			if add {
				s = s.add(each)
			} else {
				s = s.remove(each)
			}
			for i := each.from; i < each.to; i++ {
				model[i] = add
			}
		}
		for i := range int64(len(model)) {
			in := false
			for _, each := range s {
				in = in || each.from <= i && i < each.to
			}
			require.Equal(t, model[i], in)
		}
		for i := 1; i < len(s); i++ {
			require.Less(t, s[i-1].from, s[i-1].to)
			require.Less(t, s[i-1].to, s[i].from)
		}
	})
}

func TestAfterAFailureLessIsAskedAndAfterASuccessMore(t *testing.T) {
	limit := &source.Error{Kind: source.KindLimit}
	x := newTracker(definition("a"), 360_000, 360_000)
	require.Equal(t, span{356_400, 360_000}, x.gapWanted(1<<60))
	x.shrink(limit)
	require.Equal(t, int64(1800), x.chunk)
	for range 10 {
		x.shrink(limit)
	}
	require.Equal(t, leastChunk, x.chunk)
	x.shrink(&source.Error{Kind: source.KindDenied})
	for range 20 {
		x.readGap(x.gapWanted(1<<60), int64(24*time.Hour/time.Second), nil)
	}
	require.Equal(t, int64(86_400), x.chunk)
	require.True(t, x.backfill.empty())
	require.Equal(t, 1.0, x.progress())
}

func TestASourceThatAsksForAPauseGetsIt(t *testing.T) {
	f := newFeed(t.Context(), definition("a").Source, Config{MinBackoff: time.Second, MaxBackoff: time.Minute})
	now := time.Now()
	require.True(t, f.failed(&source.Error{Kind: source.KindRateLimited, RetryAfter: time.Hour}, now))
	require.False(t, f.room(true, now.Add(59*time.Minute), 4))
	require.True(t, f.room(true, now.Add(time.Hour), 4))
	f.inFlight = 1
	require.False(t, f.room(true, now.Add(time.Hour), 4), "one reading is enough to find out")
	f.inFlight = 0
	require.True(t, f.succeeded())
	for n := range tripAfter {
		require.Equal(t, n+1 == tripAfter, f.failed(&source.Error{Kind: source.KindServerError}, now), "only a row of failures means the whole source")
	}
}
