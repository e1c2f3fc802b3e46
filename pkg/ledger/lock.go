package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// LockFile is the name of the file whose lock makes a process the one that writes.
const LockFile = "ledger.lock"

// Lock is the right to write the ledger of a folder. It ends with Release or with the process.
type Lock struct{ file *os.File }

// AcquireLock takes the lock of a folder, which is created if need be. It does not wait: when another
// process holds the lock, the error is ErrLocked and names that process.
func AcquireLock(dir string) (*Lock, error) {
	path := filepath.Join(dir, LockFile)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("lock %s: %w; let the user that Grafana runs as write this folder", path, err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w; let the user that Grafana runs as write this folder", path, err)
	}
	if err := tryLock(file); err != nil {
		text, _ := os.ReadFile(path)
		_ = file.Close()
		if errors.Is(err, ErrLocked) {
			return nil, fmt.Errorf("lock %s: %w (process %s)", path, ErrLocked, strings.TrimSpace(string(text)))
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// Who holds it is for people to read; the lock itself does not depend on it.
	if err := file.Truncate(0); err == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return &Lock{file: file}, nil
}

// Release gives the lock back. The file stays: removing it would let two processes lock two files.
func (l *Lock) Release() error { return l.file.Close() }
