package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	// permitted is the greatest difference between ledger and truth, as a share of the budget.
	permitted = 0.001
	// newest is how old the newest reading of a ledger may be that has caught up.
	newest = 5 * time.Minute
	// pollEvery is the pause between two looks at the ledger.
	pollEvery = 2 * time.Second
	// attempts is how often a difference is looked at again: the newest minutes settle late.
	attempts = 5
	// settlePause is the time between two attempts.
	settlePause = 30 * time.Second
)

// listing is what the check needs of the app's resource "slos".
type listing struct {
	SLOs     []listed `json:"slos"`
	Problems []struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Message string `json:"message"`
	} `json:"problems"`
	Evaluator struct {
		Running bool   `json:"running"`
		Message string `json:"message"`
	} `json:"evaluator"`
}

type listed struct {
	Definition struct {
		ID           string `json:"id"`
		NotEvaluated string `json:"notEvaluated"`
	} `json:"definition"`
	Status struct {
		ReadUntil time.Time `json:"readUntil"`
		LastError string    `json:"lastError"`
	} `json:"status"`
	Report struct {
		Objective float64  `json:"objective"`
		Good      *float64 `json:"good"`
		Total     *float64 `json:"total"`
		Allowed   *float64 `json:"allowed"`
		Remaining *float64 `json:"remaining"`
		Coverage  float64  `json:"coverage"`
		Progress  float64  `json:"progress"`
		// From and At are the window in Unix milliseconds.
		From int64 `json:"from"`
		At   int64 `json:"at"`
	} `json:"report"`
}

// lacks says what the ledger still lacks of an SLO; empty when nothing.
func (l listed) lacks(now time.Time) string {
	switch {
	case l.Status.LastError != "":
		return l.Status.LastError
	case l.Report.Progress < 1:
		return fmt.Sprintf("%.0f %% of the window is read", l.Report.Progress*100)
	case now.Sub(l.Status.ReadUntil) > newest:
		return fmt.Sprintf("the newest reading is %s old", now.Sub(l.Status.ReadUntil).Round(time.Second))
	case l.Report.Good == nil || l.Report.Total == nil || l.Report.Remaining == nil:
		return "nothing is known of the window"
	}
	return ""
}

// figures are one side of a comparison.
type figures struct {
	Good      float64 `json:"good"`
	Total     float64 `json:"total"`
	Remaining float64 `json:"remaining"`
}

// comparison is a line of the result.
type comparison struct {
	SLO  string    `json:"slo"`
	From time.Time `json:"from"`
	At   time.Time `json:"at"`
	// Objective is the target; Budget is the number of bad events that it allows in the window, by the truth.
	Objective float64 `json:"objective"`
	Budget    float64 `json:"budget"`
	Ledger    figures `json:"ledger"`
	Truth     figures `json:"truth"`
	// Difference is a share of the budget.
	Difference float64 `json:"difference"`
	OK         bool    `json:"ok"`
}

// result is the file that --check writes.
type result struct {
	At        time.Time    `json:"at"`
	Permitted float64      `json:"permitted"`
	OK        bool         `json:"ok"`
	SLOs      []comparison `json:"slos"`
}

// differing names the SLOs whose difference is not permitted.
func (r result) differing() []string {
	var names []string
	for _, line := range r.SLOs {
		if !line.OK {
			names = append(names, fmt.Sprintf("%s differs by %.3f %%", line.SLO, line.Difference*100))
		}
	}
	return names
}

// checkLedger waits for the ledger and compares it with the truth.
func (d *demo) checkLedger(ctx context.Context) error {
	if err := d.awaitLedger(ctx); err != nil {
		return err
	}
	var last result
	for attempt := range attempts {
		if attempt > 0 {
			d.out.say("%s: looked at again in %s, the newest minutes may not have settled", strings.Join(last.differing(), ", "), settlePause)
			if err := d.pause(ctx, settlePause); err != nil {
				return err
			}
		}
		var err error
		if last, err = d.compare(ctx); err != nil {
			return err
		}
		if last.OK {
			break
		}
	}
	if err := d.writeReport(last); err != nil {
		return err
	}
	printTable(os.Stdout, last)
	if last.OK {
		return nil
	}
	return fmt.Errorf("the ledger differs from the truth by more than %.1f %% of a budget; the figures are in %s", permitted*100, d.report)
}

func (d *demo) pause(ctx context.Context, length time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-d.died:
		return err
	case <-time.After(length):
		return nil
	}
}

// awaitLedger waits until every SLO is backfilled and read up to now.
func (d *demo) awaitLedger(ctx context.Context) (err error) {
	step := d.out.begin("the ledger reads the history")
	defer func() { step.end(err, "") }()
	limit, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	var waiting []string
	for {
		list, err := d.list(limit)
		if err != nil {
			waiting = []string{err.Error()}
		} else {
			var share float64
			waiting, share = backlog(list)
			step.update(share, fmt.Sprintf("%d of %d SLOs", max(0, len(list.SLOs)-len(waiting)), len(list.SLOs)))
			if len(waiting) == 0 {
				return nil
			}
		}
		if err := d.pause(limit, pollEvery); err != nil {
			if limit.Err() != nil && ctx.Err() == nil {
				return fmt.Errorf("the ledger did not catch up within %s:\n  %s", d.timeout, strings.Join(waiting, "\n  "))
			}
			return err
		}
	}
}

// backlog lists what the ledger lacks, and the share of all that it has.
func backlog(list listing) (waiting []string, share float64) {
	if !list.Evaluator.Running && list.Evaluator.Message != "" {
		waiting = append(waiting, "evaluator: "+list.Evaluator.Message)
	}
	for _, problem := range list.Problems {
		waiting = append(waiting, fmt.Sprintf("%s:%d: %s", problem.File, problem.Line, problem.Message))
	}
	if len(list.SLOs) == 0 {
		waiting = append(waiting, "no SLO is known yet")
	}
	for _, one := range list.SLOs {
		if lacks := one.lacks(time.Now()); lacks != "" && one.Definition.NotEvaluated == "" {
			waiting = append(waiting, one.Definition.ID+": "+lacks)
		}
		share += one.Report.Progress / float64(len(list.SLOs))
	}
	return waiting, share
}

func (d *demo) list(ctx context.Context) (listing, error) {
	var list listing
	err := get(ctx, d.hostURL+"/api/plugins/burnline-slo-app/resources/slos", &list)
	return list, err
}

func (d *demo) compare(ctx context.Context) (result, error) {
	list, err := d.list(ctx)
	if err != nil {
		return result{}, err
	}
	compared := result{At: time.Now().UTC().Truncate(time.Second), Permitted: permitted, OK: true}
	for _, one := range list.SLOs {
		if one.Definition.NotEvaluated != "" {
			continue
		}
		if lacks := one.lacks(time.Now()); lacks != "" {
			return result{}, fmt.Errorf("%s fell behind again: %s", one.Definition.ID, lacks)
		}
		line, err := d.compareOne(ctx, one)
		if err != nil {
			return result{}, err
		}
		compared.SLOs = append(compared.SLOs, line)
		compared.OK = compared.OK && line.OK
	}
	slices.SortFunc(compared.SLOs, func(a, b comparison) int { return strings.Compare(a.SLO, b.SLO) })
	return compared, nil
}

// compareOne asks the shop for the truth of exactly the window that the ledger reports on.
func (d *demo) compareOne(ctx context.Context, one listed) (comparison, error) {
	from, at := time.UnixMilli(one.Report.From).UTC(), time.UnixMilli(one.Report.At).UTC()
	query := url.Values{"slo": {one.Definition.ID}, "from": {fmt.Sprint(from.Unix())}, "to": {fmt.Sprint(at.Unix())}}
	var truth struct {
		Good     float64 `json:"good"`
		Total    float64 `json:"total"`
		Complete bool    `json:"complete"`
	}
	if err := get(ctx, d.shopURL+"/truth?"+query.Encode(), &truth); err != nil {
		return comparison{}, err
	}
	if !truth.Complete {
		return comparison{}, fmt.Errorf("%s: the shop does not know the truth from %s to %s", one.Definition.ID, from.Format(time.RFC3339), at.Format(time.RFC3339))
	}
	ledger := figures{Good: *one.Report.Good, Total: *one.Report.Total, Remaining: *one.Report.Remaining}
	return compareFigures(one.Definition.ID, one.Report.Objective, from, at, ledger, truth.Good, truth.Total), nil
}

// compareFigures works the truth's budget out by itself. The difference is the greater one of the
// remaining shares' and of the bad events', in units of the true budget.
func compareFigures(id string, objective float64, from, at time.Time, ledger figures, good, total float64) comparison {
	line := comparison{SLO: id, From: from, At: at, Objective: objective, Budget: total * (1 - objective), Ledger: ledger}
	line.Truth = figures{Good: good, Total: total, Remaining: 1}
	if line.Budget > 0 {
		line.Truth.Remaining = 1 - (total-good)/line.Budget
		line.Difference = math.Abs((ledger.Total-ledger.Good)-(total-good)) / line.Budget
	} else if ledger.Total > 0 {
		line.Difference = 1
	}
	line.Difference = max(line.Difference, math.Abs(ledger.Remaining-line.Truth.Remaining))
	line.OK = line.Difference <= permitted
	return line
}

func (d *demo) writeReport(r result) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(d.report), 0o755); err != nil {
		return err
	}
	return os.WriteFile(d.report, append(text, '\n'), 0o644)
}

func printTable(out io.Writer, r result) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "SLO\tobjective\tledger good\ttotal\tremaining\ttruth good\ttotal\tremaining\tdifference\t\t")
	for _, line := range r.SLOs {
		mark := "ok"
		if !line.OK {
			mark = "DIFFERS"
		}
		fmt.Fprintf(table, "%s\t%.5g %%\t%.8g\t%.8g\t%.2f %%\t%.8g\t%.8g\t%.2f %%\t%.4f %%\t%s\t\n", line.SLO, line.Objective*100,
			line.Ledger.Good, line.Ledger.Total, line.Ledger.Remaining*100,
			line.Truth.Good, line.Truth.Total, line.Truth.Remaining*100, line.Difference*100, mark)
	}
	_ = table.Flush()
	fmt.Fprintf(out, "The difference is a share of the budget; %.1f %% is permitted.\n", r.Permitted*100)
}

// get reads a JSON answer.
func get(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return errors.New(address + " answers " + answer.Status + ": " + strings.TrimSpace(string(body)))
	}
	return json.Unmarshal(body, into)
}
