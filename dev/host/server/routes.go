package server

import (
	"context"
	"net/http"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	api := func(pattern string, next handler) { mux.Handle(pattern, s.identified(s.handle(next))) }
	open := func(pattern string, next handler) { mux.Handle(pattern, s.handle(next)) }

	open("GET /api/health", s.health)
	api("GET /bootdata", s.bootData)
	api("GET /api/frontend/settings", s.frontendSettings)
	api("GET /api/org", allow(actionOrgsRead, anywhere, s.org))
	api("GET /api/user", s.user)
	api("GET /api/access-control/user/permissions", s.userPermissions)

	api("POST /api/ds/query", allow(actionDataSourcesQuery, anywhere, s.queryData))

	api("GET /api/plugins/{id}/settings", allow(actionAppAccess, scopeOfPlugin, s.pluginSettings))
	api("POST /api/plugins/{id}/settings", allow(actionAppWrite, scopeOfPlugin, s.updatePluginSettings))
	api("GET /api/plugins/{id}/health", allow(actionAppAccess, scopeOfPlugin, s.appHealth))
	api("/api/plugins/{id}/resources", allow(actionAppAccess, scopeOfPlugin, s.callAppResource))
	api("/api/plugins/{id}/resources/{path...}", allow(actionAppAccess, scopeOfPlugin, s.callAppResource))

	api("GET /api/datasources", allow(actionDataSourcesRead, anywhere, s.listDataSources))
	api("POST /api/datasources", allow(actionDataSourcesCreate, anywhere, s.createDataSource))
	api("GET /api/datasources/uid/{uid}", allow(actionDataSourcesRead, scopeOfDataSource, s.getDataSource))
	api("PUT /api/datasources/uid/{uid}", allow(actionDataSourcesWrite, scopeOfDataSource, s.updateDataSource))
	api("DELETE /api/datasources/uid/{uid}", allow(actionDataSourcesDelete, scopeOfDataSource, s.deleteDataSource))
	api("GET /api/datasources/uid/{uid}/health", allow(actionDataSourcesQuery, scopeOfDataSource, s.dataSourceHealth))
	api("/api/datasources/uid/{uid}/resources", allow(actionDataSourcesQuery, scopeOfDataSource, s.callDataSourceResource))
	api("/api/datasources/uid/{uid}/resources/{path...}", allow(actionDataSourcesQuery, scopeOfDataSource, s.callDataSourceResource))
	api("/api/datasources/proxy/uid/{uid}/{path...}", allow(actionDataSourcesQuery, scopeOfDataSource, s.proxyDataSource))

	api("GET /api/search", s.search)
	api("GET /api/dashboards/uid/{uid}", allow(actionDashboardsRead, scopeOfDashboard, s.getDashboard))

	api("GET /api/folders", allow(actionFoldersRead, anywhere, s.listFolders))
	api("POST /api/folders", allow(actionFoldersCreate, anywhere, s.createFolder))
	api("GET /api/folders/{uid}", allow(actionFoldersRead, scopeOfFolder, s.getFolder))
	api("PUT /api/folders/{uid}", allow(actionFoldersWrite, scopeOfFolder, s.updateFolder))
	api("DELETE /api/folders/{uid}", allow(actionFoldersDelete, scopeOfFolder, s.deleteFolder))

	api("GET /api/annotations", allow(actionAnnotationsRead, scopeOfAnnotations, s.listAnnotations))
	api("POST /api/annotations", allow(actionAnnotationsCreate, scopeOfAnnotations, s.postAnnotation))
	api("DELETE /api/annotations/{annotation}", allow(actionAnnotationsDelete, scopeOfAnnotations, s.deleteAnnotation))

	s.alertingRoutes(api)

	open("GET /public/plugins/{id}/{path...}", s.pluginAsset)
	open("GET /public/{path...}", s.publicAsset)
	open("/", s.page)
	open("/api/", func(http.ResponseWriter, *http.Request) error { return notFound("Not found") })
	return mux
}

// alertingRoutes are those of Grafana's alerting: the provisioning API, the state of rules, and the page of a rule.
func (s *Server) alertingRoutes(api func(pattern string, next handler)) {
	const base = "/api/v1/provisioning"
	api("GET "+base+"/alert-rules", allowAny(toReadRules, s.listRules))
	api("POST "+base+"/alert-rules", allowAny(toWriteRule, s.postRule))
	api("GET "+base+"/alert-rules/{uid}", allowAny(toReadRules, s.getRule))
	api("PUT "+base+"/alert-rules/{uid}", allowAny(toWriteRule, s.putRule))
	api("DELETE "+base+"/alert-rules/{uid}", allowAny(toWriteRule, s.deleteRule))
	api("GET "+base+"/folder/{folder}/rule-groups/{group}", allowAny(toReadRules, s.getRuleGroup))
	api("PUT "+base+"/folder/{folder}/rule-groups/{group}", allowAny(toWriteRule, s.putRuleGroup))
	api("DELETE "+base+"/folder/{folder}/rule-groups/{group}", allowAny(toWriteRule, s.deleteRuleGroup))
	api("GET "+base+"/alert-rules/export", allowAny(toReadRules, s.exportRules))
	api("GET "+base+"/alert-rules/{uid}/export", allowAny(toReadRules, s.exportRules))
	api("GET "+base+"/folder/{folder}/rule-groups/{group}/export", allowAny(toReadRules, s.exportRules))
	api("GET "+base+"/contact-points", allowAny(toReadContacts, s.listContactPoints))
	api("POST "+base+"/contact-points", allowAny(toWriteContacts, s.postContactPoint))
	api("PUT "+base+"/contact-points/{uid}", allowAny(toWriteContacts, s.putContactPoint))
	api("DELETE "+base+"/contact-points/{uid}", allowAny(toWriteContacts, s.deleteContactPoint))
	api("GET "+base+"/mute-timings", allowAny(toReadContacts, s.muteTimings))
	api("GET "+base+"/policies", allowAny(toReadContacts, s.policies))

	api("GET /api/prometheus/grafana/api/v1/rules", allow(actionRulesRead, anywhere, s.promRules))
	api("GET /alerting/grafana/{uid}/view", allow(actionRulesRead, anywhere, s.viewRule))
}

// identified finds out who asks before the handler runs.
func (s *Server) identified(next http.Handler) http.Handler {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		who, err := s.authenticate(r)
		if err != nil {
			return err
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, who)))
		return nil
	})
}
