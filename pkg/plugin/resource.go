package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
)

// role is an organisation role of Grafana; a higher one may do what a lower one may.
type role int

const (
	roleNone role = iota
	roleViewer
	roleEditor
	roleAdmin
)

var roles = map[string]role{"Viewer": roleViewer, "Editor": roleEditor, "Admin": roleAdmin, "Grafana Admin": roleAdmin}

var roleNames = map[role]string{roleViewer: "Viewer", roleEditor: "Editor", roleAdmin: "Admin"}

// allow passes a request on if its user has at least the role. Grafana checks that a user may call the
// plugin at all; what the user may do in it is checked here.
func allow(least role, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user := backend.UserFromContext(r.Context())
		switch {
		case user == nil:
			writeError(w, http.StatusUnauthorized, "This needs a signed-in user or a service account; the request has none.")
		case roles[user.Role] < least:
			writeError(w, http.StatusForbidden, fmt.Sprintf("This needs the role %s; you are %s. Ask an administrator of this organisation.", roleNames[least], roleText(user.Role)))
		default:
			next(w, r)
		}
	}
}

func roleText(name string) string {
	if roles[name] == roleNone {
		return "without a role"
	}
	return name
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
