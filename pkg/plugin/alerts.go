package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	"github.com/burnline/grafana-slo-app/pkg/ledger"
)

// The ledger's collections of what people and Grafana tell.
const (
	collectionSettings        = "alert-settings"
	collectionIncident        = "incident"
	collectionEvent           = "alert-event"
	collectionAcknowledgement = "acknowledgement"
)

// keepEvents is how long notifications and acknowledgements are kept.
const keepEvents = 400 * 24 * time.Hour

// editors are the organisation roles that may change what is alerted on.
var editors = []string{"Editor", "Admin", "Grafana Admin"}

// forEditors passes a request on if its user may change alerts.
func forEditors(next http.HandlerFunc) http.HandlerFunc {
	return forReaders(func(w http.ResponseWriter, r *http.Request) {
		if user := backend.UserFromContext(r.Context()); !slices.Contains(editors, user.Role) {
			writeError(w, http.StatusForbidden, fmt.Sprintf("This needs the role Editor or Admin, and you are %s. Ask an editor to do it, or an administrator of this organisation for the role.", user.Role))
			return
		}
		next(w, r)
	})
}

// alertRoutes are the resources below alerts/.
func (p *Plugin) alertRoutes(mux *http.ServeMux) {
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET /alerts/settings":  p.showAlertSettings,
		"GET /alerts/plan":      p.showPlan,
		"GET /alerts/rules":     p.listRules,
		"GET /alerts/history":   p.showHistory,
		"POST /alerts/backtest": p.runBacktest,
		"GET /alerts/incidents": p.listIncidents,
		"GET /alerts/noise":     p.showNoise,
		"GET /alerts/export":    p.exportRules,
	} {
		mux.HandleFunc(pattern, forReaders(handler))
	}
	for pattern, handler := range map[string]http.HandlerFunc{
		"PUT /alerts/settings":             p.saveAlertSettings,
		"POST /alerts/apply":               p.applyPlan,
		"POST /alerts/drift":               p.decideDrift,
		"POST /alerts/incidents":           p.addIncident,
		"DELETE /alerts/incidents/{id...}": p.deleteIncident,
		"POST /alerts/acknowledge":         p.acknowledge,
		"POST /alerts/notifications":       p.takeNotification,
		"POST /alerts/test":                p.sendTestAlert,
	} {
		mux.HandleFunc(pattern, forEditors(handler))
	}
}

// conflict is the error of a change that somebody else's came before.
func conflict(format string, args ...any) error {
	return &queryError{status: http.StatusConflict, text: fmt.Sprintf(format, args...)}
}

func unavailable(format string, args ...any) error {
	return &queryError{status: http.StatusServiceUnavailable, text: fmt.Sprintf(format, args...)}
}

func badGateway(format string, args ...any) error {
	return &queryError{status: http.StatusBadGateway, text: fmt.Sprintf(format, args...)}
}

// writing is the open ledger of the process that evaluates; where this is another process, an error that says why.
func (e *Engine) writing() (ledger.Store, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.store == nil {
		return nil, unavailable("Nothing can be saved here, because this process does not evaluate. %s", e.idle)
	}
	return e.store, nil
}

// documentID is a short name for something that is identified by several texts.
func documentID(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// documentsOf reads a collection's bodies as one type. A body that can't be read is left out and logged: what
// another version wrote must not hide the rest.
func documentsOf[T any](ctx context.Context, from ledger.Documents, collection string, since, until time.Time) ([]T, error) {
	documents, err := from.Documents(ctx, collection, since, until)
	if err != nil {
		return nil, err
	}
	out := make([]T, 0, len(documents))
	for _, d := range documents {
		var one T
		if err := json.Unmarshal(d.Body, &one); err != nil {
			log.DefaultLogger.Warn("a document of the ledger can't be read", "collection", collection, "id", d.ID, "error", err)
			continue
		}
		out = append(out, one)
	}
	return out, nil
}

// put stores a value as a document.
func put(ctx context.Context, store ledger.Store, collection, id string, at time.Time, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if _, err := store.PutDocument(ctx, ledger.Document{Collection: collection, ID: id, At: at, Body: body}); err != nil {
		return fmt.Errorf("it can't be saved: %w", err)
	}
	return nil
}

// longestSpan bounds what history is looked at in one request.
const longestSpan = keepEvents

// spanOf reads the parameters from and to in Unix milliseconds; the default is the time before now.
func (p *Plugin) spanOf(r *http.Request, fallback time.Duration) (from, to time.Time, err error) {
	to = p.answers.now().UTC()
	from = to.Add(-fallback)
	for name, into := range map[string]*time.Time{"from": &from, "to": &to} {
		text := r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return from, to, badQuery("%s is %q; it must be a time in Unix milliseconds, such as 1773126000000.", name, text)
		}
		*into = time.UnixMilli(ms).UTC()
	}
	return from, to, checkSpan(from, to)
}

func checkSpan(from, to time.Time) error {
	switch {
	case from.Year() < 1970 || to.Year() > 9999:
		return badQuery("the time range begins or ends at no time of a calendar; write Unix milliseconds, such as 1773126000000.")
	case !to.After(from):
		return badQuery("the time range is empty (%s to %s); its end must be later than its start.", clock(from), clock(to))
	case to.Sub(from) > longestSpan:
		return badQuery("the time range has %d days; at most %d are looked at in one request.", int(to.Sub(from).Hours()/24), int(longestSpan.Hours()/24))
	}
	return nil
}

// login is who makes a request.
func login(r *http.Request) string {
	if user := backend.UserFromContext(r.Context()); user != nil {
		if user.Login != "" {
			return user.Login
		}
		return user.Name
	}
	return ""
}
