// Package evaluate is the loop that turns definitions into buckets: it reads each indicator once, in
// small closed intervals, as they settle, and writes them to the ledger.
package evaluate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grafana/dskit/services"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

// Source reads an indicator. [from, to) are Unix seconds, multiples of budget.StepSeconds.
type Source interface {
	Read(ctx context.Context, def slo.Definition, from, to int64) (source.Result, error)
}

// Ledger is what the evaluator needs of a store: it writes, and it reads where an earlier run stood.
type Ledger interface {
	ledger.Writer
	ledger.Reader
}

// Definitions is a catalogue that changes: slo.Folder. The evaluator seeds, starts and stops it.
type Definitions interface {
	services.Service
	// Seed passes the definitions that the ledger knew when the last process ended, so that one which
	// turned bad meanwhile keeps its last good version. It is called before the service starts.
	Seed(previous []slo.Definition)
	// Catalogue is the present catalogue.
	Catalogue() slo.Catalogue
	// Changed receives after every change of the catalogue; changes in quick succession may be one.
	Changed() <-chan struct{}
}

// Logger is the part of a structured logger that is used; *slog.Logger and the SDK's log.Logger both are one.
type Logger interface {
	Debug(msg string, args ...any)
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
	Error(msg string, args ...any)
}

// Config is what an Evaluator is made of. Store, Definitions, Sources and Logger are required, the
// rest has defaults.
type Config struct {
	Store       Ledger
	Definitions Definitions
	// Sources gives the reader for a data source. It is called when the source is first needed, and
	// again after an error, whose text then shows as the status of the source's SLOs.
	Sources func(slo.SourceRef) (Source, error)
	Logger  Logger
	// Registerer takes the burnline_* metrics; nil keeps them to itself.
	Registerer prometheus.Registerer
	// Clock is the wall clock unless a test passes another.
	Clock Clock

	// Interval is the time between two readings of an SLO (default 1 m, a multiple of budget.Step up to
	// half of budget.StaleAfter: what is read more rarely would look stale in between).
	Interval time.Duration
	// Settle is how long a bucket is read again after its end, for late data (default 2 m, at most 30 m).
	Settle time.Duration
	// ReadTimeout bounds one reading (default 2 m).
	ReadTimeout time.Duration
	// BackfillChunk is the longest span of one backfill reading (default 24 h). The first is an hour, so
	// that the near past shows at once; success doubles it, failure halves it.
	BackfillChunk time.Duration
	// SourceConcurrency bounds the readings in flight of one source (default 4), Concurrency those of all
	// (default 16); but every source may always have one, so that slow ones never hold up the others.
	Concurrency, SourceConcurrency int
	// SourceQueriesPerSecond is the budget of readings a second for one source (default 200);
	// SourceBurst how many may come at once (default twice SourceConcurrency).
	SourceQueriesPerSecond float64
	SourceBurst            int
	// MinBackoff and MaxBackoff bound the pause after a source's failure (defaults 1 s and 1 m).
	MinBackoff, MaxBackoff time.Duration
}

// Clock tells the time of day. Waiting is always done by the monotonic clock.
type Clock interface{ Now() time.Time }

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (c *Config) defaults() error {
	var missing error
	require := func(ok bool, field string) {
		if !ok {
			missing = errors.Join(missing, fmt.Errorf("evaluate: Config.%s is required", field))
		}
	}
	require(c.Store != nil, "Store")
	require(c.Definitions != nil, "Definitions")
	require(c.Sources != nil, "Sources")
	require(c.Logger != nil, "Logger")
	if missing != nil {
		return missing
	}
	if c.Clock == nil {
		c.Clock = wallClock{}
	}
	orDefault(&c.Interval, time.Minute)
	orDefault(&c.Settle, 2*time.Minute)
	orDefault(&c.ReadTimeout, 2*time.Minute)
	orDefault(&c.BackfillChunk, 24*time.Hour)
	orDefault(&c.Concurrency, 16)
	orDefault(&c.SourceConcurrency, 4)
	orDefault(&c.SourceQueriesPerSecond, 200)
	orDefault(&c.SourceBurst, 2*c.SourceConcurrency)
	orDefault(&c.MinBackoff, time.Second)
	orDefault(&c.MaxBackoff, time.Minute)
	var invalid error
	check := func(ok bool, text string) {
		if !ok {
			invalid = errors.Join(invalid, fmt.Errorf("evaluate: %s", text))
		}
	}
	check(c.Interval >= budget.Step && c.Interval%budget.Step == 0, fmt.Sprintf("interval %s is not a multiple of %s", c.Interval, budget.Step))
	check(c.Interval <= budget.StaleAfter/2, fmt.Sprintf("interval %s is longer than %s, and SLOs would look stale between two readings", c.Interval, budget.StaleAfter/2))
	check(c.Settle >= 0 && c.Settle <= 30*time.Minute, fmt.Sprintf("settle time %s is not from 0 to 30m", c.Settle))
	check(c.BackfillChunk >= budget.Step && c.BackfillChunk%budget.Step == 0, fmt.Sprintf("backfill chunk %s is not a multiple of %s", c.BackfillChunk, budget.Step))
	check(c.ReadTimeout > 0, fmt.Sprintf("read timeout %s is not positive", c.ReadTimeout))
	check(c.Concurrency > 0 && c.SourceConcurrency > 0, "concurrency must be at least 1")
	check(c.SourceQueriesPerSecond > 0 && c.SourceBurst > 0, "the query budget of a source must be positive")
	check(c.MinBackoff > 0 && c.MaxBackoff >= c.MinBackoff, fmt.Sprintf("back-off from %s to %s is not a range", c.MinBackoff, c.MaxBackoff))
	return invalid
}

func orDefault[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
}
