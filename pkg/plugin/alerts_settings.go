package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/grafana"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
)

// settingsID is the one document of its collection: a ledger belongs to one organisation.
const settingsID = "org"

// choices reads an organisation's settings of its alerts, and remembers what it read.
type choices struct {
	// place is what the process's environment fixes.
	place AlertPlace

	mu       sync.Mutex
	revision int64
	settings alert.Settings
}

// read gives the settings in force: the stored ones, or the defaults, with what the environment fixes.
func (c *choices) read(ctx context.Context, from ledger.Documents) (alert.Settings, int64, error) {
	document, ok, err := from.Document(ctx, collectionSettings, settingsID)
	if err != nil {
		return alert.Settings{}, 0, fmt.Errorf("the alert settings can't be read: %w", err)
	}
	if !ok {
		return c.place.over(alert.DefaultSettings()), 0, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.revision != document.Revision {
		settings := alert.DefaultSettings()
		if err := json.Unmarshal(document.Body, &settings); err != nil {
			return alert.Settings{}, 0, fmt.Errorf("the stored alert settings can't be read (%w); they are of another version of Burnline: update it, or save the settings again", err)
		}
		c.revision, c.settings = document.Revision, settings
	}
	return c.place.over(c.settings), document.Revision, nil
}

// over puts what the environment fixes in the place of what was chosen.
func (p AlertPlace) over(s alert.Settings) alert.Settings {
	if p.Mode != "" {
		s.Mode = p.Mode
	}
	if p.Dir != "" {
		s.FileDir = p.Dir
	}
	return s
}

// settings are the organisation's choices of alerts.
func (a *answerer) settings(ctx context.Context, reader ledger.Documents) (alert.Settings, error) {
	settings, _, err := a.chosen.read(ctx, reader)
	return settings, err
}

// policyInfoJSON is a policy that may be chosen.
type policyInfoJSON struct {
	Name          string          `json:"name"`
	DisplayName   string          `json:"displayName"`
	Description   string          `json:"description"`
	Rows          []policyRowJSON `json:"rows"`
	MinimumEvents float64         `json:"minimumEvents"`
	Absence       alert.Absence   `json:"absence"`
	// Beside is false for a policy without budget thresholds and forecast.
	Beside bool `json:"beside"`
}

// policyRowJSON is a burn-rate row of a policy; Rate is that of a window of 30 days.
type policyRowJSON struct {
	Severity string  `json:"severity"`
	Share    float64 `json:"share"`
	Long     string  `json:"long"`
	Short    string  `json:"short"`
	Rate     float64 `json:"rate"`
}

const month = 30 * 24 * time.Hour

func builtinPolicies() []policyInfoJSON {
	var out []policyInfoJSON
	for _, p := range alert.Builtins() {
		info := policyInfoJSON{
			Name: p.Name, DisplayName: p.DisplayName, Description: p.Description, Rows: []policyRowJSON{},
			MinimumEvents: p.MinimumEvents, Absence: p.Absence, Beside: p.Beside,
		}
		for _, row := range p.Rows {
			info.Rows = append(info.Rows, policyRowJSON{Severity: row.Severity, Share: row.Share, Long: windowText(row.Long), Short: windowText(row.Short), Rate: row.Rate(month)})
		}
		out = append(out, info)
	}
	return out
}

// settingsJSON is the answer of GET alerts/settings.
type settingsJSON struct {
	Settings alert.Settings   `json:"settings"`
	Defaults alert.Settings   `json:"defaults"`
	Builtins []policyInfoJSON `json:"builtins"`
	// Fixed names what the process's environment decides, so that it can't be chosen: "mode", "fileDir".
	Fixed []string `json:"fixed"`
	// ReadOnly says why settings can't be saved; empty if they can.
	ReadOnly      string                 `json:"readOnly"`
	ContactPoints []grafana.ContactPoint `json:"contactPoints"`
	// ContactPointsError says why the contact points are not known; empty if they are.
	ContactPointsError string `json:"contactPointsError"`
}

func (p *Plugin) showAlertSettings(w http.ResponseWriter, r *http.Request) {
	reader, err := p.answers.ledger(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	settings, err := p.answers.settings(r.Context(), reader)
	if err != nil {
		fail(w, err)
		return
	}
	place := p.settings.Alerts
	answer := settingsJSON{
		Settings: settings, Defaults: place.over(alert.DefaultSettings()), Builtins: builtinPolicies(), Fixed: []string{}, ContactPoints: []grafana.ContactPoint{},
	}
	if place.Mode != "" {
		answer.Fixed = append(answer.Fixed, "mode")
	}
	if place.Dir != "" {
		answer.Fixed = append(answer.Fixed, "fileDir")
	}
	if _, err := p.engine.writing(); err != nil {
		answer.ReadOnly = err.Error()
	}
	points, err := p.engine.contactPoints(r.Context())
	if err != nil {
		answer.ContactPointsError = sentence(err.Error())
	}
	answer.ContactPoints = append(answer.ContactPoints, points...)
	writeJSON(w, http.StatusOK, answer)
}

// contactPoints are those of Grafana, by name.
func (e *Engine) contactPoints(ctx context.Context) ([]grafana.ContactPoint, error) {
	alerting, err := e.alerting()
	if err != nil {
		return nil, err
	}
	return alerting.ContactPoints(ctx)
}

func (p *Plugin) saveAlertSettings(w http.ResponseWriter, r *http.Request) {
	var wanted alert.Settings
	if err := decode(w, r, &wanted, "the settings as GET alerts/settings gives them"); err != nil {
		fail(w, err)
		return
	}
	saved, err := p.saveSettings(r.Context(), wanted)
	if err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, saved)
}

// saveSettings stores settings that are valid, if nobody else saved since they were read.
func (p *Plugin) saveSettings(ctx context.Context, wanted alert.Settings) (alert.Settings, error) {
	store, err := p.engine.writing()
	if err != nil {
		return wanted, err
	}
	if err := p.checkSettings(ctx, wanted); err != nil {
		return wanted, err
	}
	present, revision, err := p.answers.chosen.read(ctx, store)
	if err != nil {
		return wanted, err
	}
	if wanted.Version != present.Version {
		return wanted, conflict("somebody else saved these settings meanwhile (version %d, yours began with %d). Load them again and repeat your change.", present.Version, wanted.Version)
	}
	if wanted.FileDir != present.FileDir && !administers(ctx) {
		return wanted, &queryError{status: http.StatusForbidden, text: "fileDir names a folder of the server that Grafana then writes to: only an administrator of this organisation may change it. Ask one, or leave it as it is."}
	}
	wanted.Version++
	body, err := json.Marshal(wanted)
	if err != nil {
		return wanted, err
	}
	// Two first saves at once can't be told apart by a revision; the settings' lock keeps them in order.
	p.saving.Lock()
	defer p.saving.Unlock()
	if revision == 0 {
		if _, ok, err := store.Document(ctx, collectionSettings, settingsID); err != nil || ok {
			return wanted, errors.Join(err, conflict("somebody else saved these settings meanwhile. Load them again and repeat your change."))
		}
	}
	_, err = store.PutDocument(ctx, ledger.Document{Collection: collectionSettings, ID: settingsID, At: p.answers.now(), Body: body, Revision: revision})
	if errors.Is(err, ledger.ErrConflict) {
		return wanted, conflict("somebody else saved these settings meanwhile. Load them again and repeat your change.")
	}
	if err != nil {
		return wanted, fmt.Errorf("the settings can't be saved: %w", err)
	}
	p.engine.reconcileSoon()
	return wanted, nil
}

// administers reports whether the user of a request is an administrator of the organisation.
func administers(ctx context.Context) bool {
	user := backend.UserFromContext(ctx)
	return user != nil && slices.Contains([]string{"Admin", "Grafana Admin"}, user.Role)
}

// checkSettings names every mistake. Contact points are checked against Grafana's as far as it shows them.
func (p *Plugin) checkSettings(ctx context.Context, wanted alert.Settings) error {
	err := wanted.Check()
	if fixed := p.settings.Alerts.Mode; fixed != "" && wanted.Mode != fixed {
		err = errors.Join(err, fmt.Errorf("mode is %q, but the environment variable %s fixes it to %q", wanted.Mode, envAlertsMode, fixed))
	}
	points, unknown := p.engine.contactPoints(ctx)
	for name, route := range map[string]alert.Route{"page": wanted.Page, "ticket": wanted.Ticket} {
		if route.ContactPoint == "" || unknown != nil {
			continue
		}
		names := make([]string, len(points))
		for i, point := range points {
			names[i] = point.Name
		}
		if !slices.Contains(names, route.ContactPoint) {
			err = errors.Join(err, fmt.Errorf("%s: Grafana has no contact point %q. %s", name, route.ContactPoint,
				remedy(route.ContactPoint, names, "Make it under Alerting, Contact points, and choose it then.")))
		}
	}
	if err != nil {
		return badQuery("%s", sentence(err.Error()))
	}
	return nil
}
