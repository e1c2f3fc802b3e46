package plugin

import (
	"fmt"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// annotationPoints is how finely a time range is searched for changes of state.
const annotationPoints = 1440

// episode is a stretch of time in which an SLO was in a state that somebody had to look at.
type episode struct {
	Start, End time.Time
	State      State
	// Open is set while it goes on at the end of what is known.
	Open bool
}

// annotationsFrame marks the times at which SLOs paged, ticketed or had no budget left, found in the
// ledger with the same arithmetic as the present state.
func annotationsFrame(q query, views []*view) *data.Frame {
	type row struct {
		episode
		view *view
	}
	var rows []row
	for _, v := range views {
		for _, e := range episodes(q, v) {
			rows = append(rows, row{e, v})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.Start.Compare(b.Start) })
	n := len(rows)
	starts, ends := make([]time.Time, n), make([]time.Time, n)
	titles, texts, tags := make([]string, n), make([]string, n), make([]string, n)
	for i, r := range rows {
		def := r.view.definition()
		starts[i], ends[i] = r.Start, r.End
		titles[i] = fmt.Sprintf("%s: %s", def.DisplayName, r.State)
		texts[i] = r.text(r.view)
		tags[i] = fmt.Sprintf("burnline,%s,%s,%s", def.ID, def.Service, r.State)
	}
	frame := data.NewFrame("annotations",
		data.NewField("time", nil, starts), data.NewField("timeEnd", nil, ends), data.NewField("title", nil, titles),
		data.NewField("text", nil, texts), data.NewField("tags", nil, tags))
	frame.RefID = q.RefID
	frame.Meta = &data.FrameMeta{Custom: map[string]any{"kind": string(QueryAnnotations)}}
	return frame
}

// text says what the episode was, in a sentence.
func (e episode) text(v *view) string {
	lasted := span(e.End.Sub(e.Start))
	if e.Open {
		lasted += " so far"
	}
	switch e.State {
	case StateExhausted:
		return fmt.Sprintf("No error budget left in the trailing %s (%s).", v.definition().Window.Text, lasted)
	case StatePage:
		return fmt.Sprintf("The budget burned fast enough to page (%s).", lasted)
	}
	return fmt.Sprintf("The budget burned fast enough for a ticket (%s).", lasted)
}

// episodes finds the stretches of the range in which the same state held. Times are exact to the
// step, which is the range divided by annotationPoints, at least a minute.
func episodes(q query, v *view) []episode {
	step := max(q.To.Unix()-q.From.Unix(), 1)/annotationPoints + budget.StepSeconds
	step -= step % budget.StepSeconds
	first := q.From.Unix() + step - 1
	first -= first % step
	last := min(q.To.Unix(), v.At().Unix())
	if first > last {
		return nil
	}
	states := statesOver(v, first, last, step)
	var out []episode
	for i, state := range states {
		at := time.Unix(first+int64(i)*step, 0).UTC()
		if n := len(out); n > 0 && out[n-1].Open {
			out[n-1].End = at
			if out[n-1].State == state {
				continue
			}
			out[n-1].Open = false
		}
		if state != StateOK {
			out = append(out, episode{Start: at, End: at, State: state, Open: true})
		}
	}
	return out
}

// statesOver is the state at each step of [from, to], as budget.Assess would decide it at that moment,
// limited to what concerns the service.
func statesOver(v *view, from, to, step int64) []State {
	points := v.Series.BurnDown(v.Objective, from, to, step)
	states := make([]State, len(points))
	rates := map[time.Duration][]budget.RatePoint{}
	over := func(window time.Duration) []budget.RatePoint {
		if _, ok := rates[window]; !ok {
			rates[window] = v.Series.BurnRates(v.Objective, window, from, to, step)
		}
		return rates[window]
	}
	for i := range states {
		states[i] = StateOK
	}
	// Rows are gone through from the least urgent, so that a more urgent one replaces its state.
	for _, severity := range []string{budget.SeverityTicket, budget.SeverityPage} {
		for _, row := range v.Policy {
			if row.Severity != severity {
				continue
			}
			long, short := over(row.Long), over(row.Short)
			for i := range states {
				at := from + int64(i)*step
				if above(row, long[i].Rate) && above(row, short[i].Rate) && v.enough(at, row.Long) {
					states[i] = State(severity)
				}
			}
		}
	}
	for i, p := range points {
		if p.Totals.Bad() > 0 && v.weighed(p) <= 0 {
			states[i] = StateExhausted
		}
	}
	return states
}

// above reports whether a burn rate is beyond what a row asks for.
func above(row budget.PolicyBurn, rate float64) bool {
	return rate > row.Threshold || row.Inclusive && rate == row.Threshold
}

// enough reports whether a burn window held the events without which nothing pages.
func (v *view) enough(at int64, window time.Duration) bool {
	if v.Objective.MinimumEvents <= 0 {
		return true
	}
	return v.Series.Sum(at-int64(window/time.Second), at).Total >= v.Objective.MinimumEvents
}

// span is a length of time in its two largest units, such as "2d 4h".
func span(d time.Duration) string {
	minutes := max(int64(d/time.Minute), 1)
	days, hours, rest := minutes/(24*60), minutes/60%24, minutes%60
	switch {
	case days > 0 && hours > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case days > 0:
		return fmt.Sprintf("%dd", days)
	case hours > 0 && rest > 0:
		return fmt.Sprintf("%dh %dm", hours, rest)
	case hours > 0:
		return fmt.Sprintf("%dh", hours)
	}
	return fmt.Sprintf("%dm", rest)
}
