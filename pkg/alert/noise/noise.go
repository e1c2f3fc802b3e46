// Package noise tells an organisation how much its alerts ask of people, and how much of that was worth it: alerts a
// week, the share that somebody could act on, the noisiest rules, and what would be quieter.
//
// An alert is one firing, from its start to its resolution. An episode is what a person deals with: firings of one
// alert that come again within FlapGap of the last resolution belong together. Alerts are counted by firing;
// whether it was worth it is asked of an episode. Budget shares are fractions, times are UTC. docs/noise.md has
// the definitions.
package noise

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

const (
	// FlapGap is how soon after its resolution an alert must fire again to be the same episode.
	FlapGap = 10 * time.Minute
	// NoisiestRules bounds Report.Noisiest, suggestedSLOs the SLOs for which suggestions are computed.
	NoisiestRules = 20
	suggestedSLOs = 10

	week = 7 * 24 * time.Hour
	// shortestRate is the least span of which a number a week is given: of less it would be a guess.
	shortestRate = 24 * time.Hour
)

// Event is one firing of one alert.
type Event struct {
	// ID is the same however often the firing is told.
	ID string `json:"id"`
	// RuleUID is the rule's UID in Grafana, "" if the source did not say; Rule is its title, Folder its folder's.
	RuleUID string `json:"ruleUid,omitempty"`
	Rule    string `json:"rule"`
	Folder  string `json:"folder,omitempty"`
	// Labels are the instance's; empty if the source lost them.
	Labels map[string]string `json:"labels,omitempty"`
	// Start is when it fired; zero if that was before the history begins. End is zero while it fires.
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
	// Source is SourceHistory or SourceWebhook.
	Source string `json:"source"`
	// Also is the ID that the firing had in the other source, before Merge made the two one.
	Also string `json:"-"`
}

// Acknowledgement finds by whichever of an event's IDs somebody took it up.
func (e Event) Acknowledgement(by map[string]Ack) (Ack, bool) {
	ack, ok := by[e.ID]
	if !ok && e.Also != "" {
		ack, ok = by[e.Also]
	}
	return ack, ok
}

// Ack is that somebody took an alert up.
type Ack struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// Input is what an assessment goes by.
type Input struct {
	// From and To bound the span. HistoryFrom is since when events are known, zero for From or before.
	From, To    time.Time
	HistoryFrom time.Time
	// Events are those that overlap the span, of any order, each once (see Merge).
	Events      []Event
	Incidents   []alert.Incident
	Definitions []slo.Definition
	// Acknowledged is by Event.ID.
	Acknowledged map[string]Ack
	// Spent is the share of an SLO's budget that went in a span; false if the ledger can't say. May be nil.
	Spent func(sloID string, from, to time.Time) (share float64, ok bool)
	// Condition finds what an event's rule alerts on; without it the rule's labels must do. May be nil.
	Condition func(Event) (alert.Condition, bool)
	// Suggest gives what would be quieter for an SLO, best first. May be nil.
	Suggest func(sloID string) []Suggestion
}

// assessment is an assessment under way.
type assessment struct {
	Input
	// from is since when the span is known.
	from        time.Time
	definitions map[string]slo.Definition
	// labelled says that people told of at least one alert or span whether it mattered.
	labelled bool
	episodes []*episode
	notes    notes
}

// notes counts what could not be used.
type notes struct {
	before, patchy, unlabelled, unknownSLO, endless int
	// oldest is the start of the oldest event counted.
	oldest time.Time
}

// episode is firings of one alert that belong together, oldest first.
type episode struct {
	events     []Event
	definition slo.Definition
	// What the alert is about; empty if it does not say.
	slo, service, owner, severity string
	verdict                       verdict
}

// Assess counts and judges the alerts that fired within the span. What fired before it and goes on is not counted,
// but said.
func Assess(in Input) Report {
	a := &assessment{Input: in, from: in.From, definitions: map[string]slo.Definition{}}
	if in.HistoryFrom.After(in.From) {
		a.from = in.HistoryFrom
	}
	for _, d := range in.Definitions {
		a.definitions[d.ID] = d
	}
	a.labelled = slices.ContainsFunc(in.Incidents, func(i alert.Incident) bool { return i.Overlaps(in.From, in.To) }) || slices.ContainsFunc(in.Events, func(e Event) bool {
		_, ok := e.Acknowledgement(in.Acknowledged)
		return ok
	})
	a.collect()
	for _, e := range a.episodes {
		e.verdict = a.judge(e)
	}
	return a.report()
}

// collect sorts the events of the span into episodes.
func (a *assessment) collect() {
	var counted []Event
	for _, e := range a.Events {
		switch {
		case !e.Start.Before(a.To) || isTest(e):
		case e.Start.Before(a.From):
			if e.End.IsZero() || e.End.After(a.From) {
				a.notes.before++
			}
		case e.Start.Before(a.from):
			a.notes.patchy++
		default:
			if len(e.Labels) == 0 {
				a.notes.unlabelled++
			}
			counted = append(counted, e)
			if a.notes.oldest.IsZero() || e.Start.Before(a.notes.oldest) {
				a.notes.oldest = e.Start
			}
		}
	}
	for _, events := range byAlert(counted) {
		a.notes.endless += endless(events)
		var current *episode
		for _, e := range events {
			if current == nil || !current.goesOnAt(e.Start) {
				current = a.begin(e)
			}
			current.events = append(current.events, e)
		}
	}
	slices.SortStableFunc(a.episodes, func(x, y *episode) int { return x.events[0].Start.Compare(y.events[0].Start) })
}

// byAlert groups events by their alert, each group oldest first.
func byAlert(events []Event) [][]Event {
	series := map[string][]Event{}
	for _, e := range events {
		key := identity(e)
		series[key] = append(series[key], e)
	}
	out := make([][]Event, 0, len(series))
	for _, key := range slices.Sorted(maps.Keys(series)) {
		slices.SortStableFunc(series[key], func(x, y Event) int { return cmp.Or(x.Start.Compare(y.Start), cmp.Compare(x.ID, y.ID)) })
		out = append(out, series[key])
	}
	return out
}

// Closed gives firings whose end nobody told, though the same alert fired again, the latest end that they can have had:
// an alert fires once at a time. The result is ordered by start.
func Closed(events []Event) []Event {
	var out []Event
	for _, group := range byAlert(events) {
		endless(group)
		out = append(out, group...)
	}
	slices.SortStableFunc(out, func(x, y Event) int { return x.Start.Compare(y.Start) })
	return out
}

// endless gives firings whose end nobody told, though the same alert fired again, the latest end that they can have
// had, and counts them.
func endless(events []Event) (n int) {
	for i := range events[:len(events)-1] {
		if next := events[i+1].Start; events[i].End.IsZero() || events[i].End.After(next) {
			events[i].End = next
			n++
		}
	}
	return n
}

// goesOnAt reports whether a firing at a moment still belongs to the episode.
func (e *episode) goesOnAt(start time.Time) bool {
	return start.Sub(e.events[len(e.events)-1].End) <= FlapGap
}

// begin starts an episode with what is known of whose alert it is.
func (a *assessment) begin(first Event) *episode {
	e := &episode{severity: severityOther}
	if severity, ok := alert.SeverityOf(first.Labels[alert.LabelSeverity]); ok {
		e.severity = severity
	}
	if id := first.Labels[alert.LabelSLO]; id != alert.WatchdogSLO {
		e.slo = id
	}
	var known bool
	if e.definition, known = a.definitions[e.slo]; e.slo != "" && !known {
		a.notes.unknownSLO++
	}
	e.service = cmp.Or(e.definition.Service, first.Labels[alert.LabelService], first.Labels["service"])
	e.owner = cmp.Or(e.definition.Owner, first.Labels[alert.LabelOwner], first.Labels["team"])
	a.episodes = append(a.episodes, e)
	return e
}

// isTest finds the alerts of "test contact point", Grafana's and ours.
func isTest(e Event) bool {
	return alert.IsTest(e.Labels) || e.Labels["alertname"] == "TestAlert" && e.Labels["instance"] == "Grafana"
}

// identity names the alert that an event is a firing of: its rule and labels.
func identity(e Event) string {
	var b strings.Builder
	b.WriteString(ruleTitle(e))
	for _, name := range slices.Sorted(maps.Keys(e.Labels)) {
		if !strings.HasPrefix(name, "__") && name != "ref_id" && name != "datasource_uid" {
			fmt.Fprintf(&b, "\x00%s\x00%s", name, e.Labels[name])
		}
	}
	return b.String()
}

// ruleTitle is the title of the rule, which Grafana moves to another label when the rule has no data or fails.
func ruleTitle(e Event) string {
	return cmp.Or(e.Labels["rulename"], e.Rule, e.Labels["alertname"], e.RuleUID)
}

// overlap is how long the event fired between two moments.
func (e Event) overlap(from, to time.Time) time.Duration {
	end := to
	if !e.End.IsZero() && e.End.Before(to) {
		end = e.End
	}
	if e.Start.After(from) {
		from = e.Start
	}
	return max(0, end.Sub(from))
}
