package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/evaluate"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// healthy is the sample ledger without the SLOs that can't be read.
func healthy() *shelf {
	s := sampleShelf()
	s.remove("billing-availability")
	s.snapshot.Problems = nil
	return s
}

func checkHealth(t *testing.T, p *Plugin, pluginID string) (backend.HealthStatus, string, verdict) {
	t.Helper()
	result, err := p.CheckHealth(context.Background(), &backend.CheckHealthRequest{PluginContext: backend.PluginContext{PluginID: pluginID}})
	require.NoError(t, err)
	var details verdict
	require.NoError(t, json.Unmarshal(result.JSONDetails, &details))
	return result.Status, result.Message, details
}

func TestHealthOfTheDataSource(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*shelf)
		status backend.HealthStatus
		want   string
	}{
		"all is well": {func(*shelf) {}, backend.HealthStatusOk, "9 SLOs, all definitions are valid."},
		"nothing is defined yet": {func(s *shelf) { s.snapshot.Entries = nil }, backend.HealthStatusOk,
			"The ledger is ready. No SLO is defined yet: put an OpenSLO v1 file into"},
		"some definitions are wrong": {func(s *shelf) { s.snapshot.Problems = sampleShelf().snapshot.Problems }, backend.HealthStatusOk,
			"The definitions have 1 error; the first: search.yaml:12:"},
		"a warning before the first error": {func(s *shelf) {
			s.snapshot.Problems = append([]slo.Problem{{Position: slo.Position{File: "a.yaml", Line: 1}, Severity: slo.SeverityWarning, Message: "no Service"}},
				sampleShelf().snapshot.Problems...)
		}, backend.HealthStatusOk, "The definitions have 1 error; the first: search.yaml:12:"},
		"all definitions are wrong": {func(s *shelf) {
			s.snapshot.Entries, s.snapshot.Problems = nil, sampleShelf().snapshot.Problems
		}, backend.HealthStatusError, "No SLO could be loaded from"},
		"some sources fail": {func(s *shelf) { s.snapshot.Entries = sampleShelf().snapshot.Entries }, backend.HealthStatusOk,
			"1 of 9 SLOs can't be read; billing-availability: data source \"prometheus\": unreachable"},
		"every source fails": {func(s *shelf) {
			for i := range s.snapshot.Entries {
				s.snapshot.Entries[i].Status.LastError = "timeout"
			}
		}, backend.HealthStatusError, "No SLO can be read. browse-availability: timeout."},
		"there is no ledger": {func(s *shelf) { s.snapshot = ledger.Snapshot{Missing: "There is no ledger yet"} }, backend.HealthStatusError,
			"give both sections [plugin.burnline-slo-app] and [plugin.burnline-slo-datasource] the same data_dir"},
		"the ledger is damaged": {func(s *shelf) { s.err = errors.New("ledger x: the ledger is damaged; restore it") }, backend.HealthStatusError,
			"the ledger is damaged; restore it."},
		"nobody writes the ledger any more": {func(s *shelf) { s.snapshot.Heartbeat = sampleNow.Add(-time.Hour) }, backend.HealthStatusError,
			"The evaluator has not written since 2026-03-10 11:00 UTC. See the app's health"},
		"nobody has ever written it": {func(s *shelf) { s.snapshot.Heartbeat = time.Time{} }, backend.HealthStatusError,
			"The evaluator has not written anything yet."},
	} {
		t.Run(name, func(t *testing.T) {
			s := healthy()
			c.change(s)
			status, message, _ := checkHealth(t, samplePlugin(t, s), DataSourceID)
			require.Equal(t, c.status, status, message)
			require.Contains(t, message, c.want)
		})
	}
}

// fakeGrafana answers as Grafana does for the data source "prometheus", to the right token.
func fakeGrafana(t *testing.T, kind string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/api/health":
			_, _ = w.Write([]byte(`{"database":"ok"}`))
		case r.Header.Get("Authorization") != "Bearer good":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"message":"Invalid API key"}`))
		case r.URL.Path == "/api/datasources/uid/prometheus":
			_, _ = w.Write([]byte(`{"uid":"prometheus","name":"Metrics","type":"` + kind + `"}`))
		case strings.HasPrefix(r.URL.Path, "/api/datasources/proxy/uid/prometheus/"):
			_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"matrix","result":[]}}`))
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"message":"Data source not found"}`))
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func TestHealthOfTheApp(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*testing.T, *Plugin, *shelf)
		status backend.HealthStatus
		want   string
	}{
		"all is well": {func(*testing.T, *Plugin, *shelf) {}, backend.HealthStatusOk, "9 SLOs, all definitions are valid."},
		"there is no token": {func(_ *testing.T, p *Plugin, _ *shelf) { p.engine.access.Token = "" }, backend.HealthStatusError,
			"Turn on managed service accounts ([auth] managed_service_accounts_enabled = true) and restart Grafana, or save a service account's token"},
		"the token is refused": {func(_ *testing.T, p *Plugin, _ *shelf) { p.engine.access.Token = "old" }, backend.HealthStatusError,
			"Grafana did not accept the plugin's token: Invalid API key"},
		"Grafana can't be reached": {func(_ *testing.T, p *Plugin, _ *shelf) { p.engine.access.URL = "http://127.0.0.1:1" }, backend.HealthStatusError,
			"check root_url in grafana.ini"},
		"a data source does not exist": {func(_ *testing.T, _ *Plugin, s *shelf) { s.entry("mail-latency").Definition.Source.UID = "other" }, backend.HealthStatusError,
			"Grafana has no data source with this UID"},
		"a data source is of another type": {func(t *testing.T, p *Plugin, _ *shelf) { p.engine.access.URL = fakeGrafana(t, "loki").URL }, backend.HealthStatusError,
			`data source "prometheus" (Metrics) is of type "loki", but definitions read it as "prometheus"`},
		"a type that is not read yet": {func(_ *testing.T, _ *Plugin, s *shelf) {
			s.entry("mail-latency").Definition.Source = slo.SourceRef{Type: "tempo", UID: "traces"}
		}, backend.HealthStatusError, `data source "traces" has the type "tempo", which this version does not read`},
		"the definitions folder does not exist": {func(t *testing.T, p *Plugin, _ *shelf) { require.NoError(t, os.Remove(p.settings.DefinitionsDir)) }, backend.HealthStatusError,
			"does not exist. Create it, or name another as definitions_dir"},
		"the definitions folder is a file": {func(t *testing.T, p *Plugin, _ *shelf) {
			require.NoError(t, os.Remove(p.settings.DefinitionsDir))
			require.NoError(t, os.WriteFile(p.settings.DefinitionsDir, nil, 0o600))
		}, backend.HealthStatusError, "is a file. Name a folder"},
		"another process evaluates": {func(_ *testing.T, p *Plugin, _ *shelf) {
			p.engine.stand(false, nil, "lock x: "+ledger.ErrLocked.Error()+" (process 7).")
		}, backend.HealthStatusOk, "9 SLOs"},
		"the evaluation can't begin": {func(_ *testing.T, p *Plugin, _ *shelf) {
			p.engine.stand(false, nil, "The ledger is damaged: restore it.")
		}, backend.HealthStatusError,
			"The ledger is damaged: restore it."},
		"it has just begun": {func(_ *testing.T, _ *Plugin, s *shelf) { s.snapshot.Heartbeat = time.Time{} }, backend.HealthStatusOk, "9 SLOs"},
		"it has begun long ago and never wrote": {func(_ *testing.T, p *Plugin, s *shelf) {
			s.snapshot.Heartbeat = time.Time{}
			p.engine.since = sampleNow.Add(-time.Hour)
		}, backend.HealthStatusError, "has not written for 1h0m0s"},
		"it has stopped writing": {func(_ *testing.T, p *Plugin, s *shelf) {
			s.snapshot.Heartbeat = sampleNow.Add(-20 * time.Minute)
			p.engine.since = sampleNow.Add(-72 * time.Hour)
		}, backend.HealthStatusError, "has not written for 20m0s"},
		"the ledger can't be written": {func(_ *testing.T, p *Plugin, _ *shelf) {
			p.engine.health = func() evaluate.Health {
				return evaluate.Health{WriteError: "ledger x: the disk is full; free some space", WriteErrorAt: sampleNow.Add(-time.Minute)}
			}
		}, backend.HealthStatusError, "The ledger can't be written since 2026-03-10 11:59 UTC, and reading pauses until it can: ledger x: the disk is full; free some space."},
		"no source is named, and Grafana is asked itself": {func(_ *testing.T, p *Plugin, s *shelf) {
			s.snapshot.Entries, p.engine.access.URL = nil, "http://127.0.0.1:1"
		}, backend.HealthStatusError, "Grafana cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			s := healthy()
			p := samplePlugin(t, s)
			p.engine.access = Access{URL: fakeGrafana(t, "prometheus").URL, Token: "good"}
			p.engine.stand(true, nil, "")
			c.change(t, p, s)
			status, message, details := checkHealth(t, p, AppID)
			require.Equal(t, c.status, status, message)
			require.Contains(t, message, c.want)
			require.NotEmpty(t, details.Checks)
		})
	}
}
