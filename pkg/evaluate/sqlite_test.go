package evaluate

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/dskit/services"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// TestTheRealLedgerHoldsWhatWasRead is the one test here in real time, with the real store.
func TestTheRealLedgerHoldsWhatWasRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	for range 2 { // the second run finds everything there
		store, err := ledger.OpenWriter(path)
		require.NoError(t, err)
		w := &world{now: time.Now}
		e, err := New(Config{
			Store: store, Definitions: newShelf(definition("a"), definition("b")), Logger: slog.New(slog.DiscardHandler),
			Sources: func(slo.SourceRef) (Source, error) { return w, nil },
		})
		require.NoError(t, err)
		require.NoError(t, services.StartAndAwaitRunning(context.Background(), e))
		require.Eventually(t, func() bool {
			snapshot, err := store.Snapshot(t.Context())
			require.NoError(t, err)
			for _, entry := range snapshot.Entries {
				if s := entry.Status; s.BackfillFrom.IsZero() || s.BackfilledTo.After(s.BackfillFrom) {
					return false
				}
			}
			return len(snapshot.Entries) == 2
		}, 20*time.Second, 50*time.Millisecond)
		require.NoError(t, services.StopAndAwaitTerminated(context.Background(), e))
		for _, id := range []string{"a", "b"} {
			series, err := store.Series(t.Context(), budget.Key{SLO: id})
			require.NoError(t, err)
			first, end, ok := series.Bounds()
			require.True(t, ok)
			require.GreaterOrEqual(t, end-first, int64(6*3600))
			series.Each(first, end, func(b budget.Bucket) bool {
				require.Equal(t, truth(b.Start), b)
				return true
			})
		}
		require.NoError(t, store.Close())
	}
}
