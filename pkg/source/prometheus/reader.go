package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/grafana/dskit/backoff"
	"github.com/prometheus/client_golang/api"

	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

const (
	// step is the length of a bucket in seconds.
	step = budget.StepSeconds
	// mostBuckets is the length of one range query: four of them make 30 days, and each stays below
	// the 11,000 points that Prometheus answers.
	mostBuckets = 10_800
	// fewestBuckets is where halving a query that is too big ends.
	fewestBuckets = 15
)

// Config says where and how to read.
type Config struct {
	// UID is the Grafana data source UID, for errors.
	UID string
	// URL is the base of the query API: Grafana's proxy for the data source, or the server itself.
	URL string
	// Transport carries the requests; it adds credentials. http.DefaultTransport when nil.
	Transport http.RoundTripper
	// Timeout bounds one query, default 60 s; the server is told it too.
	Timeout time.Duration
	// MaxAnswer bounds one answer in bytes, default 64 MiB.
	MaxAnswer int64
	// MaxBuckets bounds the buckets of one range query, default 10,800. Smaller limits of the server are
	// found out and remembered.
	MaxBuckets int
	// Backoff is the pause between retries of what may pass, default 3 tries, 250 ms to 5 s.
	Backoff backoff.Config
	// MaxPause is the longest pause for a retry, default 10 s: a source that asks for more (Retry-After)
	// gets it from the caller, who has other sources to read meanwhile.
	MaxPause time.Duration
	// Memory is how long a counter may have been gone and still be known, default 6 h: when it comes
	// back, only what it counted meanwhile is added.
	Memory time.Duration
}

func (cfg *Config) defaults() error {
	if !strings.HasPrefix(cfg.URL, "http://") && !strings.HasPrefix(cfg.URL, "https://") {
		return fmt.Errorf("prometheus source: URL %q is not http:// or https://", cfg.URL)
	}
	if cfg.Timeout < 0 || cfg.MaxAnswer < 0 || cfg.MaxBuckets < 0 || cfg.MaxPause < 0 || cfg.Memory < 0 {
		return errors.New("prometheus source: limits must not be negative")
	}
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	setDefault(&cfg.Timeout, 60*time.Second)
	setDefault(&cfg.MaxAnswer, 64<<20)
	setDefault(&cfg.MaxBuckets, mostBuckets)
	setDefault(&cfg.MaxPause, 10*time.Second)
	setDefault(&cfg.Memory, 6*time.Hour)
	setDefault(&cfg.Backoff.MinBackoff, 250*time.Millisecond)
	setDefault(&cfg.Backoff.MaxBackoff, 5*time.Second)
	setDefault(&cfg.Backoff.MaxRetries, 3)
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var unset T
	if *field == unset {
		*field = value
	}
}

// Reader reads indicators from one source. It is safe for concurrent use.
type Reader struct {
	cfg    Config
	client *client
	// maxBuckets is the longest range query that the server is known to answer.
	maxBuckets atomic.Int64
}

// New makes a reader. It does not talk to the source yet; an error means that cfg is not valid.
func New(cfg Config) (*Reader, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	transport := limitedTransport{next: cfg.Transport, max: cfg.MaxAnswer}
	made, err := api.NewClient(api.Config{Address: cfg.URL, RoundTripper: transport})
	if err != nil {
		return nil, fmt.Errorf("prometheus source: %w", err)
	}
	reader := &Reader{cfg: cfg, client: &client{cfg: cfg, api: made}}
	reader.maxBuckets.Store(int64(cfg.MaxBuckets))
	return reader, nil
}

// Check reports whether a definition's queries can be read, without asking the source. The error says
// what is supported.
func Check(def slo.Definition) error {
	_, err := compile(def.Indicator)
	return withSource(err, def.Source.UID)
}

// Read gives the buckets of [from, to), Unix seconds that are whole minutes. Every bucket of the span is
// in the result, oldest first. Errors are *source.Error, or the context's.
func (r *Reader) Read(ctx context.Context, def slo.Definition, from, to int64) (source.Result, error) {
	if from%step != 0 || to%step != 0 || from >= to {
		return source.Result{}, fmt.Errorf("span %d to %d is not made of whole minutes", from, to)
	}
	p, err := compile(def.Indicator)
	if err != nil {
		return source.Result{}, withSource(err, r.cfg.UID)
	}
	var t tally
	buckets := make([]budget.Bucket, 0, (to-from)/step)
	most := r.maxBuckets.Load()
	for from < to {
		n := min((to-from)/step, most)
		chunk, err := r.chunk(ctx, p, from, from+n*step, &t)
		if err != nil {
			if smaller, ok := r.shrink(err, n); ok {
				most = smaller
				continue
			}
			return source.Result{Stats: t.stats, Warnings: t.warnings}, withSource(err, r.cfg.UID)
		}
		buckets = append(buckets, chunk...)
		from += n * step
	}
	return source.Result{Buckets: buckets, Warnings: t.warnings, Stats: t.stats}, nil
}

// chunk reads a span that fits into one range query.
func (r *Reader) chunk(ctx context.Context, p *plan, from, to int64, t *tally) ([]budget.Bucket, error) {
	if p.leaves == nil {
		return r.sampled(ctx, p, from, to, t)
	}
	return r.counters(ctx, p, from, to, t)
}

// shrink gives a smaller number of buckets to try after an error that a smaller query avoids. A limit
// on points is the server's, and is remembered; others depend on the query.
func (r *Reader) shrink(err error, n int64) (int64, bool) {
	var failed *source.Error
	if !errors.As(err, &failed) || n <= fewestBuckets {
		return 0, false
	}
	// A timeout that the server reports ends its work; one of ours leaves it working, and asking again
	// would only add to the load.
	ofServer := failed.Kind == source.KindTimeout && failed.Err == nil
	if failed.Kind != source.KindLimit && !ofServer {
		return 0, false
	}
	if points, ok := pointsAllowed(failed.Message); ok && points-1 < n && points > 1 {
		r.maxBuckets.Store(points - 1)
		return points - 1, true
	}
	return max(fewestBuckets, n/2), true
}

// pointsAllowed reads the number in Prometheus's "exceeded maximum resolution of 11,000 points per
// timeseries". One point more than buckets is asked for.
func pointsAllowed(message string) (int64, bool) {
	_, rest, found := strings.Cut(message, "maximum resolution of ")
	if !found {
		return 0, false
	}
	var n int64
	for _, c := range rest {
		switch {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
		case c == ',':
		default:
			return n, n > 0
		}
	}
	return n, n > 0
}

func withSource(err error, uid string) error {
	var failed *source.Error
	if errors.As(err, &failed) && failed.Source == "" {
		named := *failed
		named.Source = uid
		return &named
	}
	return err
}
