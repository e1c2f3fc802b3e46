package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/dev/promtest"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source/prometheus"
)

const (
	historyDays = 31
	seed        = 1
	day         = int64(24 * 60 * 60)
)

// world is a Prometheus with the shop's history, the shop's SLOs, and the truth.
type world struct {
	dir    string
	server *promtest.Server
	reader *prometheus.Reader
	// definitions are those of the demo that are evaluated.
	definitions []slo.Definition
	// end is the last minute that is known completely, Unix seconds.
	end int64
}

func newWorld(ctx context.Context) (*world, error) {
	dir, err := os.MkdirTemp("", "burnline-bench-")
	if err != nil {
		return nil, err
	}
	w := &world{dir: dir, end: budget.AlignDown(time.Now()) - 2*budget.StepSeconds}
	if err := w.start(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) start(ctx context.Context) error {
	say("writing %d days of the shop's history", historyDays)
	shop, err := shopBinary()
	if err != nil {
		return err
	}
	history := exec.CommandContext(ctx, shop, "history", "--out", filepath.Join(w.dir, "data"), "--truth", filepath.Join(w.dir, "truth"),
		"--days", strconv.Itoa(historyDays), "--end", strconv.FormatInt(w.end+2*budget.StepSeconds, 10), "--seed", strconv.Itoa(seed))
	if output, err := history.CombinedOutput(); err != nil {
		return fmt.Errorf("shop history: %w: %s", err, output)
	}
	catalogue := slo.Load(os.DirFS("provisioning/slos"))
	for _, one := range catalogue.Definitions {
		if one.NotEvaluated == "" {
			w.definitions = append(w.definitions, one)
		}
	}
	if len(w.definitions) == 0 {
		return errors.New("no SLO in provisioning/slos: run the program in the project's root")
	}
	if w.server, err = promtest.Launch(ctx, promtest.Config{Dir: w.dir}); err != nil {
		return err
	}
	w.reader, err = prometheus.New(prometheus.Config{UID: "bench", URL: w.server.URL})
	return err
}

func shopBinary() (string, error) {
	path, err := filepath.Abs(filepath.Join("dev", "bin", "shop"))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is not built: run `go tool mage bench`", path)
	}
	return path, nil
}

func (w *world) close() error {
	var stopped error
	if w.server != nil {
		stopped = w.server.Stop()
	}
	return errors.Join(stopped, os.RemoveAll(w.dir))
}

// truth sums what really happened to an SLO in [from, to).
func (w *world) truth(id string, from, to int64) (good, total float64, err error) {
	file, err := os.Open(filepath.Join(w.dir, "truth", id+".csv"))
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = file.Close() }()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return 0, 0, err
	}
	for _, line := range lines[1:] {
		minute, err := strconv.ParseInt(line[0], 10, 64)
		if err != nil {
			return 0, 0, err
		}
		if minute < from || minute >= to {
			continue
		}
		g, badGood := strconv.ParseFloat(line[1], 64)
		t, badTotal := strconv.ParseFloat(line[2], 64)
		if err := errors.Join(badGood, badTotal); err != nil {
			return 0, 0, err
		}
		good += g
		total += t
	}
	return good, total, nil
}

// ratios are the definitions that the rule-file approach can express: a ratio of counters.
func (w *world) ratios() []slo.Definition {
	var out []slo.Definition
	for _, one := range w.definitions {
		if one.Indicator.Kind == slo.KindRatio && (one.Indicator.Counter || strings.Contains(one.Indicator.Total, "rate(")) {
			out = append(out, one)
		}
	}
	return out
}
