package noise

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// severityOther stands for alerts that name neither page nor ticket.
const severityOther = "other"

// Count is how many alerts there were and what became of them.
type Count struct {
	// Alerts are firings, Episodes what is left when those that flap are taken together. Flaps = Alerts - Episodes.
	Alerts   int `json:"alerts"`
	Episodes int `json:"episodes"`
	Flaps    int `json:"flaps"`
	// PerWeek is Alerts a week of the known span; null when that is shorter than a day.
	PerWeek *float64 `json:"perWeek"`
	// Pages, Tickets and Other are Alerts by severity.
	Pages   int `json:"pages"`
	Tickets int `json:"tickets"`
	Other   int `json:"other"`
	// Actionable + Idle + Unknown = Episodes. Idle ones are those of which nothing says that anybody could act on them; of
	// Unknown ones it can't be said.
	Actionable int `json:"actionable"`
	Idle       int `json:"idle"`
	Unknown    int `json:"unknown"`
	// Reasons are why the actionable ones are, each counted once.
	Reasons Reasons `json:"reasons"`
	// ActionableShare is Actionable of those that are known (0 to 1); null if none is.
	ActionableShare *float64 `json:"actionableShare"`
	// FiringSeconds is how long they fired in the span, all together.
	FiringSeconds float64 `json:"firingSeconds"`
}

// Reasons count actionable episodes by the first reason that holds: an incident that people labelled, else an
// acknowledgement, else budget that was really spent.
type Reasons struct {
	Incident     int `json:"incident"`
	Acknowledged int `json:"acknowledged"`
	Spent        int `json:"spent"`
}

// Group is the count of one SLO, service or owner.
type Group struct {
	// ID is the SLO's id, the service or the owner; "" for alerts that name none. Name is for people.
	ID   string `json:"id"`
	Name string `json:"name"`
	Count
	// Suggestions say what would be quieter, for the noisiest SLOs.
	Suggestions []Suggestion `json:"suggestions,omitempty"`
}

// Week is one calendar week, which starts on Monday 00:00 UTC.
type Week struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Partial says that the span covers only a part of it: do not compare its numbers with those of whole weeks.
	Partial bool `json:"partial"`
	// Count has the alerts that fired in it and the episodes that began in it.
	Count
}

// Rule is one alert rule.
type Rule struct {
	UID      string `json:"uid,omitempty"`
	Title    string `json:"title"`
	Folder   string `json:"folder,omitempty"`
	SLO      string `json:"slo,omitempty"`
	Service  string `json:"service,omitempty"`
	Severity string `json:"severity"`
	Count
}

// Report is how noisy the alerts of a span were.
type Report struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// KnownFrom is since when events are known; after From if the history begins later. Weeks is the span since then.
	KnownFrom time.Time `json:"knownFrom"`
	Weeks     float64   `json:"weeks"`
	// Total = SLO + Other: alerts of SLOs, and all others of Grafana.
	Total Count `json:"total"`
	SLO   Count `json:"slo"`
	Other Count `json:"other"`
	// BySLO holds the SLOs with alerts; ByService and ByOwner all alerts. The noisiest come first.
	BySLO     []Group `json:"bySlo"`
	ByService []Group `json:"byService"`
	ByOwner   []Group `json:"byOwner"`
	// Trend has every week that the known span touches, oldest first.
	Trend []Week `json:"trend"`
	// Noisiest are the rules with the most idle episodes, then the most alerts; at most NoisiestRules.
	Noisiest []Rule `json:"noisiest"`
	// Notes say what is not known, in sentences.
	Notes []string `json:"notes"`
}

func (a *assessment) report() Report {
	r := Report{From: a.From, To: a.To, KnownFrom: a.from, Weeks: max(0, a.To.Sub(a.from).Hours()/week.Hours())}
	slos, services, owners := groups{}, groups{}, groups{}
	rules := map[string]*Rule{}
	r.Trend = weeks(a.from, a.To)
	for _, e := range a.episodes {
		title := ruleTitle(e.events[0])
		key := fmt.Sprintf("%q %q %q", e.slo, e.events[0].Folder, title)
		if rules[key] == nil {
			rules[key] = &Rule{Title: title, Folder: e.events[0].Folder, SLO: e.slo, Service: e.service, Severity: e.severity}
		}
		rule := rules[key]
		rule.UID = cmp.Or(rule.UID, e.events[0].RuleUID)
		into := []*Count{&r.Total, &rule.Count, services.of(e.service, cmp.Or(e.definition.ServiceDisplayName, e.service)), owners.of(e.owner, e.owner)}
		if e.slo == "" {
			into = append(into, &r.Other)
		} else {
			into = append(into, &r.SLO, slos.of(e.slo, cmp.Or(e.definition.DisplayName, e.slo)))
		}
		for _, c := range into {
			c.addEpisode(e)
			for _, event := range e.events {
				c.addAlert(e, event, a.from, a.To)
			}
		}
		if w := weekOf(r.Trend, e.events[0].Start); w != nil {
			w.addEpisode(e)
		}
		for _, event := range e.events {
			if w := weekOf(r.Trend, event.Start); w != nil {
				w.addAlert(e, event, a.from, a.To)
			}
		}
	}
	for _, c := range []*Count{&r.Total, &r.SLO, &r.Other} {
		c.finish(a.To.Sub(a.from))
	}
	for i := range r.Trend {
		from, to := later(r.Trend[i].From, a.from), r.Trend[i].To
		if to.After(a.To) {
			to = a.To
		}
		r.Trend[i].finish(to.Sub(from))
	}
	r.BySLO, r.ByService, r.ByOwner = slos.sorted(a.To.Sub(a.from)), services.sorted(a.To.Sub(a.from)), owners.sorted(a.To.Sub(a.from))
	for _, rule := range rules {
		rule.finish(a.To.Sub(a.from))
		r.Noisiest = append(r.Noisiest, *rule)
	}
	slices.SortFunc(r.Noisiest, func(x, y Rule) int {
		return cmp.Or(noisier(x.Count, y.Count), cmp.Compare(x.Title, y.Title), cmp.Compare(x.SLO, y.SLO), cmp.Compare(x.Folder, y.Folder))
	})
	r.Noisiest = r.Noisiest[:min(len(r.Noisiest), NoisiestRules)]
	if r.Noisiest == nil {
		r.Noisiest = []Rule{}
	}
	a.suggest(r.BySLO)
	r.Notes = a.sentences(r)
	return r
}

func (a *assessment) suggest(slos []Group) {
	if a.Suggest == nil {
		return
	}
	for i := range slos[:min(len(slos), suggestedSLOs)] {
		slos[i].Suggestions = a.Suggest(slos[i].ID)
	}
}

// addEpisode counts what is counted once an episode.
func (c *Count) addEpisode(e *episode) {
	c.Episodes++
	switch e.verdict {
	case byIncident:
		c.Reasons.Incident++
	case byAcknowledgement:
		c.Reasons.Acknowledged++
	case bySpending:
		c.Reasons.Spent++
	case idle:
		c.Idle++
	case unknown:
		c.Unknown++
	}
}

// addAlert counts one firing.
func (c *Count) addAlert(e *episode, event Event, from, to time.Time) {
	c.Alerts++
	switch e.severity {
	case budget.SeverityPage:
		c.Pages++
	case budget.SeverityTicket:
		c.Tickets++
	default:
		c.Other++
	}
	c.FiringSeconds += event.overlap(from, to).Seconds()
}

// finish computes what follows from the counts.
func (c *Count) finish(span time.Duration) {
	c.Actionable = c.Reasons.Incident + c.Reasons.Acknowledged + c.Reasons.Spent
	c.Flaps = c.Alerts - c.Episodes
	if known := c.Actionable + c.Idle; known > 0 {
		c.ActionableShare = new(float64(c.Actionable) / float64(known))
	}
	if span >= shortestRate {
		c.PerWeek = new(float64(c.Alerts) / (span.Hours() / week.Hours()))
	}
}

// noisier puts the one with more idle episodes first, then the one with more alerts.
func noisier(x, y Count) int {
	return cmp.Or(cmp.Compare(y.Idle, x.Idle), cmp.Compare(y.Alerts, x.Alerts))
}

type groups map[string]*Group

func (g groups) of(id, name string) *Count {
	if g[id] == nil {
		g[id] = &Group{ID: id, Name: name}
	}
	return &g[id].Count
}

func (g groups) sorted(span time.Duration) []Group {
	out := make([]Group, 0, len(g))
	for _, group := range g {
		group.finish(span)
		out = append(out, *group)
	}
	slices.SortFunc(out, func(x, y Group) int { return cmp.Or(noisier(x.Count, y.Count), cmp.Compare(x.ID, y.ID)) })
	return out
}

// weeks are the calendar weeks that a span touches.
func weeks(from, to time.Time) []Week {
	out := []Week{}
	if !to.After(from) {
		return out
	}
	start := from.UTC().Truncate(24 * time.Hour)
	start = start.AddDate(0, 0, -(int(start.Weekday())+6)%7)
	for ; start.Before(to); start = start.Add(week) {
		w := Week{From: start, To: start.Add(week)}
		w.Partial = w.From.Before(from) || w.To.After(to)
		out = append(out, w)
	}
	return out
}

// weekOf is the week that holds a moment.
func weekOf(trend []Week, at time.Time) *Week {
	for i := range trend {
		if at.Before(trend[i].To) {
			return &trend[i]
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sentences say what is not known.
func (a *assessment) sentences(r Report) []string {
	notes := []string{}
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			notes = append(notes, one)
		case n > 1:
			notes = append(notes, fmt.Sprintf(many, n))
		}
	}
	if a.from.After(a.From) {
		notes = append(notes, fmt.Sprintf("There is no history before %s: what fired until then is not known.", a.from.UTC().Format("2006-01-02 15:04 MST")))
	}
	if oldest := a.notes.oldest; !oldest.IsZero() && oldest.Sub(a.from) > week {
		notes = append(notes, fmt.Sprintf("The oldest alert known is of %s: before it nothing fired, or nobody kept it.", oldest.UTC().Format("2006-01-02 15:04 MST")))
	}
	add(a.notes.patchy, "One alert of before then is known all the same; it is not counted.", "%d alerts of before then are known all the same; they are not counted, for there may have been more.")
	add(a.notes.before, "One alert fired already when the span began; it is not counted.", "%d alerts fired already when the span began; they are not counted.")
	add(a.notes.unlabelled, "One alert came without labels; its SLO, service and severity are not known.", "%d alerts came without labels; their SLOs, services and severities are not known.")
	add(a.notes.endless, "Of one alert nobody told the end; it is taken to have fired until it fired again.", "Of %d alerts nobody told the end; they are taken to have fired until they fired again.")
	add(a.notes.unknownSLO, "One episode belongs to an SLO that is not defined any more.", "%d episodes belong to SLOs that are not defined any more.")
	add(r.SLO.Unknown, "Of one episode of an SLO the ledger can't say what was spent.", "Of %d episodes of SLOs the ledger can't say what was spent.")
	if r.Other.Unknown > 0 {
		notes = append(notes, "Nobody labelled an incident or acknowledged an alert in this span, so that it can't be said which of the other alerts mattered.")
	}
	if r.Total.PerWeek == nil {
		notes = append(notes, "Less than a day is known: numbers a week are not given.")
	}
	if len(a.Incidents) == 0 && r.SLO.Episodes > 0 {
		notes = append(notes, "No incident is labelled: alerts count as worth it only by acknowledgement and by the budget that was spent.")
	}
	return notes
}
