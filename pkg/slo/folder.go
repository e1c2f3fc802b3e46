package slo

import (
	"io/fs"
	"log/slog"
	"time"

	"github.com/grafana/dskit/services"
)

// FolderConfig is what a Folder is made of. Dir (or FS) is required.
type FolderConfig struct {
	// Dir is the folder of definition files; sub-folders belong to it.
	Dir string
	// FS replaces Dir's file system in tests; it is not watched, only rescanned.
	FS fs.FS
	// Rescan is the time between two looks at the folder for changes that no notification told of,
	// e.g. on network volumes (default 15 s). Debounce is how long a burst of changes is awaited (default 300 ms).
	Rescan, Debounce time.Duration
	// Logger takes what goes wrong with watching; nil is slog.Default.
	Logger *slog.Logger
}

// Folder is a watched folder of definition files, a dskit service.
type Folder struct {
	services.Service
	cfg     FolderConfig
	changed chan struct{}
}
