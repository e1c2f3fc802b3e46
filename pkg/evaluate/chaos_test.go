package evaluate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

// TestWhateverHappensTheLedgerHeals plays random mishaps and demands in the end what an undisturbed run gives.
func TestWhateverHappensTheLedgerHeals(t *testing.T) {
	for seed := range uint64(100) {
		play(t, fmt.Sprint("seed ", seed), func(s *stage) {
			random := rand.New(rand.NewPCG(seed, 7))
			a, b := definition("a"), definition("b")
			b.Source.UID = "other"
			definitions := []slo.Definition{a, b}
			s.shelf = newShelf(definitions...)
			s.cfg.BackfillChunk = time.Duration(10+random.IntN(200)) * time.Minute
			s.cfg.SourceQueriesPerSecond = 0.2 + random.Float64()*20
			s.world.late = time.Duration(random.IntN(110)) * time.Second
			s.store.onAppend = func(batches []ledger.Batch) {
				for _, batch := range batches {
					for _, b := range batch.Buckets {
						require.LessOrEqual(s.t, b.Start+60, s.clock.Now().Unix(), "no bucket of the future")
					}
				}
			}
			s.start()
			var events []string
			for range 12 {
				s.wait(time.Duration(random.IntN(1800_000)) * time.Millisecond)
				event := mishaps[random.IntN(len(mishaps))]
				events = append(events, event.name)
				event.do(s, random, definitions)
			}
			s.t.Log(events)
			s.clock.step(-s.clock.skew)
			s.world.setFault(nil)
			s.world.setSlow(0)
			s.store.setFail(nil)
			if s.e == nil {
				s.restart(definitions...)
			}
			s.shelf.set(definitions...)
			s.wait(45 * time.Minute)
			for _, d := range definitions {
				s.requireTruth(d.ID, s.head()-180) // the last minutes settle only now
				require.Zero(t, s.store.count(d.ID, budget.StateSourceError))
				require.Empty(t, s.store.status(d.ID).LastError)
			}
		})
	}
}

var mishaps = []struct {
	name string
	do   func(s *stage, random *rand.Rand, definitions []slo.Definition)
}{
	{"the source fails", func(s *stage, random *rand.Rand, _ []slo.Definition) {
		kinds := []source.ErrorKind{source.KindUnreachable, source.KindServerError, source.KindTimeout, source.KindLimit, source.KindMalformed, source.KindRateLimited, source.KindBadQuery}
		kind := kinds[random.IntN(len(kinds))]
		share, dice := random.Float64(), &dice{random: rand.New(rand.NewPCG(random.Uint64(), 1))}
		s.world.setFault(func(d slo.Definition) error {
			if dice.roll() < share {
				return &source.Error{Kind: kind, Source: d.Source.UID, Message: "chaos"}
			}
			return nil
		})
	}},
	{"the source is well", func(s *stage, _ *rand.Rand, _ []slo.Definition) { s.world.setFault(nil) }},
	{"the source is slow", func(s *stage, random *rand.Rand, _ []slo.Definition) {
		s.world.setSlow(time.Duration(random.IntN(150)) * time.Second)
	}},
	{"the process is killed", func(s *stage, random *rand.Rand, definitions []slo.Definition) {
		s.store.setFail(errors.New("killed")) // nothing is written from here on
		s.stop()
		s.store.setFail(nil)
		s.wait(time.Duration(random.IntN(600)) * time.Second)
		s.restart(definitions...)
	}},
	{"the process restarts", func(s *stage, _ *rand.Rand, definitions []slo.Definition) { s.restart(definitions...) }},
	{"the disk is full", func(s *stage, _ *rand.Rand, _ []slo.Definition) { s.store.setFail(errors.New("full")) }},
	{"the disk has room", func(s *stage, _ *rand.Rand, _ []slo.Definition) { s.store.setFail(nil) }},
	{"a definition is removed", func(s *stage, _ *rand.Rand, definitions []slo.Definition) { s.shelf.set(definitions[0]) }},
	{"it is brought back", func(s *stage, _ *rand.Rand, definitions []slo.Definition) { s.shelf.set(definitions...) }},
	{"the clock steps", func(s *stage, random *rand.Rand, _ []slo.Definition) {
		// Never to before the first sight: there the past would begin anew.
		s.clock.step(-s.clock.skew)
		if random.IntN(3) > 0 {
			s.clock.step(time.Duration(random.IntN(48*3600)) * time.Second)
			s.wait(time.Duration(random.IntN(540)) * time.Second)
			s.clock.step(-s.clock.skew)
		}
	}},
}

// dice are random numbers for several goroutines.
type dice struct {
	mu     sync.Mutex
	random *rand.Rand
}

func (d *dice) roll() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.Float64()
}
