package noise

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// hours counts from Monday, 2026-06-01 00:00 UTC.
func hours(n float64) time.Time { return at(0).Add(time.Duration(n * float64(time.Hour))) }

func sloEvent(id, sloID, severity string, start, end float64) Event {
	e := Event{ID: id, RuleUID: "bl-" + sloID, Rule: "Burn of " + sloID, Folder: "F", Source: SourceWebhook, Start: hours(start), Labels: map[string]string{
		"alertname": "Burn of " + sloID, alert.LabelSLO: sloID, alert.LabelSeverity: severity, alert.LabelKind: "burn", alert.LabelWindow: "1h",
	}}
	if end > 0 {
		e.End = hours(end)
	}
	return e
}

// testEvent tried a contact point out: unlike the alerts of an SLO of that name it is of no kind.
func testEvent(id string, start, end float64) Event {
	e := sloEvent(id, alert.TestSLO, "page", start, end)
	delete(e.Labels, alert.LabelKind)
	return e
}

func otherEvent(id, service string, start, end float64) Event {
	return Event{ID: id, Rule: "Disk", Start: hours(start), End: hours(end), Source: SourceHistory, Labels: map[string]string{
		"alertname": "Disk", "service": service, "team": "ops", "severity": "critical",
	}}
}

// sample is 17 days from a Monday on, worked out by hand below.
func sample() Input {
	return Input{
		From: hours(0), To: hours(17 * 24),
		Definitions: []slo.Definition{
			{ID: "pay", Name: "pay", DisplayName: "Payments", Service: "shop", ServiceDisplayName: "Shop", Owner: "team-shop"},
			{ID: "find", Name: "find", DisplayName: "Search", Service: "search", Owner: "team-shop"},
		},
		Incidents: []alert.Incident{
			{ID: "i1", Start: hours(9.5), End: hours(9.6), Services: []string{"shop"}},
			{ID: "i2", Start: hours(200), End: hours(210), Severity: "none"},
		},
		Acknowledged: map[string]Ack{"d": {By: "me"}},
		Spent: func(id string, from, to time.Time) (float64, bool) {
			switch {
			case id == "gone":
				return 0, false
			case id == "pay" && from.Equal(hours(299)) && to.Equal(hours(301)): // an hour before 300 and its life
				return 0.01, true
			}
			return 0.0099, true
		},
		Events: []Event{
			sloEvent("a", "pay", "page", 10, 11),        // the incident ended within the long window before it
			sloEvent("b", "pay", "page", 11.1, 12),      // six minutes later: the same episode
			sloEvent("c", "pay", "page", 12.5, 13),      // half an hour later: another, and not enough spent
			sloEvent("e", "pay", "page", 300, 301),      // spent
			sloEvent("d", "find", "ticket", 170, 171),   // acknowledged, in the second week
			sloEvent("f", "find", "ticket", 205, 206),   // nobody should have heard of i2: idle
			sloEvent("g", "gone", "page", 20, 21),       // not defined any more, the ledger knows nothing
			sloEvent("h", "pay", "page", 400, 0),        // goes on: 8 hours
			sloEvent("old", "pay", "page", -2, 1),       // before the span
			sloEvent("future", "pay", "page", 500, 501), // after it
			testEvent("t", 5, 6),
			otherEvent("o1", "shop", 9.55, 9.6), // in i1
			otherEvent("o2", "db", 100, 101),    // idle
		},
	}
}

func TestTheReportIsWhatAPersonWorksOutByHand(t *testing.T) {
	r := Assess(sample())
	require.Equal(t, 17.0/7, r.Weeks)
	share := func(n, of float64) *float64 { return new(n / of) }
	week := func(n float64) *float64 { return new(n / (17.0 / 7)) }
	require.Equal(t, Count{
		Alerts: 10, Episodes: 9, Flaps: 1, PerWeek: week(10), Pages: 8, Tickets: 2, Actionable: 4, Idle: 4, Unknown: 1,
		Reasons: Reasons{Incident: 2, Acknowledged: 1, Spent: 1}, ActionableShare: share(4, 8), FiringSeconds: 3600 * (1 + 0.9 + 0.5 + 1 + 1 + 1 + 1 + 8 + 0.05 + 1),
	}, r.Total)
	require.Equal(t, Count{
		Alerts: 2, Episodes: 2, PerWeek: week(2), Pages: 2, Actionable: 1, Idle: 1, Reasons: Reasons{Incident: 1}, ActionableShare: share(1, 2), FiringSeconds: 3600 * 1.05,
	}, r.Other)
	require.Equal(t, 8, r.SLO.Alerts)

	require.Equal(t, []string{"pay", "find", "gone"}, []string{r.BySLO[0].ID, r.BySLO[1].ID, r.BySLO[2].ID})
	require.Equal(t, "Payments", r.BySLO[0].Name)
	require.Equal(t, 5, r.BySLO[0].Alerts)
	require.Equal(t, 2, r.BySLO[0].Idle)
	require.Nil(t, r.BySLO[2].ActionableShare, "of what is not known there is no share")
	owners := map[string]int{}
	for _, g := range r.ByOwner {
		owners[g.ID] = g.Alerts
	}
	require.Equal(t, map[string]int{"team-shop": 7, "ops": 2, "": 1}, owners)
	services := map[string]int{}
	for _, g := range r.ByService {
		services[g.ID] = g.Alerts
	}
	require.Equal(t, map[string]int{"shop": 6, "search": 2, "db": 1, "": 1}, services)

	require.Len(t, r.Trend, 3)
	require.Equal(t, []int{6, 3, 1}, []int{r.Trend[0].Alerts, r.Trend[1].Alerts, r.Trend[2].Alerts})
	require.Equal(t, []bool{false, false, true}, []bool{r.Trend[0].Partial, r.Trend[1].Partial, r.Trend[2].Partial})
	require.Equal(t, hours(14*24), r.Trend[2].From)
	require.Equal(t, new(1/(3.0/7)), r.Trend[2].PerWeek, "of the part that is known")

	require.Equal(t, "Burn of pay", r.Noisiest[0].Title)
	require.Equal(t, "bl-pay", r.Noisiest[0].UID)
	require.Equal(t, budget.SeverityPage, r.Noisiest[0].Severity)
	require.Equal(t, 1, r.Noisiest[0].Flaps)
	require.Equal(t, []string{
		"One alert fired already when the span began; it is not counted.",
		"One episode belongs to an SLO that is not defined any more.",
		"Of one episode of an SLO the ledger can't say what was spent.",
	}, r.Notes)
}

func TestASmallShareOfTheConditionIsEnoughToHaveSpent(t *testing.T) {
	in := sample()
	in.Events = []Event{sloEvent("x", "find", "page", 50, 51)}
	require.Equal(t, 1, Assess(in).Total.Idle)
	in.Condition = func(Event) (alert.Condition, bool) {
		return alert.Condition{Kind: alert.KindBurn, Share: 0.007, Row: alert.Row{PolicyWindow: budget.PolicyWindow{Long: 15 * time.Minute}}}, true
	}
	in.Spent = func(_ string, from, _ time.Time) (float64, bool) {
		require.Equal(t, hours(49.75), from, "the condition's own long window")
		return 0.007, true
	}
	require.Equal(t, 1, Assess(in).Total.Reasons.Spent)
}

func TestAnAlertWithinTenMinutesIsTheSameEpisodeAndLaterIsNot(t *testing.T) {
	for gap, episodes := range map[time.Duration]int{0: 1, FlapGap: 1, FlapGap + time.Second: 2} {
		first, second := sloEvent("a", "pay", "page", 1, 2), sloEvent("b", "pay", "page", 3, 4)
		second.Start = first.End.Add(gap)
		r := Assess(Input{From: hours(0), To: hours(48), Events: []Event{second, first}})
		require.Equal(t, episodes, r.Total.Episodes, gap)
		require.Equal(t, 2, r.Total.Alerts)
	}
}

func TestWhatIsNotKnownIsSaidAndNotGuessed(t *testing.T) {
	lost := sloEvent("a", "pay", "page", 30, 0)
	again := sloEvent("b", "pay", "page", 31, 32)
	early := sloEvent("e", "pay", "page", 5, 6)
	bare := Event{ID: "c", Rule: "Bare", Start: hours(33), End: hours(34)}
	r := Assess(Input{From: hours(0), To: hours(40), HistoryFrom: hours(24), Events: []Event{early, lost, again, bare}})
	require.Equal(t, hours(24), r.KnownFrom)
	require.Nil(t, r.Total.PerWeek)
	require.Nil(t, r.Total.ActionableShare)
	require.Equal(t, 2, r.Total.Unknown)
	require.InDelta(t, 3*3600, r.Total.FiringSeconds, 1e-9)
	require.Equal(t, []string{
		"There is no history before 2026-06-02 00:00 UTC: what fired until then is not known.",
		"One alert of before then is known all the same; it is not counted.",
		"One alert came without labels; its SLO, service and severity are not known.",
		"Of one alert nobody told the end; it is taken to have fired until it fired again.",
		"One episode belongs to an SLO that is not defined any more.",
		"Of one episode of an SLO the ledger can't say what was spent.",
		"Nobody labelled an incident or acknowledged an alert in this span, so that it can't be said which of the other alerts mattered.",
		"Less than a day is known: numbers a week are not given.",
		"No incident is labelled: alerts count as worth it only by acknowledgement and by the budget that was spent.",
	}, r.Notes)
}

func TestAcknowledgementsOfOtherTimesSayNothingOfThisOne(t *testing.T) {
	in := Input{From: hours(0), To: hours(40), Events: []Event{otherEvent("o", "db", 3, 4)}, Acknowledged: map[string]Ack{"long ago": {By: "me"}}}
	require.Equal(t, 1, Assess(in).Total.Unknown)
	in.Events = append(in.Events, otherEvent("long ago", "web", 5, 6))
	r := Assess(in)
	require.Equal(t, 1, r.Total.Idle)
	require.Equal(t, 1, r.Total.Actionable)
}

func TestAQuietSpanIsAReportToo(t *testing.T) {
	r := Assess(Input{From: hours(0), To: hours(14 * 24)})
	require.Equal(t, Count{PerWeek: new(0.0)}, r.Total)
	require.Empty(t, r.Notes)
	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.NotContains(t, string(text), `:null,"trend"`)
	require.Contains(t, string(text), `"bySlo":[],"byService":[],"byOwner":[]`)
	require.Empty(t, Assess(Input{From: hours(2), To: hours(1)}).Trend)
}

func TestSuggestionsAreAskedForTheNoisiestSLOsOnly(t *testing.T) {
	in := Input{From: hours(0), To: hours(48)}
	for n := range suggestedSLOs + 5 {
		in.Events = append(in.Events, sloEvent(fmt.Sprint(n), fmt.Sprintf("slo-%02d", n), "page", 1, 2))
	}
	asked := 0
	in.Suggest = func(id string) []Suggestion { asked++; return []Suggestion{{Policy: id}} }
	r := Assess(in)
	require.Equal(t, suggestedSLOs, asked)
	require.Equal(t, "slo-00", r.BySLO[0].Suggestions[0].Policy)
}

func TestASuggestionHasFewerAlertsAndFindsNoLess(t *testing.T) {
	present := Tested{Policy: "workbook", Alerts: 20, Found: 4, Incidents: 5}
	for name, tt := range map[string]struct {
		present Tested
		others  []Tested
		policy  string
		text    string
	}{
		"the quietest that finds as much": {
			present, []Tested{{"fast-only", 8, 4, 5}, {"workbook-low-traffic", 5, 4, 5}, {"none", 0, 0, 5}, {"own", 3, 3, 5}}, "workbook-low-traffic",
			"workbook-low-traffic would have raised 5 alerts instead of 20 (75 % fewer) and found 4 of 5 incidents instead of 4.",
		},
		"of equals the one that finds more": {present, []Tested{{"a", 5, 4, 5}, {"b", 5, 5, 5}}, "b", "b would have raised 5 alerts"},
		"none is quieter":                   {present, []Tested{{"a", 20, 5, 5}, {"workbook", 1, 4, 5}}, "", "No other policy would have raised fewer than 20 alerts and found 4 of 5 incidents."},
		"no alert at all":                   {Tested{Policy: "x", Incidents: 1}, []Tested{{"a", 1, 1, 1}}, "", "raised no alert"},
		"nothing labelled":                  {Tested{Policy: "x", Alerts: 3}, []Tested{{"a", 1, 0, 0}}, "", "promises to find"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Suggest(tt.present, tt.others)
			require.Equal(t, tt.policy, s.Policy)
			require.Contains(t, s.Text, tt.text)
		})
	}
}

func TestTotalsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := sample()
		in.From = hours(rapid.Float64Range(0, 300).Draw(t, "from"))
		in.To = in.From.Add(time.Duration(rapid.IntRange(0, 700).Draw(t, "hours")) * time.Hour)
		in.HistoryFrom = hours(rapid.Float64Range(0, 500).Draw(t, "history"))
		in.Events = nil
		for i := range rapid.IntRange(0, 40).Draw(t, "events") {
			start := rapid.Float64Range(-10, 700).Draw(t, "start")
			end := max(0, start+rapid.Float64Range(-5, 5).Draw(t, "life"))
			if end < start {
				end = 0
			}
			id := rapid.SampledFrom([]string{"pay", "find", "gone", ""}).Draw(t, "slo")
			e := sloEvent(fmt.Sprint(i), id, rapid.SampledFrom([]string{"page", "ticket", "", "P1"}).Draw(t, "severity"), start, end)
			if id == "" {
				e.Labels = map[string]string{"service": "db"}
			}
			in.Events = append(in.Events, e)
		}
		r := Assess(in)
		sum := func(parts ...Count) (total Count) {
			for _, c := range parts {
				total.Alerts += c.Alerts
				total.Episodes += c.Episodes
				total.Flaps += c.Flaps
				total.Actionable += c.Actionable
				total.Idle += c.Idle
				total.Unknown += c.Unknown
				total.Pages += c.Pages
				total.Tickets += c.Tickets
				total.Other += c.Other
				total.Reasons.Incident += c.Reasons.Incident
				total.Reasons.Acknowledged += c.Reasons.Acknowledged
				total.Reasons.Spent += c.Reasons.Spent
				total.FiringSeconds += c.FiringSeconds
			}
			return total
		}
		of := func(groups []Group) (counts []Count) {
			for _, g := range groups {
				counts = append(counts, g.Count)
			}
			return counts
		}
		same := func(want Count, parts ...Count) {
			got := sum(parts...)
			require.InDelta(t, want.FiringSeconds, got.FiringSeconds, 1e-3)
			want.PerWeek, want.ActionableShare, want.FiringSeconds, got.FiringSeconds = nil, nil, 0, 0
			require.Equal(t, want, got)
		}
		same(r.Total, r.SLO, r.Other)
		same(r.Total, of(r.ByService)...)
		same(r.Total, of(r.ByOwner)...)
		same(r.SLO, of(r.BySLO)...)
		var trend, rules []Count
		for i, w := range r.Trend {
			trend = append(trend, w.Count)
			require.Equal(t, time.Monday, w.From.Weekday())
			require.True(t, i == 0 || w.From.Equal(r.Trend[i-1].To))
		}
		same(r.Total, trend...)
		for _, rule := range r.Noisiest {
			rules = append(rules, rule.Count)
		}
		same(r.Total, rules...) // there are fewer rules than the list holds
		require.Equal(t, r.Total.Episodes, r.Total.Actionable+r.Total.Idle+r.Total.Unknown)
		require.Equal(t, r.Total.Alerts, r.Total.Pages+r.Total.Tickets+r.Total.Other)
		require.LessOrEqual(t, r.Total.Episodes, r.Total.Alerts)
	})
}

func TestAnAlertFiresOnceAtATime(t *testing.T) {
	event := func(id, rule string, start, end int) Event {
		e := Event{ID: id, Rule: rule, Labels: map[string]string{"alertname": rule}, Start: at(start)}
		if end > 0 {
			e.End = at(end)
		}
		return e
	}
	closed := Closed([]Event{event("3", "a", 30, 0), event("1", "a", 10, 0), event("2", "b", 20, 25)})
	require.Equal(t, []string{"1", "2", "3"}, []string{closed[0].ID, closed[1].ID, closed[2].ID})
	require.Equal(t, at(30), closed[0].End, "it fired again: it cannot have lasted longer")
	require.Equal(t, at(25), closed[1].End)
	require.True(t, closed[2].End.IsZero(), "the newest goes on")
}
