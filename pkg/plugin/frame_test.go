package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
)

func TestFramesKeepTheirContract(t *testing.T) {
	for name, c := range map[string]struct {
		model  string
		hours  float64
		points int64
	}{
		"status":           {`{"queryType":"status"}`, 6, 100},
		"budget":           {`{"queryType":"budget","slos":["checkout/availability"]}`, 6, 12},
		"budget-burning":   {`{"queryType":"budget","slos":["search-latency"]}`, 6, 6},
		"burnrate":         {`{"queryType":"burnrate","slos":["search-latency"]}`, 2, 4},
		"burnrate-windows": {`{"queryType":"burnrate","slos":["search-latency"],"windows":["10m","2d"]}`, 2, 4},
		"sli":              {`{"queryType":"sli","slos":["checkout/availability"]}`, 6, 24},
		"events":           {`{"queryType":"events","slos":["checkout/availability"]}`, 6, 24},
		"annotations":      {`{"queryType":"annotations","services":["search","signup","shop"]}`, 96, 100},
	} {
		t.Run(name, func(t *testing.T) {
			response := answerTo(t, sampleShelf(), ask(t, c.model, c.hours, c.points))
			require.NoError(t, response.Error)
			requireGolden(t, name, response)
		})
	}
}

func TestEveryStateIsShownWithItsReason(t *testing.T) {
	states := map[string]struct {
		state   State
		message string
	}{
		"billing-availability":  {StateError, "connection refused"},
		"browse-availability":   {StateExhausted, "the budget is spent"},
		"checkout/availability": {StateOK, ""},
		"composite":             {StateNotEvaluated, "composite SLOs are not evaluated yet"},
		"mail-latency":          {StateStale, "without data for this indicator. Last measured at 2026-03-10 11:39 UTC"},
		"newcomer":              {StateBackfilling, "25 % of the 7d window"},
		"nightly-batch":         {StateNoTraffic, "no event happened"},
		"profile-availability":  {StateNoData, "Run them in Explore"},
		"search-latency":        {StatePage, "The budget burns at"},
		"signup-availability":   {StateTicket, "The budget burns at"},
	}
	frame := answerTo(t, sampleShelf(), ask(t, `{"queryType":"status"}`, 1, 10)).Frames[0]
	rows := rowsOf(t, frame)
	require.Len(t, rows, len(states), "one row an SLO, none for a removed one")
	for id, want := range states {
		require.Equal(t, string(want.state), rows[id]["state"], id)
		if want.message == "" {
			require.Empty(t, rows[id]["message"], id)
		} else {
			require.Contains(t, rows[id]["message"], want.message, id)
		}
	}
	require.Contains(t, rows["search-latency"]["message"], "last good version is in force")
	require.Contains(t, rows["search-latency"]["message"], "has no data before 2026-02-23")
}

func TestWhatTheSourceSaidOfThePastIsTold(t *testing.T) {
	s := sampleShelf()
	said := ledger.PastWarning{Text: "a store did not answer", From: sampleRead.Add(-2 * time.Hour), Until: sampleRead.Add(-time.Hour)}
	s.entry("checkout/availability").Status.PastWarnings = []ledger.PastWarning{said}
	row := rowsOf(t, answerTo(t, s, ask(t, `{"queryType":"status"}`, 1, 10)).Frames[0])["checkout/availability"]
	require.Equal(t, "Of 2026-03-10 09:59 UTC to 2026-03-10 10:59 UTC the data source warned: a store did not answer.", row["message"])
}

func TestAnSLOThatWasNeverReadSaysWhatItWaitsFor(t *testing.T) {
	row := func(change func(*shelf)) map[string]any {
		s := sampleShelf()
		delete(s.series, "mail-latency")
		s.entry("mail-latency").Status = ledger.Status{ReadUntil: sampleRead, BackfilledTo: sampleRead, BackfillFrom: sampleRead.Add(-7 * 24 * time.Hour)}
		change(s)
		return rowsOf(t, answerTo(t, s, ask(t, `{"queryType":"status"}`, 1, 10)).Frames[0])["mail-latency"]
	}
	fresh := row(func(*shelf) {})
	require.Equal(t, "backfilling", fresh["state"])
	require.Equal(t, "Waiting for the first reading.", fresh["message"])
	require.Nil(t, fresh["remaining"])

	failing := row(func(s *shelf) { s.entry("mail-latency").Status.LastError = "unreachable" })
	require.Equal(t, "error", failing["state"])
	require.Equal(t, "Not read yet: unreachable.", failing["message"])

	abandoned := row(func(s *shelf) { s.snapshot.Heartbeat = time.Time{} })
	require.Equal(t, "stale", abandoned["state"])
	require.Contains(t, abandoned["message"], "The evaluator has not written anything yet.")
}

func TestNothingKnownIsNullAndNeverAFullBudget(t *testing.T) {
	rows := rowsOf(t, answerTo(t, sampleShelf(), ask(t, `{"queryType":"status"}`, 1, 10)).Frames[0])
	for _, id := range []string{"composite", "profile-availability"} {
		for _, field := range []string{"sli", "remaining", "consumed", "bad", "total", "allowed", "burn_1h", "burn_6h", "burn_3d"} {
			require.Nil(t, rows[id][field], "%s of %s", field, id)
		}
		require.Zero(t, rows[id]["coverage"])
	}
	require.Nil(t, rows["nightly-batch"]["sli"], "without traffic there is no ratio")
	require.EqualValues(t, 1, rows["nightly-batch"]["remaining"], "without traffic no budget is spent")
}

func TestAnOutageOfTheSourceIsAGap(t *testing.T) {
	frame := answerTo(t, sampleShelf(), ask(t, `{"queryType":"sli","slos":["checkout/availability"]}`, 6, 360)).Frames[0]
	gap := 0
	for i := range frame.Rows() {
		at := frame.Fields[0].At(i).(time.Time)
		ago := sampleRead.Sub(at) - budget.Step
		value := frame.Fields[1].At(i).(*float64)
		if ago >= 3*time.Hour && ago < 3*time.Hour+20*time.Minute {
			require.Nil(t, value, at)
			gap++
		} else {
			require.NotNil(t, value, at)
		}
	}
	require.Equal(t, 20, gap)
}

func TestTheLastPointIsTheTableRow(t *testing.T) {
	s := sampleShelf()
	for _, id := range []string{"browse-availability", "checkout/availability", "search-latency", "signup-availability"} {
		row := rowsOf(t, answerTo(t, s, ask(t, `{"queryType":"status","slos":["`+id+`"]}`, 6, 7)).Frames[0])[id]
		burnDown := answerTo(t, s, ask(t, `{"queryType":"budget","slos":["`+id+`"]}`, 6, 7)).Frames[0]
		burnRates := answerTo(t, s, ask(t, `{"queryType":"burnrate","slos":["`+id+`"],"windows":["1h","6h","3d"]}`, 6, 7)).Frames[0]
		require.Equal(t, row["remaining"], last(burnDown, "remaining"), id)
		require.Equal(t, row["sli"], last(burnDown, "sli"), id)
		for _, window := range []string{"burn_1h", "burn_6h", "burn_3d"} {
			require.Equal(t, row[window], last(burnRates, window), id)
		}
		report := burnDown.Meta.Custom.(map[string]any)["report"].(reportJSON)
		require.Equal(t, row["bad"], *report.Bad)
		require.Equal(t, row["total"], *report.Total)
		require.Equal(t, row["message"], report.Message)
	}
}

func TestFramesAgreeWithTheBudgetReport(t *testing.T) {
	s := sampleShelf()
	rows := rowsOf(t, answerTo(t, s, ask(t, `{"queryType":"status"}`, 1, 10)).Frames[0])
	for _, entry := range s.snapshot.Entries {
		series := s.series[entry.Definition.ID]
		if series == nil || !entry.Removed.IsZero() {
			continue
		}
		at := sampleRead
		if sampleNow.Sub(entry.Status.ReadUntil) > budget.StaleAfter {
			at = sampleNow
		}
		report := series.Report(budget.ObjectiveOf(entry.Definition), at)
		row := rows[entry.Definition.ID]
		if report.Coverage == 0 {
			continue
		}
		require.Equal(t, report.Remaining, row["remaining"], entry.Definition.ID)
		require.Equal(t, report.Consumed, row["consumed"], entry.Definition.ID)
		require.Equal(t, report.Bad(), row["bad"], entry.Definition.ID)
		require.Equal(t, report.Allowed, row["allowed"], entry.Definition.ID)
		require.Equal(t, report.Coverage, row["coverage"], entry.Definition.ID)
		if !math.IsNaN(report.SLI) {
			require.Equal(t, report.SLI, row["sli"], entry.Definition.ID)
		}
	}
}

func TestARangeInThePastIsReportedAtItsEnd(t *testing.T) {
	s := sampleShelf()
	q := ask(t, `{"queryType":"status","slos":["browse-availability"]}`, 1, 10)
	q.TimeRange.From, q.TimeRange.To = sampleRead.Add(-4*24*time.Hour), sampleRead.Add(-3*24*time.Hour)
	row := rowsOf(t, answerTo(t, s, q).Frames[0])["browse-availability"]
	require.Equal(t, "ok", row["state"], "the incident had not happened")
	require.EqualValues(t, 1, row["remaining"])

	billing := ask(t, `{"queryType":"status","slos":["billing-availability"]}`, 1, 10)
	billing.TimeRange = q.TimeRange
	row = rowsOf(t, answerTo(t, s, billing).Frames[0])["billing-availability"]
	require.Equal(t, "ok", row["state"], "that the source fails now says nothing about then")

	billing.TimeRange.From, billing.TimeRange.To = sampleRead.Add(-70*24*time.Hour), sampleRead.Add(-60*24*time.Hour)
	row = rowsOf(t, answerTo(t, s, billing).Frames[0])["billing-availability"]
	require.Equal(t, "no data", row["state"])
	require.Equal(t, "The ledger holds nothing of the window that ends at 2026-01-09 11:59 UTC: its history begins later.", row["message"])
}

func TestPointsKeepToTheTimeRangeAndTheirNumber(t *testing.T) {
	for _, kind := range []string{"budget", "burnrate", "sli", "events"} {
		for _, points := range []int64{1, 7, 50, 1000} {
			for _, hours := range []float64{0.5, 3, 50} {
				q := ask(t, `{"queryType":"`+kind+`","slos":["checkout/availability"]}`, hours, points)
				frame := answerTo(t, sampleShelf(), q).Frames[0]
				require.LessOrEqual(t, int64(frame.Rows()), points+1, "%s over %v h", kind, hours)
				for i := range frame.Rows() {
					at := frame.Fields[0].At(i).(time.Time)
					require.False(t, at.Before(q.TimeRange.From) || at.After(q.TimeRange.To), "%s at %s", kind, at)
				}
			}
		}
	}
}

func TestAnInfiniteBurnRateIsAHugeNumber(t *testing.T) {
	require.Equal(t, endlessBurn, *rate(math.Inf(1)))
	require.Nil(t, rate(math.NaN()))
}

func TestAlertingGetsOneFrameWithOneNumberAnSLO(t *testing.T) {
	for name, c := range map[string]struct {
		query string
		want  string
		wide  bool
	}{
		"budget":                      {`{"queryType":"budget","services":["checkout","search"]}`, "remaining", true},
		"the SLI of a budget":         {`{"queryType":"budget","value":"sli"}`, "sli", true},
		"a budget with one SLO":       {`{"queryType":"budget","slos":["search-latency"]}`, "remaining", true},
		"bad events":                  {`{"queryType":"events"}`, "bad", true},
		"SLI":                         {`{"queryType":"sli"}`, "sli", true},
		"burn rates by their windows": {`{"queryType":"burnrate","windows":["1h","5m"]}`, "burn_", true},
		"status":                      {`{"queryType":"status"}`, "remaining", false},
		"the lag of a status":         {`{"queryType":"status","value":"lag_seconds"}`, "lag_seconds", false},
	} {
		t.Run(name, func(t *testing.T) {
			answer := sampleShelf().answerer().answer(context.Background(), []backend.DataQuery{ask(t, c.query, 6, 12)}, true)["A"]
			require.NoError(t, answer.Error)
			require.Len(t, answer.Frames, 1)
			frame := answer.Frames[0]
			require.Equal(t, c.wide, frame.TimeSeriesSchema().Type == data.TimeSeriesTypeWide)
			// Alerting tells results apart by labels alone: fields' own, and text columns.
			seen := map[string]bool{}
			for _, field := range frame.Fields {
				switch {
				case field.Type().Numeric():
					require.Contains(t, field.Name, c.want)
					require.Falsef(t, seen[field.Labels.String()], "two numbers with the labels %s", field.Labels)
					seen[field.Labels.String()] = true
				case field.Type() == data.FieldTypeString:
					require.Contains(t, []string{"slo", "name", "service", "service_name"}, field.Name, "what changes must not become a label")
				}
			}
			require.NotEmpty(t, seen)
		})
	}
	t.Run("every value that a rule may be about is a number of the frame", func(t *testing.T) {
		for kind, values := range alertValues {
			frame := answerTo(t, sampleShelf(), ask(t, fmt.Sprintf(`{"queryType":%q}`, kind), 6, 12)).Frames[0]
			for _, value := range values {
				field, _ := frame.FieldByName(value)
				require.NotNil(t, field, value)
				require.True(t, field.Type().Numeric(), value)
			}
		}
	})
	t.Run("a value that is not there is a mistake", func(t *testing.T) {
		_, err := parseQuery(ask(t, `{"queryType":"events","value":"remaining"}`, 6, 12))
		require.ErrorContains(t, err, `unknown value "remaining"; for events it must be one of "bad", "good" or "total"`)
	})
}

func TestTheTrendIsJSONWithNullsForWhatIsNotKnown(t *testing.T) {
	rows := rowsOf(t, answerTo(t, sampleShelf(), ask(t, `{"queryType":"status"}`, 1, 10)).Frames[0])
	var trend []*float64
	require.NoError(t, json.Unmarshal(rows["checkout/availability"]["trend"].(json.RawMessage), &trend))
	require.Len(t, trend, trendPoints+1)
	require.Nil(t, trend[0], "before the ledger's first bucket nothing is known")
	require.InDelta(t, 0.8, *trend[trendPoints], 0.01)
}

func TestABurnDownFallsFromAWholeBudgetToThePresentOne(t *testing.T) {
	rows := rowsOf(t, answerTo(t, sampleShelf(), ask(t, `{"queryType":"status"}`, 1, 10)).Frames[0])
	var trend []*float64
	require.NoError(t, json.Unmarshal(rows["browse-availability"]["trend"].(json.RawMessage), &trend))
	require.EqualValues(t, 1, *trend[1], "no bad event had happened")
	for i := 2; i < len(trend); i++ {
		require.LessOrEqual(t, *trend[i], *trend[i-1]+0.005, "a short history does not make an incident larger than it is")
	}
	require.Equal(t, rows["browse-availability"]["remaining"], *trend[trendPoints])
}

// rowsOf gives the rows of a status frame by SLO; pointers are followed.
func rowsOf(t *testing.T, frame *data.Frame) map[string]map[string]any {
	t.Helper()
	rows := map[string]map[string]any{}
	for i := range frame.Rows() {
		row := map[string]any{}
		for _, field := range frame.Fields {
			value, ok := field.ConcreteAt(i)
			if !ok {
				value = nil
			}
			row[field.Name] = value
		}
		rows[fmt.Sprint(row["slo"])] = row
	}
	return rows
}

// last is the newest value of a field, nil for a gap.
func last(frame *data.Frame, name string) any {
	field, _ := frame.FieldByName(name)
	value, ok := field.ConcreteAt(field.Len() - 1)
	if !ok {
		return nil
	}
	return value
}
