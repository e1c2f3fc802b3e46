package evaluate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

func TestWhatTheSourceSaidOfFinalBucketsIsKeptWhileTheyCount(t *testing.T) {
	play(t, "", func(s *stage) {
		begin := time.Unix(budget.AlignDown(s.begin), 0).UTC()
		s.world.warn = func(read span) []string {
			switch from := time.Unix(read.from, 0); {
			case from.Before(begin.Add(-4 * time.Hour)):
				return []string{"old blocks are missing"}
			case time.Since(s.begin) > 10*time.Minute && time.Since(s.begin) < 15*time.Minute:
				return []string{"a store did not answer"}
			}
			return nil
		}
		s.start()
		s.wait(30 * time.Minute)
		check := func() {
			status := s.store.status("a")
			require.Empty(t, status.Warnings, "the last reading was well")
			require.Len(t, status.PastWarnings, 2)
			recent, old := status.PastWarnings[0], status.PastWarnings[1]
			require.Equal(t, "a store did not answer", recent.Text)
			require.WithinRange(t, recent.From, begin.Add(7*time.Minute), begin.Add(10*time.Minute))
			require.WithinRange(t, recent.Until, begin.Add(11*time.Minute), begin.Add(15*time.Minute))
			require.Equal(t, "old blocks are missing", old.Text)
			require.Equal(t, begin.Add(-6*time.Hour), old.From)
		}
		check()
		s.restart(definition("a"))
		s.wait(5 * time.Minute)
		check()
		s.wait(7 * time.Hour)
		require.Empty(t, s.store.status("a").PastWarnings, "nothing in the window is in doubt any more")
	})
}

func TestRetentionShorterThanTheWindowIsFound(t *testing.T) {
	play(t, "in one run", func(s *stage) {
		s.world.since = s.begin.Add(-2 * time.Hour).Truncate(time.Minute)
		s.start()
		s.wait(time.Minute)
		require.Equal(t, s.world.since.Unix(), s.store.status("a").RetentionFrom.Unix())
		s.wait(5 * time.Hour)
		require.True(t, s.store.status("a").RetentionFrom.IsZero(), "the window has moved past it")
	})
	play(t, "over a restart", func(s *stage) {
		s.world.since = s.begin.Add(-2 * time.Hour).Truncate(time.Minute)
		s.cfg.BackfillChunk = 10 * time.Minute
		s.cfg.SourceQueriesPerSecond, s.cfg.SourceBurst = 1, 1
		s.start()
		s.wait(25 * time.Second)
		s.restart(definition("a"))
		s.wait(2 * time.Minute)
		require.Equal(t, s.world.since.Unix(), s.store.status("a").RetentionFrom.Unix())
	})
	play(t, "no data at all is not retention", func(s *stage) {
		s.world.since = s.begin.Add(100 * time.Hour)
		s.start()
		s.wait(time.Minute)
		require.True(t, s.store.status("a").RetentionFrom.IsZero())
		require.Equal(t, s.store.status("a").BackfillFrom, s.store.status("a").BackfilledTo)
	})
}

func TestAPastThatCannotBeReadIsAWarningAndNotAFailure(t *testing.T) {
	play(t, "", func(s *stage) {
		s.world.refuse = func(r span) error {
			if r.to <= s.begin.Unix()-2*3600 {
				return &source.Error{Kind: source.KindLimit, Source: "prom", Message: "too many samples"}
			}
			return nil
		}
		s.start()
		s.wait(10 * time.Minute)
		status := s.store.status("a")
		require.Empty(t, status.LastError)
		require.Equal(t, []string{`A part of the past can't be read yet: data source "prom": limit exceeded: too many samples`}, status.Warnings)
		s.requireTruthFrom("a", status.BackfilledTo.Unix(), s.head())
		require.Less(t, s.world.readCount(), 50, "it is tried ever less often")
	})
}

func TestTheLedgerShowsThatSomebodyEvaluatesEvenWithNothingToRead(t *testing.T) {
	play(t, "", func(s *stage) {
		s.shelf = newShelf()
		s.start()
		s.wait(2 * time.Minute)
		before := s.store.appendCount()
		s.wait(budget.StaleAfter)
		require.Greater(t, s.store.appendCount(), before, "whoever reads the ledger takes an old heartbeat for a dead evaluator")
	})
}
