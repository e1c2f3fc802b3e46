package main

import (
	"fmt"
	"io"
	"math"
)

// print writes the figures as Markdown.
func (r results) print(out io.Writer) {
	fmt.Fprintf(out, "Measured %s on %s.\n\n", r.At.Format("2006-01-02"), r.Machine)
	fmt.Fprintln(out, "| part | measure | Burnline | compared with | theirs / ours | target | kept |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- |")
	for _, one := range r.Figures {
		against, ratio := "", ""
		if one.Against != "" {
			against = fmt.Sprintf("%s: %s", one.Against, amount(one.Theirs, one.Unit))
			ratio = times(one.Theirs / one.Ours)
		}
		kept := "yes"
		if !one.OK {
			kept = "**no**"
		}
		if one.Target == "" {
			kept = ""
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s | %s |\n", one.Part, one.Measure, amount(one.Ours, one.Unit), against, ratio, one.Target, kept)
	}
	if len(r.Costs) > 0 {
		fmt.Fprint(out, "\nSamples read per SLO and day, at one evaluation a minute:\n\n")
		fmt.Fprintln(out, "| SLO | Burnline | recording rules | rules / ours | query over the window | query / ours |")
		fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- |")
		for _, one := range r.Costs {
			fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", one.SLO, short(one.Ours), short(one.Rules), times(one.Rules/one.Ours), short(one.Raw), times(one.Raw/one.Ours))
		}
	}
	if len(r.Errors) > 0 {
		fmt.Fprint(out, "\nError of the consumed budget against the truth, in % of the budget:\n\n")
		fmt.Fprintln(out, "| SLO | truly consumed | Burnline | mean of 5-minute ratios | increase() over the window |")
		fmt.Fprintln(out, "| --- | --- | --- | --- | --- |")
		for _, one := range r.Errors {
			mean, raw := "", ""
			if one.Rules {
				mean, raw = percent(one.MeanOfRatios), percent(one.Increase)
			}
			fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", one.SLO, percent(one.Consumed), percent(one.Ours), mean, raw)
		}
	}
}

func percent(share float64) string { return fmt.Sprintf("%.3g %%", share*100) }

func times(ratio float64) string {
	if math.IsInf(ratio, 0) || math.IsNaN(ratio) {
		return ""
	}
	return short(ratio) + " ×"
}

func amount(value float64, unit string) string { return short(value) + " " + unit }

// short writes a number with three significant digits and k, M or G.
func short(value float64) string {
	for _, one := range []struct {
		from float64
		unit string
	}{{1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if math.Abs(value) >= one.from {
			scale := one.from
			if one.unit == "k" {
				scale = 1e3
			}
			return fmt.Sprintf("%.3g %s", value/scale, one.unit)
		}
	}
	return fmt.Sprintf("%.4g", value)
}
