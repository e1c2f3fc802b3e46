package evaluate

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/grafana/dskit/services"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// Evaluator is a dskit service: StartAsync begins to evaluate, StopAsync ends it after the last results
// are written. It fails only if the ledger can't be read at the start.
type Evaluator struct {
	services.Service
	cfg     Config
	metrics *metrics
	loop    *loop
	health  atomic.Pointer[Health]
}

// Health is how the evaluation fares as a whole; how each definition fares is in its ledger.Status.
type Health struct {
	// At is when this was true.
	At time.Time
	// Evaluated is the number of definitions that are read.
	Evaluated int
	// WriteError is why the ledger can't be written since WriteErrorAt; empty while it can. Nothing is
	// lost: what was read waits, and reading pauses.
	WriteError   string
	WriteErrorAt time.Time
	// Sources are sorted by UID.
	Sources []SourceHealth
}

// SourceHealth is how one data source fares.
type SourceHealth struct {
	slo.SourceRef
	// Down means that it fails as a whole; Error is its last failure.
	Down  bool
	Error string
	// Lag is the age of the newest bucket of the definition that lags most, Waiting the number of
	// readings that wait for their turn.
	Lag     time.Duration
	Waiting int
}

// New checks the configuration, registers the metrics, and makes an evaluator; it does nothing until
// it is started.
func New(cfg Config) (*Evaluator, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	e := &Evaluator{cfg: cfg, metrics: newMetrics(cfg.Registerer)}
	e.health.Store(&Health{})
	e.Service = services.NewBasicService(e.start, e.run, e.stop).WithName("evaluator")
	return e, nil
}

// Health is the state of some seconds ago at most.
func (e *Evaluator) Health() Health { return *e.health.Load() }

func (e *Evaluator) start(ctx context.Context) error {
	snapshot, err := e.cfg.Store.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	var previous []slo.Definition
	for _, entry := range snapshot.Entries {
		if entry.Removed.IsZero() {
			previous = append(previous, entry.Definition)
		}
	}
	e.cfg.Definitions.Seed(previous)
	if err := services.StartAndAwaitRunning(ctx, e.cfg.Definitions); err != nil {
		return fmt.Errorf("starting to watch the definitions: %w", err)
	}
	e.loop = newLoop(e, snapshot.Entries)
	return nil
}

func (e *Evaluator) run(ctx context.Context) error {
	e.loop.run(ctx)
	return nil
}

func (e *Evaluator) stop(error) error {
	return services.StopAndAwaitTerminated(context.Background(), e.cfg.Definitions)
}
