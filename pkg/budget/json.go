package budget

import (
	"encoding/json"
	"math"
	"time"
)

// Finite is a pointer to v for JSON and frames, and nil where v is not a number or infinite.
func Finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// MarshalJSON writes the report in plain units: events, fractions, seconds, RFC 3339 times; sli is
// null without events.
func (r Report) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		From          time.Time `json:"from"`
		At            time.Time `json:"at"`
		Objective     float64   `json:"objective"`
		WindowSeconds float64   `json:"windowSeconds"`
		Good          float64   `json:"good"`
		Bad           float64   `json:"bad"`
		Total         float64   `json:"total"`
		SLI           *float64  `json:"sli"`
		Allowed       float64   `json:"allowed"`
		Consumed      float64   `json:"consumed"`
		Remaining     float64   `json:"remaining"`
		Coverage      float64   `json:"coverage"`
		LastMeasured  time.Time `json:"lastMeasured,omitzero"`
	}{
		r.From, r.At, r.Target.Float(), r.Window.Seconds(), r.Good, r.Bad(), r.Total, Finite(r.SLI),
		r.Allowed, r.Consumed, r.Remaining, r.Coverage, r.LastMeasured,
	})
}

// MarshalJSON writes the burn rate; rate is null without events, and null with "infinite" set when a
// 100 % objective saw a bad event.
func (b Burn) MarshalJSON() ([]byte, error) {
	rate := Finite(b.Rate)
	if !b.OK {
		rate = nil
	}
	return json.Marshal(struct {
		WindowSeconds float64  `json:"windowSeconds"`
		Rate          *float64 `json:"rate"`
		Infinite      bool     `json:"infinite,omitempty"`
		Good          float64  `json:"good"`
		Bad           float64  `json:"bad"`
		Total         float64  `json:"total"`
		OK            bool     `json:"ok"`
	}{b.Window.Seconds(), rate, math.IsInf(b.Rate, 1), b.Good, b.Bad(), b.Total, b.OK})
}
