package ledger

import (
	"context"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// quickCheckBytes is the size up to which the whole file is checked when it is opened for writing:
// a second or so. Check looks at larger ones on demand.
const quickCheckBytes = 128 << 20

// writerSettings: WAL lets readers work while the writer writes. synchronous FULL syncs the log before
// a commit returns, so that neither a killed process nor a power loss takes back what was acknowledged.
var writerSettings = []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(67108864)", "foreign_keys(ON)"}

var readerSettings = []string{"busy_timeout(10000)", "query_only(ON)"}

// newFileSettings are for a file that nobody knows yet: it is synced as a whole before it gets its name. It
// is in WAL mode from the start, for the switch goes through a rollback journal: a process killed at that
// moment would leave a file that can't be opened for reading only, not even to look whether it is sound.
var newFileSettings = []string{"journal_mode(WAL)", "synchronous(OFF)"}

// openDatabase opens a file that must exist, unless mode is "rwc".
func openDatabase(path, mode string, settings []string) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("ledger %s: %w", path, err)
	}
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute)}
	if !strings.HasPrefix(address.Path, "/") { // a Windows drive
		address.Path = "/" + address.Path
	}
	query := url.Values{"mode": {mode}, "_pragma": settings}
	address.RawQuery = query.Encode()
	return sql.Open("sqlite", address.String())
}

// migrations are the steps of the schema, oldest first.
func migrations() (fs.FS, error) { return fs.Sub(migrationFiles, "migrations") }

// latestVersion is the schema version that this program knows.
func latestVersion() (int64, error) {
	files, err := migrations()
	if err != nil {
		return 0, err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	var latest int64
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, err
		}
		latest = max(latest, version)
	}
	return latest, nil
}

// versionOf reads the schema version of a database.
func versionOf(ctx context.Context, db *sql.DB) (int64, error) {
	var version sql.NullInt64
	err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&version)
	return version.Int64, err
}

// migrate brings the schema up to the latest version and refuses newer ones.
func migrate(ctx context.Context, db *sql.DB, isNew bool) error {
	latest, err := latestVersion()
	if err != nil {
		return err
	}
	if !isNew {
		version, err := versionOf(ctx, db)
		switch {
		case err != nil:
			return err
		case version > latest:
			return newer(version, latest)
		case version == latest:
			return nil
		}
	}
	files, err := migrations()
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

func newer(version, latest int64) error {
	return fmt.Errorf("%w: its schema version is %d, this one knows up to %d; update the plugin, or move the file aside to start anew", ErrNewer, version, latest)
}

// create makes an empty ledger beside the path, complete and synced, and then gives it its name. So a
// file of this name is always a whole ledger: an empty or half file is damage and never mistaken for a new one.
func create(ctx context.Context, path string) error {
	for _, suffix := range []string{"-wal", "-journal"} {
		if _, err := os.Stat(path + suffix); err == nil {
			return fmt.Errorf("%w: %s is there but its ledger is not; put the ledger back, or move this file aside too", ErrDamaged, path+suffix)
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(draft.Name() + suffix)
		}
	}()
	defer func() { _ = draft.Close() }()
	db, err := openDatabase(draft.Name(), "rwc", newFileSettings)
	if err != nil {
		return err
	}
	if err := errors.Join(migrate(ctx, db, true), db.Close()); err != nil {
		return err
	}
	if err := draft.Sync(); err != nil {
		return err
	}
	// A link fails where a rename would replace what another process has just made.
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		if err := os.Rename(draft.Name(), path); err != nil {
			return err
		}
	}
	return syncFolder(filepath.Dir(path))
}

// inspect finds damage that SQLite itself would take for a new or a shorter database.
func inspect(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%w: it is a folder", ErrDamaged)
	}
	header := make([]byte, 100)
	if n, err := io.ReadFull(file, header); err != nil {
		return damaged(path, fmt.Errorf("only %d bytes are left of it", n))
	}
	if string(header[:16]) != "SQLite format 3\x00" {
		return damaged(path, errors.New("it does not start like a database"))
	}
	pageSize := int64(binary.BigEndian.Uint16(header[16:]))
	if pageSize == 1 {
		pageSize = 65536
	}
	expected := pageSize * int64(binary.BigEndian.Uint32(header[28:]))
	// While there is a log, a checkpoint may have been interrupted: SQLite completes it.
	if wal, err := os.Stat(path + "-wal"); (err != nil || wal.Size() == 0) && info.Size() < expected {
		return damaged(path, fmt.Errorf("%d of its %d bytes are left", info.Size(), expected))
	}
	return nil
}

// vet decides, without writing a byte, whether the file is a sound ledger that this program may write.
func vet(ctx context.Context, path string) (err error) {
	if err := inspect(path); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	db, err := openDatabase(path, "ro", readerSettings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if info.Size() <= quickCheckBytes {
		if err := quickCheck(ctx, path, db); err != nil {
			return err
		}
	}
	_, err = readable(ctx, path, db)
	return err
}

// quickCheck reads the whole database for structural damage.
func quickCheck(ctx context.Context, path string, db *sql.DB) error {
	var answer string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&answer); err != nil {
		return explain(path, err)
	}
	if answer != "ok" {
		return damaged(path, errors.New(strings.TrimSpace(answer)))
	}
	return nil
}
