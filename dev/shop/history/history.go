// Package history writes the shop's past into a Prometheus data directory as real blocks, in the sizes
// that Prometheus itself would have compacted them to, so that it opens them without further work. Chunks
// are encoded directly instead of through a head: a month of 15-second samples takes seconds.
package history

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	commonmodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/tsdbutil"

	"github.com/burnline/grafana-slo-app/dev/shop/model"
)

var staleMarker = math.Float64frombits(value.StaleNaN)

func seriesRef(i int) storage.SeriesRef { return storage.SeriesRef(i) }

// ranges are the block lengths that a Prometheus with a retention of 120 days compacts to, in seconds.
var ranges = []int64{162 * 3600, 54 * 3600, 18 * 3600, 6 * 3600, 2 * 3600}

// Config says what to write and where.
type Config struct {
	// Dir is the data directory of a Prometheus that is not running.
	Dir string
	// World is at its origin; Fill advances it to Until.
	World *model.World
	// Until is the last tick to write, in Unix seconds.
	Until int64
	// Job is the job label of all series, Target the instance label of up.
	Job, Target string
	// Progress is called with the share done; may be nil.
	Progress func(share float64)
}

func (c *Config) defaults() error {
	if c.Dir == "" || c.World == nil {
		return errors.New("history: a directory and a world are needed")
	}
	if c.Until%model.TickSeconds != 0 {
		return fmt.Errorf("history: the end %d is not a multiple of %d s", c.Until, model.TickSeconds)
	}
	if c.Job == "" {
		c.Job = "shop"
	}
	if c.Progress == nil {
		c.Progress = func(float64) {}
	}
	return nil
}

// Result is what Fill wrote.
type Result struct {
	// From is the first tick written; zero if nothing was missing.
	From    int64
	Blocks  int
	Samples uint64
}

// ErrInUse means that a running Prometheus holds the directory.
var ErrInUse = errors.New("in use by a running Prometheus: stop it first")

// Fill writes everything from the end of the directory's last block (or the world's origin) to Until.
//
// What Prometheus had scraped since its last block is in its write-ahead log, and is a part of what is
// written here: the world gives the same samples again. A log beside newer blocks would be ignored by
// Prometheus, so it is removed.
func Fill(ctx context.Context, config Config) (Result, error) {
	if err := config.defaults(); err != nil {
		return Result{}, err
	}
	if err := os.MkdirAll(config.Dir, 0o755); err != nil {
		return Result{}, fmt.Errorf("data directory: %w", err)
	}
	unlock, err := lock(config.Dir)
	if err != nil {
		return Result{}, err
	}
	defer unlock()

	resume, err := lastBlockEnd(config.Dir)
	if err != nil {
		return Result{}, err
	}
	start := max(ceilTick(resume), config.World.Now()+model.TickSeconds)
	if err := step(config.World, start-model.TickSeconds, nil); err != nil {
		return Result{}, err
	}
	if start > config.Until {
		return Result{}, step(config.World, config.Until, nil)
	}
	for _, name := range []string{"wal", "wbl", "chunks_head"} {
		if err := os.RemoveAll(filepath.Join(config.Dir, name)); err != nil {
			return Result{}, fmt.Errorf("old log: %w", err)
		}
	}
	result := Result{From: start}
	for from := start; from <= config.Until; {
		if err := ctx.Err(); err != nil {
			return result, err
		}
		to := blockEnd(from, config.Until)
		samples, err := fillBlock(ctx, config, from, to)
		if err != nil {
			return result, err
		}
		result.Blocks++
		result.Samples += samples
		from = ceilTick(to * 1000)
		config.Progress(min(1, float64(to-start)/float64(config.Until-start+1)))
	}
	return result, nil
}

// blockEnd is the exclusive end of the block that begins at from: the end of the longest range around
// from that is over by until, else just after until.
func blockEnd(from, until int64) int64 {
	for _, length := range ranges {
		end := from - from%length + length
		if end <= until && fits(from, length) {
			return end
		}
	}
	return until + 1
}

// fits reports whether a block from `from` to the end of its range is what compaction would have made
// of it: a range is entered at its start, or in its midst by the first block only.
func fits(from, length int64) bool {
	return from%length == 0 || length == ranges[len(ranges)-1] || from%ranges[len(ranges)-1] != 0
}

func ceilTick(milliseconds int64) int64 {
	const tick = model.TickSeconds * 1000
	return (milliseconds + tick - 1) / tick * model.TickSeconds
}

func fillBlock(ctx context.Context, config Config, from, to int64) (uint64, error) {
	last := (to - 1) / model.TickSeconds * model.TickSeconds
	recorders := map[*model.Service]*recorder{}
	for _, service := range config.World.Services() {
		recorders[service] = &recorder{job: config.Job}
	}
	if err := step(config.World, last, recorders); err != nil {
		return 0, err
	}
	up := &encoder{labels: labels.FromStrings(commonmodel.MetricNameLabel, "up", "instance", config.Target, "job", config.Job)}
	for t := from; t <= last; t += model.TickSeconds {
		if err := up.float(t*1000, 1); err != nil {
			return 0, err
		}
	}
	encoders := []*encoder{up}
	for _, r := range recorders {
		for _, e := range r.encoders {
			if e != nil {
				encoders = append(encoders, e)
			}
		}
	}
	return writeBlock(ctx, config.Dir, from*1000, to*1000, encoders)
}

// step advances all services to time to, as many at once as there are processors.
func step(world *model.World, to int64, recorders map[*model.Service]*recorder) error {
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, service := range world.Services() {
		group.Add(1)
		slots <- struct{}{}
		go func() {
			defer func() { <-slots; group.Done() }()
			if r := recorders[service]; r != nil {
				service.Step(to, r)
			} else {
				service.Step(to, nil)
			}
		}()
	}
	group.Wait()
	for _, r := range recorders {
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// Replay advances all services to time to without recording.
func Replay(world *model.World, to int64) error { return step(world, to, nil) }

// lock takes the lock that a running Prometheus holds.
func lock(dir string) (unlock func(), err error) {
	logger := slog.New(slog.DiscardHandler)
	locker, err := tsdbutil.NewDirLocker(dir, "shop", logger, nil)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	if err := locker.Lock(); err != nil {
		return nil, fmt.Errorf("%s is %w (%w)", dir, ErrInUse, err)
	}
	return func() { _ = locker.Release() }, nil
}

// lastBlockEnd is the end of the newest block in milliseconds, 0 without blocks.
func lastBlockEnd(dir string) (int64, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "meta.json"))
	if err != nil {
		return 0, err
	}
	end := int64(0)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return 0, fmt.Errorf("block: %w", err)
		}
		var meta tsdb.BlockMeta
		if err := json.Unmarshal(text, &meta); err != nil {
			return 0, fmt.Errorf("block %s: %w", file, err)
		}
		end = max(end, meta.MaxTime)
	}
	return end, nil
}
