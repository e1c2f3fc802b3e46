package promtest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net/http"
	"sort"
)

// writeBatch is the number of samples in one remote-write request.
const writeBatch = 5000

// point is one sample of one series, for sorting by time.
type point struct {
	series int
	sample Sample
}

// Write sends series to the running server by remote write, oldest sample first.
func (s *Server) Write(ctx context.Context, series ...Series) error {
	var points []point
	heads := make([][]byte, len(series))
	for i, one := range series {
		heads[i] = labelMessage(one.Labels)
		for _, sample := range one.Samples {
			points = append(points, point{i, sample})
		}
	}
	sort.SliceStable(points, func(i, j int) bool { return points[i].sample.At < points[j].sample.At })
	for len(points) > 0 {
		n := min(len(points), writeBatch)
		if err := s.send(ctx, heads, points[:n]); err != nil {
			return err
		}
		points = points[n:]
	}
	return nil
}

func (s *Server) send(ctx context.Context, heads [][]byte, points []point) error {
	var message []byte
	for _, one := range points {
		timeseries := append([]byte(nil), heads[one.series]...)
		if one.sample.Histogram != nil {
			timeseries = appendBytes(timeseries, 4, histogramMessage(one.sample))
		} else {
			sample := appendFixed64(nil, 1, math.Float64bits(one.sample.Value))
			sample = appendVarint(sample, 2, uint64(one.sample.At))
			timeseries = appendBytes(timeseries, 2, sample)
		}
		message = appendBytes(message, 1, timeseries)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/v1/write", bytes.NewReader(snappyLiteral(message)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Encoding", "snappy")
	request.Header.Set("Content-Type", "application/x-protobuf")
	request.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode/100 != 2 {
		text, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("remote write: %s: %s", answer.Status, text)
	}
	return nil
}

// The messages below are Prometheus's remote write 1.0 (prompb.WriteRequest), written by hand because
// its package would pull the storage engine into our module.

func labelMessage(labels map[string]string) []byte {
	names := make([]string, 0, len(labels))
	for name := range labels {
		names = append(names, name)
	}
	sort.Strings(names)
	var out []byte
	for _, name := range names {
		pair := appendBytes(nil, 1, []byte(name))
		pair = appendBytes(pair, 2, []byte(labels[name]))
		out = appendBytes(out, 1, pair)
	}
	return out
}

// histogramMessage encodes a histogram of schema 0 with one span from the lowest to the highest index.
func histogramMessage(sample Sample) []byte {
	h := sample.Histogram
	indexes := make([]int, 0, len(h.Buckets))
	for index := range h.Buckets {
		indexes = append(indexes, index)
	}
	sort.Ints(indexes)
	out := appendVarint(nil, 1, h.Count())
	out = appendFixed64(out, 3, math.Float64bits(float64(h.Count())))
	out = appendFixed64(out, 5, math.Float64bits(1e-9))
	out = appendVarint(out, 6, 0)
	if len(indexes) > 0 {
		low, high := indexes[0], indexes[len(indexes)-1]
		span := appendVarint(nil, 1, zigzag(int64(low)))
		span = appendVarint(span, 2, uint64(high-low+1))
		out = appendBytes(out, 11, span)
		var deltas []byte
		previous := int64(0)
		for index := low; index <= high; index++ {
			n := int64(h.Buckets[index])
			deltas = binary.AppendUvarint(deltas, zigzag(n-previous))
			previous = n
		}
		out = appendBytes(out, 12, deltas)
	}
	return appendVarint(out, 15, uint64(sample.At))
}

func zigzag(n int64) uint64 { return uint64(n<<1) ^ uint64(n>>63) }

func appendVarint(out []byte, field int, value uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(out, uint64(field)<<3), value)
}

func appendFixed64(out []byte, field int, bits uint64) []byte {
	return binary.LittleEndian.AppendUint64(binary.AppendUvarint(out, uint64(field)<<3|1), bits)
}

func appendBytes(out []byte, field int, value []byte) []byte {
	out = binary.AppendUvarint(out, uint64(field)<<3|2)
	return append(binary.AppendUvarint(out, uint64(len(value))), value...)
}

// snappyLiteral wraps data in snappy's block format without compressing it.
func snappyLiteral(data []byte) []byte {
	out := binary.AppendUvarint(nil, uint64(len(data)))
	for len(data) > 0 {
		n := min(len(data), 1<<16)
		out = append(out, 61<<2, byte(n-1), byte((n-1)>>8)) // a literal with a 2-byte length
		out = append(out, data[:n]...)
		data = data[n:]
	}
	return out
}
