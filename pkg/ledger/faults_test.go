package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "ledger.db") }

// filled is the path of a closed ledger with some weeks of two SLOs in it.
func filled(t *testing.T) string {
	t.Helper()
	path := newPath(t)
	w, err := OpenWriter(path)
	require.NoError(t, err)
	appendTo(t, w, key, minutes(0, 20_000)...)
	appendTo(t, w, budget.Key{SLO: "other"}, minutes(0, 20_000)...)
	require.NoError(t, w.Close())
	return path
}

func TestADamagedLedgerIsRefusedWithARemedyAndLeftAsItIs(t *testing.T) {
	overwrite := func(t *testing.T, path string, at int64, text string) {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = file.WriteAt([]byte(text), at)
		require.NoError(t, err)
		require.NoError(t, file.Close())
	}
	cases := map[string]func(t *testing.T, path string){
		"emptied":               func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 0)) },
		"cut inside its header": func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 50)) },
		"cut in half": func(t *testing.T, path string) {
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.NoError(t, os.Truncate(path, info.Size()/2))
		},
		"cut by one byte": func(t *testing.T, path string) {
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.NoError(t, os.Truncate(path, info.Size()-1))
		},
		"not a database":         func(t *testing.T, path string) { overwrite(t, path, 0, "<html>not here</html>") },
		"overwritten pages":      func(t *testing.T, path string) { overwrite(t, path, 8192, strings.Repeat("garbage!", 3000)) },
		"an overwritten schema":  func(t *testing.T, path string) { overwrite(t, path, 100, strings.Repeat("\xff", 800)) },
		"a log without a ledger": func(t *testing.T, path string) { require.NoError(t, os.Rename(path, path+"-wal")) },
		"some other database": func(t *testing.T, path string) {
			require.NoError(t, os.Remove(path))
			db, err := sql.Open("sqlite", path)
			require.NoError(t, err)
			_, err = db.Exec("CREATE TABLE recipes (name TEXT)")
			require.NoError(t, err)
			require.NoError(t, db.Close())
		},
	}
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			path := filled(t)
			damage(t, path)
			before, errBefore := os.ReadFile(path)

			_, err := OpenWriter(path)
			require.ErrorIs(t, err, ErrDamaged)
			require.ErrorContains(t, err, path)
			require.Regexp(t, "move (it|this file) aside", err.Error())

			after, errAfter := os.ReadFile(path)
			require.Equal(t, errBefore == nil, errAfter == nil, "no new file takes its place")
			require.True(t, bytes.Equal(before, after), "the damaged file is left as it is")
			if errBefore == nil && name != "overwritten pages" { // a reader finds those when it comes to them
				r := openReader(t, path)
				_, err = r.Snapshot(context.Background())
				require.ErrorIs(t, err, ErrDamaged)
				require.ErrorContains(t, err, path)
			}
		})
	}
}

func TestChangedBytesInsideABucketAreFoundByTheirChecksum(t *testing.T) {
	path := filled(t)
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec("UPDATE chunk SET packed = cast(substr(packed, 1, 20) || x'07' || substr(packed, 22) AS BLOB) WHERE series = 1 AND hour % 100 = 7")
	require.NoError(t, err)
	require.NoError(t, db.Close())

	w := openWriter(t, path)
	require.ErrorIs(t, w.Check(context.Background()), ErrDamaged)
	_, err = w.Series(context.Background(), key)
	require.ErrorIs(t, err, ErrDamaged)
	require.ErrorContains(t, err, key.SLO)
	requireSeries(t, w, budget.Key{SLO: "other"}, minutes(0, 20_000))
}

func TestALedgerOfANewerVersionIsRefused(t *testing.T) {
	path := filled(t)
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)")
	require.NoError(t, err)
	require.NoError(t, db.Close())

	_, err = OpenWriter(path)
	require.ErrorIs(t, err, ErrNewer)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "update the plugin")
	_, err = openReader(t, path).Snapshot(context.Background())
	require.ErrorIs(t, err, ErrNewer)
}

func TestAReaderOfAnOlderVersionWaitsForTheWriterToUpdateIt(t *testing.T) {
	path := filled(t)
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec("UPDATE goose_db_version SET version_id = version_id - 1")
	require.NoError(t, err)
	r := openReader(t, path)
	require.Contains(t, snapshot(t, r).Missing, "older version")
	requireSeries(t, r, key, nil)

	_, err = db.Exec("UPDATE goose_db_version SET version_id = version_id + 1")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	requireSeries(t, r, key, minutes(0, 20_000))
}

func TestAPathThatIsAFolderIsRefused(t *testing.T) {
	_, err := OpenWriter(t.TempDir())
	require.ErrorIs(t, err, ErrDamaged)
	_, err = OpenReader(t.TempDir())
	require.ErrorContains(t, err, "folder")
}

func TestAppendOnAFullDatabaseWritesNothingAndWorksAgainLater(t *testing.T) {
	w := newWriter(t)
	ctx := context.Background()
	appendTo(t, w, key, minutes(0, 60)...)
	var pages int64
	require.NoError(t, w.conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages))
	_, err := w.conn.ExecContext(ctx, "PRAGMA max_page_count = "+itoa(pages+1))
	require.NoError(t, err)

	err = w.Append(ctx, []Batch{{Key: budget.Key{SLO: "other"}, Buckets: minutes(0, 60)}, {Key: key, Buckets: minutes(60, 20_000)}})
	require.ErrorIs(t, err, ErrFull)
	require.ErrorContains(t, err, "free some space")
	requireSeries(t, w, key, minutes(0, 60))
	requireSeries(t, w, budget.Key{SLO: "other"}, nil)

	_, err = w.conn.ExecContext(ctx, "PRAGMA max_page_count = 1000000")
	require.NoError(t, err)
	appendTo(t, w, key, minutes(60, 20_000)...)
	requireSeries(t, w, key, minutes(0, 20_060))
	require.NoError(t, w.Check(ctx))
}

func TestAWriteThatFailsDoesNotTakeWaitingOnesWithIt(t *testing.T) {
	w := newWriter(t)
	ctx := context.Background()
	broken := budget.Key{SLO: "broken"}
	appendTo(t, w, broken, minutes(0, 10)...)
	_, err := w.conn.ExecContext(ctx, "UPDATE chunk SET packed = x'10'")
	require.NoError(t, err)
	w.forgetHot()

	keys := []budget.Key{{SLO: "a"}, broken, {SLO: "b"}, {SLO: "c"}}
	results := make([]chan error, len(keys))
	w.mu.Lock() // so that all of them wait and become one group
	for i, key := range keys {
		results[i] = make(chan error, 1)
		go func() { results[i] <- w.Append(ctx, []Batch{{Key: key, Buckets: minutes(0, 20)}}) }()
	}
	require.Eventually(t, func() bool {
		w.waiting.Lock()
		defer w.waiting.Unlock()
		return len(w.queue) == len(keys)
	}, time.Minute, time.Millisecond)
	w.mu.Unlock()
	for i, key := range keys {
		err := <-results[i]
		if key == broken {
			require.ErrorIs(t, err, ErrDamaged)
			require.ErrorContains(t, err, key.SLO)
			continue
		}
		require.NoError(t, err)
		requireSeries(t, w, key, minutes(0, 20))
	}
}

func TestAReaderNoticesThatAnOlderLedgerWasPutBackInPlace(t *testing.T) {
	w := newWriter(t)
	r := openReader(t, w.path)
	appendTo(t, w, key, minutes(0, 20)...)
	requireSeries(t, r, key, minutes(0, 20))
	_, err := w.conn.ExecContext(context.Background(), "UPDATE head SET revision = 1; DELETE FROM chunk")
	require.NoError(t, err)
	requireSeries(t, r, key, nil)
}

// TestANewLedgerIsBornInWALMode guards the moment between its creation and its first write: switching the mode later
// goes through a rollback journal, and a process killed then leaves a file that nobody may open for reading only.
func TestANewLedgerIsBornInWALMode(t *testing.T) {
	path := newPath(t)
	require.NoError(t, create(t.Context(), path))
	header, err := os.ReadFile(path)
	require.NoError(t, err)
	const writeVersion, readVersion, wal = 18, 19, 2
	require.EqualValues(t, wal, header[writeVersion])
	require.EqualValues(t, wal, header[readVersion])
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	require.Equal(t, []string{path}, left, "its log is written back and gone")
	w, err := OpenWriter(path)
	require.NoError(t, err)
	require.NoError(t, w.Close())
}
