package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestADifferenceIsAShareOfTheTrueBudget(t *testing.T) {
	at := time.Unix(1_760_000_040, 0).UTC()
	for name, test := range map[string]struct {
		ledger      figures
		good, total float64
		difference  float64
		ok          bool
	}{
		"equal figures do not differ":                          {figures{9990, 10000, 0}, 9990, 10000, 0, true},
		"one missed error of a budget of ten is a tenth":       {figures{9991, 10000, 0.1}, 9990, 10000, 0.1, false},
		"an error in ten thousand of the budget is permitted":  {figures{99900, 100000, 0}, 99899.99, 100000, 0.0001, true},
		"a wrong remaining budget differs with equal events":   {figures{9990, 10000, 0.5}, 9990, 10000, 0.5, false},
		"an overspent budget is compared below zero":           {figures{9970, 10000, -2}, 9970, 10000, 0, true},
		"events where there were none are a whole budget":      {figures{5, 5, 1}, 0, 0, 1, false},
		"no events on both sides are a full budget and agree":  {figures{0, 0, 1}, 0, 0, 0, true},
		"a whole window that was not read differs by its cost": {figures{0, 0, 1}, 9990, 10000, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			line := compareFigures("x", 0.999, at.Add(-time.Hour), at, test.ledger, test.good, test.total)
			require.InDelta(t, test.difference, line.Difference, 1e-6)
			require.Equal(t, test.ok, line.OK)
		})
	}
}

func parseListed(t *testing.T, text string) listed {
	t.Helper()
	var one listed
	require.NoError(t, json.Unmarshal([]byte(text), &one))
	return one
}

func TestTheCheckWaitsForWhatTheLedgerLacks(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct{ text, lacks string }{
		"nothing, when all is read": {
			`{"status":{"readUntil":"2026-03-01T11:59:00Z"},"report":{"good":1,"total":1,"remaining":1,"progress":1}}`, ""},
		"the rest of the window": {
			`{"status":{"readUntil":"2026-03-01T11:59:00Z"},"report":{"good":1,"total":1,"remaining":1,"progress":0.25}}`, "25 % of the window is read"},
		"the present": {
			`{"status":{"readUntil":"2026-03-01T11:00:00Z"},"report":{"good":1,"total":1,"remaining":1,"progress":1}}`, "the newest reading is 1h0m0s old"},
		"a source that answers": {
			`{"status":{"lastError":"data source \"prometheus\": unreachable"},"report":{"progress":1}}`, `data source "prometheus": unreachable`},
		"any number at all": {
			`{"status":{"readUntil":"2026-03-01T11:59:00Z"},"report":{"good":null,"total":null,"progress":1}}`, "nothing is known of the window"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.lacks, parseListed(t, test.text).lacks(now))
		})
	}
}

func TestTheBacklogNamesFilesWithProblemsAndAnEvaluatorThatStands(t *testing.T) {
	var list listing
	require.NoError(t, json.Unmarshal([]byte(`{
		"evaluator":{"running":false,"message":"no token"},
		"problems":[{"file":"a.yaml","line":3,"message":"is wrong"}],
		"slos":[{"definition":{"id":"x"},"report":{"progress":0.5}},{"definition":{"id":"y","notEvaluated":"composite"},"report":{"progress":0}}]}`), &list))
	waiting, share := backlog(list)
	require.Equal(t, []string{"evaluator: no token", "a.yaml:3: is wrong", "x: 50 % of the window is read"}, waiting)
	require.InDelta(t, 0.25, share, 1e-9)
	waiting, _ = backlog(listing{})
	require.Equal(t, []string{"no SLO is known yet"}, waiting)
}

func TestTheTableHasALineAnSLOAndMarksDifferences(t *testing.T) {
	var out bytes.Buffer
	printTable(&out, result{Permitted: permitted, SLOs: []comparison{
		{SLO: "cart", Objective: 0.999, Ledger: figures{999, 1000, 0.5}, Truth: figures{999, 1000, 0.5}, OK: true},
		{SLO: "payment", Objective: 0.9995, Ledger: figures{900, 1000, 0.2}, Truth: figures{999, 1000, 0.5}, Difference: 0.3},
	}})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 4)
	require.Regexp(t, `cart\s+99\.9 %\s+999\s+1000\s+50\.00 %.*ok`, lines[1])
	require.Regexp(t, `payment\s+99\.95 %.*30\.0000 %\s+DIFFERS`, lines[2])
}
