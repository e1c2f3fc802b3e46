package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/grafana/dskit/services"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/evaluate"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// backfillTarget is how long the backfill of 100 SLOs may take, backfillLimit when to give up.
const (
	backfillTarget = time.Minute
	backfillLimit  = 10 * time.Minute
)

// catalogue is a fixed set of definitions.
type catalogue struct {
	services.Service
	definitions []slo.Definition
}

// Seed does nothing: a fixed set has no earlier versions.
func (c *catalogue) Seed([]slo.Definition) {}

// Catalogue gives the definitions.
func (c *catalogue) Catalogue() slo.Catalogue { return slo.Catalogue{Definitions: c.definitions} }

// Changed never tells of a change.
func (c *catalogue) Changed() <-chan struct{} { return nil }

// routes are the shop's, each of which has its request counters by code and pod.
var routes = [][2]string{
	{"accounts", "/login"}, {"accounts", "/profile"}, {"cart", "/cart"}, {"cart", "/cart/items"},
	{"catalog", "/products"}, {"catalog", "/products/:id"}, {"checkout", "/checkout"}, {"checkout", "/checkout/confirm"},
	{"gateway", "/browse"}, {"gateway", "/checkout"}, {"gateway", "/search"}, {"inventory", "/reserve"}, {"inventory", "/stock"},
	{"payment", "/charge"}, {"payment", "/refund"}, {"recommendations", "/recommend"}, {"search", "/search"}, {"search", "/suggest"},
	{"shipping", "/labels"}, {"shipping", "/quote"},
}

// manyDefinitions makes SLOs that differ in their indicator, so that no reading serves two of them.
func manyDefinitions(n int) []slo.Definition {
	codes := []string{"5..", "500", "503", "[45]..", "50[0-9]", "5.[0-9]", "5[0-9].", "5[0-4][0-9]"}
	var out []slo.Definition
	for i := range n {
		route, code := routes[i%len(routes)], codes[i/len(routes)%len(codes)]
		selector := fmt.Sprintf("shop_http_requests_total{service=%q,route=%q", route[0], route[1])
		out = append(out, slo.Definition{
			ID: fmt.Sprintf("bench-%03d", i), Name: fmt.Sprintf("bench-%03d", i), Service: route[0],
			Target: slo.MustFraction("0.999"), Method: slo.MethodOccurrences,
			Window: slo.Window{Duration: 30 * 24 * time.Hour, Text: "30d"},
			Indicator: slo.Indicator{
				Kind: slo.KindRatio, Counter: true,
				Bad: selector + fmt.Sprintf(",code=~%q}", code), Total: selector + "}",
			},
			Source: slo.SourceRef{Type: "prometheus", UID: "bench"},
		})
	}
	return out
}

// backfill evaluates n new SLOs into an empty ledger until their 30 days are there.
func (w *world) backfill(ctx context.Context, n int) ([]figure, error) {
	say("backfilling 30 days of %d SLOs", n)
	path := filepath.Join(w.dir, "ledger.db")
	store, err := ledger.OpenWriter(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = store.Close() }()
	definitions := &catalogue{Service: services.NewIdleService(nil, nil), definitions: manyDefinitions(n)}
	evaluator, err := evaluate.New(evaluate.Config{
		Store: store, Definitions: definitions, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Sources: func(slo.SourceRef) (evaluate.Source, error) { return w.reader, nil },
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, backfillLimit)
	defer cancel()
	began, spent := time.Now(), processorTime(w.server.PID())
	if err := services.StartAndAwaitRunning(ctx, evaluator); err != nil {
		return nil, err
	}
	waited := awaitBackfill(ctx, store, n)
	took := time.Since(began)
	spent = processorTime(w.server.PID()) - spent
	if err := errors.Join(waited, services.StopAndAwaitTerminated(context.WithoutCancel(ctx), evaluator)); err != nil {
		return nil, err
	}
	if err := checkBackfill(ctx, store, definitions.definitions); err != nil {
		return nil, err
	}
	buckets := float64(n) * 30 * 24 * 60
	return []figure{
		{Part: "d", Measure: fmt.Sprintf("backfill of 30 days for %d SLOs, Prometheus on the same machine", n), Ours: took.Seconds(), Unit: "s", Target: "< 60 s", OK: took < backfillTarget},
		{Part: "d", Measure: "the same in processor time, Prometheus included", Ours: spent.Seconds(), Unit: "s", OK: true},
		{Part: "d", Measure: "buckets read and stored", Ours: buckets / took.Seconds(), Unit: "buckets/s", OK: true},
	}, nil
}

func awaitBackfill(ctx context.Context, store ledger.Reader, n int) error {
	for {
		snapshot, err := store.Snapshot(ctx)
		if err != nil {
			return err
		}
		done := 0
		var failed string
		for _, entry := range snapshot.Entries {
			status := entry.Status
			if !status.BackfillFrom.IsZero() && !status.BackfilledTo.After(status.BackfillFrom) {
				done++
			}
			if status.LastError != "" {
				failed = status.LastError
			}
		}
		if done == n {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d SLOs are done after %s: %w %s", done, n, backfillLimit, ctx.Err(), failed)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// checkBackfill makes sure that what was fast is complete.
func checkBackfill(ctx context.Context, store ledger.Reader, definitions []slo.Definition) error {
	for _, def := range definitions {
		series, err := store.Series(ctx, budget.Key{SLO: def.ID})
		if err != nil {
			return err
		}
		report := series.Report(budget.ObjectiveOf(def), time.Now())
		const complete = 0.99 // the newest minutes have no data: the history has ended
		if report.Coverage < complete || report.Total == 0 {
			return fmt.Errorf("%s: %.1f %% of the window and %.0f events are there after the backfill", def.ID, report.Coverage*100, report.Total)
		}
	}
	return nil
}
