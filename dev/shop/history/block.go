package history

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"
	commonmodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"

	"github.com/burnline/grafana-slo-app/dev/shop/model"
)

// samplesPerChunk is Prometheus' own choice: its readers are tuned for it.
const samplesPerChunk = 120

// encoder collects the chunks of one series in one block.
type encoder struct {
	labels   labels.Labels
	chunks   []chunks.Meta
	appender chunkenc.Appender
	count    int
}

func (e *encoder) cut(at int64, chunk chunkenc.Chunk) error {
	appender, err := chunk.Appender()
	if err != nil {
		return fmt.Errorf("new chunk: %w", err)
	}
	e.chunks = append(e.chunks, chunks.Meta{Chunk: chunk, MinTime: at, MaxTime: at})
	e.appender, e.count = appender, 0
	return nil
}

func (e *encoder) float(at int64, v float64) error {
	if e.count == 0 || e.count >= samplesPerChunk {
		if err := e.cut(at, chunkenc.NewXORChunk()); err != nil {
			return err
		}
	}
	e.appender.Append(0, at, v)
	e.chunks[len(e.chunks)-1].MaxTime = at
	e.count++
	return nil
}

// native appends a histogram sample. A counter reset or a new layout begins a chunk of its own: the
// encoding demands it.
func (e *encoder) native(at int64, state *model.Native) error {
	var previous chunkenc.Appender
	if e.count == 0 || e.count >= samplesPerChunk {
		previous = e.appender
		if err := e.cut(at, chunkenc.NewHistogramChunk()); err != nil {
			return err
		}
	}
	chunk, recoded, appender, err := e.appender.AppendHistogram(previous, 0, at, integerHistogram(state), false)
	if err != nil {
		return fmt.Errorf("histogram sample: %w", err)
	}
	e.appender = appender
	switch {
	case chunk != nil && recoded:
		e.chunks[len(e.chunks)-1].Chunk = chunk
	case chunk != nil:
		e.chunks = append(e.chunks, chunks.Meta{Chunk: chunk, MinTime: at, MaxTime: at})
		e.count = 0
	}
	e.chunks[len(e.chunks)-1].MaxTime = at
	e.count++
	return nil
}

// integerHistogram is the state as Prometheus stores it: one span, buckets as differences.
func integerHistogram(state *model.Native) *histogram.Histogram {
	h := &histogram.Histogram{
		Schema:        model.NativeSchema,
		ZeroThreshold: 1e-9,
		Count:         state.Count,
		Sum:           state.Sum,
		PositiveSpans: []histogram.Span{{Offset: model.NativeFirst, Length: uint32(len(state.Buckets))}},
	}
	before := int64(0)
	for _, count := range state.Buckets {
		h.PositiveBuckets = append(h.PositiveBuckets, count-before)
		before = count
	}
	return h
}

// recorder encodes what one service exposes. Each service has its own: they run in parallel.
type recorder struct {
	job      string
	encoders []*encoder
	err      error
}

func (r *recorder) encoderOf(s *model.Series) *encoder {
	if s.ID >= len(r.encoders) {
		r.encoders = append(r.encoders, make([]*encoder, s.ID+64-len(r.encoders))...)
	}
	if r.encoders[s.ID] == nil {
		pairs := []string{commonmodel.MetricNameLabel, s.Name, "job", r.job}
		for _, label := range s.Labels {
			pairs = append(pairs, label.Name, label.Value)
		}
		r.encoders[s.ID] = &encoder{labels: labels.FromStrings(pairs...)}
	}
	return r.encoders[s.ID]
}

// Sample implements model.Recorder.
func (r *recorder) Sample(_ *model.Service, s *model.Series, at int64) {
	var err error
	if s.Native != nil {
		err = r.encoderOf(s).native(at*1000, s.Native)
	} else {
		err = r.encoderOf(s).float(at*1000, s.Value)
	}
	if err != nil && r.err == nil {
		r.err = err
	}
}

// Gone implements model.Recorder with the staleness marker that Prometheus writes for a series that a
// scrape no longer returns.
func (r *recorder) Gone(_ *model.Service, s *model.Series, at int64) {
	if s.Native != nil {
		return
	}
	if err := r.encoderOf(s).float(at*1000, staleMarker); err != nil && r.err == nil {
		r.err = err
	}
}

// writeBlock stores the encoders' chunks as one block with samples in [from, to), in milliseconds, and
// makes it visible at once by a rename. A crash leaves nothing but a directory that Prometheus removes.
func writeBlock(ctx context.Context, dir string, from, to int64, encoders []*encoder) (samples uint64, err error) {
	if len(encoders) == 0 {
		return 0, nil
	}
	slices.SortFunc(encoders, func(a, b *encoder) int { return labels.Compare(a.labels, b.labels) })
	id, err := ulid.New(ulid.Timestamp(time.Now()), rand.Reader)
	if err != nil {
		return 0, fmt.Errorf("name a block: %w", err)
	}
	final := filepath.Join(dir, id.String())
	tmp := final + ".tmp-for-creation"
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(tmp)
		}
	}()
	meta := tsdb.BlockMeta{
		ULID: id, MinTime: from, MaxTime: to, Version: 1,
		Compaction: tsdb.BlockMetaCompaction{Level: 1, Sources: []ulid.ULID{id}},
	}
	if err := writeSeries(ctx, tmp, encoders, &meta.Stats); err != nil {
		return 0, err
	}
	text, err := json.MarshalIndent(meta, "", "\t")
	if err != nil {
		return 0, err
	}
	if err := os.WriteFile(filepath.Join(tmp, "meta.json"), text, 0o644); err != nil {
		return 0, err
	}
	if err := os.Rename(tmp, final); err != nil {
		return 0, err
	}
	return meta.Stats.NumSamples, nil
}

func writeSeries(ctx context.Context, dir string, encoders []*encoder, stats *tsdb.BlockStats) (err error) {
	chunkWriter, err := chunks.NewWriter(filepath.Join(dir, "chunks"))
	if err != nil {
		return fmt.Errorf("chunks: %w", err)
	}
	indexWriter, err := index.NewWriter(ctx, filepath.Join(dir, "index"))
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	for _, symbol := range symbols(encoders) {
		if err := indexWriter.AddSymbol(symbol); err != nil {
			return fmt.Errorf("index: %w", err)
		}
	}
	for i, e := range encoders {
		if err := chunkWriter.WriteChunks(e.chunks...); err != nil {
			return fmt.Errorf("chunks of %s: %w", e.labels, err)
		}
		if err := indexWriter.AddSeries(seriesRef(i), e.labels, e.chunks...); err != nil {
			return fmt.Errorf("index of %s: %w", e.labels, err)
		}
		stats.NumSeries++
		stats.NumChunks += uint64(len(e.chunks))
		for _, chunk := range e.chunks {
			n := uint64(chunk.Chunk.NumSamples())
			stats.NumSamples += n
			if chunk.Chunk.Encoding() == chunkenc.EncXOR {
				stats.NumFloatSamples += n
			} else {
				stats.NumHistogramSamples += n
			}
		}
	}
	if err := chunkWriter.Close(); err != nil {
		return fmt.Errorf("chunks: %w", err)
	}
	if err := indexWriter.Close(); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	return nil
}

func symbols(encoders []*encoder) []string {
	set := map[string]struct{}{}
	for _, e := range encoders {
		e.labels.Range(func(l labels.Label) {
			set[l.Name] = struct{}{}
			set[l.Value] = struct{}{}
		})
	}
	sorted := make([]string, 0, len(set))
	for symbol := range set {
		sorted = append(sorted, symbol)
	}
	slices.Sort(sorted)
	return sorted
}
