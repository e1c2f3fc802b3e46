package plugin

import (
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// seriesFrames are the frames of one SLO for a query over time.
func seriesFrames(q query, v *view) []*data.Frame {
	switch q.Type {
	case QueryBudget:
		frames := []*data.Frame{budgetFrame(q, v)}
		if v.Forecast.Kind == budget.ForecastAt && v.live() && !q.ForAlert {
			frames = append(frames, projectionFrame(q, v))
		}
		return frames
	case QueryBurnRate:
		return []*data.Frame{burnRateFrame(q, v)}
	case QuerySLI:
		return []*data.Frame{sliFrame(q, v)}
	case QueryEvents:
		return []*data.Frame{eventsFrame(q, v)}
	}
	return nil
}

// seriesFrame makes a frame of a time field and the given ones.
func seriesFrame(q query, v *view, name string, times []time.Time, fields ...*data.Field) *data.Frame {
	clock := data.NewField("time", nil, times).SetConfig(&data.FieldConfig{Interval: float64(q.Step * 1000)})
	frame := data.NewFrame(name, append([]*data.Field{clock}, fields...)...)
	frame.RefID = q.RefID
	frame.Meta = &data.FrameMeta{
		Type: data.FrameTypeTimeSeriesWide, TypeVersion: dataplane,
		PreferredVisualization: data.VisTypeGraph, Notices: v.notices(false),
	}
	return frame
}

func numbers(v *view, name string, config data.FieldConfig, values []*float64) *data.Field {
	config.Links = detailLink(v.definition().ID)
	return data.NewField(name, labelsOf(v.definition()), values).SetConfig(&config)
}

// evaluations are the moments at which a trailing window is looked at: multiples of the step, so that
// they stay where they are when a dashboard refreshes, up to the newest known moment.
func evaluations(q query, v *view) (first, last int64) {
	first = q.From.Unix() + q.Step - 1
	first -= first % q.Step
	last = min(q.To.Unix(), v.At().Unix())
	return first, last - last%q.Step
}

// closing reports whether the series gets one more point at the view's own moment. With it the graph
// ends with exactly the number that the table shows.
func closing(q query, v *view, last int64) bool {
	at := v.At().Unix()
	return at > last && at >= q.From.Unix() && at <= q.To.Unix()
}

func budgetFrame(q query, v *view) *data.Frame {
	first, last := evaluations(q, v)
	var points []budgetPoint
	if first <= last {
		points = v.burnDown(first, last, q.Step)
	}
	if closing(q, v, last) {
		points = append(points, budgetPoint{At: v.At(), Remaining: v.remaining(), SLI: v.sli(), Coverage: v.Report.Coverage})
	}
	times, remaining, sli, coverage := make([]time.Time, len(points)), make([]*float64, len(points)), make([]*float64, len(points)), make([]float64, len(points))
	for i, p := range points {
		times[i], remaining[i], sli[i], coverage[i] = p.At, p.Remaining, p.SLI, p.Coverage
	}
	def := v.definition()
	frame := seriesFrame(q, v, def.DisplayName, times,
		numbers(v, "remaining", data.FieldConfig{DisplayNameFromDS: def.DisplayName, Unit: unitFraction, Thresholds: remainingThresholds()}, remaining),
		numbers(v, "sli", sliConfig(def.DisplayName+" SLI", def.Target), sli),
		data.NewField("coverage", labelsOf(def), coverage).SetConfig(&data.FieldConfig{DisplayNameFromDS: def.DisplayName + " known share of window", Unit: unitFraction}),
	)
	frame.Meta.Custom = map[string]any{"kind": string(QueryBudget), "report": v.reportJSON()}
	return frame
}

// projectionFrame draws the forecast as straight lines from now to the moments at which the budget is
// expected to be spent: the expected one, and the ends of its interval. An end that is open stays level.
func projectionFrame(q query, v *view) *data.Frame {
	now, left := v.At(), v.Report.Remaining
	f := v.Forecast
	moments := []time.Time{now, f.Lower, f.At, f.Upper}
	moments = slices.DeleteFunc(moments, time.Time.IsZero)
	slices.SortFunc(moments, time.Time.Compare)
	moments = slices.CompactFunc(moments, time.Time.Equal)
	line := func(end time.Time) []*float64 {
		values := make([]*float64, len(moments))
		for i, at := range moments {
			switch {
			case end.IsZero():
				values[i] = budget.Finite(left)
			case !at.After(end):
				share := 1.0
				if whole := end.Sub(now); whole > 0 {
					share = float64(at.Sub(now)) / float64(whole)
				}
				values[i] = budget.Finite(left * (1 - share))
			}
		}
		return values
	}
	name := v.definition().DisplayName
	config := func(title string) data.FieldConfig {
		return data.FieldConfig{DisplayNameFromDS: name + " " + title, Unit: unitFraction, Thresholds: remainingThresholds()}
	}
	frame := seriesFrame(q, v, "projection", moments,
		numbers(v, "projected", config("projected"), line(f.At)),
		numbers(v, "lower", config("projected at the earliest"), line(f.Lower)),
		numbers(v, "upper", config("projected at the latest"), line(f.Upper)),
	)
	frame.Fields[0].Config = nil
	frame.Meta.Notices = nil
	frame.Meta.Custom = map[string]any{"kind": "projection", "slo": v.definition().ID, "basis": f.Basis}
	return frame
}

// policyWindows are the windows of the policy's rows that apply to the SLO, shortest first. An SLO too
// short for any row still shows its last 5 minutes and hour.
func policyWindows(v *view) []time.Duration {
	windows := []time.Duration{}
	for _, row := range v.Policy {
		windows = append(windows, row.Long, row.Short)
	}
	if len(windows) == 0 {
		windows = []time.Duration{5 * time.Minute, time.Hour}
	}
	slices.Sort(windows)
	return slices.Compact(windows)
}

func burnRateFrame(q query, v *view) *data.Frame {
	windows := q.Windows
	if len(windows) == 0 {
		windows = policyWindows(v)
	}
	first, last := evaluations(q, v)
	ends := closing(q, v, last)
	var times []time.Time
	if first <= last {
		for at := first; at <= last; at += q.Step {
			times = append(times, time.Unix(at, 0).UTC())
		}
	}
	count := len(times)
	if ends {
		times = append(times, v.At())
	}
	def := v.definition()
	fields := make([]*data.Field, 0, len(windows))
	for _, window := range windows {
		values := make([]*float64, 0, len(times))
		if count > 0 {
			for _, p := range v.Series.BurnRates(v.Objective, window, first, last, q.Step) {
				values = append(values, rate(p.Rate))
			}
		}
		if ends {
			values = append(values, burn(v.Series.BurnRate(v.Objective, v.At(), window)))
		}
		text := windowText(window)
		config := data.FieldConfig{DisplayNameFromDS: text, Unit: unitBurnRate, Thresholds: burnThresholds(v.Objective.Policy, v.Objective.Window, window), Links: detailLink(def.ID)}
		labels := labelsOf(def)
		labels["window"] = text
		fields = append(fields, data.NewField("burn_"+text, labels, values).SetConfig(&config))
	}
	if times == nil {
		times = []time.Time{}
	}
	frame := seriesFrame(q, v, def.DisplayName, times, fields...)
	frame.Meta.Custom = map[string]any{"kind": string(QueryBurnRate), "slo": def.ID, "name": def.DisplayName, "policy": v.policyJSON()}
	return frame
}

// steps are the sums of each step of the time range; those of which nothing is known have a coverage of 0.
func steps(q query, v *view) []budget.Point {
	first := q.From.Unix() + q.Step - 1
	first -= first % q.Step
	return v.Series.Rollup(first, min(q.To.Unix(), v.At().Unix()), q.Step)
}

func sliFrame(q query, v *view) *data.Frame {
	points := steps(q, v)
	times, values := make([]time.Time, len(points)), make([]*float64, len(points))
	for i, p := range points {
		times[i] = time.Unix(p.Start, 0).UTC()
		sli, _ := p.SLI()
		values[i] = budget.Finite(sli)
	}
	def := v.definition()
	frame := seriesFrame(q, v, def.DisplayName, times,
		numbers(v, "sli", sliConfig(def.DisplayName, def.Target), values))
	frame.Meta.Custom = map[string]any{"kind": string(QuerySLI), "slo": def.ID, "name": def.DisplayName, "objective": def.Target.Float()}
	return frame
}

func eventsFrame(q query, v *view) *data.Frame {
	points := steps(q, v)
	times := make([]time.Time, len(points))
	good, bad, total := make([]*float64, len(points)), make([]*float64, len(points)), make([]*float64, len(points))
	for i, p := range points {
		times[i] = time.Unix(p.Start, 0).UTC()
		if p.Coverage() > 0 {
			good[i], bad[i], total[i] = budget.Finite(p.Good), budget.Finite(p.Bad()), budget.Finite(p.Total)
		}
	}
	def := v.definition()
	config := func(title string) data.FieldConfig {
		return data.FieldConfig{DisplayNameFromDS: def.DisplayName + " " + title, Unit: unitEvents}
	}
	frame := seriesFrame(q, v, def.DisplayName, times,
		numbers(v, "good", config("good"), good), numbers(v, "bad", config("bad"), bad), numbers(v, "total", config("total"), total))
	frame.Meta.Custom = map[string]any{"kind": string(QueryEvents), "slo": def.ID, "name": def.DisplayName, "step": q.Step}
	return frame
}

// oneNumber leaves one number beside the time, where a query type has several; "" leaves all.
func oneNumber(frames []*data.Frame, name string) []*data.Frame {
	if name == "" {
		return frames
	}
	for _, frame := range frames {
		frame.Fields = slices.DeleteFunc(frame.Fields, func(field *data.Field) bool {
			return field.Type().Numeric() && field.Name != name
		})
	}
	return frames
}

// oneWide puts several wide frames into one, with the times of all of them. The data plane contract has
// one frame of this type an answer, and Grafana Alerting reads no further than the first.
func oneWide(frames []*data.Frame) []*data.Frame {
	if len(frames) < 2 {
		return frames
	}
	var times []time.Time
	for _, frame := range frames {
		for i := range frame.Rows() {
			times = append(times, frame.Fields[0].At(i).(time.Time))
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	times = slices.CompactFunc(times, time.Time.Equal)
	row := make(map[int64]int, len(times))
	for i, t := range times {
		row[t.UnixNano()] = i
	}
	joined := data.NewFrame("", data.NewField("time", nil, times))
	joined.RefID, joined.Meta = frames[0].RefID, &data.FrameMeta{Type: data.FrameTypeTimeSeriesWide, TypeVersion: dataplane}
	for _, frame := range frames {
		for _, field := range frame.Fields[1:] {
			values := make([]*float64, len(times))
			for i := range frame.Rows() {
				if value, err := field.NullableFloatAt(i); err == nil {
					values[row[frame.Fields[0].At(i).(time.Time).UnixNano()]] = value
				}
			}
			joined.Fields = append(joined.Fields, data.NewField(field.Name, field.Labels, values).SetConfig(field.Config))
		}
		joined.AppendNotices(frame.Meta.Notices...)
	}
	return []*data.Frame{joined}
}
