package plugin

import (
	"context"
	"fmt"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
)

// BenchmarkStatusOfAThousandSLOs is the portfolio of a large installation: reports, burn rates, forecasts
// and trends over 30 days of minutes from a warm process.
func BenchmarkStatusOfAThousandSLOs(b *testing.B) {
	s := sampleShelf()
	sample, series := *s.entry("checkout/availability"), s.series["checkout/availability"]
	s.snapshot.Entries = nil
	for i := range 1000 {
		sample.Definition.ID = fmt.Sprintf("slo-%04d", i)
		s.snapshot.Entries = append(s.snapshot.Entries, sample)
		s.series[sample.Definition.ID] = series
	}
	answers, q := s.answerer(), ask(b, `{"queryType":"status"}`, 6, 100)
	for b.Loop() {
		response := answers.answer(context.Background(), []backend.DataQuery{q}, false)["A"]
		require.NoError(b, response.Error)
		require.Equal(b, 1000, response.Frames[0].Rows())
	}
}
