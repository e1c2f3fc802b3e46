package plugin

import (
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// reportJSON is a budget report as frames (meta.custom) and resources carry it: fractions, events,
// Unix milliseconds, and null for what is not known.
type reportJSON struct {
	SLO           string              `json:"slo"`
	Name          string              `json:"name"`
	Service       string              `json:"service"`
	Objective     float64             `json:"objective"`
	Window        string              `json:"window"`
	WindowSeconds int64               `json:"windowSeconds"`
	SLI           *float64            `json:"sli"`
	Good          *float64            `json:"good"`
	Bad           *float64            `json:"bad"`
	Total         *float64            `json:"total"`
	Allowed       *float64            `json:"allowed"`
	Consumed      *float64            `json:"consumed"`
	Remaining     *float64            `json:"remaining"`
	Coverage      float64             `json:"coverage"`
	Progress      float64             `json:"progress"`
	State         State               `json:"state"`
	Message       string              `json:"message"`
	Burn          map[string]*float64 `json:"burn"`
	LastMeasured  *int64              `json:"lastMeasured"`
	At            int64               `json:"at"`
	From          int64               `json:"from"`
	Forecast      forecastJSON        `json:"forecast"`
}

// forecastJSON is when the budget is expected to be spent; a null upper end is open.
type forecastJSON struct {
	Kind  budget.ForecastKind `json:"kind"`
	At    *int64              `json:"at"`
	Lower *int64              `json:"lower"`
	Upper *int64              `json:"upper"`
	Basis string              `json:"basis"`
}

// policyJSON is a row of the burn rate policy with its rates now.
type policyJSON struct {
	Severity  string   `json:"severity"`
	Long      string   `json:"long"`
	Short     string   `json:"short"`
	Rate      float64  `json:"rate"`
	Share     float64  `json:"share"`
	LongRate  *float64 `json:"longRate"`
	ShortRate *float64 `json:"shortRate"`
	Firing    bool     `json:"firing"`
}

func (v *view) reportJSON() reportJSON {
	def := v.definition()
	out := reportJSON{
		SLO:           def.ID,
		Name:          def.DisplayName,
		Service:       def.Service,
		Objective:     def.Target.Float(),
		Window:        def.Window.Text,
		WindowSeconds: int64(def.Window.Duration / time.Second),
		SLI:           v.sli(),
		Good:          v.good(),
		Bad:           v.bad(),
		Total:         v.total(),
		Allowed:       v.allowed(),
		Consumed:      v.consumed(),
		Remaining:     v.remaining(),
		Coverage:      v.Report.Coverage,
		Progress:      v.Progress,
		State:         v.State,
		Message:       sentences(v.Reasons),
		Burn:          map[string]*float64{},
		LastMeasured:  millis(v.Report.LastMeasured),
		At:            v.At().UnixMilli(),
		From:          v.Report.From.UnixMilli(),
		Forecast: forecastJSON{
			Kind:  v.Forecast.Kind,
			At:    millis(v.Forecast.At),
			Lower: millis(v.Forecast.Lower),
			Upper: millis(v.Forecast.Upper),
			Basis: v.Forecast.Basis,
		},
	}
	for _, b := range v.Burns {
		out.Burn[windowText(b.Window)] = burn(b)
	}
	return out
}

func (v *view) policyJSON() []policyJSON {
	rows := make([]policyJSON, 0, len(v.Policy))
	for _, p := range v.Policy {
		rows = append(rows, policyJSON{
			Severity:  p.Severity,
			Long:      windowText(p.Long),
			Short:     windowText(p.Short),
			Rate:      p.Threshold,
			Share:     v.share(p),
			LongRate:  burn(p.LongBurn),
			ShortRate: burn(p.ShortBurn),
			Firing:    p.Firing,
		})
	}
	return rows
}

// share is the part of the budget that a row spends in its long window; a row that names a burn rate has none of its own.
func (v *view) share(p budget.PolicyBurn) float64 {
	if p.Fixed > 0 {
		return p.Fixed * float64(p.Long) / float64(v.Objective.Window)
	}
	return p.Share
}

// millis is a time in Unix milliseconds, nil for the zero time.
func millis(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

// instant is a pointer to the time, nil for the zero time.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
