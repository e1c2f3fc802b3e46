package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

func TestEveryObjectiveOfTheDemoLoadsAndIsEvaluated(t *testing.T) {
	catalogue := slo.Load(os.DirFS("../../provisioning/slos"))
	require.Empty(t, catalogue.Problems)
	require.Len(t, catalogue.Definitions, 14)
	journeys := map[string]bool{}
	for _, definition := range catalogue.Definitions {
		require.Empty(t, definition.NotEvaluated, definition.ID)
		require.Equal(t, slo.SourceRef{Type: "prometheus", UID: "prometheus"}, definition.Source, definition.ID)
		require.NotEmpty(t, definition.Owner, definition.ID)
		if definition.CriticalJourney {
			journeys[definition.Labels["journey"]] = true
		}
	}
	require.Equal(t, map[string]bool{"browse": true, "search": true, "checkout": true}, journeys)
}
