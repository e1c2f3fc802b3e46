package ledger

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestAppendOnAFullDiskWritesNothingAndWorksAgainOnceThereIsSpace(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	w, err := OpenWriter(filepath.Join(dir, "ledger.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	ctx := context.Background()
	appendTo(t, w, key, minutes(0, 60)...)

	ballast := filepath.Join(dir, "ballast")
	fill(t, ballast)
	var acknowledged int
	for acknowledged = 60; ; acknowledged += 600 {
		if err = w.Append(ctx, []Batch{{Key: key, Buckets: minutes(acknowledged, 600)}}); err != nil {
			break
		}
		require.Less(t, acknowledged, 1_000_000, "the disk never got full")
	}
	require.ErrorIs(t, err, ErrFull)
	require.ErrorContains(t, err, w.path)
	requireSeries(t, w, key, minutes(0, acknowledged))

	require.NoError(t, os.Remove(ballast))
	appendTo(t, w, key, minutes(acknowledged, 600)...)
	requireSeries(t, w, key, minutes(0, acknowledged+600))
	require.NoError(t, w.Check(ctx))
}

func TestALedgerThatFindsNoSpaceToBeginIsNotBegun(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16k"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	_, err := OpenWriter(filepath.Join(dir, "ledger.db"))
	require.ErrorIs(t, err, ErrFull)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// fill takes all space of a file system but a few pages.
func fill(t *testing.T, path string) {
	file, err := os.Create(path)
	require.NoError(t, err)
	page := make([]byte, 4096)
	n := int64(0)
	for err == nil {
		_, err = file.Write(page)
		n++
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, file.Truncate((n-20)*4096))
	require.NoError(t, file.Close())
}
