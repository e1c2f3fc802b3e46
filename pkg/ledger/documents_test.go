package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// hour is a moment that documents of tests are about.
func hour(n int) time.Time { return time.Unix(epoch, 0).UTC().Add(time.Duration(n) * time.Hour) }

func document(collection, id string, at time.Time, body string) Document {
	return Document{Collection: collection, ID: id, At: at, Body: json.RawMessage(body)}
}

func put(t testing.TB, w DocumentWriter, d Document) Document {
	t.Helper()
	stored, err := w.PutDocument(context.Background(), d)
	require.NoError(t, err)
	return stored
}

func requireDocuments(t testing.TB, r Documents, collection string, from, to time.Time, want ...Document) {
	t.Helper()
	got, err := r.Documents(context.Background(), collection, from, to)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestADocumentIsReadAsItWasWrittenByEveryProcess(t *testing.T) {
	w := newWriter(t)
	r := openReader(t, w.path)
	requireDocuments(t, r, "incident", time.Time{}, time.Time{})

	stored := put(t, w, document("incident", "a", hour(1).Add(123456789), "{ \"title\": \"Überlast <1 %>\",\n\"n\": 1.0 }"))
	require.JSONEq(t, `{"title":"Überlast <1 %>","n":1.0}`, string(stored.Body))
	require.Equal(t, hour(1).Add(123*time.Millisecond), stored.At)
	require.Positive(t, stored.Revision)
	requireDocuments(t, w, "incident", time.Time{}, time.Time{}, stored)
	requireDocuments(t, r, "incident", time.Time{}, time.Time{}, stored)
	for _, reader := range []Documents{w, r} {
		got, ok, err := reader.Document(t.Context(), "incident", "a")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, stored, got)
		_, ok, err = reader.Document(t.Context(), "acknowledgement", "a")
		require.NoError(t, err)
		require.False(t, ok, "collections do not share ids")
	}
}

func TestDocumentsOfATimeRangeComeOldestFirstAndItsEndIsNotInIt(t *testing.T) {
	w := newWriter(t)
	var all []Document
	for _, n := range []int{3, 1, 0, 2} {
		put(t, w, document("incident", fmt.Sprint("id-", n), hour(n), `{}`))
	}
	put(t, w, document("alert-event", "other", hour(1), `{}`))
	all, err := w.Documents(t.Context(), "incident", time.Time{}, time.Time{})
	require.NoError(t, err)
	require.Len(t, all, 4)
	for i, d := range all {
		require.Equal(t, hour(i), d.At)
	}
	requireDocuments(t, w, "incident", hour(1), hour(3), all[1:3]...)
	requireDocuments(t, w, "incident", hour(1), time.Time{}, all[1:]...)
	requireDocuments(t, w, "incident", time.Time{}, hour(1), all[:1]...)
	requireDocuments(t, w, "incident", hour(1).Add(1), hour(2).Add(1), all[2])
	requireDocuments(t, w, "incident", hour(9), hour(10))
}

func TestAnUpdateMustNameTheRevisionThatItBeganWith(t *testing.T) {
	w := newWriter(t)
	ctx := t.Context()
	first := put(t, w, document("alert-settings", "org", hour(0), `{"version":1}`))

	change := first
	change.Body = json.RawMessage(`{"version":2}`)
	second := put(t, w, change)
	require.Greater(t, second.Revision, first.Revision)

	change.Body = json.RawMessage(`{"version":2,"by":"somebody else"}`)
	_, err := w.PutDocument(ctx, change)
	require.ErrorIs(t, err, ErrConflict)
	require.ErrorContains(t, err, "read it again")
	requireDocuments(t, w, "alert-settings", time.Time{}, time.Time{}, second)

	change.Revision = 0
	third := put(t, w, change)
	require.JSONEq(t, string(change.Body), string(third.Body))

	require.NoError(t, w.DeleteDocument(ctx, "alert-settings", "org"))
	_, err = w.PutDocument(ctx, third)
	require.ErrorIs(t, err, ErrConflict, "what was deleted is not made anew by an update")
	anew := put(t, w, document("alert-settings", "org", hour(0), `{"version":1}`))
	require.Greater(t, anew.Revision, third.Revision, "a revision is never used again")
}

func TestWritingTheSameDocumentAgainChangesNothing(t *testing.T) {
	w := newWriter(t)
	first := put(t, w, document("alert-event", "x", hour(0), `{"a":[1,2]}`))
	require.Equal(t, first, put(t, w, document("alert-event", "x", hour(0), `{ "a": [1, 2] }`)))
	require.Equal(t, first, put(t, w, first))
	require.NoError(t, w.DeleteDocument(t.Context(), "alert-event", "never there"))
}

func TestDocumentsBeforeATimeAreDeletedAndCounted(t *testing.T) {
	w := newWriter(t)
	var kept []Document
	for n := range 10 {
		d := put(t, w, document("alert-event", fmt.Sprint(n), hour(n), `{}`))
		if n >= 4 {
			kept = append(kept, d)
		}
	}
	other := put(t, w, document("incident", "0", hour(0), `{}`))
	n, err := w.DeleteDocumentsBefore(t.Context(), "alert-event", hour(4))
	require.NoError(t, err)
	require.Equal(t, 4, n)
	requireDocuments(t, w, "alert-event", time.Time{}, time.Time{}, kept...)
	requireDocuments(t, w, "incident", time.Time{}, time.Time{}, other)
	n, err = w.DeleteDocumentsBefore(t.Context(), "alert-event", time.Time{})
	require.NoError(t, err)
	require.Zero(t, n, "before the zero time there is nothing")
}

func TestWhatNoLedgerCanHoldIsRefusedWithItsName(t *testing.T) {
	w := newWriter(t)
	for want, d := range map[string]Document{
		"give it both":       document("", "a", hour(0), `{}`),
		"the id \"\"":        document("incident", "", hour(0), `{}`),
		"is not JSON":        document("incident", "a", hour(0), `{"half":`),
		"at most 1048576":    document("incident", "a", hour(0), `"`+strings.Repeat("x", MaxDocumentBytes)+`"`),
		`"incident" "empty"`: document("incident", "empty", hour(0), ``),
	} {
		_, err := w.PutDocument(t.Context(), d)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, w.path)
	}
	requireDocuments(t, w, "incident", time.Time{}, time.Time{})
	now := time.Now()
	d := put(t, w, document("incident", "now", time.Time{}, `null`))
	require.WithinDuration(t, now, d.At, time.Minute, "a document without a time is of now")
}

func TestMoreDocumentsThanOneReadingGivesAreSaidToBeMore(t *testing.T) {
	w := newWriter(t)
	_, err := w.conn.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO document SELECT 'alert-event', i, i, 1, '{}' FROM n`, MaxDocuments)
	require.NoError(t, err)
	got, err := w.Documents(t.Context(), "alert-event", time.Time{}, time.Time{})
	require.ErrorIs(t, err, ErrTooMany)
	require.ErrorContains(t, err, "ask for a shorter time")
	require.Len(t, got, MaxDocuments)
	require.Equal(t, "0", got[0].ID)

	require.NoError(t, w.DeleteDocument(t.Context(), "alert-event", "0"))
	got, err = w.Documents(t.Context(), "alert-event", time.Time{}, time.Time{})
	require.NoError(t, err)
	require.Len(t, got, MaxDocuments)
}

func TestDocumentsAreNoSignOfLifeOfTheEvaluation(t *testing.T) {
	w := newWriter(t)
	put(t, w, document("alert-event", "a", hour(0), `{}`))
	require.Zero(t, snapshot(t, w).Heartbeat)

	appendTo(t, w, key, minutes(0, 5)...)
	before := snapshot(t, w)
	require.NotZero(t, before.Heartbeat)
	time.Sleep(5 * time.Millisecond)
	put(t, w, document("alert-event", "b", hour(0), `{}`))
	require.NoError(t, w.DeleteDocument(t.Context(), "alert-event", "a"))
	_, err := w.DeleteDocumentsBefore(t.Context(), "alert-event", hour(1))
	require.NoError(t, err)
	require.Equal(t, before, snapshot(t, w))

	appendTo(t, w, key, minutes(0, 5)...)
	require.Greater(t, snapshot(t, w).Heartbeat, before.Heartbeat, "buckets do count, even known ones")
}

func TestConcurrentWritersOfOneDocumentLoseNoUpdate(t *testing.T) {
	first := newWriter(t)
	second := openWriter(t, first.path) // not what should happen, but then too nothing is lost
	ctx := t.Context()
	put(t, first, document("counter", "n", hour(0), `0`))
	const goroutines, rounds = 8, 15
	var wg sync.WaitGroup
	errs := make(chan error, goroutines)
	for g := range goroutines {
		w := []*SQLite{first, second}[g%2]
		wg.Go(func() {
			errs <- errors.Join(count(ctx, w, rounds), w.Append(ctx, []Batch{{Key: budget.Key{SLO: fmt.Sprint(g)}, Buckets: minutes(0, 10)}}))
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	got, _, err := first.Document(ctx, "counter", "n")
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(goroutines*rounds), string(got.Body))
	for g := range goroutines {
		requireSeries(t, first, budget.Key{SLO: fmt.Sprint(g)}, minutes(0, 10))
	}
}

// count adds 1 to the document as often as told, each time until nobody else was faster.
func count(ctx context.Context, w Store, rounds int) error {
	for done := 0; done < rounds; {
		d, _, err := w.Document(ctx, "counter", "n")
		if err != nil {
			return err
		}
		var n int
		if err := json.Unmarshal(d.Body, &n); err != nil {
			return err
		}
		d.Body = json.RawMessage(fmt.Sprint(n + 1))
		if _, err := w.PutDocument(ctx, d); err == nil {
			done++
		} else if !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return nil
}

func TestWritesThatShareATransactionGetRevisionsOfTheirOwn(t *testing.T) {
	w := newWriter(t)
	ctx := t.Context()
	const n = 6
	results := make(chan Document, n)
	w.mu.Lock() // so that all of them wait and become one group
	for i := range n {
		go func() {
			d, err := w.PutDocument(ctx, document("incident", "same", hour(0), fmt.Sprint(i)))
			if err != nil {
				d.Revision = -1
			}
			results <- d
		}()
	}
	require.Eventually(t, func() bool {
		w.waiting.Lock()
		defer w.waiting.Unlock()
		return len(w.queue) == n
	}, time.Minute, time.Millisecond)
	w.mu.Unlock()
	seen := map[int64]bool{}
	for range n {
		d := <-results
		require.Positive(t, d.Revision)
		require.False(t, seen[d.Revision], "two contents have one revision, so that an update could overwrite the other")
		seen[d.Revision] = true
	}
}

// version1 is a copy of a ledger that the version before documents wrote: 200 minutes of an SLO and one definition.
func version1(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "version-1.db"))
	require.NoError(t, err)
	path := newPath(t)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

func TestALedgerOfVersionOneIsBroughtUpToDateWithAllItHolds(t *testing.T) {
	path := version1(t)
	w := openWriter(t, path)
	requireSeries(t, w, key, minutes(0, 200))
	entries := snapshot(t, w).Entries
	require.Len(t, entries, 1)
	require.Equal(t, []slo.Definition{definition("a")}, []slo.Definition{entries[0].Definition})
	require.NotZero(t, snapshot(t, w).Heartbeat)
	stored := put(t, w, document("incident", "a", hour(0), `{}`))
	requireDocuments(t, w, "incident", time.Time{}, time.Time{}, stored)
	require.NoError(t, w.Check(t.Context()))
}

func TestAReaderOfAVersionOneLedgerFindsNoDocumentsUntilItIsUpdated(t *testing.T) {
	path := version1(t)
	r := openReader(t, path)
	requireDocuments(t, r, "incident", time.Time{}, time.Time{})
	_, ok, err := r.Document(t.Context(), "alert-settings", "org")
	require.NoError(t, err)
	require.False(t, ok)

	stored := put(t, openWriter(t, path), document("incident", "a", hour(0), `{}`))
	requireDocuments(t, r, "incident", time.Time{}, time.Time{}, stored)
}

func TestReadersOfDocumentsWaitForALedgerAndSayWhenTheyAreClosed(t *testing.T) {
	path := newPath(t)
	r, err := OpenReader(path)
	require.NoError(t, err)
	requireDocuments(t, r, "incident", time.Time{}, time.Time{})
	w := openWriter(t, path)
	stored := put(t, w, document("incident", "a", hour(0), `{}`))
	requireDocuments(t, r, "incident", time.Time{}, time.Time{}, stored)
	require.NoError(t, r.Close())
	_, err = r.Documents(t.Context(), "incident", time.Time{}, time.Time{})
	require.ErrorIs(t, err, ErrClosed)
	require.NoError(t, w.Close())
	_, err = w.PutDocument(t.Context(), document("incident", "b", hour(0), `{}`))
	require.ErrorIs(t, err, ErrClosed)
}
