package server

import (
	"context"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// Role is a basic role of Grafana.
type Role string

// The basic roles, from most to least. RoleNone is a service account's: it has the permissions given to it and no other.
const (
	RoleAdmin  Role = "Admin"
	RoleEditor Role = "Editor"
	RoleViewer Role = "Viewer"
	RoleNone   Role = "None"
)

func (r Role) valid() bool {
	return slices.Contains([]Role{RoleAdmin, RoleEditor, RoleViewer, RoleNone}, r)
}

// includes is true when r may do all that other may.
func (r Role) includes(other Role) bool {
	rank := map[Role]int{RoleNone: 0, RoleViewer: 1, RoleEditor: 2, RoleAdmin: 3}
	return rank[r] >= rank[other]
}

// Permission is an action and where it may be done, in the words of Grafana's access control.
type Permission struct {
	Action string `json:"action"`
	Scope  string `json:"scope,omitempty"`
}

const (
	actionDataSourcesRead   = "datasources:read"
	actionDataSourcesQuery  = "datasources:query"
	actionDataSourcesCreate = "datasources:create"
	actionDataSourcesWrite  = "datasources:write"
	actionDataSourcesDelete = "datasources:delete"
	actionDashboardsRead    = "dashboards:read"
	actionFoldersRead       = "folders:read"
	actionFoldersCreate     = "folders:create"
	actionFoldersWrite      = "folders:write"
	actionFoldersDelete     = "folders:delete"
	actionAnnotationsRead   = "annotations:read"
	actionAnnotationsCreate = "annotations:create"
	actionAnnotationsWrite  = "annotations:write"
	actionAnnotationsDelete = "annotations:delete"
	actionAppAccess         = "plugins.app:access"
	actionAppWrite          = "plugins:write"
	actionOrgsRead          = "orgs:read"
)

// basicPermissions are what open source Grafana grants to each basic role, of the actions that the host knows.
var basicPermissions = []struct {
	role Role
	Permission
}{
	{RoleViewer, Permission{actionDataSourcesRead, "datasources:*"}},
	{RoleViewer, Permission{actionDataSourcesQuery, "datasources:*"}},
	{RoleViewer, Permission{actionDashboardsRead, "dashboards:*"}},
	{RoleViewer, Permission{actionFoldersRead, "folders:*"}},
	{RoleViewer, Permission{actionAnnotationsRead, "annotations:*"}},
	{RoleViewer, Permission{actionAppAccess, "plugins:*"}},
	{RoleViewer, Permission{actionOrgsRead, ""}},
	{RoleEditor, Permission{actionFoldersCreate, "folders:*"}},
	{RoleEditor, Permission{actionFoldersWrite, "folders:*"}},
	{RoleEditor, Permission{actionFoldersDelete, "folders:*"}},
	{RoleEditor, Permission{actionAnnotationsCreate, "annotations:*"}},
	{RoleEditor, Permission{actionAnnotationsWrite, "annotations:*"}},
	{RoleEditor, Permission{actionAnnotationsDelete, "annotations:*"}},
	{RoleEditor, Permission{"datasources:explore", ""}},
	{RoleAdmin, Permission{actionDataSourcesCreate, ""}},
	{RoleAdmin, Permission{actionDataSourcesWrite, "datasources:*"}},
	{RoleAdmin, Permission{actionDataSourcesDelete, "datasources:*"}},
	{RoleAdmin, Permission{actionAppWrite, "plugins:*"}},
}

// identity is who asks: a user, a visitor, or a plugin's service account.
type identity struct {
	id          int64
	login       string
	name        string
	email       string
	role        Role
	anonymous   bool
	service     bool
	permissions []Permission
}

func (i *identity) backendUser() *backend.User {
	return &backend.User{Login: i.login, Name: i.name, Email: i.email, Role: string(i.role)}
}

// may is true when a permission of the identity covers the action on the scope. An empty scope asks for the action
// wherever it is granted, which is how Grafana guards listings.
func (i *identity) may(action, scope string) bool {
	return slices.ContainsFunc(i.permissions, func(p Permission) bool {
		return p.Action == action && (scope == "" || covers(p.Scope, scope))
	})
}

// covers matches a granted scope such as "datasources:*" or "datasources:uid:*" with one such as "datasources:uid:x".
func covers(granted, asked string) bool {
	if prefix, ok := strings.CutSuffix(granted, "*"); ok {
		return strings.HasPrefix(asked, prefix)
	}
	return granted == asked
}

// users are the accounts that a fresh preview has; each one's password is its login.
var users = []identity{
	{id: 1, login: "admin", name: "admin", email: "admin@localhost", role: RoleAdmin},
	{id: 2, login: "editor", name: "Editor", email: "editor@localhost", role: RoleEditor},
	{id: 3, login: "viewer", name: "Viewer", email: "viewer@localhost", role: RoleViewer},
}

const serviceAccountID = 100

type identityKey struct{}

func identityFrom(ctx context.Context) *identity {
	who, ok := ctx.Value(identityKey{}).(*identity)
	if !ok {
		return &identity{role: RoleNone}
	}
	return who
}

// permissionsOf are those of a basic role, with what installed plugins grant to it.
func (s *Server) permissionsOf(role Role) []Permission {
	var granted []Permission
	for _, entry := range slices.Concat(basicPermissions, alertingPermissions) {
		if role.includes(entry.role) {
			granted = append(granted, entry.Permission)
		}
	}
	for _, plugin := range s.plugins {
		for _, registered := range plugin.Roles {
			if slices.ContainsFunc(registered.Grants, role.includes) {
				granted = append(granted, registered.Role.Permissions...)
			}
		}
	}
	return granted
}

// authenticate finds out who asks. A wrong credential is an error even where a visitor without any would be let in.
func (s *Server) authenticate(r *http.Request) (*identity, *apiError) {
	if login, password, ok := r.BasicAuth(); ok {
		for _, user := range users {
			if user.login == login && subtle.ConstantTimeCompare([]byte(password), []byte(login)) == 1 {
				user.permissions = s.permissionsOf(user.role)
				return &user, nil
			}
		}
		return nil, &apiError{Status: http.StatusUnauthorized, Message: "Invalid username or password", MessageID: "password-auth.failed"}
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		for id, secret := range s.secrets {
			if subtle.ConstantTimeCompare([]byte(token), []byte(secret)) != 1 {
				continue
			}
			login := "sa-1-extsvc-" + id
			return &identity{id: serviceAccountID, login: login, name: "extsvc-" + id, role: RoleNone, service: true, permissions: s.byID[id].IAM.Permissions}, nil
		}
		return nil, &apiError{Status: http.StatusUnauthorized, Message: "Invalid API key", MessageID: "api-key.invalid"}
	}
	if s.cfg.AnonymousRole == RoleNone {
		return nil, &apiError{Status: http.StatusUnauthorized, Message: "Unauthorized", MessageID: "session.token.missing"}
	}
	return &identity{role: s.cfg.AnonymousRole, anonymous: true, permissions: s.permissionsOf(s.cfg.AnonymousRole)}, nil
}

// scopeOf names what a request wants to touch, from its path values.
type scopeOf func(*http.Request) string

func anywhere(*http.Request) string { return "" }

func scopeOfDataSource(r *http.Request) string { return "datasources:uid:" + r.PathValue("uid") }

func scopeOfPlugin(r *http.Request) string { return "plugins:id:" + r.PathValue("id") }

func scopeOfFolder(r *http.Request) string { return "folders:uid:" + r.PathValue("uid") }

func scopeOfDashboard(r *http.Request) string { return "dashboards:uid:" + r.PathValue("uid") }

func scopeOfAnnotations(*http.Request) string { return "annotations:type:organization" }

// allow guards a handler with one permission.
func allow(action string, scope scopeOf, next handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !identityFrom(r.Context()).may(action, scope(r)) {
			return denied("Permissions needed: " + action)
		}
		return next(w, r)
	}
}
