package alert

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

func TestTheDefaultSettingsAreRight(t *testing.T) {
	s := DefaultSettings()
	require.NoError(t, s.Check())
	require.Equal(t, 72*time.Hour, s.Horizon())
	s.ForecastHorizon = ""
	require.NoError(t, s.Check())
	require.Zero(t, s.Horizon())
}

func TestEachSeverityHasItsRoute(t *testing.T) {
	s := Settings{Page: Route{ContactPoint: "p"}, Ticket: Route{ContactPoint: "t"}}
	require.Equal(t, "p", s.Route(budget.SeverityPage).ContactPoint)
	require.Equal(t, "t", s.Route(budget.SeverityTicket).ContactPoint)
}

func TestWrongSettingsSayWhatWouldBeRight(t *testing.T) {
	cases := map[string]struct {
		change func(*Settings)
		want   string
	}{
		"another mode":          {func(s *Settings) { s.Mode = "auto" }, `mode is "auto"; it must be api, file or off`},
		"files without folder":  {func(s *Settings) { s.Mode = ModeFile }, "fileDir is empty; in mode file it must name the folder to write to, such as /etc/grafana/provisioning/alerting"},
		"other folders":         {func(s *Settings) { s.Folders = "team" }, `folders is "team"; it must be service or owner`},
		"no policy":             {func(s *Settings) { s.DefaultPolicies = nil }, `defaultPolicies is empty; name at least one, or "none"`},
		"a policy of a file":    {func(s *Settings) { s.DefaultPolicies = []string{"own"} }, `defaultPolicies names "own"; it must be one of [workbook workbook-low-traffic fast-only none]`},
		"a percentage":          {func(s *Settings) { s.ConsumedAt = []float64{50} }, "consumedAt holds 50; it must hold shares of the budget above 0 and up to 1, such as 0.5"},
		"a share of nothing":    {func(s *Settings) { s.ConsumedAt = []float64{0, 1} }, "consumedAt holds 0; "},
		"no number":             {func(s *Settings) { s.ConsumedAt = []float64{math.NaN()} }, "consumedAt holds NaN; "},
		"falling shares":        {func(s *Settings) { s.ConsumedAt = []float64{0.9, 0.5} }, "consumedAt must ascend without repetition, such as 0.5, 0.75, 0.9"},
		"a share twice":         {func(s *Settings) { s.ConsumedAt = []float64{0.5, 0.5} }, "consumedAt must ascend without repetition, such as 0.5, 0.75, 0.9"},
		"a horizon of words":    {func(s *Settings) { s.ForecastHorizon = "soon" }, `forecastHorizon is "soon"; it must be a duration of at least 1h, such as 3d, or empty`},
		"a horizon of minutes":  {func(s *Settings) { s.ForecastHorizon = "59m" }, `forecastHorizon is "59m"; it must be`},
		"fewer than no events":  {func(s *Settings) { s.MinimumEvents = -1 }, "minimumEvents is -1; it must not be negative"},
		"a label of ours":       {func(s *Settings) { s.Labels = map[string]string{"severity": "x"} }, `labels sets "severity", which Burnline or Grafana sets itself; choose another name`},
		"nearly one of ours":    {func(s *Settings) { s.Labels = map[string]string{"burnline-slo": "x"} }, `labels sets "burnline-slo"; a label's name has letters, digits and _ only`},
		"a label of no name":    {func(s *Settings) { s.Labels = map[string]string{"": "x"} }, `labels sets ""; a label's name`},
		"a private label":       {func(s *Settings) { s.Labels = map[string]string{"__x": "x"} }, `labels sets "__x"; a label's name`},
		"a timing of words":     {func(s *Settings) { s.Page = Route{ContactPoint: "p", GroupWait: "3d"} }, `page: groupWait is "3d"; it must be a duration such as 30s, 5m or 4h`},
		"timing for nobody":     {func(s *Settings) { s.Ticket = Route{RepeatInterval: "4h"} }, "ticket: repeatInterval has no effect without a contact point; choose one, or set the timing in the notification policy"},
		"grouping of one label": {func(s *Settings) { s.Page = Route{ContactPoint: "p", GroupBy: []string{"alertname"}} }, `page: groupBy lacks "grafana_folder"; Grafana wants alertname and grafana_folder in it, or "..." alone`},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			s := DefaultSettings()
			tt.change(&s)
			err := s.Check()
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "\n", "one mistake is one message")
		})
	}
}

func TestAllMistakesAreToldAtOnceAndAlwaysInTheSameOrder(t *testing.T) {
	s := Settings{
		Labels: map[string]string{"severity": "", "owner": "", "alertname": ""},
		Page:   Route{GroupWait: "x", GroupInterval: "y", RepeatInterval: "z"}, Ticket: Route{GroupWait: "x"},
	}
	first := s.Check().Error()
	for range 50 {
		require.Equal(t, first, s.Check().Error())
	}
	for _, want := range []string{"mode is", "folders is", "defaultPolicies", `"severity"`, `"owner"`, `"alertname"`, "page: ", "ticket: "} {
		require.Contains(t, first, want)
	}
}

func TestARouteMayGroupByEverythingOrByTheLabelsThatGrafanaWants(t *testing.T) {
	for _, by := range [][]string{nil, {"..."}, {"alertname", "grafana_folder", "team"}} {
		s := DefaultSettings()
		s.Page = Route{ContactPoint: "p", GroupBy: by, GroupWait: "30s", GroupInterval: "5m", RepeatInterval: "4h"}
		require.NoError(t, s.Check())
	}
}
