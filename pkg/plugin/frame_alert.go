package plugin

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
)

// The numbers that a query of type "alert" may be about.
const (
	valueBurn       = "burn"
	valueEvents     = "events"
	valueConsumed   = "consumed"
	valueRemaining  = "remaining"
	valueExhaustion = "exhaustion_hours"
	valueLag        = "lag_seconds"
	valueLedgerLag  = "ledger_lag_seconds"
	valueAbsence    = "absence"
)

var ruleValues = []string{valueBurn, valueEvents, valueConsumed, valueRemaining, valueExhaustion, valueLag, valueLedgerLag, valueAbsence}

// windowValues are those over a window of the query's, not over the SLO's own.
var windowValues = []string{valueBurn, valueEvents}

// never stands for an age or a time to exhaustion that has no end: rules compare numbers, and know no infinity.
const never = 1e6

// parseRule checks what only queries of type "alert" have.
func (q *query) parseRule(model queryModel) error {
	if model.Value == "" || !slices.Contains(ruleValues, model.Value) {
		return badQuery("query %s has the value %q; for alert it must be one of %s.", q.RefID, model.Value, quoted(ruleValues, "or"))
	}
	q.Value = model.Value
	if slices.Contains(windowValues, q.Value) && len(q.Windows) != 1 {
		return badQuery("query %s asks for %s over %d windows; give exactly one in windows, such as [\"1h\"].", q.RefID, q.Value, len(q.Windows))
	}
	q.Otherwise = model.Otherwise
	q.Absence = alert.AbsenceTraffic
	if model.Absence != "" {
		q.Absence = alert.Absence(model.Absence)
	}
	if q.Absence != alert.AbsenceTraffic && q.Absence != alert.AbsenceSource {
		return badQuery("query %s has the absence %q; it must be %q or %q.", q.RefID, model.Absence, alert.AbsenceTraffic, alert.AbsenceSource)
	}
	return nil
}

// ruleRow is one SLO's number, or why there is none.
type ruleRow struct {
	entry ledger.Entry
	value float64
	// lacking says why the SLO gets no row; "" when it has one.
	lacking string
}

// ruleFrame is what the rules ask for every minute: one number an SLO. An SLO whose numbers are not of now gets
// no row rather than a healthy one, or the number that the query has for that; without a row a rule keeps its state.
// Nothing is computed but what is asked for.
func (a *answerer) ruleFrame(ctx context.Context, q query, reader reader, snapshot ledger.Snapshot, entries []ledger.Entry) (*data.Frame, error) {
	now := a.now().UTC()
	to := now
	if !q.To.IsZero() && q.To.Before(now) {
		to = q.To
	}
	if q.Value == valueLedgerLag {
		return ledgerLagFrame(q, snapshot, now), nil
	}
	settings, err := a.settings(ctx, reader)
	if err != nil {
		return nil, err
	}
	rows := make([]ruleRow, 0, len(entries))
	for _, entry := range entries {
		series, err := reader.Series(ctx, budget.Key{SLO: entry.Definition.ID})
		if err != nil {
			return nil, fmt.Errorf("the ledger can't give the buckets of %q: %w", entry.Definition.ID, err)
		}
		row := ruleRow{entry: entry}
		row.value, row.lacking = a.ruleValue(q, entry, series, settings, to)
		if row.lacking != "" && q.Otherwise != nil {
			row.value, row.lacking = *q.Otherwise, ""
		}
		rows = append(rows, row)
	}
	return ruleRows(q, rows), nil
}

// ruleValue is the number that a rule is about, or why there is none.
func (a *answerer) ruleValue(q query, entry ledger.Entry, series *budget.Series, settings alert.Settings, to time.Time) (value float64, lacking string) {
	def, status := entry.Definition, entry.Status
	switch {
	case !entry.Removed.IsZero():
		return 0, fmt.Sprintf("It was removed from the definitions on %s.", clock(entry.Removed))
	case def.NotEvaluated != "":
		return 0, "It is not evaluated: " + sentence(def.NotEvaluated)
	}
	switch q.Value {
	case valueLag:
		if status.ReadUntil.IsZero() {
			return never, ""
		}
		return min(never, math.Max(0, to.Sub(status.ReadUntil).Seconds())), ""
	case valueAbsence:
		return absence(q, series, to), ""
	}
	at := moment(status.ReadUntil, to, to)
	if why := notOfNow(series, status, at, to); why != "" {
		return 0, why
	}
	switch q.Value {
	case valueBurn:
		b := series.BurnRate(budget.ObjectiveOf(def), at, q.Windows[0])
		return math.Min(b.Rate, endlessBurn), ""
	case valueEvents:
		return series.Sum(at.Unix()-int64(q.Windows[0]/time.Second), at.Unix()).Total, ""
	}
	if done := progress(status); done < 1 {
		return 0, fmt.Sprintf("History is being read: %d %% of the %s window so far.", int(done*100), def.Window.Text)
	}
	if q.Value != valueExhaustion {
		r := series.Report(budget.ObjectiveOf(def), at)
		if q.Value == valueRemaining {
			return r.Remaining, ""
		}
		return alert.Consumed(r), ""
	}
	if !alert.Foreseeable(series.Report(budget.ObjectiveOf(def), at)) {
		return never, ""
	}
	// The forecast looks at hundreds of windows; several rules of an SLO ask for it in the same minute.
	figures := a.known.figures(def.ID, alert.PlanFor(def, settings).Objective, series, at)
	supported := alert.Condition{Kind: alert.KindForecast, Horizon: math.MaxInt64}
	if !supported.Supported(figures.Forecast, at) {
		return never, ""
	}
	return figures.Forecast.At.Sub(at).Hours(), ""
}

// notOfNow says why what the ledger knows at a moment must not decide anything; "" when it may.
func notOfNow(series *budget.Series, status ledger.Status, at, to time.Time) string {
	why := ""
	if status.LastError != "" {
		why = " " + sentence(status.LastError)
	}
	report := series.Report(budget.Objective{Window: maxWindow}, at)
	switch {
	case report.LastMeasured.IsZero():
		return "Nothing was measured yet." + why
	case to.Sub(report.LastMeasured) > budget.StaleAfter:
		return fmt.Sprintf("Last measured at %s, which is more than %s ago.%s", clock(report.LastMeasured), windowText(budget.StaleAfter), why)
	}
	return ""
}

// absence is 1 while the condition of that name holds, else 0. A failing source does not move on what was read,
// but it leaves buckets that say so: the newest one counts.
func absence(q query, series *budget.Series, to time.Time) float64 {
	at := to
	if _, end, ok := series.Bounds(); ok {
		at = moment(time.Unix(end, 0), to, to)
	}
	c := alert.Condition{Kind: alert.KindAbsence, Absence: q.Absence}
	if c.Holds(series, budget.Objective{}, at) {
		return 1
	}
	return 0
}

// ledgerLagFrame has one number and no SLO: the age of the last write.
func ledgerLagFrame(q query, snapshot ledger.Snapshot, now time.Time) *data.Frame {
	lag := float64(never)
	if !snapshot.Heartbeat.IsZero() {
		lag = min(never, math.Max(0, now.Sub(snapshot.Heartbeat).Seconds()))
	}
	return ruleMeta(q, data.NewFrame(string(QueryAlert), data.NewField(q.Value, nil, []float64{lag})))
}

func ruleRows(q query, rows []ruleRow) *data.Frame {
	var ids, services []string
	var values []float64
	var notices []data.Notice
	left := 0
	for _, r := range rows {
		def := r.entry.Definition
		switch {
		case r.lacking == "":
			ids, services, values = append(ids, def.ID), append(services, def.Service), append(values, r.value)
		case len(notices) < maxNotices:
			notices = append(notices, data.Notice{
				Severity: data.NoticeSeverityWarning, Text: fmt.Sprintf("%s has no %s: %s", def.DisplayName, q.Value, r.lacking),
				Link: detailPath + url.PathEscape(def.ID),
			})
		default:
			left++
		}
	}
	if left > 0 {
		notices = append(notices, data.Notice{Severity: data.NoticeSeverityWarning, Text: fmt.Sprintf("%d more SLOs have none either.", left)})
	}
	// A frame without fields is how the data plane says "no data".
	frame := data.NewFrame(string(QueryAlert))
	if len(values) > 0 {
		frame.Fields = []*data.Field{data.NewField("slo", nil, ids), data.NewField("service", nil, services), data.NewField(q.Value, nil, values)}
	}
	ruleMeta(q, frame)
	frame.Meta.Notices = notices
	return frame
}

func ruleMeta(q query, frame *data.Frame) *data.Frame {
	frame.RefID = q.RefID
	frame.Meta = &data.FrameMeta{
		Type: data.FrameTypeNumericLong, TypeVersion: dataplane, PreferredVisualization: data.VisTypeTable,
		Custom: map[string]any{"kind": string(QueryAlert), "value": q.Value},
	}
	return frame
}
