package slo

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/dskit/services"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func startFolder(t *testing.T, cfg FolderConfig, seed ...Definition) *Folder {
	t.Helper()
	cfg.Logger = slog.New(slog.DiscardHandler)
	f, err := NewFolder(cfg)
	require.NoError(t, err)
	f.Seed(seed)
	require.NoError(t, services.StartAndAwaitRunning(context.Background(), f))
	t.Cleanup(func() {
		require.NoError(t, services.StopAndAwaitTerminated(context.Background(), f))
		goleak.VerifyNone(t)
	})
	return f
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

func eventually(t *testing.T, f *Folder, what string, ok func(Catalogue) bool) {
	t.Helper()
	require.Eventually(t, func() bool { return ok(f.Catalogue()) }, 5*time.Second, 10*time.Millisecond, what)
}

func TestAFolderNeedsAPlace(t *testing.T) {
	_, err := NewFolder(FolderConfig{})
	require.EqualError(t, err, "slo: FolderConfig.Dir is required")
}

func TestChangesOfFilesAreLiveWithinSeconds(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yaml"), sample)
	f := startFolder(t, FolderConfig{Dir: dir, Rescan: time.Hour, Debounce: 20 * time.Millisecond})
	require.Equal(t, []string{"browse"}, ids(f.Catalogue().Definitions), "the catalogue is there once the folder runs")
	<-f.Changed()

	write(t, filepath.Join(dir, "sub", "b.yaml"), sampleWith(t, "name: browse\n", "name: search\n", "name: shop\n", "name: shop2\n", "service: shop", "service: shop2"))
	eventually(t, f, "a file in a new folder is found", func(c Catalogue) bool { return len(c.Definitions) == 2 })
	<-f.Changed()

	write(t, filepath.Join(dir, "a.yaml"), sampleWith(t, "target: 0.999", "target: oops"))
	eventually(t, f, "a bad file keeps its last good version", func(c Catalogue) bool {
		return len(c.Definitions) == 2 && c.Definitions[0].Stale != ""
	})
	require.Equal(t, "0.999", f.Catalogue().Definitions[0].Target.String())

	write(t, filepath.Join(dir, "a.yaml"), sampleWith(t, "target: 0.999", "target: 0.99"))
	eventually(t, f, "a mended file is current", func(c Catalogue) bool {
		return c.Definitions[0].Stale == "" && c.Definitions[0].Target.String() == "0.99"
	})

	require.NoError(t, os.Remove(filepath.Join(dir, "a.yaml")))
	eventually(t, f, "a removed file is a removal", func(c Catalogue) bool { return len(c.Definitions) == 1 })
}

func TestAConfigMapIsFollowedThroughTheSwapOfItsLink(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "..v1", "a.yaml"), sample)
	write(t, filepath.Join(dir, "..v2", "a.yaml"), sampleWith(t, "target: 0.999", "target: 0.9"))
	require.NoError(t, os.Symlink("..v1", filepath.Join(dir, "..data")))
	require.NoError(t, os.Symlink("..data/a.yaml", filepath.Join(dir, "a.yaml")))
	f := startFolder(t, FolderConfig{Dir: dir, Rescan: time.Hour, Debounce: 20 * time.Millisecond})
	require.Equal(t, []string{"browse"}, ids(f.Catalogue().Definitions))
	require.Empty(t, f.Catalogue().Problems)

	require.NoError(t, os.Symlink("..v2", filepath.Join(dir, "..tmp")))
	require.NoError(t, os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")))
	eventually(t, f, "the new version is read", func(c Catalogue) bool { return c.Definitions[0].Target.String() == "0.9" })
}

func TestAFolderThatAppearsLaterIsFoundByRescanning(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	f := startFolder(t, FolderConfig{Dir: dir, Rescan: 30 * time.Millisecond, Debounce: 10 * time.Millisecond})
	require.Len(t, f.Catalogue().Problems, 1)
	require.Contains(t, f.Catalogue().Problems[0].Remedy, "create it")
	write(t, filepath.Join(dir, "a.yaml"), sample)
	eventually(t, f, "the folder is read", func(c Catalogue) bool { return len(c.Definitions) == 1 && len(c.Problems) == 0 })
}

func TestADefinitionThatTurnedBadWhileNobodyLookedIsKeptFromTheSeed(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yaml"), sampleWith(t, "target: 0.999", "target: oops"))
	f := startFolder(t, FolderConfig{Dir: dir}, load(t, sample).Definitions...)
	require.Len(t, f.Catalogue().Definitions, 1)
	require.NotEmpty(t, f.Catalogue().Definitions[0].Stale)
}

func TestAVanishedFolderKeepsItsDefinitions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "slos")
	write(t, filepath.Join(dir, "a.yaml"), sample)
	f := startFolder(t, FolderConfig{Dir: dir, Rescan: 30 * time.Millisecond, Debounce: 10 * time.Millisecond})
	require.NoError(t, os.Rename(dir, dir+"-moved"))
	eventually(t, f, "the definitions are stale", func(c Catalogue) bool { return len(c.Definitions) == 1 && c.Definitions[0].Stale != "" })
	require.NoError(t, os.Rename(dir+"-moved", dir))
	eventually(t, f, "the definitions are current", func(c Catalogue) bool { return len(c.Definitions) == 1 && c.Definitions[0].Stale == "" })
}

func TestAQueryThatCannotBeReadIsAProblemOfTheFile(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yaml"), sample)
	check := func(d Definition) error {
		if d.Indicator.Good == "sum(" {
			return errors.New("the query of good ends too early; close the parenthesis")
		}
		return nil
	}
	f := startFolder(t, FolderConfig{Dir: dir, Debounce: 20 * time.Millisecond, Check: check})
	require.Empty(t, f.Catalogue().Problems)
	write(t, filepath.Join(dir, "a.yaml"), sampleWith(t, "good_total", "sum("))
	// A look between the file's truncation and its new content sees an empty file for a moment.
	eventually(t, f, "the last good version is kept", func(c Catalogue) bool {
		return c.Definitions[0].Stale != "" && len(c.Problems) == 1 && c.Problems[0].Path == "spec.indicator"
	})
	require.Equal(t, "good_total", f.Catalogue().Definitions[0].Indicator.Good)
	require.Equal(t, "the query of good ends too early; close the parenthesis", f.Catalogue().Problems[0].Message)
}
