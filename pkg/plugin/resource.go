package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
)

// readers are the organisation roles that may read: everyone who has one.
var readers = []string{"Viewer", "Editor", "Admin", "Grafana Admin"}

// forReaders passes a request on if its user has a role. Grafana checks that a user may call the plugin
// at all; what the user may do in it is checked here.
func forReaders(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user := backend.UserFromContext(r.Context())
		switch {
		case user == nil:
			writeError(w, http.StatusUnauthorized, "This needs a signed-in user or a service account; the request has none.")
		case !slices.Contains(readers, user.Role):
			writeError(w, http.StatusForbidden, "This needs the role Viewer, Editor or Admin. Ask an administrator of this organisation for one.")
		default:
			next(w, r)
		}
	}
}

// errorJSON is what every failed resource call answers.
type errorJSON struct {
	Message string `json:"message"`
}

func writeError(w http.ResponseWriter, status int, text string) {
	writeJSON(w, status, errorJSON{Message: text})
}

// fail answers with the error's own status, 500 unless it is a mistake in the request.
func fail(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	var mistake *queryError
	if errors.As(err, &mistake) {
		status = int(mistake.status)
	}
	writeError(w, status, err.Error())
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		log.DefaultLogger.Error("can't write an answer as JSON", "error", err)
		status, raw = http.StatusInternalServerError, []byte(`{"message":"The answer can't be written as JSON; see the plugin's log."}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if _, err := w.Write(raw); err != nil {
		log.DefaultLogger.Debug("an answer was not taken", "error", err)
	}
}

// maxBody bounds the body of a resource call in bytes.
const maxBody = 1 << 20

// decode reads a JSON body; expected says what it should hold.
func decode(w http.ResponseWriter, r *http.Request, into any, expected string) error {
	if r.Body == nil {
		return badQuery("the body is empty. Expected %s.", expected)
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return badQuery("the body is larger than %d KiB. Expected %s.", maxBody>>10, expected)
		}
		return badQuery("the body can't be read: %v. Expected %s.", err, expected)
	}
	return nil
}

// unknownRoute answers what no route matches.
func unknownRoute(known string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, fmt.Sprintf("There is no resource %s %s. Known: %s.", r.Method, r.URL.Path, known))
	}
}
