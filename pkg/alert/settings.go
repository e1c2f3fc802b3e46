package alert

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sort"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// Mode says where rules go.
type Mode string

// The modes. Export to ruler files works in each of them.
const (
	// ModeAPI keeps the rules in Grafana up to date through its provisioning API.
	ModeAPI Mode = "api"
	// ModeFile writes Grafana provisioning YAML into Settings.FileDir, for GitOps.
	ModeFile Mode = "file"
	// ModeOff makes no rules; backtests and noise figures remain.
	ModeOff Mode = "off"
)

// Grouping says whose folder a rule group lies in.
type Grouping string

// The folders that rule groups may lie in.
const (
	FolderPerService Grouping = "service"
	FolderPerOwner   Grouping = "owner"
)

// Route is how an alert reaches people: a contact point that exists in Grafana, and its timing. With no contact
// point the alert takes the way of the organisation's own notification policies.
type Route struct {
	// ContactPoint is the name of a contact point, "" for the organisation's notification policies.
	ContactPoint string `json:"contactPoint,omitempty"`
	// GroupBy are labels; Grafana wants alertname and grafana_folder among them, or "..." alone. Empty: Grafana's default.
	GroupBy []string `json:"groupBy,omitempty"`
	// GroupWait, GroupInterval, RepeatInterval are durations such as "30s" or "4h"; "" for the notification policy's.
	GroupWait      string `json:"groupWait,omitempty"`
	GroupInterval  string `json:"groupInterval,omitempty"`
	RepeatInterval string `json:"repeatInterval,omitempty"`
	// MuteTimings are names of mute timings in Grafana.
	MuteTimings []string `json:"muteTimings,omitempty"`
}

// Settings are an organisation's choices. The zero value is not valid; begin with DefaultSettings.
type Settings struct {
	Mode Mode `json:"mode"`
	// Automatic applies changes as they arise; without it somebody has to press "apply".
	Automatic bool `json:"automatic"`
	// DefaultPolicies hold for SLOs that name no policy: built-in ones.
	DefaultPolicies []string `json:"defaultPolicies"`
	// Page and Ticket are the routes of the two severities.
	Page   Route `json:"page"`
	Ticket Route `json:"ticket"`
	// ConsumedAt are the shares of the budget (0 to 1, ascending) at which a ticket is written; empty for none.
	ConsumedAt []float64 `json:"consumedAt"`
	// ForecastHorizon is how soon a forecast exhaustion must be to write a ticket, such as "3d"; "" for no such rule.
	ForecastHorizon string `json:"forecastHorizon"`
	// MinimumEvents is the least number of events in a long window for anything to fire, for SLOs that name none.
	MinimumEvents float64  `json:"minimumEvents"`
	Folders       Grouping `json:"folders"`
	// Labels are added to each rule.
	Labels map[string]string `json:"labels,omitempty"`
	// FileDir is where ModeFile writes, Grafana's provisioning/alerting folder or a checkout of it.
	FileDir string `json:"fileDir,omitempty"`
	// Version counts saves; a save must name the version that it began with, so that nobody overwrites somebody else's.
	Version int `json:"version"`
}

// DefaultSettings are those of an organisation that chose nothing.
func DefaultSettings() Settings {
	return Settings{
		Mode: ModeAPI, Automatic: true, DefaultPolicies: []string{slo.PolicyWorkbook},
		ConsumedAt: []float64{0.5, 0.75, 0.9}, ForecastHorizon: "3d", Folders: FolderPerService,
	}
}

// Horizon is ForecastHorizon as a duration; 0 for none.
func (s Settings) Horizon() time.Duration {
	d, err := slo.ParseDuration(s.ForecastHorizon)
	if err != nil {
		return 0
	}
	return d
}

// Route is that of a severity.
func (s Settings) Route(severity string) Route {
	if severity == budget.SeverityPage {
		return s.Page
	}
	return s.Ticket
}

// reservedLabels are set by Burnline or Grafana.
var reservedLabels = []string{LabelSLO, LabelService, LabelSeverity, LabelWindow, LabelOwner, LabelKind, "alertname", "grafana_folder"}

// labelForm is a name that stays what it is on every rule: made to fit, another one could become a reserved label.
var labelForm = regexp.MustCompile(`^(_?[a-zA-Z][a-zA-Z0-9_]*|_)$`)

// Check says everything that is wrong with the settings, each with what would be right.
func (s Settings) Check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !slices.Contains([]Mode{ModeAPI, ModeFile, ModeOff}, s.Mode) {
		fail("mode is %q; it must be api, file or off", s.Mode)
	}
	if s.Mode == ModeFile && s.FileDir == "" {
		fail("fileDir is empty; in mode file it must name the folder to write to, such as /etc/grafana/provisioning/alerting")
	}
	if !slices.Contains([]Grouping{FolderPerService, FolderPerOwner}, s.Folders) {
		fail("folders is %q; it must be service or owner", s.Folders)
	}
	if len(s.DefaultPolicies) == 0 {
		fail("defaultPolicies is empty; name at least one, or %q", slo.PolicyNone)
	}
	for _, name := range s.DefaultPolicies {
		if _, ok := Builtin(name); !ok {
			fail("defaultPolicies names %q; it must be one of %v", name, slo.BuiltinPolicies)
		}
	}
	for _, share := range s.ConsumedAt {
		if !(share > 0 && share <= 1) {
			fail("consumedAt holds %v; it must hold shares of the budget above 0 and up to 1, such as 0.5", share)
		}
	}
	if !sort.Float64sAreSorted(s.ConsumedAt) || len(slices.Compact(slices.Clone(s.ConsumedAt))) != len(s.ConsumedAt) {
		fail("consumedAt must ascend without repetition, such as 0.5, 0.75, 0.9")
	}
	if s.ForecastHorizon != "" {
		if d, err := slo.ParseDuration(s.ForecastHorizon); err != nil || d < time.Hour {
			fail("forecastHorizon is %q; it must be a duration of at least 1h, such as 3d, or empty", s.ForecastHorizon)
		}
	}
	if !(s.MinimumEvents >= 0) {
		fail("minimumEvents is %v; it must not be negative", s.MinimumEvents)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		switch {
		case !labelForm.MatchString(name):
			fail("labels sets %q; a label's name has letters, digits and _ only, and does not begin with a digit or __", name)
		case slices.Contains(reservedLabels, name):
			fail("labels sets %q, which Burnline or Grafana sets itself; choose another name", name)
		}
	}
	for _, severity := range []string{budget.SeverityPage, budget.SeverityTicket} {
		if err := s.Route(severity).check(); err != nil {
			fail("%s: %w", severity, err)
		}
	}
	return errors.Join(errs...)
}

func (r Route) check() error {
	var errs []error
	for _, timing := range [][2]string{{"groupWait", r.GroupWait}, {"groupInterval", r.GroupInterval}, {"repeatInterval", r.RepeatInterval}} {
		name, text := timing[0], timing[1]
		if d, err := time.ParseDuration(text); text != "" && (err != nil || d < 0) {
			errs = append(errs, fmt.Errorf("%s is %q; it must be a duration such as 30s, 5m or 4h", name, text))
		}
		if text != "" && r.ContactPoint == "" {
			errs = append(errs, fmt.Errorf("%s has no effect without a contact point; choose one, or set the timing in the notification policy", name))
		}
	}
	wants := []string{"alertname", "grafana_folder"}
	everything := len(r.GroupBy) == 1 && r.GroupBy[0] == "..."
	for _, label := range wants {
		if len(r.GroupBy) > 0 && !everything && !slices.Contains(r.GroupBy, label) {
			errs = append(errs, fmt.Errorf("groupBy lacks %q; Grafana wants alertname and grafana_folder in it, or \"...\" alone", label))
		}
	}
	return errors.Join(errs...)
}
