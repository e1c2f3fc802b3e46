package server

import (
	"maps"
	"net/http"
	"time"
)

// pluginSettings answers GET /api/plugins/:id/settings: the manifest's view together with an app's saved settings.
func (s *Server) pluginSettings(w http.ResponseWriter, r *http.Request) error {
	plugin, ok := s.byID[r.PathValue("id")]
	if !ok {
		return &apiError{Status: http.StatusNotFound, Message: "Plugin not found, no installed plugin with that id", MessageID: "plugin.notFound"}
	}
	dto := map[string]any{
		"id": plugin.ID, "type": plugin.Type, "name": plugin.Name, "info": plugin.info(), "includes": plugin.Includes,
		"dependencies": plugin.Dependencies, "module": plugin.module(), "baseUrl": plugin.baseURL(), "defaultNavUrl": defaultNavURL(plugin),
		"enabled": true, "pinned": false, "jsonData": map[string]any{}, "secureJsonFields": map[string]bool{}, "autoEnabled": plugin.AutoEnabled,
		"latestVersion": "", "hasUpdate": false, "state": "", "signature": "unsigned", "signatureType": "", "signatureOrg": "",
		"angularDetected": false, "loadingStrategy": "fetch",
	}
	if app := s.appSettings(plugin.ID); app != nil {
		secure := map[string]bool{}
		for key := range app.SecureJSONData {
			secure[key] = true
		}
		dto["enabled"], dto["pinned"] = app.Enabled, app.Pinned
		dto["jsonData"], dto["secureJsonFields"] = orEmpty(app.JSONData), secure
	}
	return writeJSON(w, http.StatusOK, dto)
}

// updatePluginSettings saves an app's settings. Secure values that the command does not mention stay.
func (s *Server) updatePluginSettings(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if plugin, ok := s.byID[id]; !ok || plugin.Type != typeApp {
		return &apiError{Status: http.StatusNotFound, Message: "Plugin not installed", MessageID: "plugin.notFound"}
	}
	var command struct {
		Enabled        bool              `json:"enabled"`
		Pinned         bool              `json:"pinned"`
		JSONData       map[string]any    `json:"jsonData"`
		SecureJSONData map[string]string `json:"secureJsonData"`
	}
	if err := readJSON(r, &command); err != nil {
		return err
	}
	err := s.store.change(func(state *state) error {
		secure := map[string]string{}
		if old := state.Apps[id]; old != nil {
			maps.Copy(secure, old.SecureJSONData)
		}
		maps.Copy(secure, command.SecureJSONData)
		state.Apps[id] = &appSettings{
			Enabled: command.Enabled, Pinned: command.Pinned, JSONData: command.JSONData, SecureJSONData: secure, Updated: time.Now().UTC(),
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"message": "Plugin settings updated"})
}

func defaultNavURL(plugin *Plugin) string {
	for _, include := range plugin.Includes {
		if include.DefaultNav && include.Path != "" {
			return include.Path
		}
	}
	return "/plugins/" + plugin.ID + "/"
}

// frontendSettings answers GET /api/frontend/settings, which the browser's runtime is set up from.
func (s *Server) frontendSettings(w http.ResponseWriter, r *http.Request) error {
	return writeJSON(w, http.StatusOK, s.browserSettings(identityFrom(r.Context())))
}

func (s *Server) browserSettings(who *identity) map[string]any {
	sources, defaultSource := map[string]any{}, ""
	for _, source := range s.dataSources() {
		if !who.may(actionDataSourcesQuery, "datasources:uid:"+source.UID) {
			continue
		}
		sources[source.Name] = s.browserSource(source)
		if source.IsDefault || defaultSource == "" {
			defaultSource = source.Name
		}
	}
	panels, apps := map[string]any{}, map[string]any{}
	for _, plugin := range s.plugins {
		switch plugin.Type {
		case typePanel:
			panel := plugin.meta()
			panel["sort"], panel["hideFromList"] = len(panels)+1, false
			panels[plugin.ID] = panel
		case typeApp:
			apps[plugin.ID] = map[string]any{
				"id": plugin.ID, "path": plugin.module(), "version": plugin.version(), "preload": false, "angular": map[string]any{"detected": false},
				"loadingStrategy": "fetch", "dependencies": plugin.Dependencies, "extensions": map[string]any{"addedLinks": []any{}, "addedComponents": []any{}, "exposedComponents": []any{}, "extensionPoints": []any{}, "addedFunctions": []any{}},
			}
		}
	}
	return map[string]any{
		"defaultDatasource": defaultSource, "datasources": sources, "panels": panels, "apps": apps, "appUrl": s.URL() + "/", "appSubUrl": "",
		"namespace": "default", "minRefreshInterval": "5s", "rbacEnabled": true, "exploreEnabled": true, "unifiedAlertingEnabled": true,
		"anonymousEnabled": s.cfg.AnonymousRole != RoleNone, "featureToggles": map[string]bool{}, "liveEnabled": false, "pluginAdminEnabled": false,
		"buildInfo": map[string]any{"version": s.cfg.Version, "commit": "preview", "env": "production", "edition": "Open Source", "latestVersion": "", "hasUpdate": false, "hideVersion": false},
		"dateFormats": map[string]any{
			"fullDate": "YYYY-MM-DD HH:mm:ss", "useBrowserLocale": false, "defaultTimezone": "browser", "defaultWeekStart": "monday",
			"interval": map[string]string{"millisecond": "HH:mm:ss.SSS", "second": "HH:mm:ss", "minute": "HH:mm", "hour": "MM/DD HH:mm", "day": "MM/DD", "month": "YYYY-MM", "year": "YYYY"},
		},
		"grafanaJavascriptAgent": map[string]any{"enabled": false},
	}
}

func (s *Server) browserSource(source *dataSource) map[string]any {
	settings := map[string]any{
		"id": source.ID, "uid": source.UID, "type": source.Type, "name": source.Name, "access": source.Access, "isDefault": source.IsDefault,
		"url": "/api/datasources/proxy/uid/" + source.UID, "jsonData": orEmpty(source.JSONData), "readOnly": source.ReadOnly,
		"cachingConfig": map[string]any{"enabled": false, "TTLMs": 0},
	}
	if plugin, ok := s.byID[source.Type]; ok {
		settings["meta"] = plugin.meta()
		settings["module"] = plugin.module()
	} else {
		// A data source type of Grafana itself: the preview proxies to it but has none of its code.
		settings["meta"] = map[string]any{
			"id": source.Type, "type": typeDataSource, "name": source.Type, "metrics": true, "builtIn": false,
			"module": "core:plugin/" + source.Type, "baseUrl": "public/plugins/" + source.Type,
			"info": map[string]any{"logos": map[string]string{"small": s.logoOf(source.Type), "large": s.logoOf(source.Type)}},
		}
	}
	return settings
}

// bootData answers GET /bootdata, the first thing that Grafana's page asks for.
func (s *Server) bootData(w http.ResponseWriter, r *http.Request) error {
	who := identityFrom(r.Context())
	permissions := map[string]bool{}
	for _, permission := range who.permissions {
		permissions[permission.Action] = true
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"settings": s.browserSettings(who),
		"user": map[string]any{
			"isSignedIn": !who.anonymous, "id": who.id, "login": who.login, "name": who.name, "email": who.email, "orgId": 1, "orgName": orgName,
			"orgCount": 1, "orgRole": who.role, "isGrafanaAdmin": false, "theme": "dark", "lightTheme": false, "timezone": "browser", "weekStart": "monday",
			"locale": "en-US", "regionalFormat": "en-US", "language": "en-US", "permissions": permissions, "helpFlags1": 0, "hasEditPermissionInFolders": who.role.includes(RoleEditor),
			"gravatarUrl": "", "authenticatedBy": "", "analytics": map[string]string{"identifier": ""},
		},
		"navTree": s.navTree(who), "assets": map[string]string{"dark": "", "light": ""},
	})
}

// navTree lists the pages of enabled apps that the user may open, in the manifest's order.
func (s *Server) navTree(who *identity) []any {
	tree := []any{map[string]any{"id": "home", "text": "Home", "url": "/", "icon": "home-alt"}}
	for _, plugin := range s.plugins {
		app := s.appSettings(plugin.ID)
		if plugin.Type != typeApp || app == nil || !app.Enabled {
			continue
		}
		pages := []any{}
		for _, include := range plugin.Includes {
			if include.Type != "page" || !include.AddToNav || !mayOpen(who, include) {
				continue
			}
			pages = append(pages, map[string]any{"text": include.Name, "url": include.Path, "icon": include.Icon, "pluginId": plugin.ID})
		}
		tree = append(tree, map[string]any{
			"id": "plugin-page-" + plugin.ID, "text": plugin.Name, "url": defaultNavURL(plugin), "img": s.logoOf(plugin.ID), "pluginId": plugin.ID, "children": pages,
		})
	}
	return tree
}

// mayOpen follows Grafana: an action decides when the page names one, also one that nobody has, else the role.
func mayOpen(who *identity, include Include) bool {
	if include.Action != "" {
		return who.may(include.Action, "")
	}
	return include.Role == "" || who.role.includes(include.Role)
}
