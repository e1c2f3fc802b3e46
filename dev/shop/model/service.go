package model

import (
	"fmt"
	"math"
	"slices"
)

// Service is one service of the shop with its replicas. It is not safe for concurrent use.
type Service struct {
	spec
	number    uint64
	config    Config
	now       int64
	nextID    int
	instances []*instance
	gauge     *Series
	meters    []*Meter

	incidents []Incident
	pending   int
	active    []*Incident

	events     []event
	plannedDay int64
	generation uint64

	minute int64
	routes []routeState
}

// routeState is what a route's load depends on in the present tick.
type routeState struct {
	mean    float64
	errors  float64
	code    int
	latency float64
	traffic float64
	shape   *latencies
	shapeOf float64
}

// instance is a running replica.
type instance struct {
	name string
	// readyAt is the first time at which it answers scrapes again after a restart.
	readyAt int64
	routes  []*endpoint
}

// endpoint is a route of an instance.
type endpoint struct {
	codes     []*Series
	byCode    map[int]*Series
	histogram *histogram
}

// event is a planned change of a replica.
type event struct {
	at      int64
	replica int
	deploy  bool
}

func newService(config Config, spec spec, number uint64, incidents []Incident) *Service {
	s := &Service{spec: spec, number: number, config: config, now: config.Origin, minute: -1, routes: make([]routeState, len(spec.routes))}
	for _, meter := range meters() {
		if meter.service == spec.name {
			s.meters = append(s.meters, &meter)
		}
	}
	for _, incident := range incidents {
		s.addIncident(incident)
	}
	s.sortIncidents()
	s.plannedDay = config.Origin / day
	s.plan(s.plannedDay)
	s.events = slices.DeleteFunc(s.events, func(e event) bool { return e.at < config.Origin })
	s.instances = make([]*instance, spec.replicas)
	for replica := range s.instances {
		s.start(replica)
	}
	switch spec.name {
	case "search":
		s.gauge = s.newSeries(MetricIndexAge, Label{"instance", "search-indexer-0"}, Label{"service", spec.name})
	case "recommendations":
		s.gauge = s.newSeries(MetricQuality, Label{"instance", "recommendations-evaluator-0"}, Label{"service", spec.name})
	}
	if s.gauge != nil {
		s.gauge.Gauge = true
	}
	return s
}

// Name is the service's name, as in the service label.
func (s *Service) Name() string { return s.name }

// Now is the time of the last tick, in Unix seconds.
func (s *Service) Now() int64 { return s.now }

// SeriesCount is the number of series that ever were; their IDs are below it.
func (s *Service) SeriesCount() int { return s.nextID }

func (s *Service) addIncident(incident Incident) {
	touches := func(e Effect) bool { return e.Service == s.name }
	if incident.To <= s.config.Origin || !slices.ContainsFunc(incident.Effects, touches) {
		return
	}
	s.incidents = append(s.incidents, incident)
}

func (s *Service) sortIncidents() {
	slices.SortStableFunc(s.incidents, func(a, b Incident) int { return int(a.From - b.From) })
}

func (s *Service) disturb(incident Incident) {
	s.addIncident(incident)
	s.sortIncidents()
	// Start over: what lies before is dropped again by refreshActive.
	s.pending, s.active = 0, nil
}

// Step advances the service to time to; recorder may be nil.
func (s *Service) Step(to int64, recorder Recorder) {
	for s.now+TickSeconds <= to {
		s.tick(s.now+TickSeconds, recorder)
	}
}

func (s *Service) tick(t int64, recorder Recorder) {
	s.now = t
	s.runEvents(t, recorder)
	s.refreshActive(t)
	s.load(t)

	serving := 0
	for _, instance := range s.instances {
		if t > instance.readyAt {
			serving++
		}
	}
	for i := range s.routes {
		state := &s.routes[i]
		for replica, instance := range s.instances {
			if t <= instance.readyAt {
				continue
			}
			h := hash(s.config.Seed, 0x5e, s.number, uint64(i), uint64(replica), uint64(t))
			s.serve(instance.routes[i], i, arrivals(state.mean/float64(serving), h), mix(h))
		}
	}
	s.moveGauge(t)
	if recorder != nil {
		s.Each(func(series *Series) { recorder.Sample(s, series, t) })
	}
	if t%60 == 0 {
		for _, meter := range s.meters {
			meter.closeMinute()
		}
	}
}

// Each visits every series that a scrape at the present tick returns.
func (s *Service) Each(fn func(*Series)) {
	for _, instance := range s.instances {
		if s.now >= instance.readyAt {
			instance.each(fn)
		}
	}
	if s.gauge != nil {
		fn(s.gauge)
	}
}

func (i *instance) each(fn func(*Series)) {
	for _, endpoint := range i.routes {
		for _, series := range endpoint.codes {
			fn(series)
		}
		if endpoint.histogram != nil {
			endpoint.histogram.each(fn)
		}
	}
}

// serve lets an endpoint answer n requests of route i.
func (s *Service) serve(e *endpoint, i int, n int64, h uint64) {
	if n == 0 {
		return
	}
	route, state := &s.spec.routes[i], &s.routes[i]
	ordinary := portion(n, route.errors, uniform(h))
	h = mix(h)
	caused := portion(n-ordinary, state.errors, uniform(h))
	h = mix(h)
	missing := portion(n-ordinary-caused, route.missing, uniform(h))
	h = mix(h)
	u := uniform(h)

	s.count(e, i, 200, n-ordinary-caused-missing)
	s.count(e, i, 404, missing)
	s.count(e, i, 500, ordinary)
	s.count(e, i, state.code, caused)
	if s.histogram != noHistogram {
		if e.histogram == nil {
			e.histogram = s.newHistogram(s.instanceOf(e), route.name)
		}
		e.histogram.observe(n, state.shape, u)
	}
	for _, meter := range s.meters {
		if meter.route != "" && meter.route != route.name {
			continue
		}
		switch meter.measure {
		case measureAvailability:
			meter.current.Total += float64(n)
			meter.current.Good += float64(n - ordinary - caused)
		case measureClassic, measureNative:
			meter.current.Total += float64(n)
			meter.current.Good += float64(state.shape.within(s.histogram, meter.bound, n, u))
		}
	}
}

func (s *Service) count(e *endpoint, route, code int, n int64) {
	if n == 0 {
		return
	}
	series, ok := e.byCode[code]
	if !ok {
		series = s.addCode(e, s.instanceOf(e), s.spec.routes[route].name, code)
	}
	series.Value += float64(n)
}

func (s *Service) instanceOf(e *endpoint) string {
	for _, instance := range s.instances {
		if slices.Contains(instance.routes, e) {
			return instance.name
		}
	}
	return ""
}

// load works out each route's rate, errors and latency in the tick that ends at t. Rates and latencies
// change by the minute, incidents by the tick.
func (s *Service) load(t int64) {
	minute := (t - 1) / 60
	fresh := minute != s.minute
	s.minute = minute
	var rates [flows]float64
	if fresh {
		for f := range flows {
			rates[f] = rate(s.config.Seed, f, minute*60)
		}
	}
	for i := range s.routes {
		route, state := &s.spec.routes[i], &s.routes[i]
		traffic := state.traffic
		state.errors, state.code, state.latency, state.traffic = 0, 503, 1, 1
		s.applyIncidents(route.name, state, t)
		if fresh {
			state.mean = 0
			for f, calls := range route.calls {
				state.mean += calls * rates[f]
			}
			state.mean *= state.traffic
		} else if traffic != state.traffic {
			state.mean *= state.traffic / traffic
		}
		if s.histogram == noHistogram {
			continue
		}
		if fresh || state.latency != state.shapeOf {
			jitter := 0.96 + 0.08*uniform(hash(s.config.Seed, 0x1a, s.number, uint64(i), uint64(minute)))
			state.shapeOf = state.latency
			state.shape = newLatencies(s.histogram, route.median*state.latency*jitter, route.spread)
		}
	}
}

func (s *Service) applyIncidents(route string, state *routeState, t int64) {
	for _, incident := range s.active {
		for _, effect := range incident.Effects {
			if effect.Service != s.name || (effect.Route != "" && effect.Route != route) {
				continue
			}
			errors, active := effect.activeAt(incident, t)
			if !active {
				continue
			}
			if errors > 0 {
				state.errors = 1 - (1-state.errors)*(1-min(errors, 1))
				if effect.Code != 0 {
					state.code = effect.Code
				}
			}
			if effect.Latency > 0 {
				state.latency *= effect.Latency
			}
			if effect.Traffic > 0 {
				state.traffic *= effect.Traffic
			}
		}
	}
}

func (s *Service) refreshActive(t int64) {
	for s.pending < len(s.incidents) && s.incidents[s.pending].From < t {
		s.active = append(s.active, &s.incidents[s.pending])
		s.pending++
	}
	if len(s.active) > 0 {
		s.active = slices.DeleteFunc(s.active, func(i *Incident) bool { return i.To < t })
	}
}

// moveGauge sets the service's gauge, which changes by the minute, and counts its truth.
func (s *Service) moveGauge(t int64) {
	if s.gauge == nil {
		return
	}
	minute := (t - 1) / 60
	h := hash(s.config.Seed, 0x6a, s.number, uint64(minute))
	disturbed, since := 0.0, int64(0)
	for _, incident := range s.active {
		for _, effect := range incident.Effects {
			if effect.Service == s.name && effect.Gauge > 0 && minute*60 >= incident.From && minute*60 < incident.To {
				disturbed, since = effect.Gauge, minute*60-incident.From
			}
		}
	}
	switch s.gauge.Name {
	case MetricIndexAge:
		// The index is rebuilt every four minutes; now and then a rebuild takes longer.
		age := 20 + 60*float64(minute%4) + math.Round(15*uniform(h))
		if uniform(mix(h)) < 0.001 {
			age += 260
		}
		if disturbed > 0 {
			age += float64(since)
		}
		s.gauge.Value = age
	case MetricQuality:
		ratio := 0.94 + 0.008*bell(h) - disturbed
		s.gauge.Value = math.Round(min(max(ratio, 0), 1)*1e4) / 1e4
	}
	if t%60 != 0 {
		return
	}
	for _, meter := range s.meters {
		switch meter.measure {
		case measureThreshold:
			meter.current = Minute{Total: 1}
			if s.gauge.Value <= FreshnessLimit {
				meter.current.Good = 1
			}
		case measureRaw:
			meter.current = Minute{Good: s.gauge.Value, Total: 1}
		}
	}
}

func (s *Service) newSeries(name string, labels ...Label) *Series {
	slices.SortFunc(labels, func(a, b Label) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	series := &Series{ID: s.nextID, Name: name, Labels: labels}
	s.nextID++
	return series
}

func (s *Service) addCode(e *endpoint, instance, route string, code int) *Series {
	series := s.newSeries(MetricRequests, Label{"code", fmt.Sprint(code)}, Label{"instance", instance},
		Label{"route", route}, Label{"service", s.name})
	e.byCode[code] = series
	e.codes = append(e.codes, series)
	return series
}

func (s *Service) newHistogram(instance, route string) *histogram {
	labels := func(more ...Label) []Label {
		return append(more, Label{"instance", instance}, Label{"route", route}, Label{"service", s.name})
	}
	if s.histogram == nativeHistogram {
		series := s.newSeries(MetricDuration, labels()...)
		series.Native = &Native{}
		return &histogram{native: series}
	}
	h := &histogram{
		count: s.newSeries(MetricDuration+"_count", labels()...),
		sum:   s.newSeries(MetricDuration+"_sum", labels()...),
	}
	for _, bound := range append(slices.Clone(ClassicBounds), math.Inf(1)) {
		h.buckets = append(h.buckets, s.newSeries(MetricDuration+"_bucket", labels(Label{"le", BoundLabel(bound)})...))
	}
	return h
}
