package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The bounds of documents.
const (
	// MaxDocuments is the largest number of documents that one reading gives.
	MaxDocuments = 50_000
	// MaxDocumentBytes is the largest body of one document.
	MaxDocumentBytes = 1 << 20
)

// The causes that callers of documents may want to tell apart; found with errors.Is.
var (
	// ErrConflict is a document that somebody else changed (or deleted) since it was read. Nothing was written.
	ErrConflict = errors.New("somebody else changed it meanwhile")
	// ErrTooMany is a reading of more than MaxDocuments documents: the oldest of them were given.
	ErrTooMany = fmt.Errorf("there are more than %d documents in this time", MaxDocuments)
)

// Document is a JSON value with a name and a time: settings, an incident, an alert event. The ledger does not
// look into it.
type Document struct {
	// Collection and ID name it; neither is empty.
	Collection string
	ID         string
	// At is the time that it is about, to the millisecond and in UTC: that of its event, or of its last change.
	At time.Time
	// Body is JSON without insignificant blanks.
	Body json.RawMessage
	// Revision grows with each change and is never used again, not even after a deletion.
	Revision int64
}

// Documents is what those who show documents need of a store.
type Documents interface {
	// Documents gives those of a collection with from <= At < to, oldest first; a zero time is no bound. Of more than
	// MaxDocuments it gives the oldest ones together with ErrTooMany, so that nobody takes a part for the whole.
	Documents(ctx context.Context, collection string, from, to time.Time) ([]Document, error)
	// Document gives one of a collection; false if there is none.
	Document(ctx context.Context, collection, id string) (Document, bool, error)
}

// DocumentWriter is what those who keep documents need of a store. None of its writes counts as a sign of life
// of the evaluation.
type DocumentWriter interface {
	// PutDocument stores a document and gives it as stored. With Revision 0 it is made or replaced; any other must
	// be the revision that is stored, else ErrConflict. A zero At is now. What is stored already is not written again.
	PutDocument(ctx context.Context, document Document) (Document, error)
	// DeleteDocument deletes a document; one that is not there is no error.
	DeleteDocument(ctx context.Context, collection, id string) error
	// DeleteDocumentsBefore deletes those of a collection with At < before, and counts them.
	DeleteDocumentsBefore(ctx context.Context, collection string, before time.Time) (int, error)
}

// Documents gives the documents of a collection with from <= At < to, oldest first; see the interface.
func (r *SQLiteReader) Documents(ctx context.Context, collection string, from, to time.Time) ([]Document, error) {
	db, err := r.connected(ctx)
	if db == nil || err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, `SELECT id, at, revision, body FROM document
		WHERE collection = ?1 AND (?2 IS NULL OR at >= ?2) AND (?3 IS NULL OR at < ?3) ORDER BY at, id LIMIT ?4`,
		collection, bound(from), bound(to), MaxDocuments+1)
	if err != nil {
		return nil, r.explain(collection, err)
	}
	defer func() { _ = rows.Close() }()
	var found []Document
	for rows.Next() {
		d := Document{Collection: collection}
		if err := d.scan(rows.Scan); err != nil {
			return nil, r.explain(collection, err)
		}
		found = append(found, d)
	}
	if err := rows.Err(); err != nil {
		return nil, r.explain(collection, err)
	}
	if len(found) > MaxDocuments {
		return found[:MaxDocuments:MaxDocuments], r.explain(collection, fmt.Errorf("%w; ask for a shorter time", ErrTooMany))
	}
	return found, nil
}

// Document gives one document; false if there is none.
func (r *SQLiteReader) Document(ctx context.Context, collection, id string) (Document, bool, error) {
	db, err := r.connected(ctx)
	if db == nil || err != nil {
		return Document{}, false, err
	}
	d := Document{Collection: collection}
	row := db.QueryRowContext(ctx, "SELECT id, at, revision, body FROM document WHERE collection = ? AND id = ?", collection, id)
	err = d.scan(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Document{}, false, nil
	}
	if err != nil {
		return Document{}, false, r.explain(collection+" "+id, err)
	}
	return d, true, nil
}

// connected is the open file; nil without an error while there is none, or one of a version without documents.
func (r *SQLiteReader) connected(ctx context.Context) (*sql.DB, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if missing, err := r.connect(ctx); missing != "" || err != nil {
		return nil, err
	}
	return r.db, nil
}

func (r *SQLiteReader) explain(what string, err error) error {
	return explain(r.path, fmt.Errorf("documents %q: %w", what, err))
}

// bound is a time as the file has it, NULL for a zero one.
func bound(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	// Rounded up, so that moments between two milliseconds are on the right side of From <= At and At < To.
	return t.Add(time.Millisecond - 1).UnixMilli()
}

// scan fills all but the collection from the columns id, at, revision, body.
func (d *Document) scan(scan func(...any) error) error {
	var at int64
	var body []byte
	if err := scan(&d.ID, &at, &d.Revision, &body); err != nil {
		return err
	}
	d.At, d.Body = time.UnixMilli(at).UTC(), body
	return nil
}

// PutDocument stores a document and gives it as stored; see the interface. When it returns without error the
// document is on disk for good.
func (s *SQLite) PutDocument(ctx context.Context, document Document) (Document, error) {
	d, err := document.normal(time.Now())
	if err != nil {
		return Document{}, fmt.Errorf("ledger %s: %w", s.path, err)
	}
	var stored Document
	err = s.writeQuietly(ctx, func(c *change) error {
		stored, err = c.putDocument(d)
		return err
	})
	if err != nil {
		return Document{}, err
	}
	return stored, nil
}

// normal is the document as it will be read again.
func (d Document) normal(now time.Time) (Document, error) {
	if d.Collection == "" || d.ID == "" {
		return d, fmt.Errorf("a document of the collection %q with the id %q cannot be stored; give it both", d.Collection, d.ID)
	}
	if d.At.IsZero() {
		d.At = now
	}
	d.At = time.UnixMilli(d.At.UnixMilli()).UTC()
	var body bytes.Buffer
	if err := json.Compact(&body, d.Body); err != nil {
		return d, fmt.Errorf("document %q %q: its body is not JSON: %w", d.Collection, d.ID, err)
	}
	if body.Len() > MaxDocumentBytes {
		return d, fmt.Errorf("document %q %q: its body has %d bytes; at most %d can be stored", d.Collection, d.ID, body.Len(), MaxDocumentBytes)
	}
	d.Body = body.Bytes()
	return d, nil
}

func (c *change) putDocument(d Document) (Document, error) {
	known := Document{Collection: d.Collection}
	err := c.queryDocument(&known, d.ID)
	there := err == nil
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Document{}, fmt.Errorf("document %q %q: %w", d.Collection, d.ID, err)
	}
	if d.Revision != 0 && d.Revision != known.Revision {
		return Document{}, fmt.Errorf("document %q %q: %w; read it again and repeat the change", d.Collection, d.ID, ErrConflict)
	}
	if there && known.At.Equal(d.At) && bytes.Equal(known.Body, d.Body) {
		return known, nil
	}
	d.Revision = c.nextRevision()
	err = c.exec(c.ctx, `INSERT INTO document (collection, id, at, revision, body) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (collection, id) DO UPDATE SET at = ?3, revision = ?4, body = ?5`,
		d.Collection, d.ID, d.At.UnixMilli(), d.Revision, string(d.Body))
	if err != nil {
		return Document{}, fmt.Errorf("document %q %q: %w", d.Collection, d.ID, err)
	}
	return d, nil
}

func (c *change) queryDocument(into *Document, id string) error {
	return into.scan(func(columns ...any) error {
		return c.queryRow(c.ctx, "SELECT id, at, revision, body FROM document WHERE collection = ? AND id = ?", []any{into.Collection, id}, columns...)
	})
}

// nextRevision is one that no other write has, not even one of the same transaction.
func (c *change) nextRevision() int64 {
	c.changed = true
	c.revision++
	return c.revision
}

// DeleteDocument deletes a document; one that is not there is no error.
func (s *SQLite) DeleteDocument(ctx context.Context, collection, id string) error {
	return s.writeQuietly(ctx, func(c *change) error {
		_, err := c.deleteDocuments("DELETE FROM document WHERE collection = ? AND id = ?", collection, id)
		return err
	})
}

// DeleteDocumentsBefore deletes the documents of a collection with At < before, and counts them.
func (s *SQLite) DeleteDocumentsBefore(ctx context.Context, collection string, before time.Time) (int, error) {
	var n int64
	err := s.writeQuietly(ctx, func(c *change) (err error) {
		n, err = c.deleteDocuments("DELETE FROM document WHERE collection = ? AND at < ?", collection, bound(before))
		return err
	})
	if err != nil {
		return 0, err
	}
	return int(n), nil
}

func (c *change) deleteDocuments(text string, args ...any) (int64, error) {
	statement, err := c.statement(c.ctx, text) //nolint:sqlclosecheck // it is kept for the next call; release closes it
	if err != nil {
		return 0, err
	}
	result, err := statement.ExecContext(c.ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("documents %q: %w", args[0], err)
	}
	n, err := result.RowsAffected()
	if n > 0 {
		// So that a document made anew in this transaction does not get the number of the deleted one.
		c.nextRevision()
	}
	return n, err
}
