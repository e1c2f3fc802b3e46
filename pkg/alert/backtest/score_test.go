package backtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// month is the length in minutes of what most tests are about; the span is its last ten days.
const (
	month = 30 * 24 * 60
	start = 20 * 24 * 60
)

// loss is a stretch of minutes with a share of bad events.
type loss struct {
	from, minutes int
	ratio         float64
}

// steady is a month of 1,000 events a minute without an error, but for the losses.
func steady(losses ...loss) *budget.Series {
	buckets := make([]budget.Bucket, month)
	for i := range buckets {
		buckets[i] = budget.Bucket{Start: minute(i).Unix(), State: budget.StateMeasured, Total: 1000, Good: 1000}
	}
	for _, l := range losses {
		for i := l.from; i < l.from+l.minutes; i++ {
			buckets[i].Good = 1000 * (1 - l.ratio)
		}
	}
	return budget.NewSeries(buckets...)
}

func incident(id string, from, minutes int) alert.Incident {
	return alert.Incident{ID: id, Title: "the " + id, Start: minute(from), End: minute(from + minutes)}
}

func backtest(t *testing.T, s *budget.Series, policy string, incidents ...alert.Incident) Result {
	t.Helper()
	p, ok := alert.Builtin(policy)
	require.True(t, ok)
	settings := alert.DefaultSettings()
	settings.ForecastHorizon, settings.ConsumedAt = "", nil
	return Run(s, alert.PlanWith(objective(), settings, p), Config{From: minute(start), To: minute(month), Incidents: incidents})
}

func keys(firings []Firing) []string {
	var out []string
	for _, f := range firings {
		out = append(out, f.Condition.Key())
	}
	return out
}

func TestATotalOutagePagesWithinTheTimeThatTheWorkbookPromises(t *testing.T) {
	outage := start + 1000
	r := backtest(t, steady(loss{outage, 10, 1}), slo.PolicyWorkbook, incident("outage", outage, 10))
	require.Equal(t, []string{"burn-page-1h-5m", "burn-page-6h-30m", "burn-ticket-1d-2h", "burn-ticket-3d-6h"}, keys(r.Firings))
	first := r.Firings[0]
	// 14.4 x 0.1 % of an hour are 51.84 s: one minute of a total outage is above it.
	require.Equal(t, minute(outage+1), first.From)
	require.Equal(t, minute(outage+15), first.To, "the five minutes after the outage hold bad events; then none")
	require.Equal(t, time.Minute, first.Delay)
	require.Equal(t, 5*time.Minute, first.Reset)
	require.True(t, first.ResetKnown)
	require.InDelta(t, 1000.0/(start+1001), first.SpentBefore, 1e-9, "one minute's 1,000 bad events; each minute that is known allows one")
	require.InDelta(t, 10_000.0/(start+1015), first.SpentAfter, 1e-9)
	require.True(t, first.TruePositive)
	require.Equal(t, []string{"outage"}, first.Incidents)
}

func TestSeveralRowsThatFireInOneIncidentAreOneSuccess(t *testing.T) {
	outage, noise := start+1000, start+9000
	r := backtest(t, steady(loss{outage, 10, 1}, loss{noise, 3, 1}), slo.PolicyWorkbook, incident("outage", outage, 10))
	require.Equal(t, 1, r.Summary.TruePositives)
	require.Equal(t, 1, r.Summary.FalsePositives, "the loss without an incident, however many rows tell of it")
	require.InDelta(t, 0.5, *r.Summary.Precision, 0)
	require.InDelta(t, 1, *r.Summary.Recall, 0)
	require.Equal(t, 1, r.Summary.Found)
	require.Equal(t, time.Minute, *r.Summary.MeanDelay)
	require.Greater(t, r.Summary.Firings, 4)
	require.Equal(t, r.Summary.Firings, r.Summary.Pages.Firings+r.Summary.Tickets.Firings)
	require.InDelta(t, float64(r.Summary.Firings)*7/10, r.Summary.AlertsPerWeek, 1e-9)
	require.InDelta(t, r.Summary.Pages.AlertsPerWeek, r.Summary.PagesPerWeek, 0)
}

func TestAYoungLedgerPromisesNoCalmMonth(t *testing.T) {
	s := steady(loss{start + 1000, 10, 1})
	s = budget.NewSeries(func() (young []budget.Bucket) {
		s.Each(minute(start).Unix(), minute(month).Unix(), func(b budget.Bucket) bool { young = append(young, b); return true })
		return young
	}()...)
	p, _ := alert.Builtin(slo.PolicyFastOnly)
	r := Run(s, alert.PlanWith(objective(), alert.DefaultSettings(), p), Config{From: minute(0), To: minute(month)})
	require.Positive(t, r.Summary.Firings)
	require.Equal(t, 10*24*time.Hour, r.Evaluated)
	require.InDelta(t, float64(r.Summary.Firings)*7/10, r.Summary.AlertsPerWeek, 1e-9, "ten days are known, and not thirty")
	hours := Run(s, alert.PlanWith(objective(), alert.DefaultSettings(), p), Config{From: minute(0), To: minute(start + 1030)})
	require.LessOrEqual(t, hours.Summary.AlertsPerWeek, 7*float64(hours.Summary.Firings), "a few hours are no week")
}

func TestAnIncidentThatSpentTooLittleIsNotHeldAgainstThePolicy(t *testing.T) {
	r := backtest(t, steady(loss{start + 1000, 10, 0.001}), slo.PolicyWorkbook, incident("scratch", start+1000, 10))
	require.Empty(t, r.Firings)
	require.True(t, r.Labelled)
	require.Nil(t, r.Summary.Precision)
	require.Nil(t, r.Summary.Recall)
	require.Zero(t, r.Summary.Incidents)
	require.Equal(t, "scratch", r.Summary.Small[0].ID)
}

func TestAnIncidentThatThePolicyPromisesToFindAndMissesIsNamed(t *testing.T) {
	// Two bad minutes in every hour spend 2 % an hour, but the five minutes' window is mostly clean; a row that waits never fires.
	var losses []loss
	for i := range 10 {
		losses = append(losses, loss{start + 1000 + 60*i, 2, 0.9})
	}
	policy := alert.Policy{Name: "patient", Rows: []alert.Row{{
		PolicyWindow: budget.PolicyWindow{Severity: budget.SeverityPage, Share: 0.02, Long: time.Hour, Short: 5 * time.Minute}, For: 30 * time.Minute,
	}}}
	plan := alert.PlanWith(objective(), alert.DefaultSettings(), policy)
	r := Run(steady(losses...), plan, Config{From: minute(start), To: minute(month), Incidents: []alert.Incident{incident("flapping", start+1000, 600)}})
	require.Empty(t, r.Firings)
	require.Equal(t, 1, r.Summary.Incidents)
	require.Equal(t, "flapping", r.Summary.Missed[0].ID)
	require.InDelta(t, 0, *r.Summary.Recall, 0)
}

func TestWithoutAnyLabelNobodySaysWhatWasTrue(t *testing.T) {
	r := backtest(t, steady(loss{start + 1000, 10, 1}), slo.PolicyFastOnly)
	require.NotEmpty(t, r.Firings)
	require.False(t, r.Labelled)
	require.Nil(t, r.Summary.Precision)
	require.Nil(t, r.Summary.Recall)
	require.Nil(t, r.Summary.MeanDelay)
	require.Positive(t, r.Firings[0].SpentBefore)
	require.Equal(t, minute(start+1000), r.Firings[0].Began)
	require.NotNil(t, r.Summary.SpentBefore)
}

func TestIncidentsOfOtherSLOsOrWithoutLossExplainNothing(t *testing.T) {
	outage := start + 1000
	s := steady(loss{outage, 10, 1})
	cases := map[string]alert.Incident{
		"another SLO's incident at the same time":           {ID: "other", Start: minute(outage), End: minute(outage + 10), SLOs: []string{"search"}},
		"an incident an hour before that cost nothing":      incident("harmless", outage-60, 30),
		"an incident after the alert":                       incident("later", outage+3000, 30),
		"something that nobody should be told of":           {ID: "drill", Start: minute(outage), End: minute(outage + 10), Severity: severityNone},
		"another service's incident that is still going on": {ID: "else", Start: minute(outage), Services: []string{"search"}},
	}
	for name, i := range cases {
		t.Run(name, func(t *testing.T) {
			r := backtest(t, s, slo.PolicyFastOnly, i)
			require.NotEmpty(t, r.Firings)
			require.False(t, r.Firings[0].TruePositive)
			require.InDelta(t, 0, *r.Summary.Precision, 0)
			require.Equal(t, 1, r.Summary.FalsePositives)
		})
	}
}

func TestAPageFindsWhatATicketShould(t *testing.T) {
	outage := start + 1000
	policy := alert.Policy{Name: "p", Rows: []alert.Row{
		{PolicyWindow: budget.PolicyWindow{Severity: budget.SeverityPage, Share: 0.02, Long: time.Hour, Short: 5 * time.Minute}},
		{PolicyWindow: budget.PolicyWindow{Severity: budget.SeverityTicket, Share: 0.1, Long: 24 * time.Hour, Short: 2 * time.Hour}, For: 48 * time.Hour},
	}}
	r := Run(steady(loss{outage, 30, 1}), alert.PlanWith(objective(), alert.DefaultSettings(), policy),
		Config{From: minute(start), To: minute(month), Incidents: []alert.Incident{incident("outage", outage, 30)}})
	require.Zero(t, r.Summary.Tickets.Firings)
	require.InDelta(t, 1, *r.Summary.Tickets.Recall, 0)
	require.Nil(t, r.Summary.Tickets.Precision)
}

func TestAnAlertThatStillFiresHasNoEndAndNoReset(t *testing.T) {
	r := backtest(t, steady(loss{month - 20, 20, 1}), slo.PolicyFastOnly, alert.Incident{ID: "now", Start: minute(month - 20)})
	require.True(t, r.Firings[0].To.IsZero())
	require.False(t, r.Firings[0].ResetKnown)
	require.Nil(t, r.Summary.MeanReset)
	require.InDelta(t, 20_000.0/43_200, r.Firings[0].SpentAfter, 0.02)
}

func TestWhatTheLedgerDoesNotKnowIsSaid(t *testing.T) {
	s := budget.NewSeries()
	for i := start; i < start+60; i++ {
		s.Put(budget.Bucket{Start: minute(i).Unix(), State: budget.StateMeasured, Total: 1, Good: 1})
	}
	r := Run(s, alert.PlanWith(objective(), alert.DefaultSettings(), workbook(t)), Config{From: minute(start), To: minute(start + 120)})
	require.InDelta(t, 0.5, r.Coverage, 0)
	require.Equal(t, time.Hour, r.Known)
}

func TestASpanWithoutEndsIsTheLast30DaysOfTheSeries(t *testing.T) {
	r := backtest(t, steady(), slo.PolicyWorkbook)
	require.Equal(t, minute(start), r.From)
	r = Run(steady(), r.Plan, Config{})
	require.Equal(t, minute(0), r.From)
	require.Equal(t, minute(month), r.To)
	r = Run(budget.NewSeries(), r.Plan, Config{From: minute(10), To: minute(5)})
	require.Empty(t, r.Firings)
	require.Zero(t, r.Coverage)
}

func TestTheWhatIfSaysWhatIsLeftAndWhatCannotFireAtEachTarget(t *testing.T) {
	d := objective()
	cfg := Config{From: minute(start), To: minute(month)}
	results := WhatIf(steady(loss{start + 1000, 10, 0.5}), d, alert.DefaultSettings(), append(DefaultTargets(), slo.MustFraction("0.9")), cfg)
	require.Len(t, results, 5)
	var pages []int
	for _, r := range results {
		pages = append(pages, r.Pages)
		require.InDelta(t, 5000/(1000*month*r.Target.Complement().Float()), r.Report.Consumed, 1e-9)
		require.InDelta(t, float64(r.Pages+r.Tickets)*7/10, r.AlertsPerWeek, 1e-9)
	}
	require.Equal(t, []int{0, 1, 2, 2, 0}, pages, "5,000 bad events: 5 minutes of a total outage; the rows ask for 8.64, 4.32 and 0.86 minutes in 1 h")
	require.Empty(t, results[0].Skipped)
	require.Equal(t, []string{"burn rate above 14.4 over 1h and 5m"}, results[4].Skipped)
	require.Equal(t, slo.MustFraction("0.999"), d.Target)
}
