package evaluate

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

func TestConfigurationIsChecked(t *testing.T) {
	_, err := New(Config{})
	for _, field := range []string{"Store", "Definitions", "Sources", "Logger"} {
		require.ErrorContains(t, err, "Config."+field+" is required")
	}
}

func TestTheWindowIsBackfilledNewestFirstAndThenFollowed(t *testing.T) {
	play(t, "", func(s *stage) {
		s.cfg.SourceConcurrency = 1 // so that there is one order of readings
		s.start()
		s.wait(5 * time.Second)
		s.requireTruth("a", s.head())
		reads := s.world.history()
		require.Equal(t, span{s.head() - 120, s.head()}, reads[0], "what is live comes first")
		for i := 2; i < len(reads); i++ {
			require.Equal(t, reads[i].to, reads[i-1].from, "then each chunk is the one before")
			require.GreaterOrEqual(t, reads[i-1].to-reads[i-1].from, int64(3600))
		}
		status := s.store.status("a")
		require.Equal(t, status.BackfillFrom, status.BackfilledTo, "the status says that the backfill is done")
		require.True(t, status.RetentionFrom.IsZero())

		s.wait(30 * time.Minute)
		s.requireTruth("a", s.head())
		require.Equal(t, s.head(), s.store.status("a").ReadUntil.Unix())
		require.Equal(t, s.head()-120, s.store.status("a").SettledUntil.Unix())
		require.LessOrEqual(t, s.world.readCount()-len(reads), 31, "one reading a minute")
	})
}

func TestLateDataIsReadAgainUntilItSettles(t *testing.T) {
	play(t, "", func(s *stage) {
		s.world.late = 100 * time.Second
		s.start()
		s.wait(20 * time.Minute)
		s.requireTruth("a", s.head()-120)
		newest := s.store.buckets("a")
		last := newest[len(newest)-1]
		require.Equal(t, s.head()-60, last.Start, "the newest bucket is written at once")
		require.NotEqual(t, truth(last.Start), last, "although it is incomplete")
	})
}

func TestAnOutageHealsToWhatAnUndisturbedRunGives(t *testing.T) {
	for name, outage := range map[string]time.Duration{"an hour": time.Hour, "longer than a live reading covers": 4 * time.Hour} {
		play(t, name, func(s *stage) {
			s.start()
			s.wait(10 * time.Minute)
			before := s.head()
			s.world.setFault(down)
			s.wait(outage)
			require.InDelta(t, outage.Minutes(), s.store.count("a", budget.StateSourceError), 4, "the outage shows")
			require.Contains(t, s.store.status("a").LastError, "connection refused")
			require.LessOrEqual(t, s.store.status("a").SettledUntil.Unix(), before)
			require.True(t, s.e.Health().Sources[0].Down)
			require.Less(t, s.world.readCount(), 400, "a source that is down is not asked all the time")

			s.world.setFault(nil)
			s.wait(2 * time.Minute)
			s.requireTruth("a", s.head())
			require.Empty(t, s.store.status("a").LastError)
			require.Zero(t, s.store.count("a", budget.StateSourceError))
			require.Equal(t, s.head()-120, s.store.status("a").SettledUntil.Unix())
		})
	}
}

func TestARestartInTheMiddleGivesTheSameLedger(t *testing.T) {
	play(t, "in the middle of the backfill", func(s *stage) {
		s.cfg.BackfillChunk = 10 * time.Minute
		s.cfg.SourceQueriesPerSecond, s.cfg.SourceBurst = 1, 1
		s.start()
		s.wait(5 * time.Second)
		require.Less(t, len(s.store.buckets("a")), 300)
		for range 5 {
			s.restart(definition("a"))
			s.wait(4 * time.Second)
		}
		require.Less(t, s.world.readCount(), 60, "what is read is not read again")
		s.wait(2 * time.Minute)
		s.requireTruth("a", s.head())
		require.True(t, s.store.status("a").RetentionFrom.IsZero())
	})
	play(t, "after hours in which nobody evaluated", func(s *stage) {
		s.start()
		s.wait(10 * time.Minute)
		s.stop()
		s.wait(5 * time.Hour)
		s.restart(definition("a"))
		s.wait(time.Minute)
		s.requireTruth("a", s.head())
	})
	play(t, "in the middle of an outage", func(s *stage) {
		s.start()
		s.wait(10 * time.Minute)
		s.world.setFault(down)
		s.wait(time.Hour)
		s.restart(definition("a"))
		s.wait(time.Hour)
		s.world.setFault(nil)
		s.wait(2 * time.Minute)
		s.requireTruth("a", s.head())
	})
	play(t, "after longer than the window, only the window is caught up", func(s *stage) {
		s.start()
		s.wait(10 * time.Minute)
		s.stop()
		s.wait(48 * time.Hour)
		s.restart(definition("a"))
		s.wait(time.Minute)
		s.requireTruthFrom("a", s.head()-6*3600, s.head())
		require.Less(t, len(s.store.buckets("a")), 2*6*60+30)
	})
}

func TestTheSourceMayBeDownAtTheStart(t *testing.T) {
	play(t, "", func(s *stage) {
		s.world.setFault(down)
		s.start()
		s.wait(10 * time.Minute)
		require.Equal(t, 10, s.store.count("a", budget.StateSourceError), "only what was seen to fail is an error, not the past")
		s.world.setFault(nil)
		s.wait(2 * time.Minute)
		s.requireTruth("a", s.head())
	})
}

func TestASingleFailureIsTriedAgainWithinSeconds(t *testing.T) {
	play(t, "", func(s *stage) {
		s.start()
		s.wait(10*time.Minute + 35*time.Second) // the next turn comes in a few seconds
		fail := true
		s.world.setFault(func(slo.Definition) error {
			if fail {
				fail = false
				return &source.Error{Kind: source.KindServerError, Source: "prom", Message: "hiccup"}
			}
			return nil
		})
		s.wait(15 * time.Second)
		require.False(t, fail)
		require.Equal(t, s.head(), s.store.status("a").ReadUntil.Unix())
		require.Empty(t, s.store.status("a").LastError)
	})
}

func TestASourceThatCannotBeMadeIsTriedAgain(t *testing.T) {
	play(t, "", func(s *stage) {
		tries := 0
		s.cfg.Sources = func(slo.SourceRef) (Source, error) {
			if tries++; tries < 5 {
				return nil, errors.New("no data source has this UID")
			}
			return s.world, nil
		}
		s.start()
		s.wait(2 * time.Second)
		require.Contains(t, s.store.status("a").LastError, "no data source has this UID")
		s.wait(5 * time.Minute)
		s.requireTruth("a", s.head())
	})
}

func TestOneBadQueryDoesNotStopTheOthersOfItsSource(t *testing.T) {
	play(t, "", func(s *stage) {
		s.shelf = newShelf(definition("a"), definition("bad"), definition("c"))
		s.world.setFault(func(d slo.Definition) error {
			if d.ID == "bad" {
				return &source.Error{Kind: source.KindBadQuery, Source: "prom", Message: "parse error"}
			}
			return nil
		})
		s.start()
		s.wait(20 * time.Minute)
		s.requireTruth("a", s.head())
		s.requireTruth("c", s.head())
		require.Contains(t, s.store.status("bad").LastError, "parse error")
		require.Empty(t, s.store.status("a").LastError)
		require.NotZero(t, s.store.count("bad", budget.StateSourceError))
	})
}

func TestASlowSourceNeverHoldsUpAnother(t *testing.T) {
	play(t, "", func(s *stage) {
		slow := &world{now: time.Now, slow: time.Hour}
		var definitions []slo.Definition
		for n := range 20 {
			d := definition(fmt.Sprintf("slow-%d", n))
			d.Source.UID = fmt.Sprintf("slow-%d", n%5)
			definitions = append(definitions, d)
		}
		s.shelf = newShelf(append(definitions, definition("a"))...)
		s.cfg.Concurrency = 4
		s.cfg.Sources = func(ref slo.SourceRef) (Source, error) {
			if ref.UID == "prom" {
				return s.world, nil
			}
			return slow, nil
		}
		s.start()
		s.wait(10 * time.Second)
		s.requireTruth("a", s.head())
		for range 30 {
			s.wait(time.Minute)
			require.Equal(t, s.head(), s.store.status("a").ReadUntil.Unix(), "the fast source is followed to the minute")
		}
		require.LessOrEqual(t, slow.mostAtOnce(), 4+5, "the bound holds, but for the one that every source may have")
		require.Contains(t, s.store.status("slow-0").LastError, "it took too long")
	})
}

func TestLiveReadingsDoNotWaitForBackfill(t *testing.T) {
	play(t, "", func(s *stage) {
		s.world.slow = 5 * time.Second
		s.cfg.BackfillChunk = 10 * time.Minute
		var definitions []slo.Definition
		for n := range 8 {
			definitions = append(definitions, definition(fmt.Sprint("d", n)))
		}
		s.shelf = newShelf(definitions...)
		s.start()
		s.wait(90 * time.Second)
		for range 5 {
			s.wait(time.Minute)
			for _, d := range definitions {
				require.GreaterOrEqual(t, s.store.status(d.ID).ReadUntil.Unix(), s.head()-60)
			}
		}
	})
}

func TestDefinitionsWithOneIndicatorShareAReading(t *testing.T) {
	play(t, "", func(s *stage) {
		twin := definition("twin")
		twin.Indicator, twin.Target = definition("a").Indicator, slo.MustFraction("0.9")
		s.shelf = newShelf(definition("a"), twin)
		s.start()
		s.wait(10 * time.Minute)
		s.requireTruth("a", s.head())
		s.requireTruth("twin", s.head())
		require.Less(t, s.world.readCount(), 20)
	})
}

func TestTheQueryBudgetOfASourceIsKept(t *testing.T) {
	play(t, "", func(s *stage) {
		var definitions []slo.Definition
		for n := range 60 {
			definitions = append(definitions, definition(fmt.Sprint("d", n)))
		}
		s.shelf = newShelf(definitions...)
		s.cfg.SourceQueriesPerSecond, s.cfg.SourceBurst = 5, 10
		s.start()
		s.wait(10 * time.Second)
		require.LessOrEqual(t, s.world.readCount(), 10+5*10+1)
		require.GreaterOrEqual(t, s.world.readCount(), 5*10)
	})
}

func TestThousandsOfDefinitionsAreFollowedInFewTransactions(t *testing.T) {
	play(t, "", func(s *stage) {
		var definitions []slo.Definition
		const many = 2000
		s.cfg.SourceQueriesPerSecond = 40 // as tight as 10,000 definitions with the default of 200
		for n := range many {
			d := definition(fmt.Sprint("d", n))
			d.Window = slo.Window{Duration: time.Hour, Text: "1h"}
			definitions = append(definitions, d)
		}
		s.shelf = newShelf(definitions...)
		s.start()
		s.wait(8 * time.Minute) // the backfill takes what live readings leave of the source's query budget
		appends, reads := s.store.appendCount(), s.world.readCount()
		s.wait(3 * time.Minute)
		require.LessOrEqual(t, s.store.appendCount()-appends, 3*120)
		require.InDelta(t, 3*many, s.world.readCount()-reads, 100)
		for _, d := range definitions {
			require.GreaterOrEqual(t, s.store.status(d.ID).ReadUntil.Unix(), s.head()-60)
		}
	})
}

func TestARemovedDefinitionKeepsItsHistoryAndFillsTheGapWhenItReturns(t *testing.T) {
	play(t, "", func(s *stage) {
		s.start()
		s.wait(10 * time.Minute)
		s.shelf.set()
		s.wait(time.Second)
		kept := len(s.store.buckets("a"))
		reads := s.world.readCount()
		s.wait(3 * time.Hour)
		require.Equal(t, kept, len(s.store.buckets("a")))
		require.Equal(t, reads, s.world.readCount(), "a removed definition is not read")

		s.shelf.set(definition("a"))
		s.wait(time.Minute)
		s.requireTruth("a", s.head())
	})
}

func TestAChangedQueryIsAskedFromNowOnAndALongerWindowIsBackfilled(t *testing.T) {
	play(t, "", func(s *stage) {
		s.start()
		s.wait(10 * time.Minute)
		before := s.world.readCount()
		changed := definition("a")
		changed.Indicator.Good = "another"
		changed.Window = slo.Window{Duration: 12 * time.Hour, Text: "12h"}
		s.shelf.set(changed)
		at := s.head()
		s.wait(3 * time.Minute)
		begin := budget.AlignDown(s.begin)
		for _, r := range s.world.history()[before:] {
			require.True(t, r.from >= at || r.to <= begin-6*3600, "what was read is not read again: %v", r)
		}
		s.requireTruthFrom("a", at-12*3600, s.head())
	})
}

func TestAFullDiskPausesReadingAndLosesNothing(t *testing.T) {
	play(t, "", func(s *stage) {
		s.start()
		s.wait(10 * time.Minute)
		s.store.setFail(errors.New("database or disk is full"))
		s.wait(time.Hour)
		require.Equal(t, "database or disk is full", s.e.Health().WriteError)
		reads := s.world.readCount()
		s.wait(time.Hour)
		require.Equal(t, reads, s.world.readCount(), "nothing is read that can't be kept")
		s.store.setFail(nil)
		s.wait(2 * time.Minute)
		require.Empty(t, s.e.Health().WriteError)
		s.requireTruth("a", s.head())
	})
}

func TestAStepOfTheClockNeitherLosesNorInventsBuckets(t *testing.T) {
	guard := func(s *stage) {
		s.store.onAppend = func(batches []ledger.Batch) {
			for _, batch := range batches {
				for _, b := range batch.Buckets {
					require.LessOrEqual(s.t, b.Start+60, s.clock.Now().Unix(), "no bucket of the future")
				}
			}
		}
	}
	play(t, "backwards, for good", func(s *stage) {
		guard(s)
		s.clock.step(3 * time.Hour) // the clock was wrong before anything began; the source agrees with it
		s.world.now = s.clock.Now
		s.begin = s.clock.Now()
		s.start()
		s.wait(30 * time.Minute)
		s.clock.step(-2 * time.Hour)
		s.wait(3 * time.Hour)
		s.requireTruth("a", s.head())
		require.Equal(t, s.head(), s.store.status("a").ReadUntil.Unix())
	})
	play(t, "forwards by mistake and back", func(s *stage) {
		guard(s)
		s.start()
		s.wait(30 * time.Minute)
		s.clock.step(26 * time.Hour)
		s.wait(5 * time.Minute)
		require.Zero(t, s.store.count("a", budget.StateNoData), "a future without data is not believed")
		s.clock.step(-26 * time.Hour)
		s.wait(30 * time.Minute)
		s.requireTruth("a", s.head())
	})
	play(t, "forwards for good, as after a machine's sleep", func(s *stage) {
		guard(s)
		s.world.now = s.clock.Now
		s.start()
		s.wait(30 * time.Minute)
		s.clock.step(4 * time.Hour)
		s.wait(15 * time.Minute)
		s.requireTruth("a", s.head())
	})
	play(t, "backwards while the process was not running", func(s *stage) {
		guard(s)
		s.start()
		s.wait(30 * time.Minute)
		s.stop()
		s.clock.step(-10 * time.Minute)
		s.restart(definition("a"))
		s.wait(30 * time.Minute)
		s.requireTruth("a", s.head())
	})
}

func TestADefinitionThatIsNotEvaluatedIsOnlyListed(t *testing.T) {
	play(t, "", func(s *stage) {
		d := definition("a")
		d.NotEvaluated = "Because."
		s.shelf = newShelf(d)
		s.start()
		s.wait(5 * time.Minute)
		require.Zero(t, s.world.readCount())
		snapshot, _ := s.store.Snapshot(t.Context())
		require.Equal(t, "Because.", snapshot.Entries[0].Definition.NotEvaluated)
	})
}

func TestTheFolderIsSeededFromTheLedger(t *testing.T) {
	play(t, "", func(s *stage) {
		s.start()
		s.wait(time.Minute)
		s.restart(definition("a"))
		require.Equal(t, []slo.Definition{definition("a")}, s.shelf.seed)
	})
}

func TestAnAnswerWithAHoleIsRefused(t *testing.T) {
	r := &reading{feed: &feed{}, want: span{0, 180}}
	require.NoError(t, r.check([]budget.Bucket{truth(0), truth(60), truth(120)}))
	for name, buckets := range map[string][]budget.Bucket{
		"too short":         {truth(0), truth(60)},
		"a hole":            {truth(0), truth(120)},
		"an unknown bucket": {truth(0), {Start: 60}, truth(120)},
	} {
		var e *source.Error
		require.ErrorAs(t, r.check(buckets), &e, name)
		require.Equal(t, source.KindMalformed, e.Kind)
	}
}
