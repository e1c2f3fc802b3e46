package plugin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// The plugin ids that one binary serves.
const (
	AppID        = "burnline-slo-app"
	DataSourceID = "burnline-slo-datasource"
)

// The environment that Grafana gives to a plugin's process. A key of grafana.ini's section
// [plugin.<id>] arrives as GF_PLUGIN_<KEY>.
const (
	envDataDir      = "GF_PLUGIN_DATA_DIR"
	envDefinitions  = "GF_PLUGIN_DEFINITIONS_DIR"
	envGrafanaURL   = "GF_PLUGIN_GRAFANA_URL"
	envInterval     = "GF_PLUGIN_INTERVAL"
	envSettle       = "GF_PLUGIN_SETTLE"
	envReadTimeout  = "GF_PLUGIN_READ_TIMEOUT"
	envConcurrency  = "GF_PLUGIN_CONCURRENCY"
	envSourceLimit  = "GF_PLUGIN_SOURCE_CONCURRENCY"
	envSourceRate   = "GF_PLUGIN_SOURCE_QUERIES_PER_SECOND"
	envAlertsMode   = "GF_PLUGIN_ALERTS_MODE"
	envAlertsDir    = "GF_PLUGIN_ALERTS_DIR"
	envLedgerUID    = "GF_PLUGIN_DATA_SOURCE_UID"
	envAppURL       = "GF_APP_URL"
	envClientSecret = "GF_PLUGIN_APP_CLIENT_SECRET"
	envDataPath     = "GF_PATHS_DATA"
	envProvisioning = "GF_PATHS_PROVISIONING"
)

const defaultProvisioning = "/etc/grafana/provisioning"

// Settings is what a process knows about its place before the first request. Zero durations and
// counts mean the evaluator's own defaults.
type Settings struct {
	// DataDir holds the ledger and its lock; both processes must be given the same one.
	DataDir string
	// DefinitionsDir holds the OpenSLO files.
	DefinitionsDir string
	// Grafana is where and as whom the process asks for data.
	Grafana Access
	// Interval is the time between two readings of an SLO, Settle how long late data is awaited.
	Interval, Settle time.Duration
	// ReadTimeout bounds one reading of a data source.
	ReadTimeout time.Duration
	// Concurrency bounds the readings in flight, SourceConcurrency those of one data source.
	Concurrency, SourceConcurrency int
	// SourceQueriesPerSecond is the budget of readings for one data source.
	SourceQueriesPerSecond float64
	// AppURL is Grafana's root URL as browsers reach it, as far as the environment tells; "" for Grafana.URL.
	AppURL string
	// Alerts is what the environment fixes of where alert rules go.
	Alerts AlertPlace
}

// AlertPlace is what the environment fixes of where alert rules go; empty fields leave it to the organisation's settings.
type AlertPlace struct {
	Mode alert.Mode
	// Dir is where mode file writes.
	Dir string
	// DataSourceUID is that of the data source of this plugin which rules ask; "" to look for it.
	DataSourceUID string
}

// Access is how the process reaches Grafana's HTTP API.
type Access struct {
	// URL is Grafana's root URL as seen from the plugin.
	URL string
	// Token is a service account's; empty if the process has none (yet).
	Token string
}

// Complete reports whether Grafana can be asked.
func (a Access) Complete() bool { return a.URL != "" && a.Token != "" }

// LedgerPath is the ledger's file.
func (s Settings) LedgerPath() string { return filepath.Join(s.DataDir, "ledger.db") }

// SettingsFromEnv reads the process's environment through getenv; executable is the path of the
// running binary, beside whose plugins folder the data goes unless told otherwise. The error names
// every variable that can't be read, with what would be right.
func SettingsFromEnv(getenv func(string) string, executable string) (Settings, error) {
	env := environment{get: getenv}
	s := Settings{
		DataDir:                env.text(envDataDir, ""),
		DefinitionsDir:         env.text(envDefinitions, ""),
		Interval:               env.duration(envInterval, budget.Step),
		Settle:                 env.duration(envSettle, time.Second),
		ReadTimeout:            env.duration(envReadTimeout, time.Second),
		Concurrency:            int(env.number(envConcurrency, 1)),
		SourceConcurrency:      int(env.number(envSourceLimit, 1)),
		SourceQueriesPerSecond: env.number(envSourceRate, 0),
		Grafana: Access{
			URL:   strings.TrimRight(env.text(envGrafanaURL, env.text(envAppURL, "")), "/"),
			Token: env.text(envClientSecret, ""),
		},
		AppURL: strings.TrimRight(env.text(envAppURL, ""), "/"),
		Alerts: AlertPlace{
			Mode: alert.Mode(strings.ToLower(env.text(envAlertsMode, ""))), Dir: env.text(envAlertsDir, ""), DataSourceUID: env.text(envLedgerUID, ""),
		},
	}
	if modes := []alert.Mode{"", alert.ModeAPI, alert.ModeFile, alert.ModeOff}; !slices.Contains(modes, s.Alerts.Mode) {
		env.fail(envAlertsMode, string(s.Alerts.Mode), "api, file or off")
	}
	if s.Alerts.Mode == alert.ModeFile && s.Alerts.Dir == "" {
		s.Alerts.Dir = filepath.Join(env.text(envProvisioning, defaultProvisioning), "alerting")
	}
	if s.DataDir == "" {
		if data := env.text(envDataPath, ""); data != "" {
			s.DataDir = filepath.Join(data, "burnline")
		} else {
			s.DataDir = filepath.Join(filepath.Dir(executable), "..", "..", "burnline")
		}
	}
	if s.DefinitionsDir == "" {
		s.DefinitionsDir = filepath.Join(env.text(envProvisioning, defaultProvisioning), "slos")
	}
	if longest := budget.StaleAfter / 2; s.Interval%budget.Step != 0 || s.Interval > longest {
		env.fail(envInterval, s.Interval.String(), fmt.Sprintf("a multiple of %s up to %s, such as 60s", budget.Step, longest))
	}
	return s, errors.Join(env.problems...)
}

// SettingsFromProcess reads the settings of the running process.
func SettingsFromProcess() (Settings, error) {
	executable, err := os.Executable()
	if err != nil {
		return Settings{}, fmt.Errorf("can't find the plugin's own path: %w", err)
	}
	return SettingsFromEnv(os.Getenv, executable)
}

// environment reads variables and collects what is wrong with them.
type environment struct {
	get      func(string) string
	problems []error
}

func (e *environment) fail(name, value, right string) {
	e.problems = append(e.problems, fmt.Errorf("environment variable %s is %q; it must be %s", name, value, right))
}

func (e *environment) text(name, fallback string) string {
	if value := strings.TrimSpace(e.get(name)); value != "" {
		return value
	}
	return fallback
}

func (e *environment) duration(name string, least time.Duration) time.Duration {
	value := e.text(name, "")
	if value == "" {
		return 0
	}
	parsed, err := time.ParseDuration(value)
	if err != nil || parsed < least {
		e.fail(name, value, fmt.Sprintf("a duration of at least %s, such as 2m or 90s", least))
		return 0
	}
	return parsed
}

func (e *environment) number(name string, least float64) float64 {
	value := e.text(name, "")
	if value == "" {
		return 0
	}
	parsed, err := strconv.ParseFloat(value, 64)
	if err != nil || parsed < least || parsed > 1e6 {
		e.fail(name, value, fmt.Sprintf("a number of at least %g", least))
		return 0
	}
	return parsed
}
