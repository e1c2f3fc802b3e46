package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

const (
	sizeSLOs = 100
	month    = 30 * 24 * 60
)

// TestABucketTakesAtMostSixBytes fills a month of 100 SLOs in the two ways in which it happens, minute
// by minute and backfilled newest first, and measures the whole file.
func TestABucketTakesAtMostSixBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("writes a month of minutes")
	}
	for name, write := range map[string]func(t *testing.T, w *SQLite, month [][]budget.Bucket){
		"minute by minute": appendLive,
		"backfilled":       appendBackfill,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWriter(t)
			_, err := w.conn.ExecContext(context.Background(), "PRAGMA synchronous=OFF") // speed only
			require.NoError(t, err)
			random := rand.New(rand.NewPCG(3, 3))
			all := make([][]budget.Bucket, sizeSLOs)
			for slo := range all {
				for minute := range month {
					all[slo] = append(all[slo], realistic(random, slo, minute))
				}
			}
			write(t, w, all)
			require.NoError(t, w.Checkpoint(context.Background()))
			stats, err := w.Stats(context.Background())
			require.NoError(t, err)
			perBucket := float64(stats.FileBytes) / (sizeSLOs * month)
			t.Logf("%d SLOs, 30 days: %.1f MB, %.2f bytes a bucket", sizeSLOs, float64(stats.FileBytes)/1e6, perBucket)
			require.LessOrEqual(t, perBucket, 6.0)
			require.Equal(t, int64(sizeSLOs*month/60), stats.Chunks)
			requireSeries(t, w, sizeKey(42), all[42])
			require.NoError(t, w.Compact(context.Background()))
			require.NoError(t, w.Checkpoint(context.Background()))
			compacted, err := w.Stats(context.Background())
			require.NoError(t, err)
			t.Logf("compacted: %.2f bytes a bucket", float64(compacted.FileBytes)/(sizeSLOs*month))
			requireSeries(t, w, sizeKey(42), all[42])
		})
	}
}

func sizeKey(slo int) budget.Key {
	return budget.Key{SLO: fmt.Sprintf("team-%d/journey-%d-availability", slo%7, slo)}
}

// appendLive appends as the evaluation does: the newest minute and the two before it again. To be
// quick, only the first day goes minute by minute and the rest in steps of five; a whole month by
// single minutes comes out the same.
func appendLive(t *testing.T, w *SQLite, all [][]budget.Bucket) {
	step := 1
	for at := 0; at < month; at += step {
		if at == 1440 {
			step = 5
		}
		batches := make([]Batch, len(all))
		for slo, buckets := range all {
			batches[slo] = Batch{Key: sizeKey(slo), Buckets: buckets[max(0, at-2):min(month, at+step)]}
		}
		require.NoError(t, w.Append(context.Background(), batches))
	}
}

// appendBackfill appends as a first sight does: each SLO by itself, six hours at a time, newest first,
// with the SLOs taking turns.
func appendBackfill(t *testing.T, w *SQLite, all [][]budget.Bucket) {
	const span = 6 * 60
	for to := month; to > 0; to -= span {
		for slo, buckets := range all {
			appendTo(t, w, sizeKey(slo), buckets[to-span:to]...)
		}
	}
}
