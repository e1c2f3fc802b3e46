package server

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

const (
	// defaultContactPoint is the one of a fresh Grafana, which the root of the policy tree names.
	defaultContactPoint = "grafana-default-email"
	redacted            = "[REDACTED]"
)

// contactPoint is one integration of a contact point; those with the same name form one.
type contactPoint struct {
	UID                   string         `json:"uid"`
	Name                  string         `json:"name"`
	Type                  string         `json:"type"`
	Settings              map[string]any `json:"settings"`
	DisableResolveMessage bool           `json:"disableResolveMessage"`
	Provenance            string         `json:"provenance,omitempty"`
}

// contactTypes are Grafana's integrations: what each can't do without, and which settings it never shows again.
var contactTypes = map[string]struct{ required, secret []string }{
	"alertmanager": {required: []string{"url"}, secret: []string{"basicAuthPassword"}},
	"dingding":     {required: []string{"url"}},
	"discord":      {required: []string{"url"}, secret: []string{"url"}},
	"email":        {required: []string{"addresses"}},
	"googlechat":   {required: []string{"url"}, secret: []string{"url"}},
	"kafka":        {required: []string{"kafkaRestProxy", "kafkaTopic"}, secret: []string{"password"}},
	"line":         {required: []string{"token"}, secret: []string{"token"}},
	"oncall":       {required: []string{"url"}, secret: []string{"password", "authorization_credentials"}},
	"opsgenie":     {required: []string{"apiKey"}, secret: []string{"apiKey"}},
	"pagerduty":    {required: []string{"integrationKey"}, secret: []string{"integrationKey"}},
	"pushover":     {required: []string{"apiToken", "userKey"}, secret: []string{"apiToken", "userKey"}},
	"sensugo":      {required: []string{"url", "apikey"}, secret: []string{"apikey"}},
	"slack":        {secret: []string{"url", "token"}},
	"teams":        {required: []string{"url"}},
	"telegram":     {required: []string{"bottoken", "chatid"}, secret: []string{"bottoken"}},
	"threema":      {required: []string{"gateway_id", "recipient_id", "api_secret"}, secret: []string{"api_secret"}},
	"victorops":    {required: []string{"url"}, secret: []string{"url"}},
	"webex":        {required: []string{"room_id", "bot_token"}, secret: []string{"bot_token"}},
	"webhook":      {required: []string{"url"}, secret: []string{"password", "authorization_credentials"}},
	"wecom":        {secret: []string{"url", "secret"}},
}

func (p *contactPoint) validate() error {
	refuse := func(reason string) error { return badRequest("invalid object specification: "+reason, nil) }
	if p.Name == "" {
		return refuse("contact point name should not be empty")
	}
	if p.Type == "" {
		return refuse("type should not be an empty string")
	}
	if p.Settings == nil {
		return refuse("settings should not be empty")
	}
	kind, ok := contactTypes[p.Type]
	if !ok {
		return refuse(fmt.Sprintf("unknown contact point type %q: known are %v", p.Type, slices.Sorted(maps.Keys(contactTypes))))
	}
	for _, name := range kind.required {
		if text, _ := p.Settings[name].(string); text == "" {
			return refuse(fmt.Sprintf("failed to validate integration %q of type %q: required field '%s' is not specified", p.Name, p.Type, name))
		}
	}
	return nil
}

// shown is the contact point without its secrets.
func (p *contactPoint) shown() contactPoint {
	shown := *p
	shown.Settings = maps.Clone(p.Settings)
	for _, name := range contactTypes[p.Type].secret {
		if text, _ := shown.Settings[name].(string); text != "" {
			shown.Settings[name] = redacted
		}
	}
	return shown
}

// addDefaultContactPoint gives a fresh host what a fresh Grafana has.
func (s *state) addDefaultContactPoint() {
	if s.ContactPoints == nil {
		s.ContactPoints = []*contactPoint{{Name: defaultContactPoint, Type: "email", Settings: map[string]any{"addresses": "<example@email.com>"}}}
	}
}

func (s *Server) listContactPoints(w http.ResponseWriter, r *http.Request) error {
	name, found := r.URL.Query().Get("name"), []contactPoint{}
	s.store.read(func(state *state) {
		for _, point := range state.ContactPoints {
			if name == "" || point.Name == name {
				found = append(found, point.shown())
			}
		}
	})
	slices.SortStableFunc(found, func(a, b contactPoint) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.UID, b.UID)) })
	return writeJSON(w, http.StatusOK, found)
}

func (s *Server) postContactPoint(w http.ResponseWriter, r *http.Request) error {
	var point contactPoint
	if err := readJSON(r, &point); err != nil {
		return err
	}
	point.Provenance = provenanceOf(r)
	if err := point.validate(); err != nil {
		return err
	}
	if point.UID == "" {
		point.UID = newUID()
	}
	err := s.store.change(func(state *state) error {
		for _, other := range state.ContactPoints {
			if other.UID == point.UID {
				return &apiError{Status: http.StatusInternalServerError, Message: fmt.Sprintf("receiver configuration with UID '%s' already exist in contact point '%s'. "+
					"Please use unique identifiers for receivers across all contact points", other.UID, other.Name)}
			}
		}
		state.ContactPoints = append(slices.Clone(state.ContactPoints), &point)
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, point.shown())
}

func (s *Server) putContactPoint(w http.ResponseWriter, r *http.Request) error {
	var point contactPoint
	if err := readJSON(r, &point); err != nil {
		return err
	}
	point.UID, point.Provenance = r.PathValue("uid"), provenanceOf(r)
	err := s.store.change(func(state *state) error {
		at := slices.IndexFunc(state.ContactPoints, func(p *contactPoint) bool { return p.UID == point.UID })
		if at < 0 {
			return notFound(fmt.Sprintf("object not found: contact point with uid '%s' not found", point.UID))
		}
		old := state.ContactPoints[at]
		for _, secret := range contactTypes[point.Type].secret {
			if point.Settings[secret] == redacted {
				point.Settings[secret] = old.Settings[secret]
			}
		}
		if err := point.validate(); err != nil {
			return err
		}
		if old.Provenance != point.Provenance && old.Provenance != provenanceNone {
			return provenanceMismatch("update", point.Provenance, old.Provenance)
		}
		if old.Name != point.Name {
			if err := state.mayLoseContactPoint(old); err != nil {
				return err
			}
		}
		state.ContactPoints = slices.Clone(state.ContactPoints)
		state.ContactPoints[at] = &point
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, map[string]any{"message": "contactpoint updated"})
}

// deleteContactPoint answers the same for one that is not there, as Grafana does.
func (s *Server) deleteContactPoint(w http.ResponseWriter, r *http.Request) error {
	uid := r.PathValue("uid")
	err := s.store.change(func(state *state) error {
		at := slices.IndexFunc(state.ContactPoints, func(p *contactPoint) bool { return p.UID == uid })
		if at < 0 {
			return nil
		}
		old := state.ContactPoints[at]
		if old.Provenance == provenanceFile {
			return provenanceMismatch("delete", provenanceOf(r), old.Provenance)
		}
		if err := state.mayLoseContactPoint(old); err != nil {
			return err
		}
		state.ContactPoints = slices.Delete(slices.Clone(state.ContactPoints), at, at+1)
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, map[string]any{"message": "contactpoint deleted"})
}

// mayLoseContactPoint refuses when the last integration of a name goes that somebody refers to.
func (s *state) mayLoseContactPoint(point *contactPoint) error {
	for _, other := range s.ContactPoints {
		if other != point && other.Name == point.Name {
			return nil
		}
	}
	if point.Name == defaultContactPoint {
		return &apiError{
			Status: http.StatusConflict, MessageID: "alerting.notifications.contact-points.referenced", Message: "Contact point is currently referenced by a notification policy.",
		}
	}
	for _, rule := range s.AlertRules {
		if rule.NotificationSettings != nil && rule.NotificationSettings.Receiver == point.Name {
			return &apiError{
				Status: http.StatusConflict, MessageID: "alerting.notifications.contact-points.used-by-rule",
				Message: "Contact point is currently used in the notification settings of one or many alert rules.",
			}
		}
	}
	return nil
}

// policies answers the tree of a fresh Grafana: one default route, which the preview does not let anybody change.
func (s *Server) policies(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]any{"receiver": defaultContactPoint, "group_by": []string{"grafana_folder", "alertname"}})
}

func (s *Server) muteTimings(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, []any{})
}
