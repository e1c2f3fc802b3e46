// Package pager stands in for what wakes people: an HTTP receiver for a webhook contact point of Grafana, which
// shows and counts what it got.
package pager

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"sync"
	"time"
)

// maxNotification bounds what the pager takes in bytes, keptNotifications how many it remembers.
const (
	maxNotification   = 1 << 20
	keptNotifications = 500
)

type pager struct {
	log io.Writer

	mu       sync.Mutex
	received []notification
}

// notification is what one call brought, as far as people want to see it.
type notification struct {
	// At is when it arrived.
	At     time.Time `json:"at"`
	Status string    `json:"status"`
	Title  string    `json:"title"`
	Alerts []struct {
		Status       string            `json:"status"`
		Labels       map[string]string `json:"labels"`
		Annotations  map[string]string `json:"annotations"`
		StartsAt     time.Time         `json:"startsAt"`
		EndsAt       time.Time         `json:"endsAt"`
		GeneratorURL string            `json:"generatorURL"`
		DashboardURL string            `json:"dashboardURL,omitempty"`
		PanelURL     string            `json:"panelURL,omitempty"`
		Fingerprint  string            `json:"fingerprint"`
	} `json:"alerts"`
}

// New is the receiver; each notification is also a line of log.
func New(log io.Writer) http.Handler {
	p := &pager{log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /notify", p.notify)
	mux.HandleFunc("GET /notifications", p.list)
	mux.HandleFunc("GET /{$}", p.show)
	return mux
}

func (p *pager) notify(w http.ResponseWriter, r *http.Request) {
	var n notification
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotification))
	if err == nil {
		err = json.Unmarshal(raw, &n)
	}
	if err != nil {
		http.Error(w, "this is no notification of Grafana's webhook contact point: "+err.Error(), http.StatusBadRequest)
		return
	}
	n.At = time.Now().UTC()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.received = append(p.received, n)
	if extra := len(p.received) - keptNotifications; extra > 0 {
		p.received = p.received[extra:]
	}
	_, _ = fmt.Fprintf(p.log, "%s %s %s\n", n.At.Format(time.RFC3339), n.Status, n.Title)
}

// list gives everything received as JSON, oldest first.
func (p *pager) list(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if len(p.received) == 0 {
		_, _ = io.WriteString(w, "[]\n")
		return
	}
	_ = json.NewEncoder(w).Encode(p.received)
}

var pagerPage = template.Must(template.New("pager").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Pager of the demo</title><meta name="viewport" content="width=device-width">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
article{border-left:.3rem solid #c4162a;padding:.1rem 1rem;margin:1.5rem 0}article.resolved{border-color:#37872d}small{opacity:.8}</style></head>
<body><h1>Pager of the demo</h1>
{{range .}}{{$at := .At}}{{range .Alerts}}<article class="{{.Status}}"><p><strong>{{.Status}}</strong> {{index .Labels "alertname"}}<br>{{index .Annotations "summary"}}</p>
<p>{{index .Annotations "description"}}</p>
<p>{{with index .Annotations "burnline_url"}}<a href="{{.}}">SLO</a> {{end}}{{with index .Annotations "runbook_url"}}<a href="{{.}}">runbook</a> {{end}}{{with index .Annotations "dashboard_url"}}<a href="{{.}}">dashboard</a> {{end}}{{with .GeneratorURL}}<a href="{{.}}">rule</a>{{end}}</p>
<small>received {{$at.Format "15:04:05 MST"}}, since {{.StartsAt.Format "15:04:05 MST"}}</small></article>
{{end}}{{else}}<p>Nothing has been received yet.</p>{{end}}</body></html>`))

func (p *pager) show(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	newest := make([]notification, 0, len(p.received))
	for i := len(p.received) - 1; i >= 0; i-- {
		newest = append(newest, p.received[i])
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pagerPage.Execute(w, newest)
}
