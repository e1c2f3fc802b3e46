package plugin

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/dskit/backoff"
	"github.com/grafana/dskit/services"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

const sampleDocument = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: browse
  annotations:
    burnline.dev/data-source-uid: prometheus
spec:
  service: shop
  indicator:
    metadata:
      name: browse
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {spec: {query: good_total}}}
        total: {metricSource: {spec: {query: all_total}}}
  timeWindow:
    - duration: 1d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.99
`

// startEngine starts an engine over a folder with one definition; it stops with the test.
func startEngine(t *testing.T, settings Settings, registry prometheus.Registerer) *Engine {
	t.Helper()
	engine, err := NewEngine(EngineConfig{
		Settings: settings, Logger: log.NewNullLogger(), Registerer: registry,
		Retry: backoff.Config{MinBackoff: 10 * time.Millisecond, MaxBackoff: 20 * time.Millisecond},
	})
	require.NoError(t, err)
	require.NoError(t, services.StartAndAwaitRunning(context.Background(), engine))
	t.Cleanup(func() { stopEngine(t, engine) })
	return engine
}

func stopEngine(t *testing.T, engine *Engine) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(t, services.StopAndAwaitTerminated(ctx, engine))
}

func folders(t *testing.T) Settings {
	t.Helper()
	dir := t.TempDir()
	definitions := filepath.Join(dir, "slos")
	require.NoError(t, os.Mkdir(definitions, 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(definitions, "browse.yaml"), []byte(sampleDocument), 0o600))
	return Settings{DataDir: filepath.Join(dir, "data"), DefinitionsDir: definitions}
}

func evaluating(engine *Engine) func() bool {
	return func() bool {
		running, _ := engine.Evaluating()
		return running
	}
}

// knows reports whether the ledger that the engine reads has the sample definition.
func knows(engine *Engine) func() bool {
	return func() bool {
		reader, err := engine.Ledger(context.Background())
		if err != nil {
			return false
		}
		snapshot, err := reader.Snapshot(context.Background())
		return err == nil && len(snapshot.Entries) == 1 && snapshot.Entries[0].Definition.ID == "browse"
	}
}

func TestTheEvaluationNeedsNoRequest(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { // runs last, after the server of this test has closed
		grafanaTransport.CloseIdleConnections()
		goleak.VerifyNone(t, before)
	})
	settings := folders(t)
	settings.Grafana = Access{URL: fakeGrafana(t, "prometheus").URL, Token: "good"}
	writer := startEngine(t, settings, prometheus.NewRegistry())
	require.Eventually(t, knows(writer), 10*time.Second, 20*time.Millisecond)

	settings.Grafana = Access{}
	reader := startEngine(t, settings, prometheus.NewRegistry())
	require.Eventually(t, knows(reader), 10*time.Second, 20*time.Millisecond, "the data source's process reads what the other writes")
	running, why := reader.Evaluating()
	require.False(t, running)
	require.Equal(t, noToken, why)
	stopEngine(t, reader)
	stopEngine(t, writer)
}

func TestATokenFromTheAppsSettingsStartsTheEvaluation(t *testing.T) {
	engine := startEngine(t, folders(t), prometheus.NewRegistry())
	p := New(engine)
	p.learn(backend.PluginContext{PluginID: DataSourceID, AppInstanceSettings: &backend.AppInstanceSettings{DecryptedSecureJSONData: map[string]string{"token": "good"}}})
	require.Empty(t, engine.Access().Token, "a data source has no token to give")

	p.learn(backend.PluginContext{
		PluginID:            AppID,
		AppInstanceSettings: &backend.AppInstanceSettings{DecryptedSecureJSONData: map[string]string{"token": "good"}},
		GrafanaConfig:       config.NewGrafanaCfg(map[string]string{"GF_APP_URL": fakeGrafana(t, "prometheus").URL}),
	})
	require.Eventually(t, evaluating(engine), 10*time.Second, 10*time.Millisecond)
}

func TestAnOfferFillsInWhatTheEnvironmentDidNotGive(t *testing.T) {
	settings := folders(t)
	settings.Grafana.URL = "http://inside:3000"
	engine, err := NewEngine(EngineConfig{Settings: settings, Registerer: prometheus.NewRegistry()})
	require.NoError(t, err)
	engine.Offer(2, Access{URL: "https://outside.example", Token: "one"})
	require.Equal(t, Access{URL: "http://inside:3000", Token: "one"}, engine.Access())
	engine.Offer(2, Access{Token: "two"})
	require.Equal(t, Access{URL: "http://inside:3000", Token: "two"}, engine.Access(), "a new token replaces an offered one")
	engine.Offer(2, Access{})
	require.Equal(t, "two", engine.Access().Token)
	engine.Offer(3, Access{Token: "other organisation"})
	require.Equal(t, "two", engine.Access().Token, "organisations do not take the evaluation from each other")
	engine.Offer(1, Access{Token: "main organisation"})
	engine.Offer(2, Access{Token: "two"})
	require.Equal(t, "main organisation", engine.Access().Token)
}

func TestOneProcessOnlyEvaluatesAndAnotherTakesOver(t *testing.T) {
	settings := folders(t)
	settings.Grafana = Access{URL: fakeGrafana(t, "prometheus").URL, Token: "good"}
	first := startEngine(t, settings, prometheus.NewRegistry())
	require.Eventually(t, evaluating(first), 10*time.Second, 10*time.Millisecond)
	second := startEngine(t, settings, prometheus.NewRegistry())
	require.Eventually(t, func() bool {
		_, why := second.Evaluating()
		return why != "" && why != "The process is starting."
	}, 10*time.Second, 10*time.Millisecond)
	require.False(t, evaluating(second)())
	_, why := second.Evaluating()
	require.Contains(t, why, "another process writes this ledger")
	stopEngine(t, first)
	require.Eventually(t, evaluating(second), 10*time.Second, 10*time.Millisecond)
}

func TestADamagedLedgerIsReportedAndLeftAlone(t *testing.T) {
	settings := folders(t)
	settings.Grafana = Access{URL: "http://127.0.0.1:1", Token: "good"}
	require.NoError(t, os.Mkdir(settings.DataDir, 0o750))
	require.NoError(t, os.WriteFile(settings.LedgerPath(), []byte("no database at all"), 0o600))
	engine := startEngine(t, settings, prometheus.NewRegistry())
	require.Eventually(t, func() bool {
		_, why := engine.Evaluating()
		return len(why) > 0 && why != "The process is starting."
	}, 10*time.Second, 10*time.Millisecond)
	_, why := engine.Evaluating()
	require.Contains(t, why, "the ledger is damaged")
	_, message, _ := checkHealth(t, New(engine), AppID)
	require.Contains(t, message, "the ledger is damaged")
	left, err := os.ReadFile(settings.LedgerPath())
	require.NoError(t, err)
	require.Equal(t, "no database at all", string(left))
}

func TestMetricsCanBeRegisteredAgainAfterAFailure(t *testing.T) {
	settings := folders(t)
	settings.Grafana = Access{URL: fakeGrafana(t, "prometheus").URL, Token: "good"}
	registry := prometheus.NewRegistry()
	first := startEngine(t, settings, registry)
	require.Eventually(t, evaluating(first), 10*time.Second, 10*time.Millisecond)
	stopEngine(t, first)
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Empty(t, families)
	second := startEngine(t, settings, registry)
	require.Eventually(t, evaluating(second), 10*time.Second, 10*time.Millisecond)
}

func TestSourcesOfOtherTypesAreRefusedInWords(t *testing.T) {
	engine, err := NewEngine(EngineConfig{Settings: folders(t), Registerer: prometheus.NewRegistry()})
	require.NoError(t, err)
	_, err = engine.source(slo.SourceRef{Type: "loki", UID: "logs"})
	require.EqualError(t, err, `data source "logs" has the type "loki", which this version does not read; it reads "prometheus"`)
	_, err = engine.source(slo.SourceRef{Type: "prometheus", UID: "metrics"})
	require.ErrorContains(t, err, "is not Grafana's URL")
}
