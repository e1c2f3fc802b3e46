package plugin

import (
	"context"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
)

// choices are an organisation's settings of its alerts as they were last read.
type choices struct{}

// settings are the organisation's choices of alerts.
func (a *answerer) settings(context.Context, ledger.Reader) (alert.Settings, error) {
	return alert.DefaultSettings(), nil
}
