package plugin

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
)

// severityNone is that of an incident that nobody should be told of.
const severityNone = "none"

// incidentID is what survives in an address, however often it is decoded on its way.
var incidentID = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// maxIncidentTitle bounds a title in bytes.
const maxIncidentTitle = 500

// incidentsIn are those that lie (partly) in a span, oldest first. Incidents are few: all of them are looked at, for
// a document's time is the start alone.
func incidentsIn(ctx context.Context, from ledger.Documents, since, until time.Time) ([]alert.Incident, error) {
	all, err := documentsOf[alert.Incident](ctx, from, collectionIncident, time.Time{}, until)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(i alert.Incident) bool { return !i.Overlaps(since, until) }), nil
}

func (p *Plugin) listIncidents(w http.ResponseWriter, r *http.Request) {
	from, to, err := p.spanOf(r, month)
	if err != nil {
		fail(w, err)
		return
	}
	reader, err := p.answers.ledger(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	incidents, err := incidentsIn(r.Context(), reader, from, to)
	if err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"incidents": orEmpty(incidents)})
}

func (p *Plugin) addIncident(w http.ResponseWriter, r *http.Request) {
	var incident alert.Incident
	if err := decode(w, r, &incident, `an incident such as {"title": "database full", "start": "2026-03-10T09:00:00Z", "end": "2026-03-10T09:40:00Z", "slos": [], "services": ["shop"], "severity": "page"}`); err != nil {
		fail(w, err)
		return
	}
	incident.By = login(r)
	saved, err := p.saveIncident(r.Context(), incident)
	if err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, saved)
}

// saveIncident stores an incident, or replaces the one of its id. Without an id it gets one of its own content:
// what is sent twice is there once.
func (p *Plugin) saveIncident(ctx context.Context, i alert.Incident) (alert.Incident, error) {
	store, err := p.engine.writing()
	if err != nil {
		return i, err
	}
	i.Title = strings.TrimSpace(i.Title)
	i.SLOs, i.Services = words(i.SLOs), words(i.Services)
	i.Start, i.End = i.Start.UTC().Truncate(time.Second), i.End.UTC().Truncate(time.Second)
	if err := p.checkIncident(ctx, i); err != nil {
		return i, err
	}
	if i.ID == "" {
		i.ID = documentID(i.Title, i.Start.String(), strings.Join(i.SLOs, "\n"), strings.Join(i.Services, "\n"))
	}
	return i, put(ctx, store, collectionIncident, i.ID, i.Start, i)
}

func (p *Plugin) checkIncident(ctx context.Context, i alert.Incident) error {
	now := p.answers.now()
	switch {
	case i.Title == "":
		return badQuery("the incident has no title; write what was wrong in a few words.")
	case len(i.Title) > maxIncidentTitle:
		return badQuery("the title has %d bytes; at most %d fit.", len(i.Title), maxIncidentTitle)
	case i.ID != "" && !incidentID.MatchString(i.ID):
		return badQuery("the id %q can't stand in an address; use letters, digits, dots, - and _, or leave it out to get one.", shorten(i.ID))
	case len(i.ID) > 200:
		return badQuery("the id has %d bytes; at most 200 fit. Leave it out to get one.", len(i.ID))
	case i.Start.IsZero():
		return badQuery("the incident has no start; write a time such as 2026-03-10T09:00:00Z.")
	case i.Start.After(now):
		return badQuery("the incident starts at %s, which is in the future.", clock(i.Start))
	case !i.End.IsZero() && !i.End.After(i.Start):
		return badQuery("the incident ends at %s, which is not after its start %s; leave the end out while it goes on.", clock(i.End), clock(i.Start))
	case i.Severity != "" && !slices.Contains([]string{budget.SeverityPage, budget.SeverityTicket, severityNone}, i.Severity):
		return badQuery("the severity is %q; it must be page, ticket or none (nobody should be told), or left out.", i.Severity)
	}
	_, snapshot, err := p.answers.catalogue(ctx)
	if err != nil {
		return err
	}
	for _, id := range i.SLOs {
		if !slices.ContainsFunc(snapshot.Entries, func(e ledger.Entry) bool { return e.Definition.ID == id || e.Definition.Name == id }) {
			return selection{SLOs: []string{id}}.explain(snapshot)
		}
	}
	for _, service := range i.Services {
		if !slices.ContainsFunc(snapshot.Entries, func(e ledger.Entry) bool { return e.Definition.Service == service }) {
			return selection{Services: []string{service}}.explain(snapshot)
		}
	}
	return nil
}

// explain says what of a selection does not exist, as a mistake of the request.
func (s selection) explain(snapshot ledger.Snapshot) error {
	if _, err := s.pick(snapshot); err != nil {
		return badQuery("%s", err)
	}
	return badQuery("%s is not there any more.", s)
}

func (p *Plugin) deleteIncident(w http.ResponseWriter, r *http.Request) {
	store, err := p.engine.writing()
	if err != nil {
		fail(w, err)
		return
	}
	id := r.PathValue("id")
	if _, ok, err := store.Document(r.Context(), collectionIncident, id); err == nil && !ok {
		fail(w, notFound("there is no incident %q; somebody may have deleted it already.", id))
		return
	}
	if err := store.DeleteDocument(r.Context(), collectionIncident, id); err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"deleted": id})
}

// acknowledgement says that somebody took an alert on.
type acknowledgement struct {
	Event string `json:"event"`
	By    string `json:"by"`
	// At is in Unix milliseconds.
	At int64 `json:"at"`
}

func (p *Plugin) acknowledge(w http.ResponseWriter, r *http.Request) {
	var body acknowledgement
	if err := decode(w, r, &body, `{"event": "<id of an event of GET alerts/history>"}`); err != nil {
		fail(w, err)
		return
	}
	if body.Event = strings.TrimSpace(body.Event); body.Event == "" || len(body.Event) > 300 {
		fail(w, badQuery("event must be the id of an event of GET alerts/history."))
		return
	}
	store, err := p.engine.writing()
	if err != nil {
		fail(w, err)
		return
	}
	now := p.answers.now().UTC()
	body.By, body.At = login(r), now.UnixMilli()
	// The first one counts: who took it on does not change when another presses the button too.
	if known, ok, err := store.Document(r.Context(), collectionAcknowledgement, body.Event); err == nil && ok {
		writeJSON(w, http.StatusOK, known.Body)
		return
	}
	if err := put(r.Context(), store, collectionAcknowledgement, body.Event, now, body); err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, body)
}
