package plugin

import (
	"sync"
	"time"
)

// shared is an answer that many requests may use for a moment: however many people look at a page, Grafana is asked
// once, and not at the same time twice. The zero value is ready.
type shared[T any] struct {
	mu    sync.Mutex
	at    time.Time
	value T
}

// get gives the answer if it is younger than age, and reads a new one otherwise. A failure is not kept.
func (s *shared[T]) get(now time.Time, age time.Duration, read func() (T, error)) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.at.IsZero() && now.Sub(s.at) < age && !now.Before(s.at) {
		return s.value, nil
	}
	value, err := read()
	if err != nil {
		return value, err
	}
	s.value, s.at = value, now
	return value, nil
}
