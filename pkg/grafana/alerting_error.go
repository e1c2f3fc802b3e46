package grafana

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/source"
)

// ErrorKind says why Grafana's API did not do what was asked.
type ErrorKind string

// The kinds of failure of Grafana's API.
const (
	// KindNoToken: the plugin has no token yet.
	KindNoToken ErrorKind = "no token"
	// KindUnauthorized: Grafana does not accept the token.
	KindUnauthorized ErrorKind = "token refused"
	// KindForbidden: the service account lacks a permission.
	KindForbidden ErrorKind = "permission missing"
	// KindMissing: the object, or the whole API, is not there.
	KindMissing ErrorKind = "not found"
	// KindConflict: it exists already, or somebody changed it meanwhile.
	KindConflict ErrorKind = "conflict"
	// KindRejected: Grafana holds the request to be wrong.
	KindRejected ErrorKind = "rejected"
	// KindRateLimited: too many requests.
	KindRateLimited ErrorKind = "rate limited"
	// KindServer: Grafana failed.
	KindServer ErrorKind = "Grafana failed"
	// KindUnreachable: no answer, or one that broke off.
	KindUnreachable ErrorKind = "unreachable"
	// KindTimeout: no answer in time.
	KindTimeout ErrorKind = "timeout"
	// KindMalformed: the answer is not Grafana's.
	KindMalformed ErrorKind = "malformed answer"
)

// APIError is a request that Grafana's API did not fulfil, in words for the person who must mend it.
type APIError struct {
	Kind ErrorKind
	// Operation is what was asked: "create alert rule bl-1".
	Operation string
	// Status is the HTTP status, 0 without an answer.
	Status int
	// Message says what happened, Remedy what to do.
	Message, Remedy string
	// RetryAfter is the pause that Grafana asked for; 0 if it did not.
	RetryAfter time.Duration
	Err        error
}

// Error is one sentence with the operation, the kind, what happened and the remedy.
func (e *APIError) Error() string {
	text := fmt.Sprintf("%s: %s: %s", e.Operation, e.Kind, e.Message)
	if e.Remedy != "" {
		text += " (" + e.Remedy + ")"
	}
	return text
}

// Unwrap gives the cause.
func (e *APIError) Unwrap() error { return e.Err }

// KindOf is the kind of an APIError anywhere in err, "" for any other error and for none.
func KindOf(err error) ErrorKind {
	var failed *APIError
	if errors.As(err, &failed) {
		return failed.Kind
	}
	return ""
}

// Passing reports whether err may pass by itself, so that a repetition makes sense.
func Passing(err error) bool {
	switch KindOf(err) {
	case KindRateLimited, KindServer, KindUnreachable, KindTimeout:
		return true
	}
	return false
}

// operation is what is asked of Grafana, and the permission that it needs.
type operation struct{ what, permission string }

// refusal is an answer with an error status.
type refusal struct {
	status     int
	message    string
	retryAfter time.Duration
}

func (r *refusal) Error() string { return r.message }

// readRefusal takes an error answer apart: Grafana writes {"message"}, its older alerting parts {"error"} besides.
func readRefusal(response *http.Response, body []byte, now time.Time) *refusal {
	var wire struct {
		Message string `json:"message"`
		Error   string `json:"error"`
	}
	_ = json.Unmarshal(body, &wire)
	message := wire.Message
	if wire.Error != "" && !strings.Contains(message, wire.Error) {
		message = strings.TrimPrefix(message+": "+wire.Error, ": ")
	}
	if message == "" {
		message = fmt.Sprintf("%d %s", response.StatusCode, http.StatusText(response.StatusCode))
	}
	return &refusal{status: response.StatusCode, message: message, retryAfter: retryAfter(response.Header.Get("Retry-After"), now)}
}

// retryAfter reads the header's two forms: seconds, or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// explain turns whatever the transport or the generated client answers into an APIError. The caller's own cancellation
// stays what it is.
func explain(caller, ctx context.Context, cfg Config, op operation, err error) error {
	var refused *refusal
	var inner *APIError
	var unsigned *source.Error
	failed := &APIError{Operation: op.what, Err: err}
	switch {
	case err == nil:
		return nil
	case errors.As(err, &inner):
		failed.Kind, failed.Message, failed.Remedy, failed.Err = inner.Kind, inner.Message, inner.Remedy, inner.Err
	case errors.Is(err, ErrNoToken):
		failed.Kind, failed.Message = KindNoToken, ErrNoToken.Error()
	case errors.As(err, &unsigned):
		// The transport did not sign the request: the token could not be had, or would have left Grafana.
		failed.Kind, failed.Message, failed.Remedy = KindMalformed, unsigned.Message, unsigned.Remedy
		if unsigned.Err != nil {
			failed.Kind = KindNoToken
		}
	case errors.As(err, &refused):
		failed.Status, failed.Message, failed.RetryAfter, failed.Err = refused.status, refused.message, refused.retryAfter, nil
		failed.Kind, failed.Remedy = judge(refused, op)
	case caller.Err() != nil:
		return caller.Err()
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		failed.Kind, failed.Message, failed.Remedy = KindTimeout, fmt.Sprintf("Grafana did not answer within %s", cfg.Timeout), "check Grafana's load"
	case errors.Is(err, errUnanswered):
		failed.Kind, failed.Message = KindUnreachable, "Grafana cannot be reached: "+err.Error()
		failed.Remedy = "check root_url in grafana.ini; the plugin must reach Grafana at it"
	default:
		failed.Kind, failed.Message = KindMalformed, "the answer is not that of Grafana's API: "+err.Error()
		failed.Remedy = "check that " + cfg.URL + " is Grafana's root URL and that no login page stands before it"
	}
	return failed
}

// judge is the kind of an error status and what to do about it.
func judge(r *refusal, op operation) (kind ErrorKind, remedy string) {
	switch {
	case r.status == http.StatusUnauthorized:
		return KindUnauthorized, "enable the app (while it is disabled, so is its managed service account), restart Grafana to renew that account, or put a valid service account token into the app's settings"
	case r.status == http.StatusForbidden && strings.Contains(strings.ToLower(r.message), "quota"):
		return KindForbidden, "raise the quota of alert rules in grafana.ini, or delete rules"
	case r.status == http.StatusForbidden:
		if op.permission == "" {
			return KindForbidden, "give the plugin's service account the permission that Grafana names"
		}
		return KindForbidden, "give the plugin's service account the permission " + op.permission + ", or the role Editor"
	case r.status == http.StatusNotFound:
		return KindMissing, "if it exists in Grafana's pages, this Grafana is without that API: enable unified_alerting, or upgrade Grafana"
	case r.status == http.StatusConflict || r.status == http.StatusPreconditionFailed:
		return KindConflict, "somebody else changed it at the same time, or it is provisioned in another way; look at it in Grafana"
	case r.status == http.StatusTooManyRequests:
		return KindRateLimited, "it is tried again"
	case r.status/100 == 5:
		return KindServer, "look into Grafana's log"
	}
	return KindRejected, "mend what Grafana names"
}
