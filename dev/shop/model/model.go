// Package model is the demo shop's world: ten services, three user journeys, deployments, restarts and
// incidents, as integer counts per tick that follow from a seed and the time alone. History and live
// traffic are the same calculation, so counters continue seamlessly from one to the other, and the
// exact truth of every objective is known without asking any metrics system.
//
// Times are Unix seconds, rates are requests a tick, latencies are seconds, shares are fractions.
package model

import (
	"fmt"
	"time"
)

// TickSeconds is the resolution: every counter changes at multiples of it only.
const TickSeconds = 15

// TicksPerMinute is the number of ticks in a truth minute.
const TicksPerMinute = 60 / TickSeconds

// cycle is the period after which the named incidents come again, so that a demo that is kept for
// months does not end in everlasting peace.
const cycle = 30 * 24 * 3600

// Config fixes a world.
type Config struct {
	// Seed selects the random numbers.
	Seed uint64 `json:"seed"`
	// Origin is where the world begins (Unix seconds, a multiple of 60); all counters are zero there.
	Origin int64 `json:"origin"`
	// Anchor is the time that the named incidents are placed before: the end of the first history.
	Anchor int64 `json:"anchor"`
	// Controls are the disturbances that somebody asked for.
	Controls []Incident `json:"controls,omitempty"`
}

func (c Config) validate() error {
	switch {
	case c.Origin%60 != 0:
		return fmt.Errorf("origin %d is not a whole minute: round it down to a multiple of 60", c.Origin)
	case c.Anchor <= c.Origin:
		return fmt.Errorf("anchor %d is not after the origin %d", c.Anchor, c.Origin)
	}
	return nil
}

// World is the state of all services after a tick.
type World struct {
	config   Config
	services []*Service
}

// New makes the world as it is at its origin.
func New(config Config) (*World, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	world := &World{config: config}
	incidents := Incidents(config)
	for i, spec := range specs() {
		world.services = append(world.services, newService(config, spec, uint64(i+1), incidents))
	}
	return world, nil
}

// Config returns what the world was made from.
func (w *World) Config() Config { return w.config }

// Services are independent of each other: each may be stepped by its own goroutine.
func (w *World) Services() []*Service { return w.services }

// Now is the time of the last tick, in Unix seconds.
func (w *World) Now() int64 { return w.services[0].now }

// Step advances every service to time to (a multiple of TickSeconds). recorder may be nil.
func (w *World) Step(to int64, recorder Recorder) {
	for _, service := range w.services {
		service.Step(to, recorder)
	}
}

// Disturb adds an incident from the control API. It must begin in the future of every service.
func (w *World) Disturb(incident Incident) {
	w.config.Controls = append(w.config.Controls, incident)
	for _, service := range w.services {
		service.disturb(incident)
	}
}

// Meters are the truths of all objectives that the model knows, in a stable order.
func (w *World) Meters() []*Meter {
	var meters []*Meter
	for _, service := range w.services {
		meters = append(meters, service.meters...)
	}
	return meters
}

// LastTick is the newest tick at or before t.
func LastTick(t time.Time) int64 {
	s := t.Unix()
	return s - s%TickSeconds
}

// Has reports whether a service exists, and has the route if one is named.
func (w *World) Has(service, route string) bool {
	for _, s := range w.services {
		if s.name != service {
			continue
		}
		if route == "" {
			return true
		}
		for _, r := range s.spec.routes {
			if r.name == route {
				return true
			}
		}
	}
	return false
}
