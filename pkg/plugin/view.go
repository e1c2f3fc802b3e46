package plugin

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// endlessBurn stands for an infinite burn rate (a 100 % objective that saw a bad event): JSON and
// frames know no infinity, and null would hide the outage.
const endlessBurn = 1e6

// view is one SLO at one moment: the only place from which frames and resources take their numbers.
type view struct {
	*figures
	Entry ledger.Entry
	// Plan is what is alerted on; its rows decide on page and ticket.
	Plan  alert.Plan
	State State
	// Reasons say why the state is what it is, and what else to know; the most important first.
	Reasons []reason
	// Progress is the share of the window that backfill has read, 0 to 1.
	Progress float64
	now      time.Time
}

func (v *view) definition() slo.Definition { return v.Entry.Definition }

// viewOf assesses an entry. The window ends at the time range's end if that lies in the past, else at
// the newest bucket that was read: a live system is not shown with the lag of its evaluation. When
// reading has stopped for longer than that, the window moves on without it.
func viewOf(ctx context.Context, reader ledger.Reader, known *memory, plan alert.Plan, entry ledger.Entry, heartbeat, to, now time.Time) (*view, error) {
	series, err := reader.Series(ctx, budget.Key{SLO: entry.Definition.ID})
	if err != nil {
		return nil, fmt.Errorf("the ledger can't give the buckets of %q: %w", entry.Definition.ID, err)
	}
	at := moment(entry.Status.ReadUntil, to, now)
	v := &view{figures: known.figures(entry.Definition.ID, plan.Objective, series, at), Entry: entry, Plan: plan, now: now}
	v.Progress = progress(entry.Status)
	v.State, v.Reasons = judge(v, heartbeat)
	return v, nil
}

// moment is the end of the window to report on.
func moment(readUntil, to, now time.Time) time.Time {
	at := to
	if now.Before(at) {
		at = now
	}
	if readUntil.Before(at) && at.Sub(readUntil) <= budget.StaleAfter {
		at = readUntil
	}
	return time.Unix(budget.AlignDown(at), 0).UTC()
}

// progress is the share of the window that backfill has read, newest first.
func progress(s ledger.Status) float64 {
	if s.BackfillFrom.IsZero() || s.ReadUntil.IsZero() {
		return 0
	}
	if s.BackfilledTo.IsZero() {
		return 0
	}
	if !s.BackfilledTo.After(s.BackfillFrom) {
		return 1
	}
	whole := s.ReadUntil.Sub(s.BackfillFrom)
	if whole <= 0 {
		return 0
	}
	return min(1, max(0, float64(s.ReadUntil.Sub(s.BackfilledTo))/float64(whole)))
}

// remaining and the like are the view's numbers, nil where nothing is known.

func (v *view) remaining() *float64 { return v.ifKnown(v.Report.Remaining) }
func (v *view) consumed() *float64  { return v.ifKnown(v.Report.Consumed) }
func (v *view) sli() *float64       { return v.ifKnown(v.Report.SLI) }
func (v *view) bad() *float64       { return v.ifKnown(v.Report.Bad()) }
func (v *view) total() *float64     { return v.ifKnown(v.Report.Total) }
func (v *view) good() *float64      { return v.ifKnown(v.Report.Good) }
func (v *view) allowed() *float64   { return v.ifKnown(v.Report.Allowed) }

func (v *view) ifKnown(value float64) *float64 {
	if !v.Known() {
		return nil
	}
	return budget.Finite(value)
}

// lag is the seconds since the end of the newest bucket that was read; nil before the first.
func (v *view) lag() *float64 {
	if v.Entry.Status.ReadUntil.IsZero() {
		return nil
	}
	return budget.Finite(math.Max(0, v.now.Sub(v.Entry.Status.ReadUntil).Seconds()))
}

// burn is the rate of a burn window, nil when it holds no event.
func burn(b budget.Burn) *float64 {
	if !b.OK {
		return nil
	}
	return rate(b.Rate)
}

// rate makes a burn rate presentable: nil when not known, endlessBurn when infinite.
func rate(value float64) *float64 {
	if value > endlessBurn {
		value = endlessBurn
	}
	return budget.Finite(value)
}
