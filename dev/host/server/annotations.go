package server

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const defaultAnnotationLimit = 100

// annotation is a note on a time range, of one dashboard's panel or of the organisation. Times are epoch milliseconds.
type annotation struct {
	ID           int64          `json:"id"`
	AlertID      int64          `json:"alertId"`
	AlertName    string         `json:"alertName"`
	DashboardID  int64          `json:"dashboardId"`
	DashboardUID string         `json:"dashboardUID"`
	PanelID      int64          `json:"panelId"`
	UserID       int64          `json:"userId"`
	NewState     string         `json:"newState"`
	PrevState    string         `json:"prevState"`
	Created      int64          `json:"created"`
	Updated      int64          `json:"updated"`
	Time         int64          `json:"time"`
	TimeEnd      int64          `json:"timeEnd"`
	Text         string         `json:"text"`
	Tags         []string       `json:"tags"`
	Login        string         `json:"login"`
	Email        string         `json:"email"`
	AvatarURL    string         `json:"avatarUrl"`
	Data         map[string]any `json:"data"`
}

func (s *Server) postAnnotation(w http.ResponseWriter, r *http.Request) error {
	var command struct {
		DashboardUID string         `json:"dashboardUID"`
		PanelID      int64          `json:"panelId"`
		Time         int64          `json:"time"`
		TimeEnd      int64          `json:"timeEnd"`
		Text         string         `json:"text"`
		Tags         []string       `json:"tags"`
		Data         map[string]any `json:"data"`
	}
	if err := readJSON(r, &command); err != nil {
		return err
	}
	if command.Text == "" {
		return badRequest("Failed to save annotation: text field should not be empty", nil)
	}
	who, now := identityFrom(r.Context()), time.Now().UnixMilli()
	saved := &annotation{
		DashboardUID: command.DashboardUID, PanelID: command.PanelID, UserID: who.id, Login: who.login, Email: who.email,
		Created: now, Updated: now, Time: cmp.Or(command.Time, now), Text: command.Text, Tags: command.Tags, Data: orEmpty(command.Data),
	}
	saved.TimeEnd = cmp.Or(command.TimeEnd, saved.Time)
	if saved.Tags == nil {
		saved.Tags = []string{}
	}
	err := s.store.change(func(state *state) error {
		saved.ID = state.newID()
		state.Annotations = append(state.Annotations, saved)
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"id": saved.ID, "message": "Annotation added"})
}

// annotationFilter is the query string of GET /api/annotations.
type annotationFilter struct {
	from, to, panelID, alertID int64
	dashboardUID               string
	kind                       string
	tags                       []string
	matchAny                   bool
	limit                      int
}

func parseAnnotationFilter(r *http.Request) (annotationFilter, error) {
	values := r.URL.Query()
	filter := annotationFilter{dashboardUID: values.Get("dashboardUID"), kind: values.Get("type"), tags: values["tags"], matchAny: values.Get("matchAny") == "true", limit: defaultAnnotationLimit}
	for name, into := range map[string]*int64{"from": &filter.from, "to": &filter.to, "panelId": &filter.panelID, "alertId": &filter.alertID} {
		var err error
		if *into, err = parseMillis(values.Get(name)); err != nil {
			return filter, badRequest("bad request data: "+name+" is not a number", err)
		}
	}
	if text := values.Get("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil {
			return filter, badRequest("bad request data: limit is not a number", err)
		}
		// Grafana takes none for its default.
		filter.limit = cmp.Or(max(limit, 0), defaultAnnotationLimit)
	}
	return filter, nil
}

func (f annotationFilter) matches(a *annotation) bool {
	if f.to > 0 && f.from > 0 && (a.Time > f.to || a.TimeEnd < f.from) {
		return false
	}
	if f.kind == "alert" && a.AlertID == 0 || f.kind == "annotation" && a.AlertID != 0 || f.alertID != 0 && a.AlertID != f.alertID {
		return false
	}
	if f.dashboardUID != "" && a.DashboardUID != f.dashboardUID || f.panelID != 0 && a.PanelID != f.panelID {
		return false
	}
	if len(f.tags) == 0 {
		return true
	}
	has := func(tag string) bool { return slices.Contains(a.Tags, tag) }
	if f.matchAny {
		return slices.ContainsFunc(f.tags, has)
	}
	return !slices.ContainsFunc(f.tags, func(tag string) bool { return !has(tag) })
}

func (s *Server) listAnnotations(w http.ResponseWriter, r *http.Request) error {
	filter, err := parseAnnotationFilter(r)
	if err != nil {
		return err
	}
	if uid := r.URL.Query().Get("alertUID"); uid != "" && filter.alertID == 0 {
		// No annotation has the id of a rule that is not there.
		filter.alertID = -1
		if rule := s.alertRule(uid); rule != nil {
			filter.alertID = rule.ID
		}
	}
	found := []*annotation{}
	s.store.read(func(state *state) {
		for _, note := range state.Annotations {
			if filter.matches(note) {
				found = append(found, note)
			}
		}
	})
	slices.SortStableFunc(found, func(a, b *annotation) int { return cmp.Compare(b.TimeEnd, a.TimeEnd) })
	return writeJSON(w, http.StatusOK, found[:min(len(found), filter.limit)])
}

func (s *Server) deleteAnnotation(w http.ResponseWriter, r *http.Request) error {
	id, err := parseMillis(r.PathValue("annotation"))
	if err != nil {
		return badRequest("annotationId is invalid", err)
	}
	err = s.store.change(func(state *state) error {
		at := slices.IndexFunc(state.Annotations, func(a *annotation) bool { return a.ID == id })
		if at < 0 {
			return notFound("Annotation not found")
		}
		state.Annotations = slices.Delete(state.Annotations, at, at+1)
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"message": "Annotation deleted"})
}
