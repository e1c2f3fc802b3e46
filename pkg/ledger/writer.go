package ledger

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// A chunk's id is its hour shifted by seriesBits, plus the series' id.
const (
	seriesBits = 24
	seriesMask = 1<<seriesBits - 1
)

// hotChunks bounds the number of packed hours that the writer remembers, so that adding a minute to
// them reads nothing: some 200 bytes each.
const hotChunks = 1 << 16

// SQLite is a ledger in one file, opened for writing. Exactly one process should write (see
// AcquireLock); a second one would do no harm but be slow.
type SQLite struct {
	*SQLiteReader
	path string

	// waiting guards queue, the writes that have not begun.
	waiting sync.Mutex
	queue   []*request

	// mu guards all below: there is one writing connection.
	mu         sync.Mutex
	db         *sql.DB
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	// revision is the one that the caches belong to: any other in the file empties them.
	revision int64
	series   map[budget.Key]seriesRow
	hot      map[int64][]byte
}

// seriesRow is a series as the file has it.
type seriesRow struct{ id, first, last int64 }

// OpenWriter opens a ledger for writing and reading. An absent file is made, an older schema is
// brought up to date, a newer one refused (ErrNewer), a damaged file refused and left as it is (ErrDamaged).
func OpenWriter(path string) (*SQLite, error) {
	ctx := context.Background()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := create(ctx, path); err != nil {
			return nil, explain(path, err)
		}
	}
	if err := vet(ctx, path); err != nil {
		return nil, explainOnce(path, err)
	}
	db, err := openDatabase(path, "rw", writerSettings)
	if err != nil {
		return nil, explain(path, err)
	}
	db.SetMaxOpenConns(1)
	s := &SQLite{path: path, db: db}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(explainOnce(path, err), s.release())
	}
	return s, nil
}

// explainOnce leaves errors alone that already name the file.
func explainOnce(path string, err error) error {
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return explain(path, err)
}

func (s *SQLite) prepare(ctx context.Context) error {
	if err := migrate(ctx, s.db, false); err != nil {
		return err
	}
	var err error
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return err
	}
	s.forgetHot()
	s.statements = map[string]*sql.Stmt{}
	s.SQLiteReader, err = OpenReader(s.path)
	return err
}

func (s *SQLite) forgetHot() {
	s.series, s.hot = map[budget.Key]seriesRow{}, map[int64][]byte{}
}

// Close writes the log into the file and closes it.
func (s *SQLite) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return nil
	}
	err := s.SQLiteReader.Close() // first, so that the writer is the last to close and clears the log away
	return errors.Join(err, s.release())
}

func (s *SQLite) release() error {
	var err error
	for _, statement := range s.statements {
		err = errors.Join(err, statement.Close())
	}
	if s.conn != nil {
		err = errors.Join(err, s.conn.Close())
	}
	err = errors.Join(err, s.db.Close())
	s.db, s.conn, s.statements = nil, nil, nil
	return err
}

// statement is the prepared statement of a text, made on first use.
func (s *SQLite) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if known := s.statements[text]; known != nil {
		return known, nil
	}
	made, err := s.conn.PrepareContext(ctx, text)
	if err == nil {
		s.statements[text] = made
	}
	return made, err
}

func (s *SQLite) exec(ctx context.Context, text string, args ...any) error {
	statement, err := s.statement(ctx, text) //nolint:sqlclosecheck // it is kept for the next call; release closes it
	if err != nil {
		return err
	}
	_, err = statement.ExecContext(ctx, args...)
	return err
}

func (s *SQLite) queryRow(ctx context.Context, text string, args []any, into ...any) error {
	statement, err := s.statement(ctx, text) //nolint:sqlclosecheck // it is kept for the next call; release closes it
	if err != nil {
		return err
	}
	return statement.QueryRowContext(ctx, args...).Scan(into...)
}

// change is one transaction under way.
type change struct {
	*SQLite
	ctx context.Context
	// revision is what this change writes.
	revision int64
	// changed says that readers have something to fetch, catalogue that it is in the catalogue.
	changed, catalogue bool
	// series and hot go into the writer's caches once committed.
	series map[budget.Key]seriesRow
	hot    map[int64][]byte
}

// request is a write that waits for its turn.
type request struct {
	fn func(c *change) error
	// quiet says that it is no sign of life of the evaluation.
	quiet bool
	err   error
}

// write runs fn in one transaction that is kept whole or not at all. Writes that wait for each other
// share a transaction, and so one sync of the disk: many small ones at once cost little more than one.
func (s *SQLite) write(ctx context.Context, fn func(c *change) error) error {
	return s.do(ctx, &request{fn: fn})
}

// writeQuietly is write for what does not come from the evaluation: the heartbeat stays, for a watchdog that
// takes a notification for a sign of life would keep silent about an evaluation that stands still.
func (s *SQLite) writeQuietly(ctx context.Context, fn func(c *change) error) error {
	return s.do(ctx, &request{fn: fn, quiet: true})
}

func (s *SQLite) do(ctx context.Context, mine *request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.waiting.Lock()
	s.queue = append(s.queue, mine)
	s.waiting.Unlock()

	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting.Lock()
	group := s.queue
	s.queue = nil
	s.waiting.Unlock()
	// Whoever held s.mu before may have done it: then the group is without it, perhaps empty.
	s.writeGroup(ctx, group)
	return mine.err
}

// writeGroup writes all requests together or, when that fails, each by itself: one that cannot be
// written does not keep the others from it.
func (s *SQLite) writeGroup(ctx context.Context, group []*request) {
	if len(group) > 1 && s.writeOnce(ctx, group) == nil {
		return
	}
	for i := range group {
		group[i].err = s.writeOnce(ctx, group[i:i+1])
	}
}

func (s *SQLite) writeOnce(ctx context.Context, group []*request) error {
	if s.db == nil {
		return fmt.Errorf("ledger %s: %w", s.path, ErrClosed)
	}
	// What was begun is not called off: it is short, its outcome must be known, and others depend on it.
	ctx = context.WithoutCancel(ctx)
	if err := s.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return explain(s.path, err)
	}
	alive := slices.ContainsFunc(group, func(r *request) bool { return !r.quiet })
	c := &change{SQLite: s, ctx: ctx, series: map[budget.Key]seriesRow{}, hot: map[int64][]byte{}}
	err := c.run(alive, func(c *change) error {
		for _, r := range group {
			if err := r.fn(c); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = s.exec(ctx, "COMMIT")
	}
	if err != nil {
		s.rollback()
		return explain(s.path, err)
	}
	s.keep(c)
	return nil
}

// run calls fn and then writes the counters, the heartbeat only if the change shows that the evaluation is alive.
func (c *change) run(alive bool, fn func(c *change) error) error {
	if err := c.queryRow(c.ctx, "SELECT revision FROM head", nil, &c.revision); err != nil {
		return err
	}
	if c.revision != c.SQLite.revision {
		c.forgetHot() // someone else has written
		c.SQLite.revision = c.revision
	}
	c.revision++
	if err := fn(c); err != nil {
		return err
	}
	if !c.changed {
		c.revision--
	}
	return c.exec(c.ctx, "UPDATE head SET revision = ?1, catalogue = iif(?2, ?1, catalogue), heartbeat = iif(?3, ?4, heartbeat)",
		c.revision, c.catalogue, alive, time.Now().UnixMilli())
}

// rollback ends a failed transaction; after some errors SQLite has done so itself.
func (s *SQLite) rollback() {
	s.forgetHot()
	s.revision = 0
	_ = s.exec(context.Background(), "ROLLBACK")
}

// keep takes over what a committed change learnt.
func (s *SQLite) keep(c *change) {
	s.revision = c.revision
	for key, row := range c.series {
		s.series[key] = row
	}
	for id, packed := range c.hot {
		s.hot[id] = packed
	}
	if len(s.hot) <= hotChunks {
		return
	}
	newest := int64(0)
	for id := range s.hot {
		newest = max(newest, id>>seriesBits)
	}
	for id := range s.hot {
		if id>>seriesBits < newest-1 {
			delete(s.hot, id)
		}
	}
	if len(s.hot) > 4*hotChunks {
		s.hot = map[int64][]byte{}
	}
}

// Append stores all batches in one transaction, or none. When it returns without error they are on
// disk for good. A bucket that is already there is replaced; buckets are made normal first (see
// budget.Bucket.Normal). Errors name the file, the cause and the remedy, and nothing was written.
func (s *SQLite) Append(ctx context.Context, batches []Batch) error {
	if err := check(batches); err != nil {
		return fmt.Errorf("ledger %s: %w", s.path, err)
	}
	return s.write(ctx, func(c *change) error {
		hours, err := c.sort(batches)
		if err != nil {
			return err
		}
		for _, h := range hours {
			if err := c.putHour(h); err != nil {
				return err
			}
		}
		return nil
	})
}

// check refuses what no ledger can hold, before anything is written.
func check(batches []Batch) error {
	for _, batch := range batches {
		if batch.Key.SLO == "" {
			return errors.New("a batch without an SLO's id cannot be stored; give its key")
		}
		for _, b := range batch.Buckets {
			if err := b.Normal().Check(); err != nil {
				return fmt.Errorf("SLO %q: %w", batch.Key.SLO, err)
			}
		}
	}
	return nil
}

// hourOf is the part of a batch that falls into one chunk.
type hourOf struct {
	id      int64
	key     budget.Key
	buckets []budget.Bucket
}

// sort splits batches by hour, in the order in which they lie in the file.
func (c *change) sort(batches []Batch) ([]hourOf, error) {
	var hours []hourOf
	for _, batch := range batches {
		if len(batch.Buckets) == 0 {
			continue
		}
		first, last := int64(1)<<62, int64(-1)
		for _, b := range batch.Buckets {
			hour := budget.HourOf(b.Start) / budget.HourSeconds
			first, last = min(first, hour), max(last, hour)
		}
		row, err := c.seriesOf(batch.Key, first, last)
		if err != nil {
			return nil, fmt.Errorf("SLO %q: %w", batch.Key.SLO, err)
		}
		for from := 0; from < len(batch.Buckets); {
			hour, to := budget.HourOf(batch.Buckets[from].Start), from+1
			for to < len(batch.Buckets) && budget.HourOf(batch.Buckets[to].Start) == hour {
				to++
			}
			id := hour/budget.HourSeconds<<seriesBits | row.id
			hours = append(hours, hourOf{id: id, key: batch.Key, buckets: batch.Buckets[from:to]})
			from = to
		}
	}
	slices.SortStableFunc(hours, func(a, b hourOf) int { return cmp.Compare(a.id, b.id) })
	return hours, nil
}

// seriesOf gives the series' row, made or widened to hold the hours first to last.
func (c *change) seriesOf(key budget.Key, first, last int64) (seriesRow, error) {
	row, ok := c.series[key]
	if !ok {
		row, ok = c.SQLite.series[key]
	}
	if !ok {
		err := c.queryRow(c.ctx, "SELECT id, first_hour, last_hour FROM series WHERE slo = ? AND grp = ?",
			[]any{key.SLO, key.Group}, &row.id, &row.first, &row.last)
		if errors.Is(err, sql.ErrNoRows) {
			row.first, row.last = first, last
			err = c.queryRow(c.ctx, "INSERT INTO series (slo, grp, first_hour, last_hour) VALUES (?, ?, ?, ?) RETURNING id",
				[]any{key.SLO, key.Group, first, last}, &row.id)
			c.changed = true
		}
		if err != nil {
			return row, err
		}
	}
	if first < row.first || last > row.last {
		row.first, row.last = min(first, row.first), max(last, row.last)
		if err := c.exec(c.ctx, "UPDATE series SET first_hour = ?, last_hour = ? WHERE id = ?", row.first, row.last, row.id); err != nil {
			return row, err
		}
	}
	c.series[key] = row
	return row, nil
}

// putHour merges buckets into their chunk.
func (c *change) putHour(h hourOf) error {
	packed, err := c.packed(h.id)
	if err != nil {
		return fmt.Errorf("SLO %q: %w", h.key.SLO, err)
	}
	start := h.id >> seriesBits * budget.HourSeconds
	hour := budget.NewHour(start)
	if packed != nil {
		if hour, err = (budget.Chunk{Hour: start, Packed: packed}).Decode(); err != nil {
			return fmt.Errorf("SLO %q: %w", h.key.SLO, err)
		}
	}
	for _, b := range h.buckets {
		hour.Put(b)
	}
	chunk := hour.Chunk()
	c.hot[h.id] = chunk.Packed
	if bytes.Equal(chunk.Packed, packed) {
		return nil
	}
	c.changed = true
	err = c.exec(c.ctx, `INSERT INTO chunk (id, revision, packed) VALUES (?1, ?2, ?3)
		ON CONFLICT (id) DO UPDATE SET revision = ?2, packed = ?3`, h.id, c.revision, chunk.Packed)
	if err != nil {
		return fmt.Errorf("SLO %q: %w", h.key.SLO, err)
	}
	return nil
}

// packed is the present content of a chunk, nil when there is none.
func (c *change) packed(id int64) ([]byte, error) {
	if packed, ok := c.hot[id]; ok {
		return packed, nil
	}
	if packed, ok := c.SQLite.hot[id]; ok {
		return packed, nil
	}
	var packed []byte
	err := c.queryRow(c.ctx, "SELECT packed FROM chunk WHERE id = ?", []any{id}, &packed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return packed, err
}
