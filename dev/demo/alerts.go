package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/grafana/dskit/backoff"
)

// alertsAPI is where the app's alert resources are.
const alertsAPI = "/api/plugins/burnline-slo-app/resources/alerts/"

// shopContactPoint is the contact point of provisioning/alerting that leads to the demo's pager.
const shopContactPoint = "shop-pager"

// shopIncident is what the shop says of an incident.
type shopIncident struct {
	Name     string   `json:"name"`
	Text     string   `json:"text"`
	SLOs     []string `json:"slos"`
	Severity string   `json:"severity"`
	From     int64    `json:"from"`
	To       int64    `json:"to"`
}

// teach tells the app what a team would have entered: which incidents there were, and who is to be paged.
func (d *demo) teach(ctx context.Context) error {
	step := d.out.begin("incidents and contact points")
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	wait := backoff.New(ctx, backoff.Config{MinBackoff: 100 * time.Millisecond, MaxBackoff: time.Second})
	var err error
	for wait.Ongoing() { // the app takes entries once its evaluation has begun
		if err = errors.Join(d.labelIncidents(ctx), d.routePages(ctx)); err == nil {
			break
		}
		wait.Wait()
	}
	step.end(err, "")
	return err
}

// labelIncidents labels the shop's incidents so far; one that is labelled already stays as it is.
func (d *demo) labelIncidents(ctx context.Context) error {
	var known []shopIncident
	if err := call(ctx, http.MethodGet, d.shopURL+"/incidents", nil, &known); err != nil {
		return err
	}
	for _, i := range known {
		body := map[string]any{
			"id": i.Name, "title": cmp.Or(i.Text, i.Name), "start": time.Unix(i.From, 0).UTC(), "end": time.Unix(i.To, 0).UTC(), "slos": i.SLOs, "severity": i.Severity,
		}
		if err := call(ctx, http.MethodPost, d.hostURL+alertsAPI+"incidents", body, nil); err != nil {
			return err
		}
	}
	return nil
}

// routePages sends pages to the demo's pager, unless somebody has chosen already.
func (d *demo) routePages(ctx context.Context) error {
	var answer struct {
		Settings map[string]any `json:"settings"`
	}
	if err := call(ctx, http.MethodGet, d.hostURL+alertsAPI+"settings", nil, &answer); err != nil {
		return err
	}
	if version, _ := answer.Settings["version"].(float64); version > 0 {
		return nil
	}
	answer.Settings["page"] = map[string]any{"contactPoint": shopContactPoint, "groupWait": "5s", "groupInterval": "1m", "repeatInterval": "4h"}
	return call(ctx, http.MethodPut, d.hostURL+alertsAPI+"settings", answer.Settings, nil)
}

// call sends and receives JSON; a bad answer is an error with its text.
func call(ctx context.Context, method, url string, body, into any) error {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, content)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s answers %s: %s", method, url, answer.Status, bytes.TrimSpace(raw))
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	return nil
}
