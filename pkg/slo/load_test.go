package slo

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func lines(problems []Problem) string {
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.String() + "\n")
	}
	return b.String()
}

func TestEveryProblemOfABadFileIsReportedAtOnce(t *testing.T) {
	for _, entry := range mustReadDir(t, "testdata/bad") {
		name, isYAML := strings.CutSuffix(entry, ".yaml")
		if !isYAML {
			continue
		}
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile("testdata/bad/" + entry)
			require.NoError(t, err)
			got := lines(Parse(entry, data).Problems)
			golden := "testdata/bad/" + name + ".problems"
			if os.Getenv("UPDATE_GOLDEN") != "" {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

func mustReadDir(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestReferencesReachAcrossFiles(t *testing.T) {
	c := Load(os.DirFS("testdata/good"))
	require.Empty(t, lines(c.Problems))
	require.Len(t, c.Definitions, 3)
	require.Equal(t, Definition{
		ID: "checkout-availability", Name: "checkout-availability", DisplayName: "Checkout availability", Description: "Orders are taken.",
		Service: "checkout", ServiceDisplayName: "Checkout",
		Labels: map[string]string{"team": "payments,web", "tier": "one"},
		Target: MustFraction("0.9995"), Window: Window{Duration: 30 * day, Text: "30d"}, Method: MethodOccurrences,
		Indicator: Indicator{
			Kind: KindRatio, Counter: true,
			Good: `http_requests_total{service="checkout",code!~"5.."}`, Total: `http_requests_total{service="checkout"}`,
		},
		Source: SourceRef{Type: "prometheus", UID: "prometheus"},
		Owner:  "team-payments", RunbookURL: "https://runbooks.example.com/checkout", DashboardUID: "checkout",
		CriticalJourney: true, MinimumEvents: 100, AlertPolicies: []string{"fast-burn"},
		Origin:   Position{File: "shop.yaml", Line: 40, Column: 1, Document: 4},
		Policies: c.AlertPolicies,
	}, c.Definitions[0])

	require.Equal(t, []string{"search-latency/bearable", "search-latency/fast"}, []string{c.Definitions[1].ID, c.Definitions[2].ID})
	require.Equal(t, "search-latency · Fast", c.Definitions[2].DisplayName)
	require.Equal(t, Indicator{
		Kind: KindThreshold, Op: OpLTE, Limit: 0.5,
		Value: "histogram_quantile(0.99, sum by (le) (rate(search_seconds_bucket[1m])))",
	}, c.Definitions[2].Indicator)

	require.Len(t, c.AlertPolicies, 1)
	policy := c.AlertPolicies[0]
	require.Equal(t, "fast-burn", policy.Name)
	require.True(t, policy.WhenBreaching)
	require.Equal(t, AlertCondition{
		Name: "fast", DisplayName: "fast", Severity: "page", Op: OpGTE, Threshold: 14.4, Lookback: time.Hour, After: 2 * time.Minute,
		Origin: Position{File: "shop.yaml", Line: 77, Column: 1, Document: 6},
	}, policy.Conditions[0])
	require.Equal(t, "payments-on-call", policy.Targets[0].Target)
}
