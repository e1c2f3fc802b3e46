package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

const (
	// linger is how long results wait for company, so that one transaction serves many definitions.
	linger = 500 * time.Millisecond
	// fullJob is the number of buckets that do not wait.
	fullJob = 50_000
	// mostPending bounds the buckets in memory while the ledger can't be written.
	mostPending = 500_000
)

// job is what is to be written together. Statuses follow the buckets that they speak of, so that a
// crash in between makes them be read again, never lost.
type job struct {
	catalogue *slo.Catalogue
	at        time.Time
	buckets   map[budget.Key][]budget.Bucket
	count     int
	statuses  map[string]ledger.Status
	// lookups are definitions whose oldest answered bucket only the ledger knows.
	lookups []string
	since   time.Time
}

func newJob() *job {
	return &job{buckets: map[budget.Key][]budget.Bucket{}, statuses: map[string]ledger.Status{}}
}

func (j *job) put(id string, buckets []budget.Bucket) {
	key := budget.Key{SLO: id}
	j.buckets[key] = append(j.buckets[key], buckets...)
	j.count += len(buckets)
}

// batches are the buckets with the last word on each start, in an order that does not vary.
func (j *job) batches() []ledger.Batch {
	batches := make([]ledger.Batch, 0, len(j.buckets))
	for key, buckets := range j.buckets {
		slices.SortStableFunc(buckets, func(a, b budget.Bucket) int { return cmp.Compare(a.Start, b.Start) })
		last := buckets[:0]
		for i, b := range buckets {
			if i+1 == len(buckets) || buckets[i+1].Start != b.Start {
				last = append(last, b)
			}
		}
		if len(last) > 0 {
			batches = append(batches, ledger.Batch{Key: key, Buckets: last})
		}
		j.buckets[key] = last
	}
	slices.SortFunc(batches, func(a, b ledger.Batch) int { return cmp.Compare(a.Key.SLO, b.Key.SLO) })
	return batches
}

// written is the outcome of a job.
type written struct {
	job    *job
	oldest map[string]int64
	took   time.Duration
	err    error
}

// write does a job; done twice it gives the same ledger. One that holds nothing shows that somebody evaluates.
func write(ctx context.Context, store Ledger, j *job) (out written) {
	out.job = j
	begin := time.Now()
	defer func() { out.took = time.Since(begin) }()
	if j.catalogue != nil {
		if out.err = store.SetDefinitions(ctx, j.catalogue.Definitions, j.at); out.err != nil {
			return out
		}
		if out.err = store.SetProblems(ctx, j.catalogue.Problems); out.err != nil {
			return out
		}
	}
	batches := j.batches()
	if len(batches) > 0 || j.catalogue == nil && len(j.statuses) == 0 {
		if out.err = store.Append(ctx, batches); out.err != nil {
			return out
		}
	}
	if len(j.lookups) > 0 {
		out.oldest = map[string]int64{}
		for _, id := range j.lookups {
			series, err := store.Series(ctx, budget.Key{SLO: id})
			if err != nil {
				out.err = fmt.Errorf("reading the series of %q: %w", id, err)
				return out
			}
			out.oldest[id] = oldestAnswer(series)
		}
	}
	if len(j.statuses) > 0 {
		out.err = store.SetStatus(ctx, j.statuses)
	}
	return out
}

// oldestAnswer is the start of the oldest bucket for which the source held data; 0 if there is none.
func oldestAnswer(s *budget.Series) int64 {
	first, end, ok := s.Bounds()
	if !ok {
		return 0
	}
	oldest := int64(0)
	s.Each(first, end, func(b budget.Bucket) bool {
		if answered(b) {
			oldest = b.Start
		}
		return oldest == 0
	})
	return oldest
}
