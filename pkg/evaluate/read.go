package evaluate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

// outcome is what became of a reading.
type outcome struct {
	*reading
	result source.Result
	took   time.Duration
	err    error
}

// read does a reading. It runs in a goroutine of its own and touches nothing of the loop's.
func read(ctx context.Context, cfg Config, r *reading) (out outcome) {
	out.reading = r
	begin := time.Now()
	defer func() { out.took = time.Since(begin) }()
	reader, err := r.feed.open(cfg)
	if err != nil {
		out.err = err
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.ReadTimeout)
	defer cancel()
	out.result, out.err = reader.Read(ctx, r.def, r.want.from, r.want.to)
	var known *source.Error
	switch {
	case out.err == nil:
		out.err = r.check(out.result.Buckets)
	case errors.Is(out.err, context.DeadlineExceeded) && !errors.As(out.err, &known):
		out.err = &source.Error{
			Kind: source.KindTimeout, Source: r.feed.ref.UID, Err: out.err,
			Message: fmt.Sprintf("no answer within %s", cfg.ReadTimeout), Remedy: "make the query cheaper, or the source faster",
		}
	}
	return out
}

// open gives the source's reader, made when it is first needed.
func (f *feed) open(cfg Config) (Source, error) {
	f.opening.Lock()
	defer f.opening.Unlock()
	if f.reader == nil {
		reader, err := cfg.Sources(f.ref)
		if err != nil {
			return nil, err
		}
		f.reader = reader
	}
	return f.reader, nil
}

// check makes sure that the answer covers what was asked, bucket by bucket: a hole would never be read
// again. The buckets are made normal, for the ledger takes no others.
func (r *reading) check(buckets []budget.Bucket) error {
	at := r.want.from
	for i, b := range buckets {
		if b.Start != at || b.State == budget.StateUnknown {
			return r.malformed(fmt.Sprintf("a bucket that starts at %d, in state %d, stands where that of %d is expected", b.Start, b.State, at))
		}
		buckets[i] = b.Normal()
		at += budget.StepSeconds
	}
	if at != r.want.to {
		return r.malformed(fmt.Sprintf("the buckets end at %d instead of %d", at, r.want.to))
	}
	return nil
}

func (r *reading) malformed(text string) error {
	return &source.Error{Kind: source.KindMalformed, Source: r.feed.ref.UID, Message: text, Remedy: "report this as a bug of Burnline"}
}

// part is what a member takes of the answer: its span, nothing that lies in the future, and beyond what
// the clock vouches for nothing after the newest bucket with data.
func part(buckets []budget.Bucket, want span, end, limit int64) (span, []budget.Bucket) {
	want.to = min(want.to, end)
	first, _ := slices.BinarySearchFunc(buckets, want.from, startsAt)
	last, _ := slices.BinarySearchFunc(buckets, want.to, startsAt)
	if last < first {
		return span{want.from, want.from}, nil
	}
	buckets = buckets[first:last]
	for n := len(buckets); n > 0 && buckets[n-1].Start >= limit && !answered(buckets[n-1]); n-- {
		buckets = buckets[:n-1]
		want.to = want.from + int64(n-1)*budget.StepSeconds
	}
	return want, buckets
}

func startsAt(b budget.Bucket, start int64) int {
	switch {
	case b.Start < start:
		return -1
	case b.Start > start:
		return 1
	}
	return 0
}
