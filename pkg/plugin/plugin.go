package plugin

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"
)

// Plugin answers Grafana for both plugin ids. Nothing depends on an instance's settings except the
// app's token, so no instance manager stands between (the SDK's keys instances by one kind of
// settings, which a process that serves two kinds can't use).
type Plugin struct {
	settings   Settings
	engine     *Engine
	answers    *answerer
	app        backend.CallResourceHandler
	dataSource backend.CallResourceHandler
	// saving keeps saves of the alert settings in order.
	saving sync.Mutex
	// telling keeps notifications in order: each looks at what the one before stored.
	telling sync.Mutex
}

// Plugin serves all of these.
var (
	_ backend.QueryDataHandler    = (*Plugin)(nil)
	_ backend.CallResourceHandler = (*Plugin)(nil)
	_ backend.CheckHealthHandler  = (*Plugin)(nil)
)

// New makes the handlers over an engine, which must be running for the ledger to be found.
func New(engine *Engine) *Plugin {
	p := &Plugin{
		settings: engine.cfg.Settings,
		engine:   engine,
		answers:  &answerer{ledger: engine.Ledger, definitionsDir: engine.cfg.Settings.DefinitionsDir, now: engine.cfg.Now, chosen: choices{place: engine.cfg.Settings.Alerts}},
	}
	p.app = httpadapter.New(p.appRoutes())
	p.dataSource = httpadapter.New(p.dataSourceRoutes())
	return p
}

// ServeOpts are the handlers for backend.Manage. Metrics come from the default registry, which the
// SDK gathers for Grafana by itself.
func (p *Plugin) ServeOpts() backend.ServeOpts {
	return backend.ServeOpts{QueryDataHandler: p, CallResourceHandler: p, CheckHealthHandler: p}
}

// QueryData answers the data source's queries.
func (p *Plugin) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	p.learn(req.PluginContext)
	return &backend.QueryDataResponse{Responses: p.answers.answer(ctx, req.Queries, fromAlert(req.Headers))}, nil
}

// fromAlert reports whether Grafana Alerting asks. On the way through HTTP the header's name changes its case,
// and gets the prefix of forwarded headers.
func fromAlert(headers map[string]string) bool {
	for name, value := range headers {
		if strings.EqualFold(strings.TrimPrefix(name, forwardedPrefix), backend.FromAlertHeaderName) {
			return value == "true"
		}
	}
	return false
}

// forwardedPrefix marks headers of the HTTP request that Grafana passes on.
const forwardedPrefix = "http_"

// CallResource answers the resources of the plugin that is asked.
func (p *Plugin) CallResource(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	p.learn(req.PluginContext)
	switch face(req.PluginContext) {
	case AppID:
		return p.app.CallResource(ctx, req, sender)
	case DataSourceID:
		return p.dataSource.CallResource(ctx, req, sender)
	}
	return sender.Send(&backend.CallResourceResponse{
		Status:  http.StatusNotFound,
		Headers: map[string][]string{"Content-Type": {"application/json"}},
		Body:    []byte(`{"message":"This binary serves the plugins ` + AppID + ` and ` + DataSourceID + ` only."}`),
	})
}

// CheckHealth says what is wrong with the plugin that is asked, and what to do.
func (p *Plugin) CheckHealth(ctx context.Context, req *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	p.learn(req.PluginContext)
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	if face(req.PluginContext) == DataSourceID {
		return p.dataSourceHealth(ctx).result(), nil
	}
	return p.appHealth(ctx).result(), nil
}

// healthTimeout bounds a health check, below the 30 s that Grafana waits.
const healthTimeout = 20 * time.Second

// face is the plugin id that a request is for. The settings tell when the id is missing, as with old
// hosts and in standalone mode.
func face(c backend.PluginContext) string {
	switch {
	case c.PluginID != "":
		return c.PluginID
	case c.DataSourceInstanceSettings != nil:
		return DataSourceID
	}
	return AppID
}

// learn takes what a request knows and the process did not at its start: Grafana's URL, and the token
// that an administrator saved where managed service accounts are off.
func (p *Plugin) learn(c backend.PluginContext) {
	if face(c) != AppID || c.AppInstanceSettings == nil {
		return
	}
	offered := Access{Token: c.AppInstanceSettings.DecryptedSecureJSONData["token"]}
	if c.GrafanaConfig != nil {
		if url, err := c.GrafanaConfig.AppURL(); err == nil {
			offered.URL = url
		}
		if offered.Token == "" {
			if secret, err := c.GrafanaConfig.PluginAppClientSecret(); err == nil {
				offered.Token = secret
			}
		}
	}
	p.engine.Offer(c.OrgID, offered) //nolint:staticcheck // a namespace has no order, and older hosts send none
}
