package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"text/tabwriter"
	"time"
)

// ruleSync is how long the app may take to bring its rules into Grafana.
const ruleSync = 2 * time.Minute

// shownSpan is the span of the backtest that the check asks for.
const shownSpan = 30 * 24 * time.Hour

// ranks orders what an incident may cause.
var ranks = map[string]int{"none": 0, "ticket": 1, "page": 2}

// backtestAnswer is what the check needs of the resource alerts/backtest.
type backtestAnswer struct {
	SLOs    []testedSLO `json:"slos"`
	Overall []struct {
		Policy     string   `json:"policy"`
		Pages      int      `json:"pages"`
		Tickets    int      `json:"tickets"`
		Precision  *float64 `json:"precision"`
		Recall     *float64 `json:"recall"`
		PageDelay  *float64 `json:"meanPageDelay"`
		MeanDelay  *float64 `json:"meanDelay"`
		Incidents  int      `json:"incidents"`
		Found      int      `json:"found"`
		AlertsWeek float64  `json:"alertsPerWeek"`
	} `json:"overall"`
}

type testedSLO struct {
	SLO     string         `json:"slo"`
	Results []testedPolicy `json:"results"`
}

type testedPolicy struct {
	Policy  string       `json:"policy"`
	Firings []firingLine `json:"firings"`
}

type firingLine struct {
	Title    string `json:"title"`
	Severity string `json:"severity"`
	Kind     string `json:"kind"`
	From     int64  `json:"from"`
	To       *int64 `json:"to"`
}

// planAnswer is what the check needs of the resource alerts/plan.
type planAnswer struct {
	Groups []struct {
		Name  string `json:"name"`
		Rules []struct {
			Title string `json:"title"`
		} `json:"rules"`
	} `json:"groups"`
	Changes []change `json:"changes"`
	Errors  []string `json:"errors"`
}

type change struct {
	Action string `json:"action"`
	Title  string `json:"title"`
}

// checkAlerts waits until every SLO has its rules, and holds the backtest of the SLOs' own policies against what
// each incident must cause.
func (d *demo) checkAlerts(ctx context.Context) error {
	if err := d.awaitRules(ctx); err != nil {
		return err
	}
	var incidents []shopIncident
	if err := call(ctx, http.MethodGet, d.shopURL+"/incidents", nil, &incidents); err != nil {
		return err
	}
	now := time.Now()
	body := map[string]any{"from": now.Add(-shownSpan).UnixMilli(), "to": now.UnixMilli(), "policies": []string{"own"}}
	var answer backtestAnswer
	if err := call(ctx, http.MethodPost, d.hostURL+alertsAPI+"backtest", body, &answer); err != nil {
		return err
	}
	wrong := unkept(incidents, answer, now)
	table := tabwriter.NewWriter(d.out.out, 0, 0, 2, ' ', 0)
	for _, o := range answer.Overall {
		_, _ = fmt.Fprintf(table, "backtest of 30 d\t%s: %d pages, %d tickets\tprecision %s\trecall %s (%d of %d)\tmean delay of pages %s, of all %s\n", o.Policy, o.Pages, o.Tickets,
			percent(o.Precision), percent(o.Recall), o.Found, o.Incidents, seconds(o.PageDelay), seconds(o.MeanDelay))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(wrong) > 0 {
		return fmt.Errorf("alerts: %w", errors.Join(wrong...))
	}
	d.out.say("Each of %d incidents causes what its policy promises, and nothing else pages.", len(incidents))
	return nil
}

func percent(share *float64) string {
	if share == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.0f %%", 100**share)
}

func seconds(value *float64) string {
	if value == nil {
		return "unknown"
	}
	return (time.Duration(*value) * time.Second).String()
}

// awaitRules waits until Grafana has every rule as wanted.
func (d *demo) awaitRules(ctx context.Context) error {
	step := d.out.begin("alert rules in Grafana")
	ctx, cancel := context.WithTimeout(ctx, ruleSync)
	defer cancel()
	var plan planAnswer
	for {
		plan = planAnswer{}
		err := call(ctx, http.MethodGet, d.hostURL+alertsAPI+"plan", nil, &plan)
		open := slices.ContainsFunc(plan.Changes, func(c change) bool { return c.Action != "unchanged" })
		if err == nil && !open && len(plan.Errors) == 0 && len(plan.Groups) > 0 {
			step.end(nil, fmt.Sprintf("%d groups", len(plan.Groups)))
			return nil
		}
		if pauseErr := d.pause(ctx, pollEvery); pauseErr != nil {
			err = fmt.Errorf("rules are not as wanted after %s: %w; changes %v, errors %v", ruleSync, errors.Join(err, pauseErr), plan.Changes, plan.Errors)
			step.end(err, "")
			return err
		}
	}
}

// unkept lists the promises that the backtest does not show, and pages without an incident.
func unkept(incidents []shopIncident, answer backtestAnswer, now time.Time) []error {
	var wrong []error
	caused := map[string]string{}
	for slo, f := range answer.telling() {
		under := false
		for _, i := range incidents {
			if slices.Contains(i.SLOs, slo) && f.overlaps(i, now) {
				under = true
				if ranks[f.Severity] > ranks[caused[i.Name]] {
					caused[i.Name] = f.Severity
				}
			}
		}
		if !under && f.Severity == "page" {
			wrong = append(wrong, fmt.Errorf("%s pages at %s without an incident: %s", slo, time.UnixMilli(f.From).UTC().Format(time.RFC3339), f.Title))
		}
	}
	for _, i := range incidents {
		if got := caused[i.Name]; i.judgeable(now) && ranks[got] != ranks[i.Severity] {
			wrong = append(wrong, fmt.Errorf("%s must cause %s and causes %s", i.Name, i.Severity, orNone(got)))
		}
	}
	return wrong
}

// telling are the alerts that tell of incidents, by SLO; thresholds and forecasts tell of the budget.
func (a backtestAnswer) telling() iter.Seq2[string, firingLine] {
	return func(yield func(string, firingLine) bool) {
		for _, slo := range a.SLOs {
			for _, r := range slo.Results {
				for _, f := range r.Firings {
					if (f.Kind == "burn" || f.Severity == "page") && !yield(slo.SLO, f) {
						return
					}
				}
			}
		}
	}
}

// judgeable is false for what began before the span, or only just now: it may not show all that it causes.
func (i shopIncident) judgeable(now time.Time) bool {
	fresh := i.Severity == "ticket" && now.Unix()-i.From < int64(2*time.Hour/time.Second)
	return i.Severity != "" && i.From >= now.Add(-shownSpan).Unix() && !fresh
}

func orNone(severity string) string {
	if severity == "" {
		return "nothing"
	}
	return severity
}

// overlaps reports whether the incident lasted while the alert fired, or up to three days before: the longest window.
// A short incident is found while it lasts or just after.
func (f firingLine) overlaps(i shopIncident, now time.Time) bool {
	to := now.UnixMilli()
	if f.To != nil {
		to = *f.To
	}
	tail := time.Hour
	if f.Severity == "ticket" {
		tail = 72 * time.Hour
	}
	return i.From*1000 < to && i.To*1000 > f.From-tail.Milliseconds()
}
