package plugin

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

func TestFiguresAreRememberedUntilAnythingChanges(t *testing.T) {
	s := sampleShelf()
	var known memory
	def, series := s.entry("search-latency").Definition, s.series["search-latency"]
	first := known.figures(def.ID, budget.ObjectiveOf(def), series, sampleRead)
	require.Same(t, first, known.figures(def.ID, budget.ObjectiveOf(def), series, sampleRead))

	later := known.figures(def.ID, budget.ObjectiveOf(def), series, sampleRead.Add(time.Minute))
	require.NotSame(t, first, later)
	require.NotEqual(t, first.Report.From, later.Report.From)

	grown := series.Clone()
	grown.Put(budget.Bucket{Start: sampleRead.Unix(), Good: 50, Total: 100, State: budget.StateMeasured})
	require.NotEqual(t, later.Report.Bad(), known.figures(def.ID, budget.ObjectiveOf(def), grown, sampleRead.Add(time.Minute)).Report.Bad())

	def.Target = slo.MustFraction("0.5")
	require.NotEqual(t, later.Report.Remaining, known.figures(def.ID, budget.ObjectiveOf(def), grown, sampleRead.Add(time.Minute)).Report.Remaining)
}

func TestTheMomentOfAReport(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 30, 0, time.UTC)
	minute := func(m int) time.Time { return time.Date(2026, 3, 10, 11, m, 0, 0, time.UTC) }
	for name, c := range map[string]struct{ readUntil, to, want time.Time }{
		"live: the newest minute that was read":           {minute(58), now, minute(58)},
		"a range into the future is live":                 {minute(58), now.Add(time.Hour), minute(58)},
		"a past range: its end":                           {minute(58), minute(30), minute(30)},
		"a past range's end falls on a minute":            {minute(58), minute(30).Add(20 * time.Second), minute(30)},
		"reading has stopped: the window moves on":        {minute(30), now, now.Truncate(time.Minute)},
		"nothing was read yet":                            {time.Time{}, now, now.Truncate(time.Minute)},
		"a past range that ends where reading stood":      {minute(28), minute(30), minute(28)},
		"a past range that ends long after reading ended": {minute(5), minute(30), minute(30)},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, moment(c.readUntil, c.to, now)) })
	}
}
