package slo

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/grafana/dskit/services"
)

// FolderConfig is what a Folder is made of. Dir or FS is required.
type FolderConfig struct {
	// Dir is the folder of definition files; sub-folders belong to it. It need not exist yet.
	Dir string
	// FS replaces Dir's file system; it is not watched, only rescanned.
	FS fs.FS
	// Rescan is the time between two looks at the folder for changes that no notification told of,
	// e.g. on network volumes (default 15 s). Debounce is how long after the last of a burst of
	// changes the folder is read (default 300 ms).
	Rescan, Debounce time.Duration
	// Check says what is wrong with the queries of a definition, and what would be right, without asking
	// the data source; nil leaves that to the first reading. Its error counts like any other of the file.
	Check func(Definition) error
	// Logger takes what goes wrong with watching; nil is slog.Default.
	Logger FolderLogger
}

// FolderLogger is the part of a structured logger that a Folder uses.
type FolderLogger interface {
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
}

func (c *FolderConfig) defaults() error {
	if c.FS == nil {
		if c.Dir == "" {
			return errors.New("slo: FolderConfig.Dir is required")
		}
		c.FS = os.DirFS(c.Dir)
	}
	if c.Rescan <= 0 {
		c.Rescan = 15 * time.Second
	}
	if c.Debounce <= 0 {
		c.Debounce = 300 * time.Millisecond
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return nil
}

// Folder is a watched folder of definition files, a dskit service. Once it runs, Catalogue follows the
// files within seconds. A definition that turns bad keeps its last good version.
type Folder struct {
	services.Service
	cfg     FolderConfig
	changed chan struct{}

	mu        sync.RWMutex
	catalogue Catalogue
	previous  []Definition

	// hash is that of the files last parsed; only the service's own goroutine uses it.
	hash [sha256.Size]byte
}

// NewFolder checks the configuration; nothing is read before the folder is started.
func NewFolder(cfg FolderConfig) (*Folder, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	f := &Folder{cfg: cfg, changed: make(chan struct{}, 1)}
	f.Service = services.NewBasicService(f.start, f.run, nil).WithName("definitions")
	return f, nil
}

// Seed passes the definitions that were known when the last process ended, so that one which turned
// bad meanwhile keeps its last good version. It must be called before the folder is started.
func (f *Folder) Seed(previous []Definition) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.previous = previous
}

// Catalogue is the present catalogue; it must not be changed. It is empty until the folder runs.
func (f *Folder) Catalogue() Catalogue {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.catalogue
}

// Changed receives after every change of the catalogue; changes in quick succession may be one.
func (f *Folder) Changed() <-chan struct{} { return f.changed }

func (f *Folder) start(context.Context) error {
	f.reload()
	return nil
}

func (f *Folder) run(ctx context.Context) error {
	watch := newWatch(f.cfg)
	defer watch.close()
	f.reload() // what changed before the watch began
	rescan := time.NewTicker(f.cfg.Rescan)
	defer rescan.Stop()
	settled := time.NewTimer(time.Hour)
	settled.Stop()
	defer settled.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-watch.events:
			if !ok {
				watch.close()
				continue
			}
			settled.Reset(f.cfg.Debounce)
		case err := <-watch.errors:
			if err != nil {
				f.cfg.Logger.Warn("Watching the definitions folder failed; it is rescanned instead", "dir", f.cfg.Dir, "err", err)
			}
			settled.Reset(f.cfg.Debounce)
		case <-settled.C:
			f.reload()
			watch.refresh()
		case <-rescan.C:
			watch.refresh()
			f.reload()
		}
	}
}

// reload reads the files and, if any changed, parses them all: references cross files.
func (f *Folder) reload() {
	files := readFiles(f.cfg.FS)
	hash := hashOf(files)
	if hash == f.hash {
		return
	}
	f.hash = hash
	loaded := parseFiles(files, f.cfg.Check)
	f.mu.Lock()
	before, next := f.catalogue, KeepLastGood(f.previous, loaded)
	f.catalogue, f.previous = next, next.Definitions
	f.mu.Unlock()
	if reflect.DeepEqual(before, next) {
		return
	}
	f.cfg.Logger.Info("Definitions loaded", "dir", f.cfg.Dir, "files", len(files), "definitions", len(next.Definitions), "problems", len(next.Problems))
	select {
	case f.changed <- struct{}{}:
	default: // a notification is already waiting
	}
}

func hashOf(files []file) (sum [sha256.Size]byte) {
	h := sha256.New()
	put := func(data []byte) {
		_ = binary.Write(h, binary.BigEndian, int64(len(data))) // a hash never fails to write
		h.Write(data)
	}
	for _, f := range files {
		put([]byte(f.name))
		put(f.data)
		if f.err != nil {
			put([]byte(f.err.Error()))
		}
	}
	// Even an empty folder differs from one that was never read.
	put([]byte("end"))
	h.Sum(sum[:0])
	return sum
}

// watch follows the folder and its sub-folders by notifications. Where those are not to be had its
// channels stay silent, and rescanning alone must do.
type watch struct {
	watcher *fsnotify.Watcher
	dir     string
	events  <-chan fsnotify.Event
	errors  <-chan error
}

func newWatch(cfg FolderConfig) *watch {
	w := &watch{dir: cfg.Dir}
	if cfg.Dir == "" {
		return w
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		cfg.Logger.Warn("The definitions folder can't be watched; it is rescanned instead", "dir", cfg.Dir, "every", cfg.Rescan, "err", err)
		return w
	}
	w.watcher, w.events, w.errors = watcher, watcher.Events, watcher.Errors
	w.refresh()
	return w
}

// refresh watches folders that are new. Adding a watched one again costs nothing. A ConfigMap is mounted as
// links through "..data", whose swap is an event of the folder itself.
func (w *watch) refresh() {
	if w.watcher == nil {
		return
	}
	_ = filepath.WalkDir(w.dir, func(path string, entry fs.DirEntry, err error) error {
		// What can't be read may have vanished just now; the loader reports it if not.
		if err == nil && entry.IsDir() {
			if path != w.dir && strings.HasPrefix(entry.Name(), ".") {
				return fs.SkipDir
			}
			_ = w.watcher.Add(path) // on failure, rescanning finds the changes
		}
		return nil
	})
}

func (w *watch) close() {
	if w.watcher != nil {
		_ = w.watcher.Close()
	}
	w.watcher, w.events, w.errors = nil, nil, nil
}
