package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// BenchmarkLedgerIngest is a minute of 10,000 SLOs, with the two minutes before it read again as the
// settle time asks, in one transaction that is synced to disk. An operation must take well under a minute.
func BenchmarkLedgerIngest(b *testing.B) {
	const slos = 10_000
	w := newWriter(b)
	random := rand.New(rand.NewPCG(5, 5))
	batches := make([]Batch, slos)
	for i := range batches {
		batches[i].Key = budget.Key{SLO: fmt.Sprintf("slo-%d", i)}
	}
	minute := 0
	for b.Loop() {
		for i := range batches {
			kept := batches[i].Buckets[max(0, len(batches[i].Buckets)-2):]
			batches[i].Buckets = append(slices.Clone(kept), realistic(random, i, minute))
		}
		require.NoError(b, w.Append(context.Background(), batches))
		minute++
	}
	perSecond := float64(slos) * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond, "buckets/s")
	b.ReportMetric(perSecond*60, "SLOs/min")
}

// BenchmarkLedgerIngestOneByOne is the same minute with each SLO appended by itself from 16 goroutines.
func BenchmarkLedgerIngestOneByOne(b *testing.B) {
	const slos, parallel = 10_000, 16
	w := newWriter(b)
	minute := 0
	for b.Loop() {
		var wg sync.WaitGroup
		for worker := range parallel {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(uint64(worker), 5))
				for i := worker; i < slos; i += parallel {
					batch := Batch{Key: budget.Key{SLO: fmt.Sprintf("slo-%d", i)}, Buckets: []budget.Bucket{realistic(random, i, minute)}}
					if err := w.Append(context.Background(), []Batch{batch}); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		minute++
	}
	perSecond := float64(slos) * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond, "buckets/s")
	b.ReportMetric(perSecond*60, "SLOs/min")
}

// BenchmarkLedgerBackfill stores 30 days of one SLO a time, six hours a transaction, newest first.
func BenchmarkLedgerBackfill(b *testing.B) {
	w := newWriter(b)
	random := rand.New(rand.NewPCG(6, 6))
	history := make([]budget.Bucket, month)
	for i := range history {
		history[i] = realistic(random, 7, i)
	}
	n := 0
	for b.Loop() {
		for to := month; to > 0; to -= 360 {
			appendTo(b, w, budget.Key{SLO: fmt.Sprintf("slo-%d", n)}, history[to-360:to]...)
		}
		n++
	}
	b.ReportMetric(float64(b.N)*month/b.Elapsed().Seconds(), "buckets/s")
}

const reportSLOs = 1000

// reportLedger holds 30 days of 1,000 SLOs.
func reportLedger(b *testing.B) *SQLite {
	w := newWriter(b)
	_, err := w.conn.ExecContext(context.Background(), "PRAGMA synchronous=OFF") // speed only
	require.NoError(b, err)
	random := rand.New(rand.NewPCG(8, 8))
	for day := range 30 {
		batches := make([]Batch, reportSLOs)
		for i := range batches {
			batches[i].Key = budget.Key{SLO: fmt.Sprintf("slo-%d", i)}
			for minute := day * 1440; minute < (day+1)*1440; minute++ {
				batches[i].Buckets = append(batches[i].Buckets, realistic(random, i, minute))
			}
		}
		require.NoError(b, w.Append(context.Background(), batches))
	}
	return w
}

// BenchmarkReport measures reports over 30 days for 1,000 SLOs: reading a cold process, then all
// reports of a warm one, single reports, and all again after a new minute of every SLO came in.
func BenchmarkReport(b *testing.B) {
	ctx := context.Background()
	w := reportLedger(b)
	r := openReader(b, w.path)
	objective := budget.Objective{Target: slo.MustFraction("0.999"), Window: 30 * 24 * time.Hour}
	at := time.Unix(epoch+month*60-17*60, 0)
	report := func(i int) budget.Report {
		series, err := r.Series(ctx, budget.Key{SLO: fmt.Sprintf("slo-%d", i)})
		require.NoError(b, err)
		return series.Report(objective, at)
	}
	start := time.Now()
	size := 0
	for i := range reportSLOs {
		require.Positive(b, report(i).Total)
		series, _ := r.Series(ctx, budget.Key{SLO: fmt.Sprintf("slo-%d", i)})
		size += series.Size()
	}
	cold := time.Since(start)
	b.Run("warm", func(b *testing.B) {
		var single []time.Duration
		for b.Loop() {
			for i := range reportSLOs {
				start := time.Now()
				report(i)
				single = append(single, time.Since(start))
			}
		}
		slices.Sort(single)
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/1000-reports")
		b.ReportMetric(float64(single[len(single)*99/100].Nanoseconds())/1e6, "ms-p99")
		b.ReportMetric(float64(cold.Milliseconds()), "ms-cold")
		b.ReportMetric(float64(size)/1e6, "MB")
	})
	b.Run("after-a-minute", func(b *testing.B) {
		random := rand.New(rand.NewPCG(9, 9))
		for minute := month; b.Loop(); minute++ {
			b.StopTimer()
			batches := make([]Batch, reportSLOs)
			for i := range batches {
				batches[i] = Batch{Key: budget.Key{SLO: fmt.Sprintf("slo-%d", i)}, Buckets: []budget.Bucket{realistic(random, i, minute)}}
			}
			require.NoError(b, w.Append(ctx, batches))
			b.StartTimer()
			for i := range reportSLOs {
				report(i)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/1000-reports")
	})
}
