// Package server is the live shop: metrics for Prometheus, the truth for those who check numbers, and a
// control to break things on demand.
package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/burnline/grafana-slo-app/dev/shop/history"
	"github.com/burnline/grafana-slo-app/dev/shop/model"
	"github.com/burnline/grafana-slo-app/dev/shop/state"
	"github.com/burnline/grafana-slo-app/dev/shop/truth"
)

// Config says which world to serve.
type Config struct {
	// State is the state file, which control requests are added to.
	State string
	// Truth is the directory of the truth files; empty keeps the truth in memory only.
	Truth string
}

// Shop is the running shop.
type Shop struct {
	config Config
	writer *truth.Writer

	mutex sync.Mutex
	world *model.World
	state state.State
}

// New loads the state and advances its world to the last tick of the history.
func New(config Config) (*Shop, error) {
	loaded, ok, err := state.Load(config.State)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%s does not exist: run `shop history --state %s ...` first", config.State, config.State)
	}
	world, err := model.New(loaded.World)
	if err != nil {
		return nil, err
	}
	if err := history.Replay(world, loaded.Filled); err != nil {
		return nil, err
	}
	shop := &Shop{config: config, world: world, state: loaded}
	if config.Truth != "" {
		if shop.writer, err = truth.Open(config.Truth); err != nil {
			return nil, err
		}
		if err := shop.writer.Update(world); err != nil {
			return nil, err
		}
	}
	return shop, nil
}

// Run lets the world's time follow the clock until the context ends.
func (s *Shop) Run(ctx context.Context) error {
	for {
		if err := s.advance(model.LastTick(time.Now())); err != nil {
			return err
		}
		next := time.Unix(model.LastTick(time.Now())+model.TickSeconds, 0)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(next)):
		}
	}
}

func (s *Shop) advance(to int64) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if to <= s.world.Now() {
		return nil
	}
	s.world.Step(to, nil)
	if s.writer == nil || to%60 != 0 {
		return nil
	}
	if err := s.writer.Update(s.world); err != nil {
		return err
	}
	return truth.WriteIncidents(s.config.Truth, s.world.Config(), to)
}

// Handler serves /metrics, /truth, /incidents and /control.
func (s *Shop) Handler() http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collector{s})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /truth", s.serveTruth)
	mux.HandleFunc("GET /incidents", func(w http.ResponseWriter, _ *http.Request) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		answer(w, http.StatusOK, truth.Incidents(s.world.Config(), s.world.Now()))
	})
	mux.HandleFunc("POST /control", s.serveControl)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprint(w, index)
	})
	return mux
}

const index = `The demo shop.

GET  /metrics                      what Prometheus scrapes
GET  /truth?slo=ID&from=S&to=S     good and total events in [from, to), Unix seconds; &minutes=true lists them
GET  /incidents                    the named incidents so far
POST /control                      {"service":"payment","route":"/charge","errors":0.5,"latency":2,"traffic":1,"for":"10m"}
`

// Truth is the answer of /truth.
type Truth struct {
	SLO  string `json:"slo"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
	// Good and Total are the events in [From, To).
	Good  float64 `json:"good"`
	Total float64 `json:"total"`
	// Complete is false when the world had not begun at From or is not yet at To.
	Complete bool `json:"complete"`
	// Minutes are [good, total] of each minute, when asked for.
	Minutes [][2]float64 `json:"minutes,omitempty"`
}

func (s *Shop) serveTruth(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	from, errFrom := strconv.ParseInt(query.Get("from"), 10, 64)
	to, errTo := strconv.ParseInt(query.Get("to"), 10, 64)
	if errFrom != nil || errTo != nil || from%60 != 0 || to%60 != 0 || from > to {
		answer(w, http.StatusBadRequest, problem("from and to must be whole minutes in Unix seconds, from before to"))
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, meter := range s.world.Meters() {
		if meter.SLO == query.Get("slo") {
			answer(w, http.StatusOK, s.truth(meter, from, to, query.Get("minutes") == "true"))
			return
		}
	}
	answer(w, http.StatusNotFound, problem(fmt.Sprintf("no objective %q: the truth of these is known: %v", query.Get("slo"), s.known())))
}

func (s *Shop) truth(meter *model.Meter, from, to int64, list bool) Truth {
	origin, minutes := s.world.Config().Origin, meter.Minutes()
	end := origin + int64(len(minutes))*60
	result := Truth{SLO: meter.SLO, From: from, To: to, Complete: from >= origin && to <= end}
	for t := max(from, origin); t < min(to, end); t += 60 {
		minute := minutes[(t-origin)/60]
		result.Good += minute.Good
		result.Total += minute.Total
		if list {
			result.Minutes = append(result.Minutes, [2]float64{minute.Good, minute.Total})
		}
	}
	return result
}

func (s *Shop) known() []string {
	var names []string
	for _, meter := range s.world.Meters() {
		names = append(names, meter.SLO)
	}
	return names
}

// Control is the body of POST /control.
type Control struct {
	Service string  `json:"service"`
	Route   string  `json:"route"`
	Errors  float64 `json:"errors"`
	Latency float64 `json:"latency"`
	Traffic float64 `json:"traffic"`
	// For is how long it lasts, as a Go duration.
	For string `json:"for"`
}

func (c Control) incident(now int64) (model.Incident, error) {
	length, err := time.ParseDuration(c.For)
	switch {
	case err != nil || length < model.TickSeconds*time.Second || length > 24*time.Hour:
		return model.Incident{}, fmt.Errorf("for: %q is not a duration from 15s to 24h", c.For)
	case c.Errors < 0 || c.Errors > 1:
		return model.Incident{}, fmt.Errorf("errors: %g is not a share from 0 to 1", c.Errors)
	case c.Latency < 0 || c.Traffic < 0:
		return model.Incident{}, fmt.Errorf("latency and traffic are factors: they can't be negative")
	}
	return model.Incident{
		Name: fmt.Sprintf("control-%s-%d", c.Service, now), Kind: "control", From: now, To: now + int64(length.Seconds()),
		Effects: []model.Effect{{Service: c.Service, Route: c.Route, Errors: c.Errors, Code: 503, Latency: c.Latency, Traffic: c.Traffic}},
	}, nil
}

func (s *Shop) serveControl(w http.ResponseWriter, r *http.Request) {
	var control Control
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&control); err != nil {
		answer(w, http.StatusBadRequest, problem("the body is not a control: "+err.Error()))
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !s.world.Has(control.Service, control.Route) {
		answer(w, http.StatusBadRequest, problem(fmt.Sprintf("no service %q with route %q", control.Service, control.Route)))
		return
	}
	incident, err := control.incident(s.world.Now())
	if err != nil {
		answer(w, http.StatusBadRequest, problem(err.Error()))
		return
	}
	// First on disk, then in effect: a restart must find what the metrics already show.
	next := s.state
	next.World.Controls = append(next.World.Controls[:len(next.World.Controls):len(next.World.Controls)], incident)
	if err := state.Save(s.config.State, next); err != nil {
		answer(w, http.StatusInternalServerError, problem(err.Error()))
		return
	}
	s.state = next
	s.world.Disturb(incident)
	answer(w, http.StatusOK, incident)
}

func problem(message string) map[string]string { return map[string]string{"message": message} }

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
