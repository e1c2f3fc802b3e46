package plugin

import (
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// The units of frame fields, as Grafana names them.
const (
	unitFraction = "percentunit"
	unitEvents   = "short"
	unitBurnRate = "suffix:×"
	unitSeconds  = "s"
)

// The colours of thresholds and states are Grafana's named ones, which follow the theme.
const (
	colorGood    = "green"
	colorWarn    = "yellow"
	colorTicket  = "orange"
	colorBad     = "red"
	colorNeutral = "blue"
	colorUnknown = "gray"
)

// dataplane is the version of Grafana's data plane contract that the frames keep.
var dataplane = data.FrameTypeVersion{0, 1}

// detailPath is the app's page of one SLO.
const detailPath = "/a/" + AppID + "/slos/"

func detailLink(id string) []data.DataLink {
	return []data.DataLink{{Title: "Show SLO", URL: detailPath + url.PathEscape(id)}}
}

// rowLink is the detail page of the SLO in the field "slo" of the same row. An ID may hold a slash, so
// it is encoded as one path segment.
func rowLink() []data.DataLink {
	return []data.DataLink{{Title: "Show SLO", URL: detailPath + "${__data.fields.slo:percentencode}"}}
}

func labelsOf(def slo.Definition) data.Labels {
	return data.Labels{"slo": def.ID, "service": def.Service}
}

func thresholds(steps ...data.Threshold) *data.ThresholdsConfig {
	return &data.ThresholdsConfig{Mode: data.ThresholdsModeAbsolute, Steps: steps}
}

func base(color string) data.Threshold {
	return data.Threshold{Value: data.ConfFloat64(math.Inf(-1)), Color: color}
}

func from(value float64, color string) data.Threshold {
	return data.Threshold{Value: data.ConfFloat64(value), Color: color}
}

// remainingThresholds: overspent is red, below a quarter orange, below half yellow.
func remainingThresholds() *data.ThresholdsConfig {
	return thresholds(base(colorBad), from(0, colorTicket), from(0.25, colorWarn), from(0.5, colorGood))
}

// objectiveThresholds: below the objective is red.
func objectiveThresholds(target slo.Fraction) *data.ThresholdsConfig {
	return thresholds(base(colorBad), from(target.Float(), colorGood))
}

// objectiveDecimals is the number of decimals that an objective is written with in percent. Grafana's own
// choice rounds 99.99 % up to 100 %.
func objectiveDecimals(target slo.Fraction) uint16 {
	_, places, _ := strings.Cut(target.Percent(), ".")
	return uint16(len(places)) //nolint:gosec // ten places at most
}

// sliDecimals is the number of decimals of a percentage that tells an SLI of this objective from 100 %
// while its budget is not spent: two more than the objective has. Grafana's own choice rounds 99.97 % up.
func sliDecimals(target slo.Fraction) uint16 {
	return objectiveDecimals(target) + 2
}

// sliConfig is the configuration of a field that holds SLIs of one objective.
func sliConfig(name string, target slo.Fraction) data.FieldConfig {
	config := data.FieldConfig{DisplayNameFromDS: name, Unit: unitFraction, Thresholds: objectiveThresholds(target)}
	return *config.SetDecimals(sliDecimals(target))
}

// burnThresholds are the rates at which the policy's rows with this long or short window tick.
func burnThresholds(policy []budget.PolicyWindow, objective, window time.Duration) *data.ThresholdsConfig {
	steps := []data.Threshold{base(colorGood)}
	for _, row := range policy {
		if !row.Applies(objective) || (row.Long != window && row.Short != window) {
			continue
		}
		color := colorTicket
		if row.Severity == budget.SeverityPage {
			color = colorBad
		}
		steps = append(steps, from(row.Rate(objective), color))
	}
	slices.SortStableFunc(steps[1:], func(a, b data.Threshold) int {
		switch {
		case a.Value < b.Value:
			return -1
		case a.Value > b.Value:
			return 1
		}
		return 0
	})
	return thresholds(steps...)
}

// stateMappings colour the states; the index keeps them in order of urgency.
func stateMappings() data.ValueMappings {
	mapper := data.ValueMapper{}
	for i, s := range []struct {
		state State
		color string
	}{
		{StateError, colorBad}, {StateExhausted, colorBad}, {StatePage, colorBad}, {StateTicket, colorTicket},
		{StateStale, colorTicket}, {StateNoData, colorTicket}, {StateBackfilling, colorNeutral},
		{StateNoTraffic, colorUnknown}, {StateNotEvaluated, colorUnknown}, {StateOK, colorGood},
	} {
		mapper[string(s.state)] = data.ValueMappingResult{Text: string(s.state), Color: s.color, Index: i}
	}
	return data.ValueMappings{mapper}
}

// maxNotices is how many SLOs a frame of many names in its notices.
const maxNotices = 5

// notices are the warnings and errors of a view, with a link to its page. With named set each starts
// with the SLO's name.
func (v *view) notices(named bool) []data.Notice {
	var out []data.Notice
	for _, r := range v.Reasons {
		if r.Severity == data.NoticeSeverityInfo {
			continue
		}
		text := r.Text
		if named {
			text = v.definition().DisplayName + ": " + text
		}
		out = append(out, data.Notice{Severity: r.Severity, Text: text, Link: detailPath + url.PathEscape(v.definition().ID)})
	}
	return out
}
