package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

const maxRequestBody = 16 << 20

// handler is an HTTP handler whose error becomes Grafana's error body.
type handler func(w http.ResponseWriter, r *http.Request) error

// apiError is an error in the shape of Grafana's API.
type apiError struct {
	Status    int    `json:"statusCode,omitempty"`
	Message   string `json:"message"`
	MessageID string `json:"messageId,omitempty"`
	cause     error
}

// Error is the message that the caller sees, with the cause that only the log gets.
func (e *apiError) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %v", e.Message, e.cause)
	}
	return e.Message
}

// Unwrap gives the cause.
func (e *apiError) Unwrap() error { return e.cause }

func notFound(message string) error {
	return &apiError{Status: http.StatusNotFound, Message: message}
}

func badRequest(message string, cause error) error {
	return &apiError{Status: http.StatusBadRequest, Message: message, cause: cause}
}

func (s *Server) handle(next handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := next(w, r)
		if err == nil {
			return
		}
		var known *apiError
		if !errors.As(err, &known) {
			known = &apiError{Status: http.StatusInternalServerError, Message: "Internal Server Error", cause: err}
		}
		if known.Status >= http.StatusInternalServerError {
			s.cfg.Logger.Error("request failed", "method", r.Method, "path", r.URL.Path, "status", known.Status, "error", err)
		}
		if err := writeJSON(w, known.Status, known); err != nil {
			s.cfg.Logger.Debug("answer was not taken", "path", r.URL.Path, "error", err)
		}
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err = w.Write(content)
	return err
}

func readJSON(r *http.Request, into any) error {
	content, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxRequestBody))
	if err != nil {
		return badRequest("request body could not be read", err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		return badRequest("bad request data", err)
	}
	return nil
}
