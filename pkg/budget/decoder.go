package budget

import (
	"encoding/binary"
	"fmt"
	"math"
)

// decoder walks the body of a chunk (without its checksum) bucket by bucket, without allocating. It
// trusts nothing: damaged bytes end the walk with err set.
type decoder struct {
	body       string
	at         int
	fractional bool
	state      State
	// left is the rest of the present run, slot the place of the next bucket.
	left, slot int
	hour       int64
	previous   int64
	bucket     Bucket
	err        error
}

func newDecoder(hour int64, body []byte) decoder { return newStringDecoder(hour, string(body)) }

func newStringDecoder(hour int64, body string) decoder {
	return decoder{body: body, at: 1, hour: hour, fractional: body[0]&flagFractional != 0}
}

func (d *decoder) fail(what string) bool {
	d.err = fmt.Errorf("%w: %s at byte %d", ErrChunk, what, d.at)
	return false
}

// next moves to the next present bucket; false at the end or on damage.
func (d *decoder) next() bool {
	for d.left == 0 || d.state == StateUnknown {
		d.slot += d.left
		d.left = 0
		if d.err != nil || d.at >= len(d.body) {
			return false
		}
		run, ok := d.uvarint()
		if !ok {
			return d.fail("cut run")
		}
		d.state, d.left = State(run&7), int(min(run>>3, uint64(slots)))+1
		if int(d.state) >= States || d.slot+d.left > slots {
			return d.fail("impossible run")
		}
	}
	d.bucket = Bucket{Start: d.hour + int64(d.slot)*StepSeconds, State: d.state}
	d.slot++
	d.left--
	if d.state != StateMeasured {
		return true
	}
	if d.fractional {
		return d.readFractional()
	}
	return d.readWhole()
}

func (d *decoder) readWhole() bool {
	v, ok := d.uvarint()
	if !ok {
		return d.fail("cut count")
	}
	zigzag := v >> 1
	total := d.previous + (int64(zigzag>>1) ^ -int64(zigzag&1))
	bad := uint64(0)
	if v&1 == 1 {
		if bad, ok = d.uvarint(); !ok {
			return d.fail("cut count")
		}
	}
	if total <= 0 || total > 1<<53 || bad > uint64(total) {
		return d.fail("impossible count")
	}
	d.previous = total
	d.bucket.Total, d.bucket.Good = float64(total), float64(total-int64(bad))
	return true
}

func (d *decoder) readFractional() bool {
	total, flag, ok := d.float(1)
	if !ok {
		return d.fail("cut count")
	}
	good := total
	if flag == 1 {
		if good, _, ok = d.float(0); !ok {
			return d.fail("cut count")
		}
	}
	if !(total > 0 && total <= maxCount && good >= 0 && good <= total) {
		return d.fail("impossible count")
	}
	d.bucket.Total, d.bucket.Good = total, good
	return true
}

func (d *decoder) float(flagBits int) (v float64, flag uint64, ok bool) {
	u, ok := d.uvarint()
	if !ok {
		return 0, 0, false
	}
	flag = (u >> 1) & (1<<flagBits - 1)
	if u&1 == 0 {
		return float64(u >> (flagBits + 1)), flag, true
	}
	if len(d.body)-d.at < 8 {
		return 0, 0, false
	}
	var raw [8]byte
	copy(raw[:], d.body[d.at:])
	d.at += 8
	return math.Float64frombits(binary.LittleEndian.Uint64(raw[:])), flag, true
}

// uvarint is binary.Uvarint on a string, with the position kept.
func (d *decoder) uvarint() (uint64, bool) {
	var v uint64
	for shift := uint(0); d.at < len(d.body) && shift < 64; shift += 7 {
		c := d.body[d.at]
		d.at++
		if c < 0x80 {
			return v | uint64(c)<<shift, true
		}
		v |= uint64(c&0x7f) << shift
	}
	return 0, false
}
