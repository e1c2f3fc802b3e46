// Package source holds what every SLI reader has in common: the answer's shape and the errors' kinds.
// One sub-package per kind of data source reads indicators into buckets.
package source

import (
	"errors"
	"fmt"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// Result is what a reader answers for one definition and span.
type Result struct {
	// Buckets covers the asked span completely, oldest first: each bucket is measured, no traffic or no data.
	Buckets []budget.Bucket
	// Warnings are the source's own words (partial answers, limits), deduplicated, in the order met.
	Warnings []string
	// Stats is what the reading cost the source.
	Stats Stats
}

// Stats is the cost of a reading.
type Stats struct {
	// Queries is the number of requests answered, retries included.
	Queries int
	// Samples is the number of samples that the source says it read; 0 if it does not say.
	Samples int64
	// Duration is the wall time spent waiting for the source.
	Duration time.Duration
}

// ErrorKind classifies a failed reading.
type ErrorKind string

// The kinds of failure. Unreachable, Timeout, ServerError, RateLimited and Malformed may pass by
// themselves and are retried; the others need a person.
const (
	KindUnreachable ErrorKind = "unreachable"
	KindTimeout     ErrorKind = "timeout"
	KindServerError ErrorKind = "server error"
	KindRateLimited ErrorKind = "rate limited"
	KindMalformed   ErrorKind = "malformed answer"
	KindBadQuery    ErrorKind = "bad query"
	KindDenied      ErrorKind = "permission denied"
	KindNotFound    ErrorKind = "data source not found"
	KindLimit       ErrorKind = "limit exceeded"
)

// Error is a failed reading, in words for the person who must mend it.
type Error struct {
	Kind ErrorKind
	// Source is the data source's UID.
	Source string
	// Message says what happened, Remedy what to do.
	Message, Remedy string
	// RetryAfter is the pause that the source asked for; 0 if it did not.
	RetryAfter time.Duration
	Err        error
}

// Error is one sentence with the source, the kind, what happened and the remedy.
func (e *Error) Error() string {
	text := fmt.Sprintf("data source %q: %s: %s", e.Source, e.Kind, e.Message)
	if e.Remedy != "" {
		text += " (" + e.Remedy + ")"
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Retryable reports whether err may pass by itself.
func Retryable(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Kind {
	case KindUnreachable, KindTimeout, KindServerError, KindRateLimited, KindMalformed:
		return true
	}
	return false
}
