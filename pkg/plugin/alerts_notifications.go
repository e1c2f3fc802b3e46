package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
)

const (
	// maxAlerts bounds the alerts of one notification; Grafana's own contact point can be told to send fewer.
	maxAlerts = 1000
	// maxLabels and maxLabelText bound what is stored of an alert.
	maxLabels    = 100
	maxLabelText = 4096
	// clockSkew is how far another machine's clock may be ahead.
	clockSkew = time.Hour
)

// The states of an alert in a notification.
const (
	statusFiring   = "firing"
	statusResolved = "resolved"
)

// notification is what Grafana's webhook contact point sends, as far as it is used.
type notification struct {
	Receiver string          `json:"receiver"`
	Status   string          `json:"status"`
	Alerts   []notifiedAlert `json:"alerts"`
}

type notifiedAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// alertEvent is an alert that somebody was notified of, as the ledger keeps it.
type alertEvent struct {
	ID       string            `json:"id"`
	RuleUID  string            `json:"ruleUid,omitempty"`
	Rule     string            `json:"rule"`
	Folder   string            `json:"folder,omitempty"`
	Labels   map[string]string `json:"labels"`
	Summary  string            `json:"summary,omitempty"`
	Receiver string            `json:"receiver,omitempty"`
	Start    time.Time         `json:"start"`
	// End is zero while it fires.
	End time.Time `json:"end,omitzero"`
}

var (
	fingerprintForm = regexp.MustCompile(`^[0-9a-fA-F]{1,64}$`)
	ruleInURL       = regexp.MustCompile(`/alerting/grafana/([^/?#]+)/view`)
)

const notificationShape = `what Grafana's webhook contact point sends: {"receiver", "status", "alerts": [{"status", "labels", "startsAt", "endsAt", "fingerprint", …}]}, with "Max Alerts" set to 100 at most`

// takeNotification is the webhook that a contact point may name, so that Burnline learns what people were told.
func (p *Plugin) takeNotification(w http.ResponseWriter, r *http.Request) {
	var body notification
	if err := decode(w, r, &body, notificationShape); err != nil {
		fail(w, err)
		return
	}
	stored, err := p.storeNotification(r.Context(), body)
	if err != nil {
		fail(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]int{"stored": stored, "ignored": len(body.Alerts) - stored})
}

// storeNotification keeps each alert once, however often it is told. Nothing is stored of a notification that is
// wrong in any part.
func (p *Plugin) storeNotification(ctx context.Context, n notification) (int, error) {
	store, err := p.engine.writing()
	if err != nil {
		return 0, err
	}
	if err := n.check(p.answers.now()); err != nil {
		return 0, err
	}
	p.telling.Lock()
	defer p.telling.Unlock()
	stored := 0
	for _, a := range n.Alerts {
		if a.isTest() {
			continue
		}
		if err := keepEvent(ctx, store, a.event(n.Receiver)); err != nil {
			return stored, err
		}
		stored++
	}
	return stored, nil
}

func (n notification) check(now time.Time) error {
	switch {
	case len(n.Alerts) == 0:
		return badQuery("the notification has no alerts. Expected %s.", notificationShape)
	case len(n.Alerts) > maxAlerts:
		return badQuery("the notification has %d alerts; at most %d are taken. Set \"Max Alerts\" of the contact point to 100.", len(n.Alerts), maxAlerts)
	}
	for i, a := range n.Alerts {
		if err := a.check(now); err != nil {
			return badQuery("alerts[%d]: %v. Expected %s.", i, err, notificationShape)
		}
	}
	return nil
}

func (a notifiedAlert) check(now time.Time) error {
	switch {
	case a.Status != statusFiring && a.Status != statusResolved:
		return fmt.Errorf("status is %q; it must be firing or resolved", a.Status)
	case !fingerprintForm.MatchString(a.Fingerprint):
		return fmt.Errorf("fingerprint is %q; it must be a hexadecimal number of at most 64 digits", shorten(a.Fingerprint))
	case a.StartsAt.Before(now.Add(-keepEvents)) || a.StartsAt.After(now.Add(clockSkew)):
		return fmt.Errorf("startsAt is %s; it must be a time of the last %d days", a.StartsAt.Format(time.RFC3339), int(keepEvents.Hours()/24))
	case a.Status == statusResolved && (a.EndsAt.Before(a.StartsAt) || a.EndsAt.After(now.Add(clockSkew))):
		return fmt.Errorf("endsAt is %s; it must be a time from startsAt until now", a.EndsAt.Format(time.RFC3339))
	case a.Labels["alertname"] == "":
		return errors.New("labels has no alertname")
	case len(a.Labels) > maxLabels:
		return fmt.Errorf("labels has %d labels; at most %d are kept", len(a.Labels), maxLabels)
	}
	for name, value := range a.Labels {
		if len(name)+len(value) > maxLabelText {
			return fmt.Errorf("the label %q is longer than %d bytes", shorten(name), maxLabelText)
		}
	}
	return nil
}

func shorten(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// isTest reports whether the alert is a test: that of the contact point's own button, or Burnline's.
func (a notifiedAlert) isTest() bool {
	return alert.IsTest(a.Labels) || a.Labels["alertname"] == "TestAlert" && a.Labels["instance"] == "Grafana"
}

func (a notifiedAlert) event(receiver string) alertEvent {
	e := alertEvent{
		ID:   strings.ToLower(a.Fingerprint) + "-" + a.StartsAt.UTC().Format("20060102T150405.000Z"),
		Rule: a.Labels["alertname"], Folder: a.Labels["grafana_folder"], Labels: a.Labels,
		Summary: shortenTo(a.Annotations["summary"], 1000), Receiver: shorten(receiver), Start: a.StartsAt.UTC(),
	}
	if found := ruleInURL.FindStringSubmatch(a.GeneratorURL); found != nil {
		if uid, err := url.PathUnescape(found[1]); err == nil && len(uid) <= 40 {
			e.RuleUID = uid
		}
	}
	if a.Status == statusResolved {
		e.End = a.EndsAt.UTC()
	}
	return e
}

func shortenTo(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	return strings.ToValidUTF8(text[:bytes], "") + "…"
}

// keepEvent stores an event, or updates it. A repetition that comes late does not open what was resolved.
func keepEvent(ctx context.Context, store ledger.Store, e alertEvent) error {
	known, ok, err := store.Document(ctx, collectionEvent, e.ID)
	if err != nil {
		return err
	}
	if ok {
		var before alertEvent
		if err := json.Unmarshal(known.Body, &before); err == nil && e.End.IsZero() {
			e.End = before.End
		}
	}
	return put(ctx, store, collectionEvent, e.ID, e.Start, e)
}

// forgetEvents deletes what is older than is kept.
func forgetEvents(ctx context.Context, store ledger.Store, now time.Time) error {
	var errs []error
	for _, collection := range []string{collectionEvent, collectionAcknowledgement} {
		_, err := store.DeleteDocumentsBefore(ctx, collection, now.Add(-keepEvents))
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
