package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// Stats is the size of a ledger.
type Stats struct {
	// FileBytes is the file's size, LogBytes that of the write-ahead log beside it, FreeBytes the part
	// of the file that is empty and will be used before it grows.
	FileBytes, LogBytes, FreeBytes int64
	// Series and Chunks are what it holds.
	Series, Chunks int64
}

// Stats measures the ledger.
func (s *SQLite) Stats(ctx context.Context) (Stats, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return Stats{}, fmt.Errorf("ledger %s: %w", s.path, ErrClosed)
	}
	var stats Stats
	err := s.queryRow(ctx, `SELECT page_size * freelist_count, (SELECT count(*) FROM series), (SELECT count(*) FROM chunk)
		FROM pragma_page_size, pragma_freelist_count`, nil, &stats.FreeBytes, &stats.Series, &stats.Chunks)
	if err != nil {
		return Stats{}, explain(s.path, err)
	}
	if stats.FileBytes, err = sizeOf(s.path); err != nil {
		return Stats{}, err
	}
	stats.LogBytes, err = sizeOf(s.path + "-wal")
	return stats, err
}

func sizeOf(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Checkpoint writes the whole log into the file and empties it. SQLite does so by itself from time to
// time; this is for measuring, and before a file is copied.
func (s *SQLite) Checkpoint(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return fmt.Errorf("ledger %s: %w", s.path, ErrClosed)
	}
	var busy, log, done int64
	if err := s.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil {
		return explain(s.path, err)
	}
	if busy != 0 {
		return fmt.Errorf("ledger %s: a reader kept the log from being written back; try again", s.path)
	}
	return nil
}

// Compact rewrites the file without the gaps that updates leave. It needs as much free space again,
// and writers wait meanwhile; nothing is dropped.
func (s *SQLite) Compact(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return fmt.Errorf("ledger %s: %w", s.path, ErrClosed)
	}
	_, err := s.conn.ExecContext(ctx, "VACUUM")
	return explain(s.path, err)
}

// Check reads the whole ledger: the structure of the file and every bucket's checksum. It returns the
// first damage found, with ErrDamaged.
func (s *SQLite) Check(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		return fmt.Errorf("ledger %s: %w", s.path, ErrClosed)
	}
	var answer string
	if err := s.conn.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&answer); err != nil {
		return explain(s.path, err)
	}
	if answer != "ok" {
		return damaged(s.path, errors.New(answer))
	}
	rows, err := s.conn.QueryContext(ctx, "SELECT hour, series, packed FROM chunk")
	if err != nil {
		return explain(s.path, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var hour, series int64
		var packed []byte
		if err := rows.Scan(&hour, &series, &packed); err != nil {
			return explain(s.path, err)
		}
		if _, err := budget.UnpackChunk(budget.Chunk{Hour: hour * budget.HourSeconds, Packed: packed}); err != nil {
			return damaged(s.path, fmt.Errorf("series %d: %w", series, err))
		}
	}
	return explain(s.path, rows.Err())
}
