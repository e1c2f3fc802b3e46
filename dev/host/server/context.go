package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"strconv"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/useragent"
	"github.com/grafana/grafana-plugin-sdk-go/config"
)

// pluginContext is what Grafana tells a plugin with each request: who asks, with which settings, from which Grafana.
func (s *Server) pluginContext(plugin *Plugin, who *identity) (backend.PluginContext, error) {
	agent, err := useragent.New(s.cfg.Version, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return backend.PluginContext{}, fmt.Errorf("user agent: %w", err)
	}
	pctx := backend.PluginContext{
		//nolint:staticcheck // Grafana still sends the organisation's number, and plugins may read it.
		OrgID:    1,
		PluginID: plugin.ID, PluginVersion: plugin.version(), User: who.backendUser(), UserAgent: agent,
		Namespace: "default", GrafanaConfig: config.NewGrafanaCfg(s.requestConfig(plugin)),
	}
	if plugin.Type != typeApp {
		return pctx, nil
	}
	app := s.appSettings(plugin.ID)
	if app == nil || !app.Enabled {
		return backend.PluginContext{}, &apiError{Status: http.StatusNotFound, Message: "Plugin not found", MessageID: "plugin.notFound"}
	}
	jsonData, err := json.Marshal(orEmpty(app.JSONData))
	if err != nil {
		return backend.PluginContext{}, fmt.Errorf("app %s: jsonData: %w", plugin.ID, err)
	}
	pctx.AppInstanceSettings = &backend.AppInstanceSettings{
		JSONData: jsonData, DecryptedSecureJSONData: maps.Clone(app.SecureJSONData), Updated: app.Updated,
	}
	return pctx, nil
}

func (s *Server) dataSourceContext(source *dataSource, who *identity) (*process, backend.PluginContext, error) {
	process, err := s.process(source.Type)
	if err != nil {
		return nil, backend.PluginContext{}, err
	}
	pctx, err := s.pluginContext(process.plugin, who)
	if err != nil {
		return nil, backend.PluginContext{}, err
	}
	if pctx.DataSourceInstanceSettings, err = source.settings(); err != nil {
		return nil, backend.PluginContext{}, err
	}
	return process, pctx, nil
}

// requestConfig is the part of Grafana's configuration that goes with each request.
func (s *Server) requestConfig(plugin *Plugin) map[string]string {
	settings := map[string]string{
		backend.AppURL:                           s.URL() + "/",
		backend.ConcurrentQueryCount:             "10",
		backend.SQLRowLimit:                      "1000000",
		backend.SQLMaxOpenConnsDefault:           "100",
		backend.SQLMaxIdleConnsDefault:           "100",
		backend.SQLMaxConnLifetimeSecondsDefault: "14400",
		backend.ResponseLimit:                    "0",
		backend.UserFacingDefaultError:           "please inspect Grafana server log for details",
	}
	if secret, ok := s.secrets[plugin.ID]; ok {
		settings[backend.AppClientSecret] = secret
	}
	return settings
}

func (s *Server) appSettings(id string) *appSettings {
	var found *appSettings
	s.store.read(func(state *state) { found = state.Apps[id] })
	return found
}

// process is the running backend of a plugin id.
func (s *Server) process(id string) (*process, error) {
	process, ok := s.processes[id]
	if !ok {
		return nil, &apiError{Status: http.StatusNotFound, Message: "Plugin not found", MessageID: "plugin.notRegistered"}
	}
	return process, nil
}

// forwardedHeaders are those that Grafana passes from a query's request to the plugin.
var forwardedHeaders = []string{
	"X-Query-Group-Id", "X-Panel-Id", "X-Dashboard-Uid", "X-Datasource-Uid", "X-Grafana-From-Expr", "X-Grafana-Org-Id", "X-Panel-Plugin-Id",
	"X-Dashboard-Title", "X-Panel-Title",
}

func queryHeaders(r *http.Request) map[string]string {
	headers := map[string]string{}
	for _, name := range forwardedHeaders {
		if value := r.Header.Get(name); value != "" {
			headers["http_"+name] = value
		}
	}
	if r.Header.Get(backend.FromAlertHeaderName) != "" {
		headers[backend.FromAlertHeaderName] = r.Header.Get(backend.FromAlertHeaderName)
	}
	return headers
}

// resourceHeaders leaves out what belongs to the caller's session or to this hop only.
func resourceHeaders(from http.Header) map[string][]string {
	headers := map[string][]string{}
	for name, values := range from {
		switch strings.ToLower(name) {
		case "authorization", "cookie", "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade":
		default:
			headers[name] = values
		}
	}
	return headers
}

func parseMillis(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.ParseInt(text, 10, 64)
}
