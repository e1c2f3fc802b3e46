//go:build !windows

package ledger

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder makes a new name in a folder survive a power loss.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// tryLock takes an exclusive lock without waiting; it ends with the process at the latest.
func tryLock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}
