package noise

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The sources of events.
const (
	// SourceHistory is Grafana's alert state history, SourceWebhook the notifications of a contact point.
	SourceHistory = "history"
	SourceWebhook = "webhook"
)

// sameFiring is how far the two sources may differ about the start of one firing.
const sameFiring = 2 * time.Minute

var ruleInURL = regexp.MustCompile(`/alerting/grafana/([^/?#]+)/`)

// ReadNotification reads what Grafana's webhook contact point sends, and counts the alerts that it could not make sense of.
func ReadNotification(raw []byte) (events []Event, unread int, err error) {
	var payload struct {
		Alerts []json.RawMessage `json:"alerts"`
	}
	if err := json.Unmarshal(raw, &payload); err != nil {
		return nil, 0, fmt.Errorf("notification: %w; expected what a webhook contact point of Grafana sends", err)
	}
	for _, element := range payload.Alerts {
		var a struct {
			Status       string            `json:"status"`
			Labels       map[string]string `json:"labels"`
			StartsAt     time.Time         `json:"startsAt"`
			EndsAt       time.Time         `json:"endsAt"`
			GeneratorURL string            `json:"generatorURL"`
			Fingerprint  string            `json:"fingerprint"`
		}
		if json.Unmarshal(element, &a) != nil || a.StartsAt.IsZero() || a.Fingerprint == "" {
			unread++
			continue
		}
		e := Event{
			ID:   strings.ToLower(a.Fingerprint) + "-" + a.StartsAt.UTC().Format("20060102T150405.000Z"),
			Rule: cmp.Or(a.Labels["rulename"], a.Labels["alertname"]), Folder: a.Labels["grafana_folder"], Labels: a.Labels,
			Start: a.StartsAt.UTC(), Source: SourceWebhook,
		}
		if found := ruleInURL.FindStringSubmatch(a.GeneratorURL); found != nil {
			e.RuleUID, _ = url.PathUnescape(found[1])
		}
		// Of a firing alert endsAt is when Alertmanager would give it up: no end.
		if a.Status == "resolved" && !a.EndsAt.Before(a.StartsAt) {
			e.End = a.EndsAt.UTC()
		}
		events = append(events, e)
	}
	return events, unread, nil
}

// Merge gives each firing of both sources once, oldest first. Events of one ID are one; an event of the history and one of
// the webhook are one if rule and labels are the same and they start within two minutes, or, where the history does not
// know the start, end so. Of such a pair the
// webhook's ID stays, and what one of them does not know is taken from the other.
func Merge(webhook, history []Event) []Event {
	out := unique(webhook)
	byAlert := map[string][]int{}
	for i, e := range out {
		key := identity(e)
		byAlert[key] = append(byAlert[key], i)
	}
	taken := map[int]bool{}
	for _, h := range unique(history) {
		pair, nearest := -1, time.Duration(math.MaxInt64)
		for _, i := range byAlert[identity(h)] {
			if apart, same := out[i].apart(h); same && !taken[i] && apart < nearest {
				pair, nearest = i, apart
			}
		}
		if pair < 0 {
			out = append(out, h)
			continue
		}
		taken[pair] = true
		out[pair] = out[pair].with(h)
		out[pair].Also = h.ID
	}
	slices.SortStableFunc(out, func(a, b Event) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) })
	return out
}

// apart is how far a notified firing is from one of the history, and whether they can be the same. Of one that began before
// the history does the end must tell.
func (e Event) apart(history Event) (time.Duration, bool) {
	switch {
	case !history.Start.IsZero():
		apart := e.Start.Sub(history.Start).Abs()
		return apart, apart <= sameFiring
	case history.End.IsZero():
		return 0, e.End.IsZero()
	case e.End.IsZero():
		return history.End.Sub(e.Start).Abs(), e.Start.Before(history.End)
	}
	apart := e.End.Sub(history.End).Abs()
	return apart, apart <= sameFiring
}

// unique takes events of one ID together, in order of their first.
func unique(events []Event) []Event {
	at := map[string]int{}
	out := make([]Event, 0, len(events))
	for _, e := range events {
		if i, ok := at[e.ID]; ok {
			out[i] = out[i].with(e)
			continue
		}
		at[e.ID] = len(out)
		out = append(out, e)
	}
	return out
}

// with fills what the event does not know from another telling of it. A firing that somebody saw resolved has
// resolved, however late a repetition comes.
func (e Event) with(other Event) Event {
	e.RuleUID, e.Folder = cmp.Or(e.RuleUID, other.RuleUID), cmp.Or(e.Folder, other.Folder)
	if e.End.IsZero() {
		e.End = other.End
	}
	return e
}
