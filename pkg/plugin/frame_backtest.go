package plugin

import (
	"context"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/burnline/grafana-slo-app/pkg/alert/backtest"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
)

// The views of a query of type "backtest".
const (
	viewFirings = "firings"
	viewSummary = "summary"
	viewWhatIf  = "whatif"
)

var backtestViews = []string{viewFirings, viewSummary, viewWhatIf}

// parseBacktest checks what only queries of type "backtest" have.
func (q *query) parseBacktest(model queryModel) error {
	q.View = viewFirings
	if model.View != "" {
		q.View = model.View
	}
	if !slices.Contains(backtestViews, q.View) {
		return badQuery("query %s has the unknown view %q; it must be one of %s.", q.RefID, model.View, quoted(backtestViews, "or"))
	}
	targets, err := parseTargets(model.Targets)
	if err != nil {
		return badQuery("query %s: %v", q.RefID, err)
	}
	if q.View == viewWhatIf {
		q.Targets = targets
		if len(targets) == 0 {
			q.Targets = backtest.DefaultTargets()
		}
		return nil
	}
	q.Policies = words(model.Policies)
	if len(q.Policies) == 0 {
		q.Policies = []string{ownPolicy}
		if q.View == viewSummary {
			q.Policies = defaultPolicies()
		}
	}
	return nil
}

// backtestFrame is what policies would have done in the time range, as a table.
func (a *answerer) backtestFrame(ctx context.Context, q query, reader reader, snapshot ledger.Snapshot, entries []ledger.Entry) (*data.Frame, error) {
	if q.ForAlert {
		return nil, badQuery("query %s is a backtest, which no alert rule can be about; use queryType \"alert\".", q.RefID)
	}
	to := q.To
	if now := a.now().UTC(); now.Before(to) {
		to = now
	}
	found, err := a.try(ctx, reader, snapshot, entries, trial{From: q.From, To: to, Policies: q.Policies, Targets: q.Targets})
	if err != nil {
		return nil, err
	}
	var fields []*data.Field
	switch q.View {
	case viewSummary:
		fields = summaryFields(found)
	case viewWhatIf:
		fields = whatIfFields(found)
	default:
		fields = firingFields(found)
	}
	frame := data.NewFrame(q.View, fields...)
	frame.RefID = q.RefID
	frame.Meta = &data.FrameMeta{PreferredVisualization: data.VisTypeTable, Custom: map[string]any{"kind": string(QueryBacktest), "view": q.View}}
	return frame, nil
}

// columnOf makes a field of rows.
func columnOf[R, T any](rows []R, name, title, unit string, of func(R) T) *data.Field {
	values := make([]T, len(rows))
	for i, r := range rows {
		values[i] = of(r)
	}
	return data.NewField(name, nil, values).SetConfig(&data.FieldConfig{DisplayNameFromDS: title, Unit: unit})
}

type firingRow struct {
	tried
	policyResult
	backtest.Firing
}

func firingFields(found []tried) []*data.Field {
	var rows []firingRow
	for _, t := range found {
		for _, r := range t.Results {
			for _, f := range r.Firings {
				rows = append(rows, firingRow{t, r, f})
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b firingRow) int { return a.Firing.From.Compare(b.Firing.From) })
	until := func(r firingRow) time.Time {
		if r.Firing.To.IsZero() {
			return r.Result.To
		}
		return r.Firing.To
	}
	return []*data.Field{
		columnOf(rows, "slo", "SLO id", "", func(r firingRow) string { return r.Definition.ID }),
		columnOf(rows, "name", "SLO", "", func(r firingRow) string { return r.Definition.DisplayName }),
		columnOf(rows, "service", "Service", "", func(r firingRow) string { return r.Definition.Service }),
		columnOf(rows, "policy", "Policy", "", func(r firingRow) string { return r.Policy }),
		columnOf(rows, "condition", "Condition", "", func(r firingRow) string { return r.Condition.Title() }),
		columnOf(rows, "severity", "Severity", "", func(r firingRow) string { return r.Condition.Severity }),
		columnOf(rows, "from", "Fires at", "", func(r firingRow) time.Time { return r.Firing.From }),
		columnOf(rows, "to", "Resolves at", "", func(r firingRow) *time.Time { return instant(r.Firing.To) }),
		columnOf(rows, "duration_seconds", "Lasts", unitSeconds, func(r firingRow) float64 { return until(r).Sub(r.Firing.From).Seconds() }),
		columnOf(rows, "spent_before", "Spent before", unitFraction, func(r firingRow) *float64 { return budget.Finite(r.SpentBefore) }),
		columnOf(rows, "spent_after", "Spent at its end", unitFraction, func(r firingRow) *float64 { return budget.Finite(r.SpentAfter) }),
		columnOf(rows, "incident", "Incident", "", func(r firingRow) *string {
			if len(r.Incidents) == 0 {
				return nil
			}
			return &r.Incidents[0]
		}),
		columnOf(rows, "delay_seconds", "Delay", unitSeconds, func(r firingRow) *float64 { return r.delay(r.Firing) }),
		columnOf(rows, "true_positive", "True", "", func(r firingRow) *bool { return r.right(r.Firing) }),
		columnOf(rows, "reset_seconds", "Reset", unitSeconds, func(r firingRow) *float64 { return reset(r.Firing) }),
	}
}

type summaryRow struct {
	tried
	policyResult
}

func summaryFields(found []tried) []*data.Field {
	var rows []summaryRow
	for _, t := range found {
		for _, r := range t.Results {
			rows = append(rows, summaryRow{t, r})
		}
	}
	return []*data.Field{
		columnOf(rows, "slo", "SLO id", "", func(r summaryRow) string { return r.Definition.ID }),
		columnOf(rows, "name", "SLO", "", func(r summaryRow) string { return r.Definition.DisplayName }),
		columnOf(rows, "service", "Service", "", func(r summaryRow) string { return r.Definition.Service }),
		columnOf(rows, "policy", "Policy", "", func(r summaryRow) string { return r.Policy }),
		columnOf(rows, "alerts", "Alerts", "", func(r summaryRow) int64 { return int64(r.Summary.Firings) }),
		columnOf(rows, "pages", "Pages", "", func(r summaryRow) int64 { return int64(r.Summary.Pages.Firings) }),
		columnOf(rows, "tickets", "Tickets", "", func(r summaryRow) int64 { return int64(r.Summary.Tickets.Firings) }),
		columnOf(rows, "precision", "Precision", unitFraction, func(r summaryRow) *float64 { return r.Summary.Precision }),
		columnOf(rows, "recall", "Recall", unitFraction, func(r summaryRow) *float64 { return r.Summary.Recall }),
		columnOf(rows, "incidents", "Incidents", "", func(r summaryRow) int64 { return int64(r.Summary.Incidents) }),
		columnOf(rows, "found", "Found", "", func(r summaryRow) int64 { return int64(r.Summary.Found) }),
		columnOf(rows, "alerts_per_week", "Alerts a week", "", func(r summaryRow) float64 { return r.Summary.AlertsPerWeek }),
		columnOf(rows, "pages_per_week", "Pages a week", "", func(r summaryRow) float64 { return r.Summary.PagesPerWeek }),
		columnOf(rows, "mean_delay_seconds", "Mean delay", unitSeconds, func(r summaryRow) *float64 { return seconds(r.Summary.MeanDelay) }),
		columnOf(rows, "mean_reset_seconds", "Mean reset", unitSeconds, func(r summaryRow) *float64 { return seconds(r.Summary.MeanReset) }),
		columnOf(rows, "spent_before", "Spent before", unitFraction, func(r summaryRow) *float64 { return r.Summary.SpentBefore }),
		columnOf(rows, "coverage", "Known share of the time", unitFraction, func(r summaryRow) float64 { return r.Coverage }),
	}
}

type whatIfRow struct {
	tried
	backtest.TargetResult
}

func whatIfFields(found []tried) []*data.Field {
	var rows []whatIfRow
	for _, t := range found {
		for _, r := range t.Targets {
			rows = append(rows, whatIfRow{t, r})
		}
	}
	return []*data.Field{
		columnOf(rows, "slo", "SLO id", "", func(r whatIfRow) string { return r.Definition.ID }),
		columnOf(rows, "name", "SLO", "", func(r whatIfRow) string { return r.Definition.DisplayName }),
		columnOf(rows, "service", "Service", "", func(r whatIfRow) string { return r.Definition.Service }),
		columnOf(rows, "target", "Target", "", func(r whatIfRow) string { return r.Target.Percent() + " %" }),
		columnOf(rows, "objective", "Objective", unitFraction, func(r whatIfRow) float64 { return r.Target.Float() }),
		columnOf(rows, "allowed", "Allowed bad events", unitEvents, func(r whatIfRow) *float64 { return known(r.Report, r.Report.Allowed) }),
		columnOf(rows, "consumed", "Consumed budget", unitFraction, func(r whatIfRow) *float64 { return known(r.Report, r.Report.Consumed) }),
		columnOf(rows, "remaining", "Remaining budget", unitFraction, func(r whatIfRow) *float64 { return known(r.Report, r.Report.Remaining) }),
		columnOf(rows, "pages", "Pages", "", func(r whatIfRow) int64 { return int64(r.Pages) }),
		columnOf(rows, "tickets", "Tickets", "", func(r whatIfRow) int64 { return int64(r.Tickets) }),
		columnOf(rows, "alerts_per_week", "Alerts a week", "", func(r whatIfRow) float64 { return r.TargetResult.AlertsPerWeek }),
	}
}
