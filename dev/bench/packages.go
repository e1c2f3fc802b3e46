package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// packageBenchmarks runs the packages' own benchmarks of parts (b), (c) and (f).
func packageBenchmarks(ctx context.Context, parts string) ([]figure, error) {
	var out []figure
	if strings.Contains(parts, "b") {
		say("reports over 30 days of 1,000 SLOs")
		measured, err := goBenchmark(ctx, "./pkg/ledger", "^BenchmarkReport$")
		if err != nil {
			return nil, err
		}
		all, p99 := measured["BenchmarkReport/warm"]["ms/1000-reports"], measured["BenchmarkReport/warm"]["ms-p99"]
		out = append(out,
			figure{Part: "b", Measure: "1,000 reports over 30 days, warm", Ours: all, Unit: "ms", Target: "< 1 s", OK: all < 1000},
			figure{Part: "b", Measure: "one report over 30 days, 99th percentile", Ours: p99, Unit: "ms", Target: "< 1 ms", OK: p99 < 1},
			figure{Part: "b", Measure: "1,000 reports after a new minute of each", Ours: measured["BenchmarkReport/after-a-minute"]["ms/1000-reports"], Unit: "ms", OK: true},
			figure{Part: "b", Measure: "1,000 reports of a process that has just started", Ours: measured["BenchmarkReport/warm"]["ms-cold"], Unit: "ms", OK: true},
		)
	}
	if strings.Contains(parts, "c") {
		say("ledger ingest of 10,000 SLOs")
		measured, err := goBenchmark(ctx, "./pkg/ledger", "^BenchmarkLedgerIngest")
		if err != nil {
			return nil, err
		}
		together, single := measured["BenchmarkLedgerIngest"], measured["BenchmarkLedgerIngestOneByOne"]
		const promised = 10_000
		out = append(out,
			figure{Part: "c", Measure: "ledger ingest, a minute of 10,000 SLOs together", Ours: together["buckets/s"], Unit: "buckets/s", Target: "10,000 SLOs a minute", OK: together["SLOs/min"] >= promised},
			figure{Part: "c", Measure: "ledger ingest, each SLO by itself", Ours: single["buckets/s"], Unit: "buckets/s", Target: "10,000 SLOs a minute", OK: single["SLOs/min"] >= promised},
		)
	}
	if strings.Contains(parts, "f") {
		say("backtests of 30 days")
		measured, err := goBenchmark(ctx, "./pkg/alert/backtest", "^Benchmark(Run|MinuteByMinute|WhatIf)$")
		if err != nil {
			return nil, err
		}
		const perMilli = 1e6
		run := measured["BenchmarkRun/burn_rows,_thresholds_and_absence"]["ns/op"] / perMilli
		naive := measured["BenchmarkMinuteByMinute"]["ms/30-days"]
		out = append(out,
			figure{Part: "f", Measure: "backtest of 30 days a minute, one SLO, workbook policy", Ours: run, Theirs: naive, Unit: "ms", Against: "each minute from the series' sums", Target: "< 50 ms", OK: run < 50},
			figure{Part: "f", Measure: "the same with forecasts", Ours: measured["BenchmarkRun/with_forecast"]["ns/op"] / perMilli, Unit: "ms", OK: true},
			figure{Part: "f", Measure: "what-if for four targets", Ours: measured["BenchmarkWhatIf"]["ns/op"] / perMilli, Unit: "ms", OK: true},
		)
	}
	return out, nil
}

// goBenchmark runs benchmarks of a package and gives their metrics by name and unit.
func goBenchmark(ctx context.Context, of, pattern string) (map[string]map[string]float64, error) {
	command := exec.CommandContext(ctx, "go", "test", "-run=^$", "-bench="+pattern, "-benchtime=3s", "-tags", "arrow_json_stdlib", of)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go test -bench=%s: %w\n%s", pattern, err, output)
	}
	return parseBenchmarks(string(output))
}

// processors is the suffix that go test adds to a benchmark's name.
var processors = regexp.MustCompile(`-\d+$`)

func parseBenchmarks(output string) (map[string]map[string]float64, error) {
	out := map[string]map[string]float64{}
	for _, line := range strings.Split(output, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		metrics := map[string]float64{}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q is no line of a benchmark: %w", line, err)
			}
			metrics[fields[i+1]] = value
		}
		out[processors.ReplaceAllString(fields[0], "")] = metrics
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no benchmark in %q", output)
	}
	return out, nil
}
