package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// wanted is what the SLOs are to be alerted on.
type wanted struct {
	Settings alert.Settings
	Plans    []alert.Plan
	// Groups are the rules; none in mode off.
	Groups   []rule.Group
	Problems []slo.Problem
	// LedgerUID is the data source that rules ask for the ledger's numbers.
	LedgerUID string
	AppURL    string
}

// want builds the rules of definitions. An error means that nothing is known about what to want, and nothing may
// be changed in Grafana.
func (e *Engine) want(ctx context.Context, definitions []slo.Definition, settings alert.Settings, documents ledger.Documents) (wanted, error) {
	w := wanted{Settings: settings}
	for _, d := range definitions {
		plan := alert.PlanFor(d, settings)
		w.Plans = append(w.Plans, plan)
		if d.NotEvaluated == "" {
			w.Problems = append(w.Problems, plan.Problems...)
		}
	}
	var err error
	if w.AppURL, err = e.appURL(ctx, documents); err != nil {
		return w, err
	}
	if settings.Mode == alert.ModeOff || len(definitions) == 0 {
		return w, nil
	}
	if w.LedgerUID, err = e.ledgerUID(ctx); err != nil {
		return w, err
	}
	groups, problems, err := rule.Build(rule.Config{Settings: settings, Ledger: w.LedgerUID, AppURL: w.AppURL}, w.Plans)
	w.Groups, w.Problems = groups, append(w.Problems, problems...)
	return w, err
}

// present are the definitions that are there now.
func present(snapshot ledger.Snapshot) []slo.Definition {
	var out []slo.Definition
	for _, entry := range snapshot.Entries {
		if entry.Removed.IsZero() {
			out = append(out, entry.Definition)
		}
	}
	return out
}

// wants is what the SLOs of the ledger's catalogue are to be alerted on.
func (p *Plugin) wants(ctx context.Context) (wanted, error) {
	reader, snapshot, err := p.answers.catalogue(ctx)
	if err != nil {
		return wanted{}, err
	}
	settings, err := p.answers.settings(ctx, reader)
	if err != nil {
		return wanted{}, err
	}
	w, err := p.engine.want(ctx, present(snapshot), settings, reader)
	if err != nil {
		return w, fmt.Errorf("the alert rules can't be built: %w", err)
	}
	return w, nil
}

// appURLID is the document of collectionSettings that keeps the address people reach Grafana at: a request tells it, and
// links must not change each time the process starts and none has come yet.
const appURLID = "app-url"

// appURL is Grafana's root URL for links, as people's browsers reach it.
func (e *Engine) appURL(ctx context.Context, documents ledger.Documents) (string, error) {
	e.mu.RLock()
	offered, fallback := e.offeredURL, e.access.URL
	e.mu.RUnlock()
	if offered != "" {
		return offered, nil
	}
	if e.cfg.Settings.AppURL != "" {
		return e.cfg.Settings.AppURL, nil
	}
	if kept, ok, err := documents.Document(ctx, collectionSettings, appURLID); err != nil {
		return "", err
	} else if ok {
		var url string
		if err := json.Unmarshal(kept.Body, &url); err == nil && url != "" {
			return url, nil
		}
	}
	if fallback == "" {
		return "", errors.New(strings.TrimSuffix(noURL, "."))
	}
	return fallback, nil
}

// keepAppURL remembers the address that a request told.
func (e *Engine) keepAppURL(ctx context.Context, store ledger.Store) error {
	e.mu.RLock()
	offered := e.offeredURL
	e.mu.RUnlock()
	if offered == "" {
		return nil
	}
	if kept, ok, err := store.Document(ctx, collectionSettings, appURLID); err != nil {
		return err
	} else if ok && string(kept.Body) == fmt.Sprintf("%q", offered) {
		return nil
	}
	return put(ctx, store, collectionSettings, appURLID, e.cfg.Now(), offered)
}

// errNoDataSource means that rules have nobody to ask for the ledger's numbers.
var errNoDataSource = fmt.Errorf("there is no data source of the type %s in Grafana, which the alert rules ask: add one under Connections, Data sources, \"Burnline SLO\", or name its UID as data_source_uid in [plugin.%s]", DataSourceID, AppID)

// preferredUID is the data source that provisioning examples make; it is taken where there are several.
const preferredUID = "burnline-slo"

// ledgerUID is the data source of this plugin that rules ask. It is looked for once, and again after the access
// to Grafana changed: a failure to look must not change the rules.
func (e *Engine) ledgerUID(ctx context.Context) (string, error) {
	if fixed := e.cfg.Settings.Alerts.DataSourceUID; fixed != "" {
		return fixed, nil
	}
	e.mu.RLock()
	found := e.foundUID
	e.mu.RUnlock()
	if found != "" {
		return found, nil
	}
	uids, err := e.dataSources(ctx, DataSourceID)
	switch {
	case err != nil:
		return "", fmt.Errorf("the data source of Burnline can't be looked up: %w", err)
	case len(uids) == 0:
		return "", errNoDataSource
	case slices.Contains(uids, preferredUID):
		found = preferredUID
	default:
		found = slices.Min(uids)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.foundUID = found
	return found, nil
}

// dataSources are the UIDs of Grafana's data sources of one type.
func (e *Engine) dataSources(ctx context.Context, kind string) ([]string, error) {
	if !e.Access().Complete() {
		return nil, errNoAccess
	}
	client, err := e.grafana()
	if err != nil {
		return nil, err
	}
	_, signed := client.DataSourceTransport("")
	ctx, cancel := context.WithTimeout(ctx, healthTimeout/2)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(e.Access().URL, "/")+"/api/datasources", http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := signed.RoundTrip(request)
	if err != nil {
		return nil, badGateway("%v", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, badGateway("Grafana answers %s to the list of data sources; give the plugin's service account the permission datasources:read on datasources:*", answer.Status)
	}
	var list []struct{ UID, Type string }
	if err := json.NewDecoder(http.MaxBytesReader(nil, answer.Body, 16<<20)).Decode(&list); err != nil {
		return nil, badGateway("Grafana's list of data sources can't be read: %v", err)
	}
	var uids []string
	for _, one := range list {
		if one.Type == kind {
			uids = append(uids, one.UID)
		}
	}
	return uids, nil
}
