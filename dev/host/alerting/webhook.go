package alerting

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/dskit/backoff"
)

const (
	typeWebhook = "webhook"
	// org is the only organisation of the preview host.
	org = 1
	// maxAttempts bounds the tries of one notification.
	maxAttempts = 4
	// errorBody bounds what is read of a receiver's answer to a refused notification, in bytes.
	errorBody = 4096
)

// firstRetry and lastRetry are the shortest and the longest wait between two tries.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 2 * time.Second
)

// payload is the body of Grafana's webhook.
type payload struct {
	Receiver          string            `json:"receiver"`
	Status            string            `json:"status"`
	OrgID             int64             `json:"orgId"`
	Alerts            []payloadAlert    `json:"alerts"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   int               `json:"truncatedAlerts"`
	Title             string            `json:"title"`
	State             string            `json:"state"`
	Message           string            `json:"message"`
}

type payloadAlert struct {
	Status       string             `json:"status"`
	Labels       map[string]string  `json:"labels"`
	Annotations  map[string]string  `json:"annotations"`
	StartsAt     time.Time          `json:"startsAt"`
	EndsAt       time.Time          `json:"endsAt"`
	GeneratorURL string             `json:"generatorURL"`
	Fingerprint  string             `json:"fingerprint"`
	SilenceURL   string             `json:"silenceURL"`
	DashboardURL string             `json:"dashboardURL"`
	PanelURL     string             `json:"panelURL"`
	Values       map[string]float64 `json:"values"`
	ValueString  string             `json:"valueString"`
}

const (
	statusFiring   = "firing"
	statusResolved = "resolved"
)

// link is a page of Grafana.
func (n *notifier) link(path string, query url.Values) string {
	u := n.external.JoinPath(path)
	u.RawQuery = query.Encode()
	return u.String()
}

func (n *notifier) alert(p posted, at time.Time) payloadAlert {
	a := payloadAlert{
		Status: statusFiring, Labels: public(p.labels), Annotations: public(p.annotations), StartsAt: p.startsAt,
		GeneratorURL: n.link("alerting/grafana/"+p.uid+"/view", nil), Fingerprint: p.fingerprint(), ValueString: p.valueString,
	}
	if !p.firing(at) { // of an alert that fires, the end is not told
		a.Status, a.EndsAt = statusResolved, p.endsAt
	}
	silence := url.Values{"alertmanager": {"grafana"}}
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		silence.Add("matcher", name+"="+a.Labels[name])
	}
	a.SilenceURL = n.link("alerting/silence/new", silence)
	if dashboard := p.annotations["__dashboardUid__"]; dashboard != "" {
		query := url.Values{"orgId": {strconv.Itoa(org)}}
		a.DashboardURL = n.link("d/"+dashboard, query)
		if panel := p.annotations["__panelId__"]; panel != "" {
			query.Set("viewPanel", panel)
			a.PanelURL = n.link("d/"+dashboard, query)
		}
	}
	for refID, f := range p.values {
		if math.IsNaN(f) || math.IsInf(f, 0) { // JSON has no such numbers
			continue
		}
		if a.Values == nil {
			a.Values = map[string]float64{}
		}
		a.Values[refID] = f
	}
	return a
}

func (n *notifier) payload(receiver string, g *group, alerts []posted, at time.Time) payload {
	p := payload{
		Receiver: receiver, Status: statusResolved, State: "ok", OrgID: org, Version: "1", ExternalURL: n.external.String(),
		GroupKey: g.key, GroupLabels: public(g.labels),
	}
	for _, alert := range alerts {
		p.Alerts = append(p.Alerts, n.alert(alert, at))
	}
	p.CommonLabels = maps.Clone(p.Alerts[0].Labels)
	p.CommonAnnotations = maps.Clone(p.Alerts[0].Annotations)
	for _, a := range p.Alerts {
		if a.Status == statusFiring {
			p.Status, p.State = statusFiring, "alerting"
		}
		maps.DeleteFunc(p.CommonLabels, func(name, text string) bool { return a.Labels[name] != text })
		maps.DeleteFunc(p.CommonAnnotations, func(name, text string) bool { return a.Annotations[name] != text })
	}
	p.Title, p.Message = p.title(), p.message()
	return p
}

func (p payload) with(status string) []payloadAlert {
	return slices.DeleteFunc(slices.Clone(p.Alerts), func(a payloadAlert) bool { return a.Status != status })
}

// inOrder are the texts of labels in the order of the labels' names, the alert's name first.
func inOrder(labels map[string]string) string {
	names := slices.Sorted(maps.Keys(labels))
	if i := slices.Index(names, labelAlertName); i > 0 {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, labelAlertName)
	}
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = labels[name]
	}
	return strings.Join(texts, " ")
}

// title is Grafana's default title: [FIRING:1] group labels (other common labels).
func (p payload) title() string {
	firing, resolved := len(p.with(statusFiring)), len(p.with(statusResolved))
	status := strings.ToUpper(p.Status)
	if firing > 0 {
		status += fmt.Sprintf(":%d", firing)
		if resolved > 0 {
			status += fmt.Sprintf(", RESOLVED:%d", resolved)
		}
	}
	text := fmt.Sprintf("[%s] %s ", status, inOrder(p.GroupLabels))
	if len(p.CommonLabels) > len(p.GroupLabels) {
		others := maps.Clone(p.CommonLabels)
		maps.DeleteFunc(others, func(name, _ string) bool { _, grouped := p.GroupLabels[name]; return grouped })
		text += "(" + inOrder(others) + ")"
	}
	return text
}

// message is Grafana's default message: what fires, then what was resolved.
func (p payload) message() string {
	var text strings.Builder
	firing, resolved := p.with(statusFiring), p.with(statusResolved)
	if len(firing) > 0 {
		text.WriteString("**Firing**\n")
		list(&text, firing)
		if len(resolved) > 0 {
			text.WriteString("\n\n")
		}
	}
	if len(resolved) > 0 {
		text.WriteString("**Resolved**\n")
		list(&text, resolved)
	}
	return text.String()
}

func list(text *strings.Builder, alerts []payloadAlert) {
	for _, a := range alerts {
		values := valuesText(a.Values)
		if values == "" {
			values = "[no value]"
		}
		fmt.Fprintf(text, "\nValue: %s\nLabels:\n", values)
		for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
			fmt.Fprintf(text, " - %s = %s\n", name, a.Labels[name])
		}
		text.WriteString("Annotations:\n")
		for _, name := range slices.Sorted(maps.Keys(a.Annotations)) {
			fmt.Fprintf(text, " - %s = %s\n", name, a.Annotations[name])
		}
		for _, link := range []struct{ name, url string }{
			{"Source", a.GeneratorURL}, {"Silence", a.SilenceURL}, {"Dashboard", a.DashboardURL}, {"Panel", a.PanelURL},
		} {
			if link.url != "" {
				fmt.Fprintf(text, "%s: %s\n", link.name, link.url)
			}
		}
	}
}

// text is a setting of a contact point; numbers and texts are taken alike.
func (c ContactPoint) text(name string) string {
	switch set := c.Settings[name].(type) {
	case nil:
		return ""
	case string:
		return set
	default:
		return fmt.Sprint(set)
	}
}

// send delivers a notification through one integration.
func (n *notifier) send(ctx context.Context, c ContactPoint, p payload) error {
	if c.Type != typeWebhook {
		n.cfg.Logger.Info("notification would be sent", "contactPoint", c.Name, "type", c.Type, "title", p.Title)
		return nil
	}
	if limit, _ := strconv.Atoi(c.text("maxAlerts")); limit > 0 && len(p.Alerts) > limit {
		p.TruncatedAlerts = len(p.Alerts) - limit
		p.Alerts = p.Alerts[:limit]
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("contact point %s: %w", c.Name, err)
	}
	tries := backoff.New(ctx, backoff.Config{MinBackoff: firstRetry, MaxBackoff: lastRetry, MaxRetries: maxAttempts})
	for tries.Ongoing() {
		var again bool
		if again, err = n.post(ctx, c, body); err == nil {
			return nil
		}
		if !again {
			break
		}
		tries.Wait()
	}
	return fmt.Errorf("contact point %s: %w", c.Name, errors.Join(err, ctx.Err()))
}

// post tries once; again tells whether another try may help.
func (n *notifier) post(ctx context.Context, c ContactPoint, body []byte) (again bool, err error) {
	method := strings.ToUpper(c.text("httpMethod"))
	switch method {
	case "":
		method = http.MethodPost
	case http.MethodPost, http.MethodPut:
	default:
		return false, fmt.Errorf("httpMethod %s is not possible: use POST or PUT", method)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.text("url"), bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Grafana")
	user, credentials := c.text("username"), c.text("authorization_credentials")
	switch {
	case user != "" && credentials != "":
		return false, errors.New("both HTTP Basic Authentication and Authorization Header are set, only 1 is permitted")
	case user != "":
		request.SetBasicAuth(user, c.text("password"))
	case credentials != "":
		scheme := c.text("authorization_scheme")
		if scheme == "" {
			scheme = "Bearer"
		}
		request.Header.Set("Authorization", scheme+" "+credentials)
	}
	response, err := n.cfg.Client.Do(request)
	if err != nil {
		return true, err
	}
	defer func() { _ = response.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(response.Body, errorBody))
	if response.StatusCode/100 == 2 {
		return false, nil
	}
	again = response.StatusCode >= http.StatusInternalServerError || response.StatusCode == http.StatusTooManyRequests
	return again, fmt.Errorf("%s %s: %s: %s", method, request.URL.Redacted(), response.Status, bytes.TrimSpace(said))
}
