package main

import (
	"context"
	"math"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// deviation is how far three ways to a budget are from the truth, as shares of the budget (1 is the whole
// budget).
type deviation struct {
	SLO string `json:"slo"`
	// Consumed is the share of the budget that was truly consumed.
	Consumed     float64 `json:"consumed"`
	Ours         float64 `json:"ours"`
	MeanOfRatios float64 `json:"meanOfRatios"`
	Increase     float64 `json:"increase"`
	// Rules tells whether the rule-file approach can express the indicator at all.
	Rules bool `json:"rules"`
}

func (w *world) exactness(ctx context.Context) ([]deviation, error) {
	say("comparing budgets with the truth")
	comparable := map[string]bool{}
	for _, def := range w.ratios() {
		comparable[def.ID] = true
	}
	var out []deviation
	for _, def := range w.definitions {
		from := w.end - int64(def.Window.Duration.Seconds())
		good, total, err := w.truth(def.ID, from, w.end)
		if err != nil {
			return nil, err
		}
		read, err := w.reader.Read(ctx, def, from, w.end)
		if err != nil {
			return nil, err
		}
		var readGood, readTotal float64
		for _, one := range read.Buckets {
			readGood += one.Good
			readTotal += one.Total
		}
		row := deviation{SLO: def.ID, Consumed: consumed(def, 1-good/total), Rules: comparable[def.ID]}
		row.Ours = math.Abs(consumed(def, 1-readGood/readTotal) - row.Consumed)
		if row.Rules {
			mean, err := w.instant(ctx, meanOfRatios(def), w.end)
			if err != nil {
				return nil, err
			}
			raw, err := w.instant(ctx, errorRatio(def, "increase", def.Window.Text), w.end)
			if err != nil {
				return nil, err
			}
			row.MeanOfRatios = math.Abs(consumed(def, mean.last()) - row.Consumed)
			row.Increase = math.Abs(consumed(def, raw.last()) - row.Consumed)
		}
		out = append(out, row)
	}
	return out, nil
}

// consumed is the share of the budget that an error ratio over the window means.
func consumed(def slo.Definition, errorRatio float64) float64 {
	return errorRatio / def.Target.Complement().Float()
}

func errorFigures(rows []deviation) []figure {
	var ours, mean, raw, ruled float64
	for _, one := range rows {
		ours = max(ours, one.Ours)
		if one.Rules {
			ruled = max(ruled, one.Ours)
			mean = max(mean, one.MeanOfRatios)
			raw = max(raw, one.Increase)
		}
	}
	const promised = 0.001
	return []figure{
		{Part: "e", Measure: "largest error of a budget, all SLOs", Ours: ours * 100, Unit: "% of the budget", Target: "≤ 0.1 %", OK: ours <= promised},
		{Part: "e", Measure: "largest error of a budget", Ours: ruled * 100, Theirs: mean * 100, Unit: "% of the budget", Against: "mean of 5-minute ratios", OK: true},
		{Part: "e", Measure: "largest error of a budget", Ours: ruled * 100, Theirs: raw * 100, Unit: "% of the budget", Against: "increase() over the window", OK: true},
	}
}
