package alert

import (
	"slices"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// Incident is a span in which something was really wrong, as people labelled it: what a backtest and the
// noise figures hold alerts against.
type Incident struct {
	ID    string    `json:"id"`
	Title string    `json:"title"`
	Start time.Time `json:"start"`
	// End is zero while it goes on.
	End time.Time `json:"end,omitzero"`
	// SLOs and Services are ids of what it touched; both empty for everything.
	SLOs     []string `json:"slos,omitempty"`
	Services []string `json:"services,omitempty"`
	// Severity is "page", "ticket" or "none": what the policy is expected to do about it; "" for not said.
	Severity string `json:"severity,omitempty"`
	// By is who labelled it.
	By string `json:"by,omitempty"`
}

// Touches reports whether the incident concerns an SLO.
func (i Incident) Touches(d slo.Definition) bool {
	if len(i.SLOs) == 0 && len(i.Services) == 0 {
		return true
	}
	return slices.Contains(i.SLOs, d.ID) || slices.Contains(i.SLOs, d.Name) || slices.Contains(i.Services, d.Service)
}

// Overlaps reports whether the incident and [from, to) share a moment.
func (i Incident) Overlaps(from, to time.Time) bool {
	return i.Start.Before(to) && (i.End.IsZero() || i.End.After(from))
}
