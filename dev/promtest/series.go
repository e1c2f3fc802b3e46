package promtest

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// Sample is one point of a series. Exactly one of Value and Histogram is used.
type Sample struct {
	// At is the Unix time in milliseconds.
	At    int64
	Value float64
	// Histogram, when set, makes this a native histogram sample.
	Histogram *Histogram
}

// Series is a synthetic time series; Labels hold the metric's name as "__name__".
type Series struct {
	Labels  map[string]string
	Samples []Sample
}

// Histogram is a native histogram of schema 0 (bucket i holds (2^(i-1), 2^i]): enough for truth that
// can be reckoned by hand.
type Histogram struct {
	// Buckets are the populations by index.
	Buckets map[int]uint64
}

// Count is the number of observations.
func (h *Histogram) Count() uint64 {
	var sum uint64
	for _, n := range h.Buckets {
		sum += n
	}
	return sum
}

// staleBits is the value by which Prometheus marks the end of a series.
const staleBits uint64 = 0x7ff0000000000002

// Stale is the marker that a series ended at a time, as Prometheus writes it when a target or a
// series of a target vanishes.
func Stale(atMillis int64) Sample {
	return Sample{At: atMillis, Value: math.Float64frombits(staleBits)}
}

// Metric starts a series by name and label pairs ("code", "200", ...).
func Metric(name string, pairs ...string) Series {
	labels := map[string]string{"__name__": name}
	for i := 0; i+1 < len(pairs); i += 2 {
		labels[pairs[i]] = pairs[i+1]
	}
	return Series{Labels: labels}
}

// With adds samples.
func (s Series) With(samples ...Sample) Series {
	s.Samples = append(s.Samples, samples...)
	return s
}

// Every adds a sample each stepSeconds of [from, to) Unix seconds; value gives the series' value.
func (s Series) Every(stepSeconds, from, to int64, value func(at int64) float64) Series {
	for at := from; at < to; at += stepSeconds {
		s.Samples = append(s.Samples, Sample{At: at * 1000, Value: value(at)})
	}
	return s
}

// Blocks writes series as blocks into dir/data with promtool, before a server is started on dir:
// the fast way for weeks of history. Histogram samples and stale markers need Write instead.
func Blocks(ctx context.Context, dir string, series ...Series) error {
	promtool, err := find("promtool")
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(data, 0o750); err != nil {
		return err
	}
	text := filepath.Join(dir, "openmetrics.txt")
	if err := writeOpenMetrics(text, series); err != nil {
		return err
	}
	defer func() { _ = os.Remove(text) }()
	command := exec.CommandContext(ctx, promtool, "tsdb", "create-blocks-from", "openmetrics",
		"--max-block-duration=720h", "--quiet", text, data)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("promtool tsdb create-blocks-from openmetrics: %w: %s", err, output)
	}
	return nil
}

// writeOpenMetrics writes the exposition format with explicit timestamps, a family at a time as the
// format demands.
func writeOpenMetrics(path string, series []Series) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	out := bufio.NewWriterSize(file, 1<<20)
	sorted := append([]Series(nil), series...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].Labels["__name__"] < sorted[j].Labels["__name__"] })
	family := ""
	for _, one := range sorted {
		if name := one.Labels["__name__"]; name != family {
			family = name
			fmt.Fprintf(out, "# TYPE %s unknown\n", family)
		}
		head := exposition(one.Labels)
		for _, sample := range one.Samples {
			line := append([]byte(head), ' ')
			line = strconv.AppendFloat(line, sample.Value, 'g', -1, 64)
			line = append(line, ' ')
			line = strconv.AppendFloat(line, float64(sample.At)/1000, 'f', -1, 64)
			_, _ = out.Write(append(line, '\n'))
		}
	}
	_, _ = out.WriteString("# EOF\n")
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}

func exposition(labels map[string]string) string {
	var pairs []string
	for name, value := range labels {
		if name != "__name__" {
			pairs = append(pairs, name+"="+strconv.Quote(value))
		}
	}
	sort.Strings(pairs)
	return labels["__name__"] + "{" + strings.Join(pairs, ",") + "}"
}
