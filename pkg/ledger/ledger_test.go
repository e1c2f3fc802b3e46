package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(killedWriterPath); path != "" {
		appendUntilKilled(path)
		return
	}
	if path := os.Getenv(killedDocumentsPath); path != "" {
		putUntilKilled(path)
		return
	}
	goleak.VerifyTestMain(m)
}

// epoch is a round moment that tests count from: Monday, 2026-06-01 00:00 UTC.
const epoch = int64(1780272000)

var key = budget.Key{SLO: "checkout-availability"}

func newWriter(t testing.TB) *SQLite {
	t.Helper()
	return openWriter(t, filepath.Join(t.TempDir(), "ledger.db"))
}

func openWriter(t testing.TB, path string) *SQLite {
	t.Helper()
	w, err := OpenWriter(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

func openReader(t testing.TB, path string) *SQLiteReader {
	t.Helper()
	r, err := OpenReader(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

func minutes(from, n int) []budget.Bucket {
	out := make([]budget.Bucket, n)
	for i := range out {
		minute := from + i
		total := float64(1000 + minute%97)
		out[i] = budget.Bucket{Start: epoch + int64(minute)*60, Good: total - float64(minute%3), Total: total, State: budget.StateMeasured}
	}
	return out
}

func appendTo(t testing.TB, w Writer, key budget.Key, buckets ...budget.Bucket) {
	t.Helper()
	require.NoError(t, w.Append(context.Background(), []Batch{{Key: key, Buckets: buckets}}))
}

// requireSeries checks what a reader knows of a key, bucket by bucket.
func requireSeries(t testing.TB, r Reader, key budget.Key, want []budget.Bucket) {
	t.Helper()
	got, err := r.Series(context.Background(), key)
	require.NoError(t, err)
	require.Equal(t, budget.NewSeries(want...).Chunks(), got.Chunks())
}

func snapshot(t testing.TB, r Reader) Snapshot {
	t.Helper()
	s, err := r.Snapshot(context.Background())
	require.NoError(t, err)
	return s
}

func definition(id string) slo.Definition {
	return slo.Definition{ID: id, Name: id, DisplayName: "The " + id, Service: "shop", Target: slo.MustFraction("0.9995"),
		Window: slo.Window{Duration: 30 * 24 * time.Hour, Text: "30d"}, Labels: map[string]string{"team": "a"}}
}

func TestBucketsAreReadAsTheyWereWritten(t *testing.T) {
	w := newWriter(t)
	r := openReader(t, w.path)
	appendTo(t, w, key, minutes(0, 200)...)
	requireSeries(t, w, key, minutes(0, 200))
	requireSeries(t, r, key, minutes(0, 200))

	appendTo(t, w, key, minutes(200, 1)...)
	requireSeries(t, r, key, minutes(0, 201))
	appendTo(t, w, key, minutes(-5000, 5000)...)
	requireSeries(t, r, key, minutes(-5000, 5201))
	requireSeries(t, w, budget.Key{SLO: key.SLO, Group: `{region="eu"}`}, nil)
	require.NoError(t, w.Check(context.Background()))
}

func TestEverythingIsThereAfterAReopening(t *testing.T) {
	w := newWriter(t)
	ctx := context.Background()
	appendTo(t, w, key, minutes(0, 100)...)
	require.NoError(t, w.SetDefinitions(ctx, []slo.Definition{definition("a")}, time.Unix(epoch, 0)))
	before := snapshot(t, w)
	require.NoError(t, w.Close())
	require.NoFileExists(t, w.path+"-wal", "the last to close clears the log away")

	r := openReader(t, w.path)
	requireSeries(t, r, key, minutes(0, 100))
	w = openWriter(t, w.path)
	requireSeries(t, w, key, minutes(0, 100))
	require.Equal(t, before, snapshot(t, w))
	appendTo(t, w, key, minutes(100, 10)...)
	requireSeries(t, r, key, minutes(0, 110))
}

func TestAnyOrderOfBatchesGivesTheSameLedger(t *testing.T) {
	w := newWriter(t)
	r := openReader(t, w.path)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		keys := []budget.Key{{SLO: fmt.Sprintf("slo-%d", n)}, {SLO: fmt.Sprintf("slo-%d", n), Group: "g"}}
		want := map[budget.Key]*budget.Series{keys[0]: budget.NewSeries(), keys[1]: budget.NewSeries()}
		for range rapid.IntRange(1, 6).Draw(t, "appends") {
			var batches []Batch
			for range rapid.IntRange(1, 3).Draw(t, "batches") {
				batch := Batch{Key: rapid.SampledFrom(keys).Draw(t, "key")}
				for range rapid.IntRange(0, 20).Draw(t, "buckets") {
					b := budget.Bucket{
						Start: epoch + 60*int64(rapid.IntRange(0, 300).Draw(t, "minute")),
						State: budget.State(rapid.IntRange(0, budget.States-1).Draw(t, "state")),
					}
					if b.State == budget.StateMeasured {
						b.Total = rapid.Float64Range(0.5, 5000).Draw(t, "total")
						b.Good = b.Total * rapid.Float64Range(0, 1).Draw(t, "share")
					}
					batch.Buckets = append(batch.Buckets, b)
				}
				batches = append(batches, batch)
				want[batch.Key].Put(batch.Buckets...)
			}
			if err := w.Append(context.Background(), batches); err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "look in between") {
				_, _ = r.Series(context.Background(), keys[0])
			}
			if rapid.IntRange(0, 9).Draw(t, "forget") == 0 {
				w.forgetHot()
			}
		}
		for _, k := range keys {
			for _, reader := range []Reader{w, r} {
				got, err := reader.Series(context.Background(), k)
				if err != nil {
					t.Fatal(err)
				}
				require.Equal(t, want[k].Chunks(), got.Chunks())
			}
		}
	})
	require.NoError(t, w.Check(context.Background()))
}

func TestWritingTheSameAgainChangesNothingButTheHeartbeat(t *testing.T) {
	w := newWriter(t)
	appendTo(t, w, key, minutes(0, 100)...)
	revision, before := w.revision, snapshot(t, w).Heartbeat
	time.Sleep(2 * time.Millisecond)
	appendTo(t, w, key, minutes(0, 100)...)
	require.Equal(t, revision, w.revision)
	require.Greater(t, snapshot(t, w).Heartbeat, before)
}

func TestABadBatchStoresNothingOfTheOthers(t *testing.T) {
	w := newWriter(t)
	good := Batch{Key: key, Buckets: minutes(0, 10)}
	for name, bad := range map[string]Batch{
		"no SLO":       {Buckets: minutes(0, 1)},
		"before 1970":  {Key: key, Buckets: []budget.Bucket{{Start: -60, State: budget.StateNoData}}},
		"after 9999":   {Key: key, Buckets: []budget.Bucket{{Start: 1 << 50, State: budget.StateNoData}}},
		"milliseconds": {Key: key, Buckets: []budget.Bucket{{Start: epoch * 1000, State: budget.StateNoData}}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Error(t, w.Append(context.Background(), []Batch{good, bad}))
			requireSeries(t, w, key, nil)
		})
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, w.Append(cancelled, []Batch{good}), context.Canceled)
	requireSeries(t, w, key, nil)
	appendTo(t, w, key, minutes(0, 10)...)
	requireSeries(t, w, key, minutes(0, 10))
}

func TestTheCatalogueKeepsWhatVanishes(t *testing.T) {
	w := newWriter(t)
	r := openReader(t, w.path)
	ctx := context.Background()
	day := time.Unix(epoch, 0).UTC()
	a, b := definition("a"), definition("b")
	status := Status{SettledUntil: day, LastError: "down", LastErrorAt: day.Add(time.Minute), Warnings: []string{"partial"}}

	require.NoError(t, w.SetStatus(ctx, map[string]Status{"b": status, "later": status}))
	require.NoError(t, w.SetDefinitions(ctx, []slo.Definition{b, a}, day))
	require.Equal(t, []Entry{{Definition: a}, {Definition: b, Status: status}}, snapshot(t, r).Entries)

	appendTo(t, w, budget.Key{SLO: "b"}, minutes(0, 10)...)
	require.NoError(t, w.SetDefinitions(ctx, []slo.Definition{a}, day.Add(time.Hour)))
	require.Equal(t, []Entry{{Definition: a}, {Definition: b, Status: status, Removed: day.Add(time.Hour)}}, snapshot(t, r).Entries)
	require.NoError(t, w.SetDefinitions(ctx, []slo.Definition{a}, day.Add(2*time.Hour)))
	require.Equal(t, day.Add(time.Hour), snapshot(t, r).Entries[1].Removed, "the first removal counts")

	b.Description = "is back"
	require.NoError(t, w.SetDefinitions(ctx, []slo.Definition{a, b}, day.Add(3*time.Hour)))
	require.Equal(t, []Entry{{Definition: a}, {Definition: b, Status: status}}, snapshot(t, r).Entries)
	requireSeries(t, r, budget.Key{SLO: "b"}, minutes(0, 10))

	problems := []slo.Problem{{Position: slo.Position{File: "x.yaml", Line: 3}, Severity: slo.SeverityError, Message: "no target"}}
	require.NoError(t, w.SetProblems(ctx, problems))
	require.Equal(t, problems, snapshot(t, r).Problems)
	require.NoError(t, w.SetProblems(ctx, nil))
	require.Empty(t, snapshot(t, r).Problems)
}

func TestAReaderWaitsForTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "ledger.db")
	r := openReader(t, path)
	s := snapshot(t, r)
	require.Contains(t, s.Missing, path)
	require.Empty(t, s.Entries)
	requireSeries(t, r, key, nil)

	w := openWriter(t, path)
	require.Empty(t, snapshot(t, r).Missing)
	require.True(t, snapshot(t, r).Heartbeat.IsZero())
	appendTo(t, w, key, minutes(0, 5)...)
	requireSeries(t, r, key, minutes(0, 5))
	require.WithinDuration(t, time.Now(), snapshot(t, r).Heartbeat, time.Minute)
}

func TestAReaderFollowsALedgerThatIsMovedAsideAndStartedAnew(t *testing.T) {
	w := newWriter(t)
	r := openReader(t, w.path)
	appendTo(t, w, key, minutes(0, 5)...)
	requireSeries(t, r, key, minutes(0, 5))
	require.NoError(t, w.Close())
	require.NoError(t, os.Rename(w.path, w.path+".old"))
	require.NotEmpty(t, snapshot(t, r).Missing)
	for _, suffix := range []string{"-wal", "-shm"} {
		_ = os.Rename(w.path+suffix, w.path+".old"+suffix)
	}

	w = openWriter(t, w.path)
	appendTo(t, w, key, minutes(100, 5)...)
	requireSeries(t, r, key, minutes(100, 5))
}

func TestTwoWritersDoNotLoseEachOthersBuckets(t *testing.T) {
	first := newWriter(t)
	second := openWriter(t, first.path)
	for i := range 20 {
		appendTo(t, first, key, minutes(2*i, 1)...)
		appendTo(t, second, key, minutes(2*i+1, 1)...)
	}
	requireSeries(t, first, key, minutes(0, 40))
}

func TestOnlyOneProcessHoldsTheLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	lock, err := AcquireLock(dir)
	require.NoError(t, err)
	_, err = AcquireLock(dir)
	require.ErrorIs(t, err, ErrLocked)
	require.ErrorContains(t, err, fmt.Sprintf("process %d", os.Getpid()))
	require.NoError(t, lock.Release())
	lock, err = AcquireLock(dir)
	require.NoError(t, err)
	require.NoError(t, lock.Release())
}

func TestAClosedStoreSaysSo(t *testing.T) {
	w, err := OpenWriter(filepath.Join(t.TempDir(), "ledger.db"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, w.Close())
	require.ErrorIs(t, w.Append(context.Background(), nil), ErrClosed)
	require.ErrorIs(t, w.Compact(context.Background()), ErrClosed)
	_, err = w.Snapshot(context.Background())
	require.ErrorIs(t, err, ErrClosed)
}

func TestANewLedgerOpensAtOnce(t *testing.T) {
	start := time.Now()
	newWriter(t)
	t.Logf("opened in %v", time.Since(start))
	require.Less(t, time.Since(start), time.Second)
}

func TestReadersWorkWhileTheWriterWrites(t *testing.T) {
	w := newWriter(t)
	r := openReader(t, w.path)
	done := make(chan error, 1)
	go func() {
		for i := range 300 {
			if err := w.Append(context.Background(), []Batch{{Key: key, Buckets: minutes(i, 1)}}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	readers := make(chan error, 4)
	stop := make(chan struct{})
	for range cap(readers) {
		go func() {
			seen := int64(0)
			for {
				select {
				case <-stop:
					readers <- nil
					return
				default:
				}
				s, err := r.Series(context.Background(), key)
				if err != nil {
					readers <- err
					return
				}
				n := s.Sum(0, epoch+1000000).Buckets[budget.StateMeasured]
				if n < seen {
					readers <- fmt.Errorf("saw %d buckets after %d", n, seen)
					return
				}
				seen = n
			}
		}()
	}
	require.NoError(t, <-done)
	close(stop)
	for range cap(readers) {
		require.NoError(t, <-readers)
	}
	requireSeries(t, r, key, minutes(0, 300))
}

// realistic is a minute of an SLO with a daily rhythm, noise and some errors.
func realistic(random *rand.Rand, slo, minute int) budget.Bucket {
	base := 200 + 37*float64(slo%60)
	total := base * (1 + 0.6*dayWave(minute)) * (0.95 + 0.1*random.Float64())
	b := budget.Bucket{Start: epoch + int64(minute)*60, Total: float64(int(total)), State: budget.StateMeasured}
	b.Good = b.Total
	if random.IntN(2) == 0 {
		b.Good -= float64(random.IntN(4))
	}
	return b
}

// dayWave is a triangle between -1 and 1 over a day.
func dayWave(minute int) float64 {
	phase := float64((minute%1440+1440)%1440) / 1440
	if phase < 0.5 {
		return 4*phase - 1
	}
	return 3 - 4*phase
}
