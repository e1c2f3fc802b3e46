// Command bench measures what the project promises, on the demo shop's 30 days of history in a real
// Prometheus, and prints the figures as Markdown tables: what a budget costs at the source, how exact it is, how
// long a backfill takes, and (from the packages' own benchmarks) how fast reports, the ledger and
// backtests are.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// results is what the program writes as JSON.
type results struct {
	At      time.Time `json:"at"`
	Machine string    `json:"machine"`
	Figures []figure  `json:"figures"`
	// Costs and Errors are the details of parts (a) and (e), an SLO a row.
	Costs  []cost      `json:"costs,omitempty"`
	Errors []deviation `json:"errors,omitempty"`
}

// figure is one line of the summary.
type figure struct {
	Part    string `json:"part"`
	Measure string `json:"measure"`
	// Ours and Theirs are in Unit; Theirs is 0 where there is nothing to compare with.
	Ours   float64 `json:"ours"`
	Theirs float64 `json:"theirs,omitempty"`
	Unit   string  `json:"unit"`
	// Against names what Theirs is.
	Against string `json:"against,omitempty"`
	// Target is what was promised, OK whether it is kept.
	Target string `json:"target,omitempty"`
	OK     bool   `json:"ok"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	parts := flag.String("parts", "abcdef", "which parts to run: a cost at the source, b reports, c ledger, d backfill, e exactness, f backtest")
	out := flag.String("out", "dev/out/bench.json", "file for the figures")
	slos := flag.Int("slos", 100, "number of SLOs of part d")
	flag.Parse()
	all := results{At: time.Now().UTC().Truncate(time.Second), Machine: machine()}
	if strings.ContainsAny(*parts, "ade") {
		if err := measureSource(ctx, *parts, *slos, &all); err != nil {
			return err
		}
	}
	if strings.ContainsAny(*parts, "bcf") {
		figures, err := packageBenchmarks(ctx, *parts)
		if err != nil {
			return err
		}
		all.Figures = append(all.Figures, figures...)
	}
	all.print(os.Stdout)
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(*out), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(*out, append(text, '\n'), 0o644); err != nil {
		return err
	}
	for _, one := range all.Figures {
		if !one.OK {
			return fmt.Errorf("a target is missed: %s", one.Measure)
		}
	}
	return nil
}

// measureSource runs the parts that need a Prometheus with history.
func measureSource(ctx context.Context, parts string, slos int, all *results) (err error) {
	world, err := newWorld(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if failed := world.close(); err == nil {
			err = failed
		}
	}()
	// The backfill comes first: it is the only part that the clock decides.
	if strings.Contains(parts, "d") {
		one, err := world.backfill(ctx, slos)
		if err != nil {
			return fmt.Errorf("backfill: %w", err)
		}
		all.Figures = append(all.Figures, one...)
	}
	if strings.ContainsAny(parts, "ae") {
		if err := world.recordRatios(ctx); err != nil {
			return fmt.Errorf("recording 5-minute ratios: %w", err)
		}
	}
	if strings.Contains(parts, "a") {
		if all.Costs, err = world.costs(ctx); err != nil {
			return fmt.Errorf("cost at the source: %w", err)
		}
		all.Figures = append(all.Figures, costFigures(all.Costs)...)
	}
	if strings.Contains(parts, "e") {
		if all.Errors, err = world.exactness(ctx); err != nil {
			return fmt.Errorf("exactness: %w", err)
		}
		all.Figures = append(all.Figures, errorFigures(all.Errors)...)
	}
	return nil
}

// machine names the processor and its number of cores.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for _, line := range strings.Split(string(text), "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s/%s, %s", model, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
