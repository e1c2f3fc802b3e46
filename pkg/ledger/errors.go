package ledger

import (
	"errors"
	"fmt"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// The causes that callers may want to tell apart; found with errors.Is.
var (
	// ErrDamaged is a file that is not a ledger any more. It is never repaired, replaced or deleted by itself.
	ErrDamaged = errors.New("the ledger is damaged")
	// ErrNewer is a ledger that a newer Burnline wrote.
	ErrNewer = errors.New("the ledger was written by a newer version of Burnline")
	// ErrFull is a full disk: nothing of the write was kept, and it may be repeated.
	ErrFull = errors.New("the disk is full")
	// ErrLocked is a ledger that another process writes.
	ErrLocked = errors.New("another process writes this ledger")
	// ErrClosed is a call on a closed store.
	ErrClosed = errors.New("the ledger is closed")
)

const remedyDamaged = "stop Grafana and restore the file from a backup; or move it aside together with its -wal and -shm files, " +
	"and a new ledger is filled again as far back as the sources' retention reaches"

// explain turns an error of the database into place, cause and remedy.
func explain(path string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, budget.ErrChunk) {
		return damaged(path, err)
	}
	if errors.Is(err, syscall.ENOSPC) {
		return full(path, err)
	}
	var dbErr *sqlite.Error
	if !errors.As(err, &dbErr) {
		return fmt.Errorf("ledger %s: %w", path, err)
	}
	if dbErr.Code() == sqlite3.SQLITE_IOERR_SHMSIZE { // the log's index found no space to grow
		return full(path, err)
	}
	switch dbErr.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return damaged(path, err)
	case sqlite3.SQLITE_FULL:
		return full(path, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("ledger %s: %w; let the user that Grafana runs as write the file and its folder", path, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("ledger %s: %w; another program holds the file: close it, and the call is repeated", path, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("ledger %s: %w; look at the disk's state and free space", path, err)
	}
	return fmt.Errorf("ledger %s: %w", path, err)
}

func full(path string, cause error) error {
	return fmt.Errorf("ledger %s: %w; nothing was written: free some space on its disk, and the write is repeated (%w)", path, ErrFull, cause)
}

func damaged(path string, cause error) error {
	return fmt.Errorf("ledger %s: %w (%w); %s", path, ErrDamaged, cause, remedyDamaged)
}
