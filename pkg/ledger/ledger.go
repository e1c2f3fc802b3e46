// Package ledger keeps buckets, the catalogue of definitions and the state of their evaluation. The
// app's process writes, the data source's process reads the same store; nothing else is shared.
package ledger

import (
	"context"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// Batch is a set of buckets of one series. Writing a bucket that is already there replaces it, so a
// batch may be written any number of times.
type Batch struct {
	Key     budget.Key
	Buckets []budget.Bucket
}

// Entry is a definition as the catalogue knows it.
type Entry struct {
	Definition slo.Definition `json:"definition"`
	// Removed is when the definition vanished from its files; zero while it is there. Its history stays.
	Removed time.Time `json:"removed,omitzero"`
	// Status is the state of its evaluation.
	Status Status `json:"status"`
}

// Status is the state of one definition's evaluation. Times are UTC; zero means "not yet".
type Status struct {
	// SettledUntil is the end of the newest bucket that will not be read again.
	SettledUntil time.Time `json:"settledUntil,omitzero"`
	// ReadUntil is the end of the newest bucket read.
	ReadUntil time.Time `json:"readUntil,omitzero"`
	// BackfillFrom is the start of the window that backfill is to reach, BackfilledTo the oldest
	// bucket start reached so far (newest first). Done when BackfilledTo <= BackfillFrom.
	BackfillFrom time.Time `json:"backfillFrom,omitzero"`
	BackfilledTo time.Time `json:"backfilledTo,omitzero"`
	// RetentionFrom is the oldest time for which the source still had data, when that is younger
	// than the window's start; zero if the source covers the window.
	RetentionFrom time.Time `json:"retentionFrom,omitzero"`
	// LastError is the source's last failure (empty after a success), LastErrorAt its time.
	LastError   string    `json:"lastError,omitempty"`
	LastErrorAt time.Time `json:"lastErrorAt,omitzero"`
	// Warnings are the source's words on the last reading.
	Warnings []string `json:"warnings,omitempty"`
	// PastWarnings are those of readings whose buckets are final and still in the window.
	PastWarnings []PastWarning `json:"pastWarnings,omitempty"`
}

// PastWarning is what the source said of final buckets: their counts may be incomplete for good.
type PastWarning struct {
	Text string `json:"text"`
	// From and Until bound the buckets of all readings that it came with.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Writer is what the evaluation needs of a store.
type Writer interface {
	// Append stores all batches in one transaction, or none.
	Append(ctx context.Context, batches []Batch) error
	// SetDefinitions replaces the catalogue: definitions missing from it are marked removed at now,
	// returned ones are unmarked; statuses and buckets are kept.
	SetDefinitions(ctx context.Context, definitions []slo.Definition, now time.Time) error
	// SetStatus stores the evaluation state of definitions by ID, in one transaction.
	SetStatus(ctx context.Context, statuses map[string]Status) error
	// SetProblems replaces the list of problems of the definition files.
	SetProblems(ctx context.Context, problems []slo.Problem) error
}

// Snapshot is the catalogue and where the buckets stand.
type Snapshot struct {
	// Entries are sorted by definition ID; removed ones included.
	Entries []Entry
	// Problems are those of the definition files.
	Problems []slo.Problem
	// Heartbeat is when the evaluation last wrote anything; zero if never. Documents do not count.
	Heartbeat time.Time
	// Missing says, in a sentence, that there is no ledger to read yet, and why; empty when there is one.
	Missing string
}

// Reader is what everyone who shows, alerts or decides needs of a store.
type Reader interface {
	// Snapshot reads the catalogue.
	Snapshot(ctx context.Context) (Snapshot, error)
	// Series gives the up-to-date buckets of a key; an empty series if there are none. The result
	// must not be changed. A warm call costs one revision check, not a scan.
	Series(ctx context.Context, key budget.Key) (*budget.Series, error)
}

// Store is a ledger: SQLite now, PostgreSQL behind the same interface later.
type Store interface {
	Reader
	Writer
	Documents
	DocumentWriter
	// Close flushes and closes the store.
	Close() error
}

var (
	_ Store     = (*SQLite)(nil)
	_ Reader    = (*SQLiteReader)(nil)
	_ Documents = (*SQLiteReader)(nil)
)
