package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// readConnections bounds the parallel readings of one process.
const readConnections = 4

// reloadHours is the number of changed hours from which a series is read anew as a whole.
const reloadHours = 200

// SQLiteReader reads a ledger file that another process (or another part of this one) writes. It keeps
// what it has read and fetches only what changed since.
type SQLiteReader struct {
	path string

	mu     sync.Mutex
	closed bool
	// db is nil until there is a file; info is the file that it was opened on.
	db   *sql.DB
	info os.FileInfo
	head *sql.Stmt

	// revision is up to where changes are known; catalogue up to where entries are.
	revision, catalogue int64
	series              map[budget.Key]*cached
	byID                map[int64]*cached
	definitions         map[string]*Entry
	snapshot            Snapshot
}

// cached is a series as far as it has been read.
type cached struct {
	mu sync.Mutex
	// id is 0 until the ledger is found to know the series.
	id     int64
	series *budget.Series
	// stale are the hours that changed since; all says that everything must be read. Guarded by SQLiteReader.mu.
	stale []int64
	all   bool
}

// OpenReader opens a ledger for reading. The file need not exist yet: until it does, Snapshot is empty
// and says so, and series are empty.
func OpenReader(path string) (*SQLiteReader, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("ledger %s: it is a folder; give the path of a file", path)
	}
	r := &SQLiteReader{path: path}
	r.forget()
	return r, nil
}

// forget drops all that was read.
func (r *SQLiteReader) forget() {
	r.revision, r.catalogue = 0, 0
	r.series, r.byID = map[budget.Key]*cached{}, map[int64]*cached{}
	r.definitions = map[string]*Entry{}
	r.snapshot = Snapshot{}
}

// Close ends all readings.
func (r *SQLiteReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return r.disconnect()
}

func (r *SQLiteReader) disconnect() error {
	if r.db == nil {
		return nil
	}
	db := r.db
	r.db, r.head = nil, nil
	return db.Close()
}

// connect opens the file, again when another one has taken its place. An absent or unfinished ledger
// is no error: it gives why, in words.
func (r *SQLiteReader) connect(ctx context.Context) (missing string, err error) {
	if r.closed {
		return "", fmt.Errorf("ledger %s: %w", r.path, ErrClosed)
	}
	info, err := os.Stat(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		_ = r.disconnect()
		r.forget()
		return fmt.Sprintf("There is no ledger at %s yet; the evaluation makes it when it starts.", r.path), nil
	}
	if err != nil {
		return "", fmt.Errorf("ledger %s: %w; let the user that Grafana runs as read it", r.path, err)
	}
	if r.db != nil && os.SameFile(info, r.info) {
		return "", nil
	}
	_ = r.disconnect()
	r.forget()
	if err := inspect(r.path); err != nil {
		return "", err
	}
	db, err := openDatabase(r.path, "ro", readerSettings)
	if err != nil {
		return "", err
	}
	db.SetMaxOpenConns(readConnections)
	db.SetMaxIdleConns(readConnections)
	missing, err = readable(ctx, r.path, db)
	if missing != "" || err != nil {
		_ = db.Close()
		return missing, err
	}
	head, err := db.PrepareContext(ctx, "SELECT revision, catalogue, heartbeat FROM head")
	if err != nil {
		_ = db.Close()
		return "", explain(r.path, err)
	}
	r.db, r.info, r.head = db, info, head
	return "", nil
}

// readable compares the schema's version with what this program knows.
func readable(ctx context.Context, path string, db *sql.DB) (missing string, err error) {
	latest, err := latestVersion()
	if err != nil {
		return "", err
	}
	version, err := versionOf(ctx, db)
	switch {
	case err != nil && strings.Contains(err.Error(), "no such table"):
		return "", damaged(path, errors.New("it is a database, but not a ledger"))
	case err != nil:
		return "", explain(path, err)
	case version > latest:
		return "", fmt.Errorf("ledger %s: %w", path, newer(version, latest))
	case version < latest:
		return fmt.Sprintf("The ledger %s is of an older version; the evaluation updates it when it starts.", path), nil
	}
	return "", nil
}

// sync asks for the head and, if anything changed, notes which hours of which known series did.
func (r *SQLiteReader) sync(ctx context.Context) (missing string, err error) {
	missing, err = r.connect(ctx)
	if missing != "" || err != nil {
		return missing, err
	}
	var revision, catalogue, heartbeat int64
	if err := r.head.QueryRowContext(ctx).Scan(&revision, &catalogue, &heartbeat); err != nil {
		return "", explain(r.path, err)
	}
	r.snapshot.Heartbeat = fromMillis(heartbeat)
	if revision != r.revision && len(r.byID) > 0 {
		if revision, err = r.noteChanges(ctx, revision); err != nil {
			return "", explain(r.path, err)
		}
	}
	r.revision = revision
	if catalogue != r.catalogue {
		if err := r.readCatalogue(ctx); err != nil {
			return "", explain(r.path, err)
		}
	}
	return "", nil
}

// noteChanges marks what is newer than the known revision; the reading may see a newer one than asked.
func (r *SQLiteReader) noteChanges(ctx context.Context, revision int64) (int64, error) {
	if revision < r.revision { // an older file was put back in place
		for _, c := range r.byID {
			c.all = true
		}
		return revision, nil
	}
	rows, err := r.db.QueryContext(ctx, "SELECT revision, id FROM chunk WHERE revision > ?", r.revision)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var at, id int64
		if err := rows.Scan(&at, &id); err != nil {
			return 0, err
		}
		revision = max(revision, at)
		if c := r.byID[id&seriesMask]; c != nil && !c.all {
			if hour := id >> seriesBits; !slices.Contains(c.stale, hour) {
				c.stale = append(c.stale, hour)
			}
			c.all = len(c.stale) > reloadHours
		}
	}
	return revision, rows.Err()
}

// Snapshot reads the catalogue. A warm call costs one look-up. The result must not be changed.
func (r *SQLiteReader) Snapshot(ctx context.Context) (Snapshot, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	missing, err := r.sync(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	if missing != "" {
		return Snapshot{Missing: missing}, nil
	}
	return r.snapshot, nil
}

// readCatalogue fetches the definitions, statuses and problems that changed, in one view of the file.
func (r *SQLiteReader) readCatalogue(ctx context.Context) error {
	tx, err := r.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var catalogue int64
	var problems string
	if err := tx.QueryRowContext(ctx, "SELECT catalogue, problems FROM head").Scan(&catalogue, &problems); err != nil {
		return err
	}
	var list []slo.Problem
	if err := json.Unmarshal([]byte(problems), &list); err != nil {
		return fmt.Errorf("problems: %w", err)
	}
	changed := map[string]*Entry{}
	entry := func(id string) *Entry {
		if changed[id] == nil {
			changed[id] = &Entry{}
			if known := r.definitions[id]; known != nil {
				*changed[id] = *known
			}
		}
		return changed[id]
	}
	err = eachRow(ctx, tx, "SELECT slo, coalesce(removed, 0), document FROM definition WHERE revision > ?", r.catalogue,
		func(id string, removed int64, document []byte) error {
			e := entry(id)
			e.Definition, e.Removed = slo.Definition{}, fromMillis(removed)
			return json.Unmarshal(document, &e.Definition)
		})
	if err != nil {
		return err
	}
	err = eachRow(ctx, tx, "SELECT slo, 0, document FROM status WHERE revision > ?", r.catalogue,
		func(id string, _ int64, document []byte) error {
			e := entry(id)
			e.Status = Status{}
			return json.Unmarshal(document, &e.Status)
		})
	if err != nil {
		return err
	}
	for id, e := range changed {
		r.definitions[id] = e
	}
	entries := make([]Entry, 0, len(r.definitions))
	for _, e := range r.definitions {
		if e.Definition.ID != "" { // a status may be there before its definition
			entries = append(entries, *e)
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Definition.ID, b.Definition.ID) })
	r.snapshot.Entries, r.snapshot.Problems, r.catalogue = entries, list, catalogue
	return nil
}

func eachRow(ctx context.Context, tx *sql.Tx, query string, after int64, fn func(id string, n int64, document []byte) error) error {
	rows, err := tx.QueryContext(ctx, query, after)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var n int64
		var document []byte
		if err := rows.Scan(&id, &n, &document); err != nil {
			return err
		}
		if err := fn(id, n, document); err != nil {
			return fmt.Errorf("entry %q: %w", id, err)
		}
	}
	return rows.Err()
}

// Series gives the up-to-date buckets of a key; an empty series if there are none. The result must not
// be changed. A warm call costs one look-up, and one more for each hour that changed.
func (r *SQLiteReader) Series(ctx context.Context, key budget.Key) (*budget.Series, error) {
	r.mu.Lock()
	missing, err := r.sync(ctx)
	if missing != "" || err != nil {
		r.mu.Unlock()
		return budget.NewSeries(), err
	}
	c := r.series[key]
	if c == nil {
		c = &cached{all: true, series: budget.NewSeries()}
		r.series[key] = c
	}
	db := r.db
	r.mu.Unlock()

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.id == 0 {
		if err := r.identify(ctx, db, c, key); err != nil || c.id == 0 {
			return c.series, err
		}
	}
	r.mu.Lock()
	stale, all := c.stale, c.all
	c.stale, c.all = nil, false
	r.mu.Unlock()
	if !all && len(stale) == 0 {
		return c.series, nil
	}
	series, err := refresh(ctx, db, c, stale, all)
	if err != nil {
		r.mu.Lock()
		c.all = true // what was to be read is not known any more
		r.mu.Unlock()
		return budget.NewSeries(), explain(r.path, fmt.Errorf("SLO %q: %w", key.SLO, err))
	}
	c.series = series
	return series, nil
}

// identify looks the key up; from then on its changes are noted. A key that the ledger does not know is
// not remembered: anyone may ask for any.
func (r *SQLiteReader) identify(ctx context.Context, db *sql.DB, c *cached, key budget.Key) error {
	var id int64
	err := db.QueryRowContext(ctx, "SELECT id FROM series WHERE slo = ? AND grp = ?", key.SLO, key.Group).Scan(&id)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		if r.series[key] == c {
			delete(r.series, key)
		}
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return explain(r.path, err)
	}
	c.id = id
	if r.series[key] == c { // not forgotten meanwhile
		r.byID[id] = c
	}
	return nil
}

// refresh reads the changed hours into a copy, or everything anew.
func refresh(ctx context.Context, db *sql.DB, c *cached, stale []int64, all bool) (*budget.Series, error) {
	if !all {
		chunks := make([]budget.Chunk, 0, len(stale))
		for _, hour := range stale {
			chunk := budget.Chunk{Hour: hour * budget.HourSeconds}
			if err := db.QueryRowContext(ctx, "SELECT packed FROM chunk WHERE id = ?", hour<<seriesBits|c.id).Scan(&chunk.Packed); err != nil {
				return nil, err
			}
			chunks = append(chunks, chunk)
		}
		series := c.series.Clone()
		return series, series.PutChunks(chunks...)
	}
	rows, err := db.QueryContext(ctx, `
		WITH RECURSIVE span(hour, last) AS (
			SELECT first_hour, last_hour FROM series WHERE id = ?1
			UNION ALL SELECT hour + 1, last FROM span WHERE hour < last)
		SELECT span.hour, chunk.packed FROM span JOIN chunk ON chunk.id = (span.hour << 24) | ?1`, c.id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var chunks []budget.Chunk
	for rows.Next() {
		var chunk budget.Chunk
		if err := rows.Scan(&chunk.Hour, &chunk.Packed); err != nil {
			return nil, err
		}
		chunk.Hour *= budget.HourSeconds
		chunks = append(chunks, chunk)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return budget.SeriesOf(chunks)
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
