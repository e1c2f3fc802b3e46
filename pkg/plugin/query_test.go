package plugin

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

func TestMistakesInAQueryAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ model, want string }{
		"JSON that is no object":      {`["status"]`, "query A can't be read"},
		"a query type is missing":     {`{}`, `query A has no queryType; choose one of "status", "budget", "burnrate", "sli", "events", "annotations", "alert" or "backtest".`},
		"an unknown query type":       {`{"queryType":"budgets"}`, `unknown queryType "budgets"`},
		"a label without a value":     {`{"queryType":"status","labels":["team"]}`, `label "team" must be written as key=value`},
		"a window that is none":       {`{"queryType":"burnrate","windows":["soon"]}`, `window "soon" is not a duration; write for example 5m, 6h or 3d`},
		"a window that is too long":   {`{"queryType":"burnrate","windows":["91d"]}`, `window "91d" must be whole minutes, from 1m to 90d`},
		"an SLO that nearly exists":   {`{"queryType":"budget","slos":["chekout/availability"]}`, `there is no SLO "chekout/availability". Did you mean "checkout/availability"?`},
		"an SLO named in part":        {`{"queryType":"budget","slos":["latency"]}`, `Did you mean "mail-latency" or "search-latency"?`},
		"a service that nearly is":    {`{"queryType":"budget","services":["chekout"]}`, `no SLO belongs to a service "chekout". Did you mean "checkout"?`},
		"an unknown label key":        {`{"queryType":"status","labels":["teem=web"]}`, `no SLO has a label "teem". Did you mean "team"?`},
		"an unknown label value":      {`{"queryType":"status","labels":["team=wep"]}`, `no SLO has the label team="wep". Did you mean "web"?`},
		"one unknown SLO among known": {`{"queryType":"status","slos":["search-latency","nope"]}`, `there is no SLO "nope".`},
	} {
		t.Run(name, func(t *testing.T) {
			response := answerTo(t, sampleShelf(), ask(t, c.model, 1, 10))
			require.ErrorContains(t, response.Error, c.want)
			require.GreaterOrEqual(t, int(response.Status), 400)
			require.Less(t, int(response.Status), 500)
			require.Equal(t, backend.ErrorSourceDownstream, response.ErrorSource)
		})
	}
	t.Run("an empty time range", func(t *testing.T) {
		require.ErrorContains(t, answerTo(t, sampleShelf(), ask(t, `{"queryType":"status"}`, 0, 10)).Error, "empty time range")
	})
}

func TestSelections(t *testing.T) {
	for name, c := range map[string]struct {
		model string
		want  []string
	}{
		"a service":                             {`{"services":["search"]}`, []string{"search-latency"}},
		"services add up":                       {`{"services":["search","mail"]}`, []string{"mail-latency", "search-latency"}},
		"lists of different kinds must agree":   {`{"services":["search","mail"],"slos":["mail-latency"]}`, []string{"mail-latency"}},
		"a value of a label with several":       {`{"labels":["team=money"]}`, []string{"billing-availability", "checkout/availability"}},
		"labels of different keys must agree":   {`{"labels":["team=web","journey=search"]}`, []string{"search-latency"}},
		"values of one label key add up":        {`{"labels":["journey=search","journey=checkout"]}`, []string{"checkout/availability", "search-latency"}},
		"one key adds up, the other must agree": {`{"labels":["journey=search","team=money","journey=checkout"]}`, []string{"checkout/availability"}},
		"blank entries and spaces are nothing":  {`{"slos":[""," search-latency "]}`, []string{"search-latency"}},
		"an SLO that was removed, by its id":    {`{"slos":["gone"]}`, []string{"gone"}},
		"nothing at all":                        {`{"services":["search"],"slos":["mail-latency"]}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			q := ask(t, c.model, 1, 10)
			q.QueryType = "status"
			response := answerTo(t, sampleShelf(), q)
			require.NoError(t, response.Error)
			field, _ := response.Frames[0].FieldByName("slo")
			var ids []string
			for i := range field.Len() {
				ids = append(ids, field.At(i).(string))
			}
			require.Equal(t, c.want, ids)
		})
	}
}

func TestAnEmptyAnswerSaysWhy(t *testing.T) {
	notice := func(s *shelf, model string) string {
		response := answerTo(t, s, ask(t, model, 1, 10))
		require.NoError(t, response.Error)
		require.Len(t, response.Frames, 1)
		return response.Frames[0].Meta.Notices[0].Text
	}
	s := sampleShelf()
	require.Equal(t, `No SLO matches SLO "mail-latency", service "search".`, notice(s, `{"queryType":"budget","slos":["mail-latency"],"services":["search"]}`))
	require.Equal(t, `No SLO matches service "mail", label team="web" or "money", label journey="search".`,
		notice(s, `{"queryType":"budget","services":["mail"],"labels":["team=web","journey=search","team=money"]}`))
	for i := range s.snapshot.Entries {
		s.snapshot.Entries[i].Removed = sampleRead
	}
	require.Contains(t, notice(s, `{"queryType":"status"}`), "No SLO could be loaded from /etc/slos", "removed SLOs are not defined any more")
	s.snapshot.Entries = nil
	require.Contains(t, notice(s, `{"queryType":"status"}`), "No SLO could be loaded from /etc/slos: 1 problem. The first: search.yaml:12: spec.objectives[0].target: 99.9 is outside 0 to 1. write 0.999.")
	s.snapshot.Problems = nil
	require.Equal(t, "No SLO is defined yet. Put an OpenSLO v1 file into /etc/slos.", notice(s, `{"queryType":"sli"}`))
	s.snapshot = ledger.Snapshot{Missing: "There is no ledger yet."}
	require.Equal(t, "There is no ledger yet. The app's health says what it waits for.", notice(s, `{"queryType":"status"}`))
}

func TestAGraphOfTooManySLOsIsRefusedWithARemedy(t *testing.T) {
	s := sampleShelf()
	for i := range maxSeriesSLOs {
		entry := *s.entry("nightly-batch")
		entry.Definition.ID = "copy-" + strings.Repeat("x", i+1)
		s.snapshot.Entries = append(s.snapshot.Entries, entry)
	}
	response := answerTo(t, s, ask(t, `{"queryType":"burnrate"}`, 1, 10))
	require.ErrorContains(t, response.Error, "60 SLOs; at most 50 fit one graph. Choose SLOs, services or labels")
	require.NoError(t, answerTo(t, s, ask(t, `{"queryType":"status"}`, 1, 10)).Error, "a table has no limit")
}

func TestALedgerThatCannotBeReadIsAnErrorOfThePlugin(t *testing.T) {
	s := sampleShelf()
	s.err = errors.New("the ledger is damaged; restore it")
	response := answerTo(t, s, ask(t, `{"queryType":"status"}`, 1, 10))
	require.EqualError(t, response.Error, "the ledger can't be read: the ledger is damaged; restore it")
	require.Equal(t, backend.ErrorSourcePlugin, response.ErrorSource)
	require.Equal(t, backend.StatusInternal, response.Status)
}

func TestACancelledQueryIsNoFaultOfThePlugin(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	response := sampleShelf().answerer().answer(ctx, []backend.DataQuery{ask(t, `{"queryType":"status"}`, 1, 10)}, false)["A"]
	require.ErrorIs(t, response.Error, context.Canceled)
	require.Equal(t, backend.ErrorSourceDownstream, response.ErrorSource)
}

func TestTheStepIsAWholeNumberOfBuckets(t *testing.T) {
	from := time.Unix(0, 0)
	for name, c := range map[string]struct {
		span   time.Duration
		points int64
		want   int64
	}{
		"never finer than a bucket":        {time.Hour, 10_000, 60},
		"rounded up to minutes":            {time.Hour, 50, 120},
		"a day on a narrow panel":          {24 * time.Hour, 24, 3600},
		"without a width a thousand":       {1000 * time.Hour, 0, 3600},
		"no more than Prometheus would do": {11_000 * time.Hour, 1 << 40, 3600},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, stepFor(from, from.Add(c.span), c.points)) })
	}
}

func TestWindowsAreWrittenInTheirLargestUnit(t *testing.T) {
	for text, window := range map[string]time.Duration{"5m": 5 * time.Minute, "90m": 90 * time.Minute, "6h": 6 * time.Hour, "1d": 24 * time.Hour, "3d": 72 * time.Hour, "30d": 720 * time.Hour} {
		require.Equal(t, text, windowText(window))
	}
	require.Equal(t, "2d 4h", span(52*time.Hour+10*time.Minute))
	require.Equal(t, "1h 5m", span(65*time.Minute))
	require.Equal(t, "1m", span(0))
}

func TestSuggestions(t *testing.T) {
	ids := []string{"checkout", "checkout-latency", "search", "browse"}
	for asked, want := range map[string][]string{
		"CHECKOUT": {"checkout", "checkout-latency"},
		"serach":   {"search"},
		"brwse":    {"browse"},
		"payments": nil,
		"":         nil,
	} {
		require.Equal(t, want, nearest(asked, ids), asked)
	}
	require.Equal(t, 3, editDistance("kitten", "sitting"))
	require.Equal(t, 1, editDistance("größe", "grösse")-1, "runes count, not bytes")
}

func TestProblemsAreOneLine(t *testing.T) {
	p := slo.Problem{Position: slo.Position{File: "a.yaml", Line: 3}, Path: "spec.x", Message: "is missing", Remedy: "add it"}
	require.Equal(t, "a.yaml:3: spec.x: is missing. add it.", problemText(p))
}
