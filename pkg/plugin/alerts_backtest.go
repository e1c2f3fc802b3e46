package plugin

import (
	"net/http"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/backtest"
	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// backtestRequest is the body of POST alerts/backtest; times are Unix milliseconds.
type backtestRequest struct {
	SLOs     []string `json:"slos"`
	Services []string `json:"services"`
	From     int64    `json:"from"`
	To       int64    `json:"to"`
	Policies []string `json:"policies"`
	Targets  []string `json:"targets"`
}

// backtestJSON is the answer: from and to in Unix milliseconds.
type backtestJSON struct {
	From    int64         `json:"from"`
	To      int64         `json:"to"`
	SLOs    []triedJSON   `json:"slos"`
	Overall []overallJSON `json:"overall"`
}

type triedJSON struct {
	SLO     string       `json:"slo"`
	Name    string       `json:"name"`
	Service string       `json:"service"`
	Results []resultJSON `json:"results"`
	Targets []targetJSON `json:"targets"`
}

type conditionJSON struct {
	Key      string     `json:"key"`
	Title    string     `json:"title"`
	Severity string     `json:"severity"`
	Kind     alert.Kind `json:"kind"`
	Rate     *float64   `json:"rate,omitempty"`
	Share    *float64   `json:"share,omitempty"`
}

type titledJSON struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// firingJSON is one alert; what is not known, or does not apply, is null.
type firingJSON struct {
	conditionJSON
	From         int64        `json:"from"`
	To           *int64       `json:"to"`
	SpentBefore  *float64     `json:"spentBefore"`
	SpentAfter   *float64     `json:"spentAfter"`
	Incidents    []titledJSON `json:"incidents"`
	DelaySeconds *float64     `json:"delaySeconds"`
	TruePositive *bool        `json:"truePositive"`
	ResetSeconds *float64     `json:"resetSeconds"`
}

// resultJSON is what one policy would have done to one SLO.
type resultJSON struct {
	Policy           string          `json:"policy"`
	Conditions       []conditionJSON `json:"conditions"`
	Firings          []firingJSON    `json:"firings"`
	Precision        *float64        `json:"precision"`
	Recall           *float64        `json:"recall"`
	AlertsPerWeek    float64         `json:"alertsPerWeek"`
	PagesPerWeek     float64         `json:"pagesPerWeek"`
	MeanDelaySeconds *float64        `json:"meanDelaySeconds"`
	MeanResetSeconds *float64        `json:"meanResetSeconds"`
	SpentBefore      *float64        `json:"spentBefore"`
	Incidents        int             `json:"incidents"`
	Found            int             `json:"found"`
	Missed           []titledJSON    `json:"missed"`
	Coverage         float64         `json:"coverage"`
}

// targetJSON is the budget and the alerts at another target.
type targetJSON struct {
	Target            string   `json:"target"`
	Allowed           *float64 `json:"allowed"`
	Consumed          *float64 `json:"consumed"`
	Remaining         *float64 `json:"remaining"`
	Pages             int      `json:"pages"`
	Tickets           int      `json:"tickets"`
	AlertsPerWeek     float64  `json:"alertsPerWeek"`
	ConditionsSkipped []string `json:"conditionsSkipped"`
}

func (p *Plugin) runBacktest(w http.ResponseWriter, r *http.Request) {
	var body backtestRequest
	if err := decode(w, r, &body, "{slos, services, from, to, policies, targets} with times in Unix milliseconds"); err != nil {
		fail(w, err)
		return
	}
	targets, err := parseTargets(body.Targets)
	if err != nil {
		fail(w, err)
		return
	}
	t := trial{From: time.UnixMilli(body.From).UTC(), To: time.UnixMilli(body.To).UTC(), Policies: words(body.Policies), Targets: targets}
	if body.To == 0 {
		t.To = p.answers.now().UTC()
	}
	if body.From == 0 {
		t.From = t.To.Add(-backtest.DefaultSpan)
	}
	if len(t.Policies) == 0 {
		t.Policies = defaultPolicies()
	}
	reader, snapshot, err := p.answers.catalogue(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	entries, err := selection{SLOs: words(body.SLOs), Services: words(body.Services)}.pick(snapshot)
	if err != nil {
		fail(w, err)
		return
	}
	found, err := p.answers.try(r.Context(), reader, snapshot, entries, t)
	if err != nil {
		fail(w, err)
		return
	}
	incidents, err := incidentsIn(r.Context(), reader, t.From, t.To)
	if err != nil {
		fail(w, err)
		return
	}
	titles := map[string]string{}
	for _, i := range incidents {
		titles[i.ID] = i.Title
	}
	answer := backtestJSON{From: t.From.UnixMilli(), To: t.To.UnixMilli(), SLOs: []triedJSON{}, Overall: overall(t.Policies, found)}
	for _, one := range found {
		answer.SLOs = append(answer.SLOs, one.json(titles))
	}
	writeJSON(w, http.StatusOK, answer)
}

func (t tried) json(titles map[string]string) triedJSON {
	out := triedJSON{SLO: t.Definition.ID, Name: t.Definition.DisplayName, Service: t.Definition.Service, Results: []resultJSON{}, Targets: []targetJSON{}}
	for _, r := range t.Results {
		out.Results = append(out.Results, r.json(titles))
	}
	for _, r := range t.Targets {
		out.Targets = append(out.Targets, targetJSON{
			Target: r.Target.String(), Allowed: known(r.Report, r.Report.Allowed), Consumed: known(r.Report, r.Report.Consumed),
			Remaining: known(r.Report, r.Report.Remaining), Pages: r.Pages, Tickets: r.Tickets, AlertsPerWeek: r.AlertsPerWeek, ConditionsSkipped: orEmpty(r.Skipped),
		})
	}
	return out
}

// known is a number of a report, nil where the ledger knows nothing of its window.
func known(r budget.Report, value float64) *float64 {
	if r.Coverage == 0 {
		return nil
	}
	return budget.Finite(value)
}

func conditionOf(c alert.Condition) conditionJSON {
	out := conditionJSON{Key: c.Key(), Title: c.Title(), Severity: c.Severity, Kind: c.Kind}
	if c.Rate > 0 {
		out.Rate = budget.Finite(c.Rate)
	}
	if c.Share > 0 {
		out.Share = budget.Finite(c.Share)
	}
	return out
}

func (r policyResult) json(titles map[string]string) resultJSON {
	s := r.Summary
	out := resultJSON{
		Policy: r.Policy, Conditions: []conditionJSON{}, Firings: []firingJSON{}, Precision: s.Precision, Recall: s.Recall,
		AlertsPerWeek: s.AlertsPerWeek, PagesPerWeek: s.PagesPerWeek, MeanDelaySeconds: seconds(s.MeanDelay), MeanResetSeconds: seconds(s.MeanReset),
		SpentBefore: s.SpentBefore, Incidents: s.Incidents, Found: s.Found, Missed: []titledJSON{}, Coverage: r.Coverage,
	}
	for _, c := range r.Plan.Conditions {
		out.Conditions = append(out.Conditions, conditionOf(c))
	}
	for _, i := range s.Missed {
		out.Missed = append(out.Missed, titledJSON{i.ID, i.Title})
	}
	for _, f := range r.Firings {
		one := firingJSON{
			conditionJSON: conditionOf(f.Condition), From: f.From.UnixMilli(), To: millis(f.To), Incidents: []titledJSON{},
			SpentBefore: budget.Finite(f.SpentBefore), SpentAfter: budget.Finite(f.SpentAfter),
			DelaySeconds: r.delay(f), TruePositive: r.right(f), ResetSeconds: reset(f),
		}
		for _, id := range f.Incidents {
			one.Incidents = append(one.Incidents, titledJSON{id, titles[id]})
		}
		out.Firings = append(out.Firings, one)
	}
	return out
}

// delay is the seconds from the incident's start to the alert; nil without an incident.
func (r policyResult) delay(f backtest.Firing) *float64 {
	if len(f.Incidents) == 0 {
		return nil
	}
	return seconds(&f.Delay)
}

// right reports whether an incident lies under the alert; nil where none is labelled in the span.
func (r policyResult) right(f backtest.Firing) *bool {
	if !r.Labelled {
		return nil
	}
	return &f.TruePositive
}

func reset(f backtest.Firing) *float64 {
	if !f.ResetKnown {
		return nil
	}
	return seconds(&f.Reset)
}

func seconds(d *time.Duration) *float64 {
	if d == nil {
		return nil
	}
	return budget.Finite(d.Seconds())
}

// overallJSON is a policy over all SLOs of the backtest; MeanDelay, MeanPageDelay (of the pages alone) and MeanReset are seconds.
type overallJSON struct {
	Policy        string   `json:"policy"`
	Firings       int      `json:"firings"`
	Pages         int      `json:"pages"`
	Tickets       int      `json:"tickets"`
	TruePositives int      `json:"truePositives"`
	Precision     *float64 `json:"precision"`
	Recall        *float64 `json:"recall"`
	Incidents     int      `json:"incidents"`
	Found         int      `json:"found"`
	MeanDelay     *float64 `json:"meanDelay"`
	MeanPageDelay *float64 `json:"meanPageDelay"`
	AlertsPerWeek float64  `json:"alertsPerWeek"`
	MeanReset     *float64 `json:"meanReset"`
	SpentBefore   *float64 `json:"spentBefore"`
}

// average is a weighted mean; nil without any weight.
type average struct{ sum, weight float64 }

func (a *average) add(value *float64, weight int) {
	if value != nil && weight > 0 {
		a.sum, a.weight = a.sum+*value*float64(weight), a.weight+float64(weight)
	}
}

func (a *average) mean() *float64 {
	if a.weight == 0 {
		return nil
	}
	return budget.Finite(a.sum / a.weight)
}

// overall adds up the SLOs of each policy. An incident that touches several SLOs is one for each of them.
func overall(policies []string, found []tried) []overallJSON {
	out := make([]overallJSON, 0, len(policies))
	for i, name := range policies {
		o := overallJSON{Policy: name}
		var precision, recall, delay, pageDelay, reset, spent average
		for _, t := range found {
			s := t.Results[i].Summary
			o.Firings += s.Firings
			o.Pages += s.Pages.Firings
			o.Tickets += s.Tickets.Firings
			o.TruePositives += s.TruePositives
			o.Incidents += s.Incidents
			o.Found += s.Found
			o.AlertsPerWeek += s.AlertsPerWeek
			precision.add(s.Precision, s.TruePositives+s.FalsePositives)
			recall.add(s.Recall, s.Incidents)
			delay.add(seconds(s.MeanDelay), s.Delays)
			pageDelay.add(seconds(s.Pages.MeanDelay), s.Pages.Delays)
			reset.add(seconds(s.MeanReset), s.Resets)
			spent.add(s.SpentBefore, s.Firings)
		}
		o.MeanPageDelay = pageDelay.mean()
		o.Precision, o.Recall, o.MeanDelay, o.MeanReset, o.SpentBefore = precision.mean(), recall.mean(), delay.mean(), reset.mean(), spent.mean()
		out = append(out, o)
	}
	return out
}
