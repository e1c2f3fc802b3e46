package server

import "net/http"

const orgName = "Main Org."

func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]any{"database": "ok", "version": s.cfg.Version, "commit": "preview"})
}

func (s *Server) org(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]any{
		"id": 1, "name": orgName,
		"address": map[string]string{"address1": "", "address2": "", "city": "", "zipCode": "", "state": "", "country": ""},
	})
}

// user answers GET /api/user, which a visitor without an account may not ask.
func (s *Server) user(w http.ResponseWriter, r *http.Request) error {
	who := identityFrom(r.Context())
	if who.anonymous || who.service {
		return &apiError{Status: http.StatusUnauthorized, Message: "Unauthorized"}
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"id": who.id, "login": who.login, "name": who.name, "email": who.email, "theme": "", "orgId": 1, "isGrafanaAdmin": who.role == RoleAdmin,
		"isDisabled": false, "isExternal": false, "isExternallySynced": false, "authLabels": []string{}, "avatarUrl": "",
		"createdAt": s.started, "updatedAt": s.started,
	})
}

// userPermissions answers GET /api/access-control/user/permissions: the scopes of each action.
func (s *Server) userPermissions(w http.ResponseWriter, r *http.Request) error {
	granted := map[string][]string{}
	for _, permission := range identityFrom(r.Context()).permissions {
		granted[permission.Action] = append(granted[permission.Action], permission.Scope)
	}
	return writeJSON(w, http.StatusOK, granted)
}
