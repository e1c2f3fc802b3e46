package plugin

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// ruleAnswer is the numbers of an alert query by SLO, and its notices.
func ruleAnswer(t *testing.T, s *shelf, model string) (values map[string]float64, notices []string) {
	t.Helper()
	response := answerTo(t, s, ask(t, model, 1, 10))
	require.NoError(t, response.Error)
	require.Len(t, response.Frames, 1)
	frame := response.Frames[0]
	values = map[string]float64{}
	if len(frame.Fields) == 3 {
		for i := range frame.Rows() {
			values[frame.Fields[0].At(i).(string)] = frame.Fields[2].At(i).(float64)
		}
	}
	for _, n := range frame.Meta.Notices {
		notices = append(notices, n.Text)
	}
	return values, notices
}

func TestRulesAreAnsweredAsTheyAreWritten(t *testing.T) {
	for name, model := range map[string]string{
		"alert-burn":       `{"queryType":"alert","value":"burn","windows":["1h"]}`,
		"alert-consumed":   `{"queryType":"alert","value":"consumed","slos":["checkout/availability"]}`,
		"alert-ledger-lag": `{"queryType":"alert","value":"ledger_lag_seconds"}`,
		"alert-stale":      `{"queryType":"alert","value":"burn","windows":["5m"],"slos":["mail-latency"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			q := ask(t, model, 1, 10)
			plain := sampleShelf().answerer().answer(context.Background(), []backend.DataQuery{q}, false)["A"]
			requireGolden(t, name, plain)
			requireGolden(t, name, sampleShelf().answerer().answer(context.Background(), []backend.DataQuery{q}, true)["A"])
		})
	}
}

func TestRulesGetWhatTheBudgetSays(t *testing.T) {
	s := sampleShelf()
	rows := rowsOf(t, answerTo(t, s, ask(t, `{"queryType":"status"}`, 1, 10)).Frames[0])
	burns, _ := ruleAnswer(t, s, `{"queryType":"alert","value":"burn","windows":["6h"]}`)
	consumed, _ := ruleAnswer(t, s, `{"queryType":"alert","value":"consumed"}`)
	remaining, _ := ruleAnswer(t, s, `{"queryType":"alert","value":"remaining"}`)
	for _, id := range []string{"browse-availability", "checkout/availability", "search-latency", "signup-availability"} {
		require.Equal(t, rows[id]["remaining"], remaining[id], id)
		require.Equal(t, rows[id]["burn_6h"], burns[id], id)
		def := s.entry(id).Definition
		require.Equal(t, alert.Consumed(s.series[id].Report(budget.ObjectiveOf(def), sampleRead)), consumed[id], "as the condition has it: %s", id)
	}
	require.Zero(t, burns["nightly-batch"], "without an event nothing burns")
	events, _ := ruleAnswer(t, s, `{"queryType":"alert","value":"events","windows":["1h"],"slos":["search-latency"]}`)
	require.EqualValues(t, 60*100, events["search-latency"])
}

func TestAForecastIsANumberOfHoursOrNever(t *testing.T) {
	s := sampleShelf()
	hours, notices := ruleAnswer(t, s, `{"queryType":"alert","value":"exhaustion_hours"}`)
	require.EqualValues(t, never, hours["browse-availability"], "a spent budget is not forecast")
	require.EqualValues(t, never, hours["checkout/availability"])
	for _, n := range notices {
		require.NotContains(t, n, "Checkout")
	}
	row := rowsOf(t, answerTo(t, s, ask(t, `{"queryType":"status"}`, 1, 10)).Frames[0])["search-latency"]
	if upper, ok := row["exhausted_upper"].(time.Time); ok {
		require.False(t, upper.IsZero())
		require.InDelta(t, row["exhausted_at"].(time.Time).Sub(sampleRead).Hours(), hours["search-latency"], 1e-9)
	} else {
		require.EqualValues(t, never, hours["search-latency"], "an open interval does not support the forecast")
	}
}

func TestWhatIsNotOfNowGivesNoNumberButAReason(t *testing.T) {
	for _, value := range []string{`"burn","windows":["1h"]`, `"events","windows":["1h"]`, `"consumed"`, `"remaining"`, `"exhaustion_hours"`} {
		for id, why := range map[string]string{
			"mail-latency":         "Mail latency has no %s: Last measured at 2026-03-10 11:39 UTC, which is more than 10m ago.",
			"billing-availability": "Billing availability has no %s: Last measured at 2026-03-10 11:29 UTC, which is more than 10m ago. data source \"prometheus\": unreachable: connection refused (check that the server runs).",
			"profile-availability": "Profile availability has no %s: Nothing was measured yet.",
			"composite":            "Composite has no %s: It is not evaluated: composite SLOs are not evaluated yet.",
			"gone":                 "Gone has no %s: It was removed from the definitions on 2026-03-09 11:59 UTC.",
		} {
			values, notices := ruleAnswer(t, sampleShelf(), fmt.Sprintf(`{"queryType":"alert","slos":[%q],"value":%s}`, id, value))
			require.Empty(t, values, id)
			var name string
			_, err := fmt.Sscanf(value, "%q", &name)
			require.NoError(t, err)
			require.Equal(t, []string{fmt.Sprintf(why, name)}, notices)
		}
	}
	values, _ := ruleAnswer(t, sampleShelf(), `{"queryType":"alert","value":"consumed"}`)
	require.NotContains(t, values, "newcomer", "a budget of which most is not read yet decides nothing")
	values, _ = ruleAnswer(t, sampleShelf(), `{"queryType":"alert","value":"burn","windows":["1h"]}`)
	require.Contains(t, values, "newcomer", "burn windows are read first")
}

func TestAnUnknownNumberMayHaveAStandIn(t *testing.T) {
	for id, known := range map[string]bool{"newcomer": false, "profile-availability": false, "checkout/availability": true} {
		values, notices := ruleAnswer(t, sampleShelf(), fmt.Sprintf(`{"queryType":"alert","slos":[%q],"value":"remaining","otherwise":-1e6}`, id))
		require.Empty(t, notices)
		require.Contains(t, values, id)
		require.Equal(t, known, values[id] != -1e6, id)
	}
}

func TestALagIsAlwaysThere(t *testing.T) {
	s := sampleShelf()
	lags, notices := ruleAnswer(t, s, `{"queryType":"alert","value":"lag_seconds","services":["mail","billing","checkout"]}`)
	require.Equal(t, map[string]float64{"mail-latency": 90, "billing-availability": 1890, "checkout/availability": 90}, lags)
	require.Empty(t, notices)
	s.entry("mail-latency").Status.ReadUntil = time.Time{}
	lags, _ = ruleAnswer(t, s, `{"queryType":"alert","value":"lag_seconds","slos":["mail-latency"]}`)
	require.EqualValues(t, never, lags["mail-latency"])
	s.snapshot.Heartbeat = time.Time{}
	response := answerTo(t, s, ask(t, `{"queryType":"alert","value":"ledger_lag_seconds"}`, 1, 10))
	require.EqualValues(t, never, response.Frames[0].Fields[0].At(0))
}

func TestAbsenceIsSeenWhileTheSourceFails(t *testing.T) {
	traffic, _ := ruleAnswer(t, sampleShelf(), `{"queryType":"alert","value":"absence"}`)
	source, _ := ruleAnswer(t, sampleShelf(), `{"queryType":"alert","value":"absence","absence":"source"}`)
	for id, want := range map[string][2]float64{
		"checkout/availability": {0, 0}, "search-latency": {0, 0},
		"mail-latency":         {1, 0},
		"nightly-batch":        {1, 0},
		"billing-availability": {1, 1},
	} {
		require.Equal(t, want, [2]float64{traffic[id], source[id]}, id)
	}
}

func TestMistakesInARuleAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ model, want string }{
		"no value":            {`{"queryType":"alert"}`, `query A has the value ""; for alert it must be one of "burn", "events"`},
		"an unknown value":    {`{"queryType":"alert","value":"burns"}`, `query A has the value "burns"`},
		"a burn of no window": {`{"queryType":"alert","value":"burn"}`, `query A asks for burn over 0 windows; give exactly one in windows, such as ["1h"].`},
		"two windows":         {`{"queryType":"alert","value":"events","windows":["1h","5m"]}`, `over 2 windows`},
		"an unknown absence":  {`{"queryType":"alert","value":"absence","absence":"all"}`, `absence "all"; it must be "traffic" or "source"`},
		"an unknown SLO":      {`{"queryType":"alert","value":"consumed","slos":["serch-latency"]}`, `Did you mean "search-latency"?`},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, answerTo(t, sampleShelf(), ask(t, c.model, 1, 10)).Error, c.want)
		})
	}
}

// BenchmarkAThousandRules is what a thousand rules with two windows each ask for in a minute.
func BenchmarkAThousandRules(b *testing.B) {
	s := sampleShelf()
	sample, series := *s.entry("checkout/availability"), s.series["checkout/availability"]
	s.snapshot.Entries = nil
	for i := range 1000 {
		sample.Definition.ID = fmt.Sprintf("slo-%04d", i)
		s.snapshot.Entries = append(s.snapshot.Entries, sample)
		s.series[sample.Definition.ID] = series
	}
	answers := s.answerer()
	for b.Loop() {
		for i := range 1000 {
			for _, window := range []string{"1d", "2h"} {
				q := ask(b, fmt.Sprintf(`{"queryType":"alert","value":"burn","slos":["slo-%04d"],"windows":[%q]}`, i, window), 1, 10)
				if err := answers.answer(context.Background(), []backend.DataQuery{q}, true)["A"].Error; err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}
