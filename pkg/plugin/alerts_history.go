package plugin

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/noise"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

const (
	// longestFiring is how long before a span an alert may have fired and still be found firing in it.
	longestFiring = month
	// historyTimeout bounds the reading of Grafana's state history, page by page.
	historyTimeout = 20 * time.Second
)

// fired is what is known of the alerts of a span, from Grafana's state history and from notifications.
type fired struct {
	From, To time.Time
	Events   []noise.Event
	// HistoryFrom is since when events are known; zero for the whole span.
	HistoryFrom time.Time
	// Lacking says why events may be missing; "" if none is.
	Lacking string

	Incidents    []alert.Incident
	Acknowledged map[string]noise.Ack
	Definitions  map[string]slo.Definition

	answers  *answerer
	reader   reader
	settings alert.Settings
}

// fired gathers what is known of the alerts of a span.
func (p *Plugin) fired(ctx context.Context, from, to time.Time) (*fired, error) {
	reader, snapshot, err := p.answers.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	f := &fired{From: from, To: to, Acknowledged: map[string]noise.Ack{}, Definitions: map[string]slo.Definition{}, answers: p.answers, reader: reader}
	for _, entry := range snapshot.Entries {
		f.Definitions[entry.Definition.ID] = entry.Definition
	}
	if f.settings, err = p.answers.settings(ctx, reader); err != nil {
		return nil, err
	}
	if f.Incidents, err = incidentsIn(ctx, reader, from, to); err != nil {
		return nil, err
	}
	acknowledged, err := documentsOf[acknowledgement](ctx, reader, collectionAcknowledgement, from.Add(-longestFiring), time.Time{})
	if err != nil {
		return nil, err
	}
	for _, a := range acknowledged {
		f.Acknowledged[a.Event] = noise.Ack{By: a.By, At: time.UnixMilli(a.At).UTC()}
	}
	notified, err := notifications(ctx, reader, from, to)
	if err != nil {
		return nil, err
	}
	history, err := p.engine.history(ctx, f)
	if err != nil {
		f.Lacking = "Grafana's alert state history can't be read, so that only notifications are known: " + sentence(err.Error())
		f.HistoryFrom = to
		for _, e := range notified {
			if e.Start.Before(f.HistoryFrom) {
				f.HistoryFrom = e.Start
			}
		}
	}
	f.name(history)
	f.Events = slices.DeleteFunc(noise.Merge(notified, history), func(e noise.Event) bool {
		return alert.IsTest(e.Labels) || !e.End.IsZero() && !e.End.After(from) || e.Start.After(to)
	})
	return f, nil
}

// name fills in the UIDs of our own rules where Grafana's history keeps titles only: a rule's title ends with its
// condition's.
func (f *fired) name(events []noise.Event) {
	plans := map[string]alert.Plan{}
	for i, e := range events {
		id := e.Labels[alert.LabelSLO]
		def, ok := f.Definitions[id]
		if e.RuleUID != "" || !ok {
			continue
		}
		if _, known := plans[id]; !known {
			plans[id] = alert.PlanFor(def, f.settings)
		}
		for _, c := range plans[id].Conditions {
			if strings.HasSuffix(e.Rule, ": "+c.Title()) && c.Severity == e.Labels[alert.LabelSeverity] {
				events[i].RuleUID = rule.UID(id, c.Key())
			}
		}
	}
}

// notifications are the events that a contact point told.
func notifications(ctx context.Context, reader ledger.Documents, from, to time.Time) ([]noise.Event, error) {
	kept, err := documentsOf[alertEvent](ctx, reader, collectionEvent, from.Add(-longestFiring), to)
	if err != nil {
		return nil, err
	}
	out := make([]noise.Event, 0, len(kept))
	for _, e := range kept {
		out = append(out, noise.Event{
			ID: e.ID, RuleUID: e.RuleUID, Rule: cmp.Or(e.Labels["rulename"], e.Rule), Folder: e.Folder, Labels: e.Labels,
			Start: e.Start, End: e.End, Source: noise.SourceWebhook,
		})
	}
	return out, nil
}

// history are the events of Grafana's state history.
func (e *Engine) history(ctx context.Context, f *fired) ([]noise.Event, error) {
	alerting, err := e.alerting()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, historyTimeout)
	defer cancel()
	found, err := alerting.History(ctx, f.From, f.To)
	if err != nil {
		return nil, err
	}
	if !found.Complete {
		f.HistoryFrom = found.From
		f.Lacking = fmt.Sprintf("Grafana's alert state history is longer than can be read at once; it is known from %s on.", clock(found.From))
	}
	changes := make([]noise.Change, len(found.Changes))
	for i, c := range found.Changes {
		changes[i] = noise.Change{Rule: c.Rule, RuleUID: c.RuleUID, Labels: c.Labels, Previous: c.Previous, State: c.State, At: c.At}
	}
	return noise.FromChanges(changes), nil
}

// spent is the share of an SLO's budget that went in a span; false if the ledger knows nothing of it.
func (f *fired) spent(ctx context.Context, id string, from, to time.Time) (float64, bool) {
	def, ok := f.Definitions[id]
	if !ok {
		return 0, false
	}
	series, err := f.reader.Series(ctx, budget.Key{SLO: id})
	if err != nil {
		return 0, false
	}
	sum := series.Sum(budget.AlignDown(from), budget.AlignDown(to.Add(budget.Step-1)))
	if sum.Answered() == 0 {
		return 0, false
	}
	objective := budget.ObjectiveOf(def)
	allowed := series.Report(objective, to).Allowed
	switch {
	case sum.Bad() <= 0:
		return 0, true
	case allowed <= 0:
		return 1, true
	}
	return sum.Bad() / allowed, true
}

// incident is the first labelled incident under an event; nil for none.
func (f *fired) incident(e noise.Event) *string {
	def, ok := f.Definitions[e.Labels[alert.LabelSLO]]
	end := e.End
	if end.IsZero() {
		end = f.To
	}
	for _, i := range f.Incidents {
		if ok && i.Touches(def) && i.Overlaps(e.Start, end) {
			return &i.ID
		}
	}
	return nil
}

// eventJSON is an alert that fired; times are Unix milliseconds.
type eventJSON struct {
	ID           string            `json:"id"`
	RuleUID      string            `json:"ruleUid"`
	Title        string            `json:"title"`
	SLO          string            `json:"slo"`
	Severity     string            `json:"severity"`
	Start        int64             `json:"start"`
	End          *int64            `json:"end"`
	Source       string            `json:"source"`
	Acknowledged *acknowledgedJSON `json:"acknowledged"`
	Incident     *string           `json:"incident"`
	Spent        *float64          `json:"spent"`
}

type acknowledgedJSON struct {
	By string `json:"by"`
	At int64  `json:"at"`
}

func (p *Plugin) showHistory(w http.ResponseWriter, r *http.Request) {
	from, to, err := p.spanOf(r, 7*24*time.Hour)
	if err != nil {
		fail(w, err)
		return
	}
	f, err := p.fired(r.Context(), from, to)
	if err != nil {
		fail(w, err)
		return
	}
	id := r.URL.Query().Get("slo")
	if _, ok := f.Definitions[id]; id != "" && !ok {
		fail(w, notFound("there is no SLO %q. %s", id, remedy(id, keys(f.Definitions), "See the list of SLOs.")))
		return
	}
	events := []eventJSON{}
	for _, e := range noise.Closed(f.Events) {
		if id == "" || e.Labels[alert.LabelSLO] == id {
			events = append(events, f.event(r.Context(), e))
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"events": events, "error": f.Lacking})
}

func (f *fired) event(ctx context.Context, e noise.Event) eventJSON {
	out := eventJSON{
		ID: e.ID, RuleUID: e.RuleUID, Title: cmp.Or(e.Labels["rulename"], e.Rule), SLO: e.Labels[alert.LabelSLO], Severity: e.Labels[alert.LabelSeverity],
		Start: e.Start.UnixMilli(), End: millis(e.End), Source: e.Source, Incident: f.incident(e),
	}
	start, end := e.Start, e.End
	if start.IsZero() { // it fired before the history begins
		start, out.Start = f.From, f.From.UnixMilli()
	}
	if end.IsZero() {
		end = f.To
	}
	if ack, ok := e.Acknowledgement(f.Acknowledged); ok {
		out.Acknowledged = &acknowledgedJSON{By: ack.By, At: ack.At.UnixMilli()}
	}
	if share, ok := f.spent(ctx, out.SLO, start, end); ok {
		out.Spent = budget.Finite(share)
	}
	return out
}

// suggestSpan bounds the backtests behind a suggestion.
const suggestSpan = 60 * 24 * time.Hour

func (p *Plugin) showNoise(w http.ResponseWriter, r *http.Request) {
	from, to, err := p.spanOf(r, month)
	if err != nil {
		fail(w, err)
		return
	}
	ctx := r.Context()
	f, err := p.fired(ctx, from, to)
	if err != nil {
		fail(w, err)
		return
	}
	definitions := make([]slo.Definition, 0, len(f.Definitions))
	for _, id := range keys(f.Definitions) {
		definitions = append(definitions, f.Definitions[id])
	}
	report := noise.Assess(noise.Input{
		From: from, To: to, HistoryFrom: f.HistoryFrom, Events: f.Events, Incidents: f.Incidents, Definitions: definitions, Acknowledged: f.Acknowledged,
		Spent:     func(id string, from, to time.Time) (float64, bool) { return f.spent(ctx, id, from, to) },
		Condition: f.conditions(),
		Suggest:   func(id string) []noise.Suggestion { return f.suggest(ctx, id) },
	})
	if f.Lacking != "" {
		report.Notes = append([]string{f.Lacking}, report.Notes...)
	}
	writeJSON(w, http.StatusOK, report)
}

// conditions find what an event's rule alerts on, by the rule's UID.
func (f *fired) conditions() func(noise.Event) (alert.Condition, bool) {
	byUID := map[string]alert.Condition{}
	for _, d := range f.Definitions {
		maps.Copy(byUID, conditionsOf(alert.PlanFor(d, f.settings)))
	}
	return func(e noise.Event) (alert.Condition, bool) {
		c, ok := byUID[e.RuleUID]
		return c, ok
	}
}

// suggest tries the built-in policies on an SLO's past.
func (f *fired) suggest(ctx context.Context, id string) []noise.Suggestion {
	_, snapshot, err := f.answers.catalogue(ctx)
	if err != nil {
		return nil
	}
	entries, err := selection{SLOs: []string{id}}.pick(snapshot)
	if err != nil || len(entries) == 0 || !entries[0].Removed.IsZero() {
		return nil
	}
	from := f.From
	if f.To.Sub(from) > suggestSpan {
		from = f.To.Add(-suggestSpan)
	}
	found, err := f.answers.try(ctx, f.reader, snapshot, entries, trial{From: from, To: f.To, Policies: defaultPolicies()})
	if err != nil {
		return nil
	}
	var tests []noise.Tested
	for _, r := range found[0].Results {
		tests = append(tests, noise.Tested{Policy: r.Policy, Alerts: r.Summary.Firings, Found: r.Summary.Found, Incidents: r.Summary.Incidents})
	}
	return []noise.Suggestion{noise.Suggest(tests[0], tests[1:])}
}
