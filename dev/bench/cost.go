package main

import (
	"context"
	"encoding/json"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

const (
	// everyMinute is the number of evaluations a day, ours and the rules'.
	everyMinute = 24 * 60
	// settled is the number of buckets that a minute's reading covers with the default settle time of
	// two minutes.
	settled = 3
	// probes is the number of minutes of the last day at which costs are taken.
	probes = 96
)

// cost is the number of samples that Prometheus reads for one SLO in a day.
type cost struct {
	SLO string `json:"slo"`
	// Ours includes re-reading late data and irregular minutes.
	Ours float64 `json:"ours"`
	// Rules is the usual set of recording rules, Raw a query over the whole window each minute.
	Rules float64 `json:"rules"`
	Raw   float64 `json:"raw"`
	// Pages is what the alert rules ask of the source itself: both page rows of the workbook, and the absence rule.
	Pages float64 `json:"pages"`
}

func (w *world) costs(ctx context.Context) ([]cost, error) {
	say("counting the samples that Prometheus reads")
	var out []cost
	for _, def := range w.ratios() {
		row := cost{SLO: def.ID}
		var err error
		for i := range int64(probes) {
			at := w.end - i*day/probes
			read, err := w.reader.Read(ctx, def, at-settled*budget.StepSeconds, at)
			if err != nil {
				return nil, err
			}
			row.Ours += float64(read.Stats.Samples) * everyMinute / probes
		}
		// The rules' ranges change so little over a day that a few instants tell.
		const instants = 4
		for i := range int64(instants) {
			at := w.end - i*day/instants
			queries := []string{meanOfRatios(def)}
			for _, window := range ruleWindows {
				queries = append(queries, errorRatio(def, "rate", window))
			}
			for _, query := range queries {
				answer, err := w.instant(ctx, query, at)
				if err != nil {
					return nil, err
				}
				row.Rules += float64(answer.samples) * everyMinute / instants
			}
		}
		if row.Pages, err = w.pages(ctx, def); err != nil {
			return nil, err
		}
		raw, err := w.instant(ctx, errorRatio(def, "increase", def.Window.Text), w.end)
		if err != nil {
			return nil, err
		}
		row.Raw = float64(raw.samples) * everyMinute
		out = append(out, row)
	}
	return out, nil
}

// pages counts the samples that an SLO's rules in Grafana Alerting read from the source in a day.
func (w *world) pages(ctx context.Context, def slo.Definition) (float64, error) {
	settings := alert.DefaultSettings()
	workbook, _ := alert.Builtin(slo.PolicyWorkbook)
	groups, _, err := rule.Build(rule.Config{Settings: settings, AppURL: "http://grafana.example"}, []alert.Plan{alert.PlanWith(def, settings, workbook)})
	if err != nil {
		return 0, err
	}
	var samples float64
	for _, g := range groups {
		for _, r := range g.Rules {
			for _, q := range r.Data {
				var model struct {
					Expr string `json:"expr"`
				}
				if err := json.Unmarshal(q.Model, &model); err != nil || model.Expr == "" {
					continue // an expression, or a query of the ledger
				}
				answer, err := w.instant(ctx, model.Expr, w.end)
				if err != nil {
					return 0, err
				}
				samples += float64(answer.samples) * everyMinute
			}
		}
	}
	return samples, nil
}

func costFigures(rows []cost) []figure {
	var ours, rules, raw, pages float64
	for _, one := range rows {
		n := float64(len(rows))
		ours += one.Ours / n
		rules += one.Rules / n
		raw += one.Raw / n
		pages += one.Pages / n
	}
	return []figure{
		{Part: "a", Measure: "samples read per SLO and day", Ours: ours, Theirs: rules, Unit: "samples", Against: "recording rules", Target: "≤ 1/20", OK: ours <= rules/20},
		{Part: "a", Measure: "samples read per SLO and day", Ours: ours, Theirs: raw, Unit: "samples", Against: "one query over the window a minute", OK: true},
		{Part: "a", Measure: "samples read per SLO and day by the page rules, which do without the ledger", Ours: pages, Theirs: rules, Unit: "samples", Against: "recording rules", OK: true},
	}
}
