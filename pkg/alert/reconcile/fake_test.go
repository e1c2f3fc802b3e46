package reconcile

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/dskit/backoff"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/grafana"
)

// server behaves as Grafana's provisioning API does, in memory: it keeps of a rule what Grafana keeps, adds to queries
// what Grafana adds, writes durations as Grafana writes them, and can be made to fail. It exists for faults and edits
// that a real Grafana cannot be made to show on demand.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	version  string
	rules    map[string]storedRule
	folders  map[string]string
	points   []string
	timings  []string
	nextID   int64
	requests []string
	// fault decides on each request what goes wrong, "" for nothing. It is called with mu held.
	fault func(*http.Request) string
	// before is called ahead of each request, without mu.
	before func(*http.Request)
}

// The faults.
const (
	fail500   = "500"
	fail403   = "403"
	fail429   = "429"
	failSlow  = "slow"
	failCut   = "cut"       // the connection breaks before anything is done
	failAfter = "cut after" // it breaks after the work is done, before the answer
)

// storedRule has the fields that Grafana keeps; a pointer is nil in a version without that field.
type storedRule struct {
	ID            int64             `json:"id"`
	UID           string            `json:"uid"`
	OrgID         int64             `json:"orgID"`
	FolderUID     string            `json:"folderUID"`
	Group         string            `json:"ruleGroup"`
	Title         string            `json:"title"`
	Condition     string            `json:"condition"`
	Data          []storedQuery     `json:"data"`
	Updated       time.Time         `json:"updated"`
	NoData        string            `json:"noDataState"`
	Error         string            `json:"execErrState"`
	For           string            `json:"for"`
	KeepFiringFor string            `json:"keep_firing_for,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	Provenance    string            `json:"provenance,omitempty"`
	Paused        bool              `json:"isPaused"`
	Notification  map[string]any    `json:"notification_settings,omitempty"`
	Missing       int               `json:"missingSeriesEvalsToResolve,omitempty"`
	Record        map[string]any    `json:"record,omitempty"`
}

type storedQuery struct {
	RefID      string         `json:"refId"`
	QueryType  string         `json:"queryType"`
	Range      storedRange    `json:"relativeTimeRange"`
	DataSource string         `json:"datasourceUid"`
	Model      map[string]any `json:"model"`
}

type storedRange struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

func newServer(t testing.TB) *server {
	s := &server{version: "12.3.1", rules: map[string]storedRule{}, folders: map[string]string{}, points: []string{"oncall", "tickets"}, timings: []string{"nights"}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// reconciler talks to the server over HTTP with the real client.
func (s *server) reconciler(t require.TestingT) *Reconciler {
	client, err := grafana.New(grafana.Config{URL: s.URL + "/grafana", Token: grafana.StaticToken("secret"), Timeout: 300 * time.Millisecond})
	require.NoError(t, err)
	alerting, err := client.Alerting()
	require.NoError(t, err)
	r, err := New(Config{Grafana: alerting, Backoff: backoff.Config{MinBackoff: time.Millisecond, MaxBackoff: 2 * time.Millisecond, MaxRetries: 4}})
	require.NoError(t, err)
	return r
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.before != nil {
		s.before(r)
	}
	s.mu.Lock()
	fault := ""
	if s.fault != nil {
		fault = s.fault(r)
	}
	path, under := strings.CutPrefix(r.URL.Path, "/grafana/api/")
	s.requests = append(s.requests, r.Method+" "+path)
	s.mu.Unlock()
	switch {
	case !under || r.Header.Get("Authorization") != "Bearer secret":
		reply(w, http.StatusUnauthorized, map[string]string{"message": "Unauthorized"})
		return
	case fault == fail500:
		reply(w, http.StatusInternalServerError, map[string]string{"message": "database is locked"})
		return
	case fault == fail403:
		reply(w, http.StatusForbidden, map[string]string{"message": "You'll need additional permissions to perform this action"})
		return
	case fault == fail429:
		w.Header().Set("Retry-After", "1")
		reply(w, http.StatusTooManyRequests, map[string]string{"message": "slow down"})
		return
	case fault == failSlow:
		select {
		case <-r.Context().Done():
		case <-time.After(2 * time.Second):
		}
		return
	case fault == failCut:
		cut(w)
		return
	}
	status, body := s.answer(r, path)
	if fault == failAfter {
		cut(w)
		return
	}
	reply(w, status, body)
}

func cut(w http.ResponseWriter) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body)
	}
}

func message(format string, args ...any) map[string]string {
	return map[string]string{"message": fmt.Sprintf(format, args...)}
}

func (s *server) answer(r *http.Request, path string) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case path == "health":
		return http.StatusOK, map[string]string{"database": "ok", "version": s.version}
	case path == "v1/provisioning/contact-points":
		found := []map[string]any{}
		for _, name := range s.points {
			found = append(found, map[string]any{"uid": name, "name": name, "type": "webhook", "settings": map[string]any{}, "provenance": ""})
		}
		return http.StatusOK, found
	case path == "v1/provisioning/mute-timings":
		found := []map[string]any{}
		for _, name := range s.timings {
			found = append(found, map[string]any{"name": name, "time_intervals": []any{}})
		}
		return http.StatusOK, found
	case path == "folders" && r.Method == http.MethodPost:
		return s.makeFolder(r.Body)
	case strings.HasPrefix(path, "folders/"):
		uid := strings.TrimPrefix(path, "folders/")
		if s.folders[uid] == "" {
			return http.StatusNotFound, message("folder not found")
		}
		return http.StatusOK, map[string]any{"uid": uid, "title": s.folders[uid]}
	case path == "v1/provisioning/alert-rules" && r.Method == http.MethodPost:
		return s.put(r.Body, "", r.Header)
	case path == "v1/provisioning/alert-rules":
		found := []storedRule{}
		for _, one := range s.rules {
			found = append(found, one)
		}
		slices.SortFunc(found, func(a, b storedRule) int { return int(a.ID - b.ID) })
		return http.StatusOK, found
	}
	uid := strings.TrimPrefix(path, "v1/provisioning/alert-rules/")
	one, ok := s.rules[uid]
	switch {
	case r.Method == http.MethodDelete:
		delete(s.rules, uid)
		return http.StatusNoContent, nil
	case !ok:
		return http.StatusNotFound, nil
	case r.Method == http.MethodPut:
		return s.put(r.Body, uid, r.Header)
	}
	return http.StatusOK, one
}

func (s *server) makeFolder(body io.Reader) (int, any) {
	var wanted struct{ UID, Title string }
	if err := json.NewDecoder(body).Decode(&wanted); err != nil {
		return http.StatusBadRequest, message("%v", err)
	}
	for uid, title := range s.folders {
		if uid == wanted.UID || title == wanted.Title {
			return http.StatusConflict, message("a folder with the same name already exists")
		}
	}
	s.folders[wanted.UID] = wanted.Title
	return http.StatusOK, map[string]any{"uid": wanted.UID, "title": wanted.Title}
}

// put creates (uid "") or replaces.
func (s *server) put(body io.Reader, uid string, header http.Header) (int, any) {
	var one storedRule
	if err := json.NewDecoder(body).Decode(&one); err != nil {
		return http.StatusBadRequest, message("bad request data: %v", err)
	}
	if _, ok := s.rules[one.UID]; ok && uid == "" {
		return http.StatusBadRequest, message("UNIQUE constraint failed: alert_rule.org_id, alert_rule.uid")
	}
	if uid != "" {
		one.UID, one.ID = uid, s.rules[uid].ID
	}
	for other, stored := range s.rules {
		if other != one.UID && stored.FolderUID == one.FolderUID && stored.Title == one.Title {
			return http.StatusBadRequest, message("UNIQUE constraint failed: alert_rule.namespace_uid, alert_rule.title")
		}
	}
	if s.folders[one.FolderUID] == "" {
		return http.StatusBadRequest, message("folder %s does not exist", one.FolderUID)
	}
	if _, disabled := header["X-Disable-Provenance"]; !disabled {
		one.Provenance = "api"
	}
	if stored := s.rules[uid]; uid != "" && stored.Provenance == "file" {
		return http.StatusConflict, message("cannot change provenance from 'file' to ''")
	}
	if one.ID == 0 {
		s.nextID++
		one.ID = s.nextID
	}
	if err := s.normalise(&one); err != nil {
		return http.StatusBadRequest, message("%v", err)
	}
	s.rules[one.UID] = one
	if uid == "" {
		return http.StatusCreated, one
	}
	return http.StatusOK, one
}

// normalise does to a rule what Grafana does when it stores one.
func (s *server) normalise(one *storedRule) error {
	version := grafana.ParseVersion(s.version)
	one.Updated = time.Now()
	pending, err := time.ParseDuration(one.For)
	if err != nil {
		return err
	}
	one.For = grafanaDuration(pending)
	if one.KeepFiringFor != "" {
		keep, err := time.ParseDuration(one.KeepFiringFor)
		if err != nil {
			return err
		}
		one.KeepFiringFor = grafanaDuration(keep)
	}
	if !version.AtLeast(grafana.VersionKeepFiringFor) {
		one.KeepFiringFor = ""
	}
	if !version.AtLeast(grafana.VersionNotificationSettings) {
		one.Notification = nil
	}
	for name, value := range one.Notification {
		if value == nil {
			delete(one.Notification, name)
		}
	}
	for i, query := range one.Data {
		if query.DataSource != "__expr__" && query.Range.From <= query.Range.To {
			return fmt.Errorf("invalid relative time range: %+v", query.Range)
		}
		if query.Model["intervalMs"] == nil {
			query.Model["intervalMs"] = 1000
		}
		if query.Model["maxDataPoints"] == nil {
			query.Model["maxDataPoints"] = 43200
		}
		if kind, ok := query.Model["queryType"].(string); ok {
			one.Data[i].QueryType = kind
		}
	}
	return nil
}

// grafanaDuration is a duration in the largest units first, without zeros, as Prometheus' library writes it.
func grafanaDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	text := ""
	for _, unit := range []struct {
		name string
		of   time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if n := d / unit.of; n > 0 && (unit.name != "w" || d%unit.of == 0) {
			text += fmt.Sprintf("%d%s", n, unit.name)
			d -= n * unit.of
		}
	}
	return text
}

// edit changes a rule as somebody in Grafana's pages does.
func (s *server) edit(uid string, change func(*storedRule)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.rules[uid]
	if !ok {
		return
	}
	labels, annotations := map[string]string{}, map[string]string{}
	for name, value := range one.Labels {
		labels[name] = value
	}
	for name, value := range one.Annotations {
		annotations[name] = value
	}
	one.Labels, one.Annotations = labels, annotations
	change(&one)
	one.Updated = time.Now()
	s.rules[uid] = one
}

func (s *server) writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, request := range s.requests {
		if !strings.HasPrefix(request, http.MethodGet) {
			n++
		}
	}
	return n
}
