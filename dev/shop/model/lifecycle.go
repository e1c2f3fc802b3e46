package model

import (
	"fmt"
	"slices"
)

const (
	// rolloutSeconds is the pause between two replicas of a rolling deployment.
	rolloutSeconds = 60
	// restartSeconds is how long a crashed replica answers nothing. Its first scrape afterwards shows
	// zero, so that a reset is visible even to those who see nothing but samples.
	restartSeconds = 2 * TickSeconds
)

// plan adds the deployments and restarts of a day.
func (s *Service) plan(date int64) {
	h := hash(s.config.Seed, 0xde, s.number, uint64(date))
	weekday := date % 7
	const saturday, sunday = 2, 3
	if weekday != saturday && weekday != sunday && uniform(h) < 0.3 {
		at := date*day + 9*hour + int64(uniform(mix(h))*7*hour)
		s.deploy(at - at%TickSeconds)
	}
	for replica := range s.replicas {
		h := hash(h, 0xc4, uint64(replica))
		if uniform(h) < s.restarts {
			at := date*day + int64(uniform(mix(h))*(day-600))
			s.events = append(s.events, event{at: at - at%TickSeconds, replica: replica})
		}
	}
	for _, incident := range s.incidents {
		if incident.Kind != "bad deployment" || incident.Effects[0].Service != s.name {
			continue
		}
		for _, at := range []int64{incident.From, incident.To} {
			if at/day == date {
				s.deploy(at - at%TickSeconds)
			}
		}
	}
	slices.SortStableFunc(s.events, func(a, b event) int { return int(a.at - b.at) })
}

func (s *Service) deploy(at int64) {
	for replica := range s.replicas {
		s.events = append(s.events, event{at: at + int64(replica)*rolloutSeconds, replica: replica, deploy: true})
	}
}

// runEvents changes replicas before the tick that ends at t.
func (s *Service) runEvents(t int64, recorder Recorder) {
	// Rollouts may reach into the next day: plan it some minutes ahead.
	if date := (t + 600) / day; date > s.plannedDay {
		s.plannedDay = date
		s.plan(date)
	}
	for len(s.events) > 0 && s.events[0].at < t {
		e := s.events[0]
		s.events = s.events[1:]
		old := s.instances[e.replica]
		if recorder != nil && old.readyAt < t {
			old.each(func(series *Series) { recorder.Gone(s, series, t) })
		}
		if e.deploy {
			s.start(e.replica)
			continue
		}
		old.each((*Series).reset)
		old.readyAt = e.at + restartSeconds
	}
}

// start replaces a replica with a new instance under a new name.
func (s *Service) start(replica int) {
	s.generation++
	name := fmt.Sprintf("%s-%05x-%d", s.name, hash(s.config.Seed, 0x9e, s.number, s.generation)&0xfffff, replica)
	fresh := &instance{name: name}
	s.instances[replica] = fresh
	for _, route := range s.spec.routes {
		e := &endpoint{byCode: map[int]*Series{}}
		fresh.routes = append(fresh.routes, e)
		if s.lazy {
			continue
		}
		for _, code := range []int{200, 404, 500, 503} {
			if code != 404 || route.missing > 0 {
				s.addCode(e, name, route.name, code)
			}
		}
		if s.histogram != noHistogram {
			e.histogram = s.newHistogram(name, route.name)
		}
	}
}
