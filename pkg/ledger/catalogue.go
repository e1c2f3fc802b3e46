package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// SetDefinitions replaces the catalogue: definitions missing from it are marked removed at now,
// returned ones are unmarked; statuses and buckets are kept.
func (s *SQLite) SetDefinitions(ctx context.Context, definitions []slo.Definition, now time.Time) error {
	return s.write(ctx, func(c *change) error {
		present := map[string]bool{}
		for _, d := range definitions {
			present[d.ID] = true
			document, err := json.Marshal(d)
			if err != nil {
				return fmt.Errorf("definition %q: %w", d.ID, err)
			}
			if err := c.putDefinition(d.ID, string(document)); err != nil {
				return fmt.Errorf("definition %q: %w", d.ID, err)
			}
		}
		gone, err := c.removed(present)
		if err != nil {
			return err
		}
		for _, id := range gone {
			c.changed, c.catalogue = true, true
			if err := c.exec(c.ctx, "UPDATE definition SET removed = ?, revision = ? WHERE slo = ?", now.UnixMilli(), c.revision, id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *change) putDefinition(id, document string) error {
	var known string
	var removed sql.NullInt64
	err := c.queryRow(c.ctx, "SELECT document, removed FROM definition WHERE slo = ?", []any{id}, &known, &removed)
	if err == nil && known == document && !removed.Valid {
		return nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	c.changed, c.catalogue = true, true
	return c.exec(c.ctx, `INSERT INTO definition (slo, revision, document) VALUES (?1, ?2, ?3)
		ON CONFLICT (slo) DO UPDATE SET revision = ?2, document = ?3, removed = NULL`, id, c.revision, document)
}

// removed lists the definitions that are not marked removed and not present any more.
func (c *change) removed(present map[string]bool) ([]string, error) {
	statement, err := c.statement(c.ctx, "SELECT slo FROM definition WHERE removed IS NULL") //nolint:sqlclosecheck // it is kept for the next call; release closes it
	if err != nil {
		return nil, err
	}
	rows, err := statement.QueryContext(c.ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var gone []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if !present[id] {
			gone = append(gone, id)
		}
	}
	return gone, rows.Err()
}

// SetStatus stores the evaluation state of definitions by ID, in one transaction.
func (s *SQLite) SetStatus(ctx context.Context, statuses map[string]Status) error {
	return s.write(ctx, func(c *change) error {
		ids := make([]string, 0, len(statuses))
		for id := range statuses {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, id := range ids {
			document, err := json.Marshal(statuses[id])
			if err != nil {
				return fmt.Errorf("status of %q: %w", id, err)
			}
			c.changed, c.catalogue = true, true
			err = c.exec(c.ctx, `INSERT INTO status (slo, revision, document) VALUES (?1, ?2, ?3)
				ON CONFLICT (slo) DO UPDATE SET revision = ?2, document = ?3`, id, c.revision, string(document))
			if err != nil {
				return fmt.Errorf("status of %q: %w", id, err)
			}
		}
		return nil
	})
}

// SetProblems replaces the list of problems of the definition files.
func (s *SQLite) SetProblems(ctx context.Context, problems []slo.Problem) error {
	if problems == nil {
		problems = []slo.Problem{}
	}
	document, err := json.Marshal(problems)
	if err != nil {
		return fmt.Errorf("problems: %w", err)
	}
	return s.write(ctx, func(c *change) error {
		var known string
		if err := c.queryRow(c.ctx, "SELECT problems FROM head", nil, &known); err != nil || known == string(document) {
			return err
		}
		c.changed, c.catalogue = true, true
		return c.exec(c.ctx, "UPDATE head SET problems = ?", string(document))
	})
}
