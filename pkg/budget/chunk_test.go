package budget

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAnHourComesBackAsItWasPacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.SliceOfNDistinct(anyBucket(60), 0, 60, func(b Bucket) int64 { return b.Start }).Draw(t, "buckets")
		got, err := UnpackChunk(PackChunk(epoch, drawn))
		require.NoError(t, err)
		require.ElementsMatch(t, drawn, got)
	})
}

func TestAnOrdinaryMinuteTakesTwoBytesAndABadOneThree(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	hour := make([]Bucket, 60)
	for i := range hour {
		total := 3000 + float64(random.IntN(400))
		hour[i] = bucketAt(i, total, total)
	}
	require.LessOrEqual(t, len(PackChunk(epoch, hour).Packed), 60*2+8)
	for i := range hour {
		hour[i].Good -= float64(1 + random.IntN(100))
	}
	require.LessOrEqual(t, len(PackChunk(epoch, hour).Packed), 60*3+8)
}

func TestStatesTakeNoRoomInRuns(t *testing.T) {
	hour := make([]Bucket, 60)
	for i := range hour {
		hour[i] = Bucket{Start: epoch + int64(i)*60, State: StateNoTraffic}
	}
	require.Len(t, PackChunk(epoch, hour).Packed, 1+2+4)
}

func TestDamagedChunksAreErrorsAndChangeNothing(t *testing.T) {
	good := PackChunk(epoch, []Bucket{bucketAt(0, 9, 10), bucketAt(1, 10, 10), bucketAt(2, 9.5, 10.5)})
	cases := map[string]Chunk{
		"empty":               {Hour: epoch},
		"another hour":        {Hour: epoch + 3600, Packed: good.Packed},
		"not an hour's start": {Hour: epoch + 60, Packed: good.Packed},
		"cut":                 {Hour: epoch, Packed: good.Packed[:len(good.Packed)-1]},
		"a newer version":     {Hour: epoch, Packed: append([]byte{0x20}, good.Packed[1:]...)},
		"far too long":        {Hour: epoch, Packed: make([]byte, maxPackedLength+1)},
	}
	for i := range good.Packed {
		flipped := append([]byte(nil), good.Packed...)
		flipped[i] ^= 0x10
		cases["a flipped bit at "+string(rune('a'+i))] = Chunk{Hour: epoch, Packed: flipped}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := UnpackChunk(c)
			require.ErrorIs(t, err, ErrChunk)
			s := NewSeries(bucketAt(0, 1, 1))
			before := s.Chunks()
			require.ErrorIs(t, s.PutChunks(PackChunk(epoch+7200, nil), c), ErrChunk)
			require.Equal(t, before, s.Chunks())
		})
	}
}

// FuzzUnpackChunk feeds bodies with a right checksum, so that the decoder itself is reached.
func FuzzUnpackChunk(f *testing.F) {
	seeds := [][]Bucket{
		nil,
		{bucketAt(0, 9, 10), bucketAt(1, 10, 10), bucketAt(59, 0, 1<<53)},
		{bucketAt(3, 9.5, 10.25), {Start: epoch + 600, State: StateExcluded}},
	}
	for _, s := range seeds {
		packed := PackChunk(epoch, s).Packed
		f.Add(packed[:len(packed)-checksumBytes])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		sum := checksum(epoch, body)
		packed := append(append([]byte(nil), body...), byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24))
		got, err := UnpackChunk(Chunk{Hour: epoch, Packed: packed})
		if err != nil {
			require.ErrorIs(t, err, ErrChunk)
			return
		}
		for i, b := range got {
			require.NoError(t, b.Check())
			require.True(t, i == 0 || got[i-1].Start < b.Start)
			require.Equal(t, epoch, HourOf(b.Start))
		}
		again, err := UnpackChunk(PackChunk(epoch, got))
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}
