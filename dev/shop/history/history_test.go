package history

import (
	"context"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"testing"

	commonmodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/shop/model"
)

const (
	origin = int64(1_749_945_600) // Sunday, 15 June 2025, 00:00 UTC
	hour   = int64(3600)
)

func world(t *testing.T) *model.World {
	t.Helper()
	w, err := model.New(model.Config{Seed: 1, Origin: origin, Anchor: origin + 48*hour})
	require.NoError(t, err)
	return w
}

func fill(t *testing.T, dir string, until int64) Result {
	t.Helper()
	result, err := Fill(context.Background(), Config{Dir: dir, World: world(t), Until: until, Target: "shop"})
	require.NoError(t, err)
	return result
}

// reference is every sample that the world says there must be.
type reference map[string]map[int64]float64

func name(s *model.Series) string {
	pairs := []string{commonmodel.MetricNameLabel, s.Name, "job", "shop"}
	for _, label := range s.Labels {
		pairs = append(pairs, label.Name, label.Value)
	}
	return labels.FromStrings(pairs...).String()
}

func (r reference) Sample(_ *model.Service, s *model.Series, at int64) {
	key := name(s)
	if r[key] == nil {
		r[key] = map[int64]float64{}
	}
	r[key][at] = s.Value
	if s.Native != nil {
		r[key][at] = float64(s.Native.Count)
	}
}

func (r reference) Gone(*model.Service, *model.Series, int64) {}

// stored is every sample that the blocks hold, staleness markers left out.
func stored(t *testing.T, dir string) (samples reference, markers int) {
	t.Helper()
	// The reader insists on a log.
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "wal"), 0o755))
	db, err := tsdb.OpenDBReadOnly(dir, t.TempDir(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	querier, err := db.Querier(math.MinInt64, math.MaxInt64)
	require.NoError(t, err)
	defer func() { require.NoError(t, querier.Close()) }()
	set := querier.Select(context.Background(), true, &storage.SelectHints{Start: math.MinInt64, End: math.MaxInt64},
		labels.MustNewMatcher(labels.MatchRegexp, commonmodel.MetricNameLabel, "shop_.+"))
	samples = reference{}
	for set.Next() {
		key := set.At().Labels().String()
		samples[key] = map[int64]float64{}
		for it := set.At().Iterator(nil); ; {
			kind := it.Next()
			if kind == chunkenc.ValNone {
				require.NoError(t, it.Err())
				break
			}
			if kind == chunkenc.ValHistogram {
				at, h := it.AtHistogram(nil)
				require.NoError(t, h.Validate())
				samples[key][at/1000] = float64(h.Count)
				continue
			}
			at, v := it.At()
			if value.IsStaleNaN(v) {
				markers++
				continue
			}
			samples[key][at/1000] = v
		}
	}
	require.NoError(t, set.Err())
	return samples, markers
}

func requireSame(t *testing.T, want, got reference) {
	t.Helper()
	require.Len(t, got, len(want))
	for series, samples := range want {
		require.Equal(t, samples, got[series], series)
	}
}

func TestTheBlocksHoldEverySampleOfTheWorld(t *testing.T) {
	dir, until := t.TempDir(), origin+35*hour+45
	result := fill(t, dir, until)
	require.Equal(t, origin+model.TickSeconds, result.From)
	want := reference{}
	world := world(t)
	world.Step(until, want)
	got, markers := stored(t, dir)
	requireSame(t, want, got)
	require.Positive(t, markers, "vanished series must end with a staleness marker")
}

func TestASecondFillContinuesWhereTheBlocksEnd(t *testing.T) {
	dir, first, second := t.TempDir(), origin+7*hour+3*60+15, origin+21*hour+30
	fill(t, dir, first)
	// What Prometheus scraped since is in its log, and in the world.
	for _, log := range []string{"wal", "chunks_head"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, log), 0o755))
	}
	result := fill(t, dir, second)
	require.Equal(t, first+model.TickSeconds, result.From)
	require.NoDirExists(t, filepath.Join(dir, "wal"))
	want := reference{}
	world := world(t)
	world.Step(second, want)
	got, _ := stored(t, dir)
	requireSame(t, want, got)

	require.Zero(t, fill(t, dir, second).Blocks, "nothing is missing now")
}

func TestBlocksDoNotOverlapAndHaveTheSizesOfCompaction(t *testing.T) {
	until := origin + 31*24*hour + 1234*15
	from, previous := origin+model.TickSeconds, origin
	sizes := map[int64]int{}
	for from <= until {
		to := blockEnd(from, until)
		require.Greater(t, to, from)
		require.GreaterOrEqual(t, from, previous)
		require.LessOrEqual(t, to, until+1)
		sizes[(to-from+model.TickSeconds)/hour]++
		previous, from = to, ceilTick(to*1000)
	}
	require.GreaterOrEqual(t, sizes[162], 3)
	for length, count := range sizes {
		if length < 162 && length > 0 {
			require.LessOrEqual(t, count, 3, "%d h", length)
		}
	}
}

func TestADirectoryInUseIsRefused(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(dir)
	require.NoError(t, err)
	defer unlock()
	_, err = Fill(context.Background(), Config{Dir: dir, World: world(t), Until: origin + hour})
	require.ErrorContains(t, err, "in use by a running Prometheus: stop it first")
}
