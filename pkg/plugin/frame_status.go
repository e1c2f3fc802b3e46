package plugin

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// statusFrame has one row an SLO. The order of the fields is part of the contract (docs/frames.md).
func statusFrame(q query, views []*view) (*data.Frame, error) {
	columns := statusColumns(views)
	fields := make([]*data.Field, 0, len(columns))
	for _, c := range columns {
		if q.ForAlert && !c.identifies && c.name != q.Value {
			continue
		}
		field, err := c.field(views)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	frame := data.NewFrame("status", fields...)
	frame.RefID = q.RefID
	frame.Meta = &data.FrameMeta{
		Type: data.FrameTypeNumericLong, TypeVersion: dataplane,
		PreferredVisualization: data.VisTypeTable, UniqueRowIDFields: []int{0},
		Custom: map[string]any{"kind": string(QueryStatus)},
	}
	left := 0
	for _, v := range views {
		found := v.notices(true)
		if len(found) == 0 {
			continue
		}
		if len(frame.Meta.Notices) >= maxNotices {
			left++
			continue
		}
		frame.Meta.Notices = append(frame.Meta.Notices, found[0])
	}
	if left > 0 {
		frame.AppendNotices(data.Notice{Severity: data.NoticeSeverityWarning, Text: fmt.Sprintf("%d more SLOs have something to say: see the column Message.", left)})
	}
	return frame, nil
}

// column is a field of the status frame.
type column struct {
	name   string
	config data.FieldConfig
	// identifies keeps the column when Grafana Alerting asks: text becomes a label there, so that only
	// what identifies an SLO may stay beside the number that the rule is about.
	identifies bool
	make       func([]*view) (any, error)
}

func (c column) field(views []*view) (*data.Field, error) {
	values, err := c.make(views)
	if err != nil {
		return nil, err
	}
	config := c.config
	return data.NewField(c.name, nil, values).SetConfig(&config), nil
}

func each[T any](of func(*view) T) func([]*view) (any, error) {
	return func(views []*view) (any, error) {
		values := make([]T, len(views))
		for i, v := range views {
			values[i] = of(v)
		}
		return values, nil
	}
}

func statusColumns(views []*view) []column {
	named := func(name string) data.FieldConfig { return data.FieldConfig{DisplayNameFromDS: name} }
	unit := func(name, unit string) data.FieldConfig { return data.FieldConfig{DisplayNameFromDS: name, Unit: unit} }
	fraction := func(name string) data.FieldConfig { return unit(name, unitFraction) }
	events := func(name string) data.FieldConfig { return unit(name, unitEvents) }

	linked := named("SLO")
	linked.Links = rowLink()
	state := named("State")
	state.Mappings = stateMappings()
	remaining := fraction("Remaining budget")
	remaining.Thresholds = remainingThresholds()

	objective, sli := fraction("Objective"), fraction("SLI")
	var places, sliPlaces uint16
	for _, v := range views {
		places = max(places, objectiveDecimals(v.definition().Target))
		sliPlaces = max(sliPlaces, sliDecimals(v.definition().Target))
	}
	objective.SetDecimals(places)
	sli.SetDecimals(sliPlaces)

	columns := []column{
		{"slo", named("SLO id"), true, each(func(v *view) string { return v.definition().ID })},
		{"name", linked, true, each(func(v *view) string { return v.definition().DisplayName })},
		{"service", named("Service id"), true, each(func(v *view) string { return v.definition().Service })},
		{"service_name", named("Service"), true, each(func(v *view) string { return v.definition().ServiceDisplayName })},
		{"state", state, false, each(func(v *view) string { return string(v.State) })},
		{"objective", objective, false, each(func(v *view) float64 { return v.definition().Target.Float() })},
		{"sli", sli, false, each((*view).sli)},
		{"remaining", remaining, false, each((*view).remaining)},
		{"consumed", fraction("Consumed budget"), false, each((*view).consumed)},
	}
	for i, window := range shownWindows {
		config := unit("Burn rate "+windowText(window), unitBurnRate)
		config.Thresholds = commonBurnThresholds(views, window)
		columns = append(columns, column{"burn_" + windowText(window), config, false, each(func(v *view) *float64 { return burn(v.Burns[i]) })})
	}
	return append(columns,
		column{"bad", events("Bad events"), false, each((*view).bad)},
		column{"total", events("Events"), false, each((*view).total)},
		column{"allowed", events("Allowed bad events"), false, each((*view).allowed)},
		column{"window", named("Window"), false, each(func(v *view) string { return v.definition().Window.Text })},
		column{"exhausted_at", named("Exhausted at"), false, each(func(v *view) *time.Time { return instant(v.Forecast.At) })},
		column{"exhausted_lower", named("Exhausted at the earliest"), false, each(func(v *view) *time.Time { return instant(v.Forecast.Lower) })},
		column{"exhausted_upper", named("Exhausted at the latest"), false, each(func(v *view) *time.Time { return instant(v.Forecast.Upper) })},
		column{"coverage", fraction("Known share of window"), false, each(func(v *view) float64 { return v.Report.Coverage })},
		column{"progress", fraction("Backfilled"), false, each(func(v *view) float64 { return v.Progress })},
		column{"last_measured", named("Last measured"), false, each(func(v *view) *time.Time { return instant(v.Report.LastMeasured) })},
		column{"lag_seconds", unit("Lag", unitSeconds), false, each((*view).lag)},
		column{"owner", named("Owner"), false, each(func(v *view) string { return v.definition().Owner })},
		column{"runbook", named("Runbook"), false, each(func(v *view) string { return v.definition().RunbookURL })},
		column{"critical", named("Critical journey"), false, each(func(v *view) bool { return v.definition().CriticalJourney })},
		column{"message", named("Message"), false, each(func(v *view) string { return sentences(v.Reasons) })},
		column{"trend", fraction("Trend"), false, trends},
	)
}

// trends are JSON arrays of the remaining budget, null where it is not known.
func trends(views []*view) (any, error) {
	values := make([]json.RawMessage, len(views))
	for i, v := range views {
		raw, err := json.Marshal(v.Trend())
		if err != nil {
			return nil, fmt.Errorf("trend of %q: %w", v.definition().ID, err)
		}
		values[i] = raw
	}
	return values, nil
}

// commonBurnThresholds are those of the SLOs' policy and window when all have the same ones. With mixed ones a
// column can't be right for every row; the workbook's policy over 30 days is the convention.
func commonBurnThresholds(views []*view, window time.Duration) *data.ThresholdsConfig {
	policy, objective := budget.WorkbookPolicy, 30*24*time.Hour
	for i, v := range views {
		if i > 0 && (v.Objective.Window != views[0].Objective.Window || !slices.Equal(v.Objective.Policy, views[0].Objective.Policy)) {
			return burnThresholds(policy, objective, window)
		}
	}
	if len(views) > 0 && views[0].Objective.Window >= budget.Step {
		policy, objective = views[0].Objective.Policy, views[0].Objective.Window
	}
	return burnThresholds(policy, objective, window)
}
