package budget

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// HourSeconds is the span of a chunk: buckets are kept together by the hour.
const HourSeconds = int64(3600)

// slots is the number of buckets of an hour.
const slots = int(HourSeconds / StepSeconds)

// maxStart bounds bucket starts to the year 9999, so that hours fit 32 bits.
const maxStart = int64(253402300799)

// Chunk is an hour of buckets in the compact encoding, the unit that a ledger stores.
//
// Packed is, in this order:
//   - a header byte: the version (1) in the high half; bit 0 is set when a count is not a whole number;
//   - runs of equal state that cover the hour from its first minute, each uvarint((length-1)<<3 | state);
//     missing buckets at the end have no run. A measured run is followed by its buckets:
//     whole numbers as uvarint(zigzag(total - previous total)<<1 | hasBad) and, if hasBad, uvarint(bad);
//     otherwise total and, if any is bad, good, each a uvarint of a whole number or eight bytes of float64;
//   - CRC-32C of the hour and all of the above, four bytes, little endian.
//
// A minute of ordinary traffic takes two bytes, and three or four when some of it was bad.
type Chunk struct {
	// Hour is the Unix time in seconds of the chunk's start, a multiple of HourSeconds.
	Hour int64
	// Packed is the encoding; never changed once made.
	Packed []byte
}

const (
	chunkVersion    = 1
	flagFractional  = 1
	checksumBytes   = 4
	minPackedBytes  = 1 + checksumBytes
	maxPackedLength = 4096
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrChunk is the cause of every error about packed bytes that do not decode.
var ErrChunk = errors.New("packed buckets are damaged or of a newer version")

// Hour is a chunk decoded for writing. The zero value is an empty hour starting at 0.
type Hour struct {
	start int64
	// cells hold the buckets' counts and states; the start follows from the place.
	cells [slots]Bucket
}

// NewHour is an empty hour that contains the time at (Unix seconds).
func NewHour(at int64) *Hour { return &Hour{start: HourOf(at)} }

// HourOf is the start of the hour that the time at (Unix seconds) falls into.
func HourOf(at int64) int64 { return at - ((at%HourSeconds)+HourSeconds)%HourSeconds }

// Start is the Unix time in seconds of the hour's start.
func (h *Hour) Start() int64 { return h.start }

// Put stores a bucket of this hour (made normal), replacing what was there; StateUnknown removes.
// It reports whether anything changed; a bucket of another hour changes nothing.
func (h *Hour) Put(b Bucket) bool {
	b = b.Normal()
	if HourOf(b.Start) != h.start {
		return false
	}
	cell := &h.cells[(b.Start-h.start)/StepSeconds]
	if *cell == b || (cell.State == StateUnknown && b.State == StateUnknown) {
		return false
	}
	*cell = b
	return true
}

// Each calls fn with the present buckets, oldest first, until it returns false.
func (h *Hour) Each(fn func(Bucket) bool) {
	for _, b := range h.cells {
		if b.State != StateUnknown && !fn(b) {
			return
		}
	}
}

// Chunk packs the hour.
func (h *Hour) Chunk() Chunk {
	return Chunk{Hour: h.start, Packed: h.appendPacked(make([]byte, 0, 192))}
}

func isWhole(v float64) bool { return v == math.Trunc(v) }

func (h *Hour) appendPacked(out []byte) []byte {
	last, fractional := 0, false
	for i, b := range h.cells {
		if b.State == StateUnknown {
			continue
		}
		last = i + 1
		if b.State == StateMeasured && !(isWhole(b.Total) && isWhole(b.Good)) {
			fractional = true
		}
	}
	header := byte(chunkVersion << 4)
	if fractional {
		header |= flagFractional
	}
	out = append(out, header)
	previous := int64(0)
	for i := 0; i < last; {
		state, n := h.cells[i].State, 1
		for i+n < last && h.cells[i+n].State == state {
			n++
		}
		out = binary.AppendUvarint(out, uint64(n-1)<<3|uint64(state))
		if state == StateMeasured {
			for _, b := range h.cells[i : i+n] {
				if fractional {
					out = appendFractional(out, b)
				} else {
					out = appendWhole(out, b, previous)
					previous = int64(b.Total)
				}
			}
		}
		i += n
	}
	return binary.LittleEndian.AppendUint32(out, checksum(h.start, out))
}

func checksum(hour int64, body []byte) uint32 {
	var place [8]byte
	binary.LittleEndian.PutUint64(place[:], uint64(hour))
	return crc32.Update(crc32.Checksum(place[:], castagnoli), castagnoli, body)
}

func appendWhole(out []byte, b Bucket, previous int64) []byte {
	delta := int64(b.Total) - previous
	zigzag := uint64(delta<<1) ^ uint64(delta>>63)
	if b.Good == b.Total {
		return binary.AppendUvarint(out, zigzag<<1)
	}
	out = binary.AppendUvarint(out, zigzag<<1|1)
	return binary.AppendUvarint(out, uint64(b.Total-b.Good))
}

func appendFractional(out []byte, b Bucket) []byte {
	bad := uint64(0)
	if b.Good != b.Total {
		bad = 1
	}
	out = appendFloat(out, b.Total, bad, 1)
	if bad == 1 {
		out = appendFloat(out, b.Good, 0, 0)
	}
	return out
}

// appendFloat writes v with extra low bits of a flag: bit 0 says that eight bytes follow.
func appendFloat(out []byte, v float64, flag uint64, flagBits int) []byte {
	if isWhole(v) {
		return binary.AppendUvarint(out, uint64(v)<<(flagBits+1)|flag<<1)
	}
	out = binary.AppendUvarint(out, flag<<1|1)
	return binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
}

// PackChunk packs the buckets that fall into the hour starting at hour; others are left out, later
// ones replace earlier ones of the same start.
func PackChunk(hour int64, buckets []Bucket) Chunk {
	h := NewHour(hour)
	for _, b := range buckets {
		h.Put(b)
	}
	return h.Chunk()
}

// UnpackChunk checks the chunk completely and gives its present buckets, oldest first. The error wraps ErrChunk.
func UnpackChunk(c Chunk) ([]Bucket, error) {
	h, err := c.Decode()
	if err != nil {
		return nil, err
	}
	out := make([]Bucket, 0, slots)
	h.Each(func(b Bucket) bool { out = append(out, b); return true })
	return out, nil
}

// Decode checks the chunk completely and opens it for writing. The error wraps ErrChunk.
func (c Chunk) Decode() (*Hour, error) {
	if err := c.verify(); err != nil {
		return nil, err
	}
	h := &Hour{start: c.Hour}
	d := newDecoder(c.Hour, c.Packed[:len(c.Packed)-checksumBytes])
	for d.next() {
		h.cells[(d.bucket.Start-c.Hour)/StepSeconds] = d.bucket
	}
	if d.err != nil {
		return nil, fmt.Errorf("hour at %d: %w", c.Hour, d.err)
	}
	return h, nil
}

// verify checks what can be checked without decoding.
func (c Chunk) verify() error {
	switch {
	case c.Hour%HourSeconds != 0 || c.Hour < 0 || c.Hour > maxStart:
		return fmt.Errorf("hour at %d: %w: not the start of an hour", c.Hour, ErrChunk)
	case len(c.Packed) < minPackedBytes || len(c.Packed) > maxPackedLength:
		return fmt.Errorf("hour at %d: %w: %d bytes", c.Hour, ErrChunk, len(c.Packed))
	case c.Packed[0]>>4 != chunkVersion:
		return fmt.Errorf("hour at %d: %w: version %d, known is %d", c.Hour, ErrChunk, c.Packed[0]>>4, chunkVersion)
	}
	body := c.Packed[:len(c.Packed)-checksumBytes]
	if binary.LittleEndian.Uint32(c.Packed[len(body):]) != checksum(c.Hour, body) {
		return fmt.Errorf("hour at %d: %w: checksum differs", c.Hour, ErrChunk)
	}
	return nil
}
