package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/grafana/dskit/backoff"
	"github.com/grafana/dskit/services"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/burnline/grafana-slo-app/pkg/evaluate"
	"github.com/burnline/grafana-slo-app/pkg/grafana"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// EngineConfig is what an Engine is made of. Settings are required, the rest has defaults.
type EngineConfig struct {
	Settings Settings
	// Logger defaults to the SDK's, whose lines Grafana takes over.
	Logger log.Logger
	// Registerer takes the burnline_* metrics; the default registry is what the SDK hands to Grafana.
	Registerer prometheus.Registerer
	// Retry is the pause before another attempt to become the evaluating process (1 s to 30 s).
	Retry backoff.Config
	Now   func() time.Time
}

func (c *EngineConfig) defaults() error {
	if c.Settings.DataDir == "" || c.Settings.DefinitionsDir == "" {
		return errors.New("plugin: EngineConfig.Settings needs DataDir and DefinitionsDir")
	}
	if c.Logger == nil {
		c.Logger = log.DefaultLogger
	}
	if c.Registerer == nil {
		c.Registerer = prometheus.DefaultRegisterer
	}
	if c.Retry.MinBackoff <= 0 {
		c.Retry.MinBackoff = time.Second
	}
	if c.Retry.MaxBackoff <= 0 {
		c.Retry.MaxBackoff = 30 * time.Second
	}
	c.Retry.MaxRetries = 0
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

// Engine is what runs in a process whether or not anybody looks: it reads the ledger for all requests,
// and, in the process that has a token and gets the lock, it watches the definitions, evaluates and
// writes the ledger. It is a dskit service.
type Engine struct {
	services.Service
	cfg    EngineConfig
	reader *ledger.SQLiteReader
	// offered wakes the loop when the access to Grafana changed.
	offered chan struct{}

	mu     sync.RWMutex
	access Access
	// offeredURL is Grafana's root URL as a request told it, foundUID the data source that rules ask; "" while not known.
	offeredURL, foundUID string
	// org is the organisation that offered the token; nil while none did.
	org *int64
	// store is the open ledger while this process writes it.
	store ledger.Store
	// running and idle say whether this process evaluates and, if not, why.
	running bool
	idle    string
	// since is when this process began to evaluate.
	since time.Time
	// states are those of all alert rules, as Grafana told last.
	states shared[[]grafana.RuleState]
	// health tells how the evaluation fares; nil while this process does not evaluate.
	health func() evaluate.Health

	keeping keeping
}

// NewEngine checks the configuration. Nothing runs before the engine is started.
func NewEngine(cfg EngineConfig) (*Engine, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	reader, err := ledger.OpenReader(cfg.Settings.LedgerPath())
	if err != nil {
		return nil, err
	}
	e := &Engine{cfg: cfg, reader: reader, offered: make(chan struct{}, 1), access: cfg.Settings.Grafana, idle: "The process is starting."}
	e.Service = services.NewBasicService(nil, e.run, e.close).WithName("burnline")
	return e, nil
}

// Ledger gives the ledger to read: the open store in the process that writes it, the file otherwise.
func (e *Engine) Ledger(context.Context) (reader, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.store != nil {
		return e.store, nil
	}
	return e.reader, nil
}

// Evaluating reports whether this process evaluates and, if not, why not and what to do.
func (e *Engine) Evaluating() (running bool, why string) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.running, e.idle
}

// Trouble says why this process, though it evaluates, can't write what it reads, and what to do; "" while
// it can. Pages and the health check show it at once, long before numbers are old enough to be called stale.
func (e *Engine) Trouble() string {
	e.mu.RLock()
	health := e.health
	e.mu.RUnlock()
	if health == nil {
		return ""
	}
	h := health()
	if h.WriteError == "" {
		return ""
	}
	return fmt.Sprintf("The ledger can't be written since %s, and reading pauses until it can: %s", clock(h.WriteErrorAt), sentence(h.WriteError))
}

// Evaluated is how long this process has been evaluating; 0 if it is not.
func (e *Engine) Evaluated() time.Duration {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if !e.running {
		return 0
	}
	return e.cfg.Now().Sub(e.since)
}

// Access is how Grafana is reached at the moment.
func (e *Engine) Access() Access {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.access
}

// Offer passes an access to Grafana that a request of an organisation brought along. What the process's
// environment gave stays in force, the rest is filled in or replaced. Of several organisations' tokens that
// of the lowest id counts: definitions name data sources of one, and must not change hands with each visitor.
func (e *Engine) Offer(org int64, offered Access) {
	fixed, told := e.cfg.Settings.Grafana, strings.TrimRight(offered.URL, "/")
	if fixed.URL != "" {
		offered.URL = fixed.URL
	}
	if fixed.Token != "" {
		offered.Token = fixed.Token
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if told != "" {
		e.offeredURL = told
	}
	if offered.URL == "" {
		offered.URL = e.access.URL
	}
	if offered.Token == "" || e.org != nil && org > *e.org {
		offered.Token = e.access.Token
	} else {
		e.org = &org
	}
	if offered == e.access {
		return
	}
	e.access, e.foundUID = offered, ""
	select {
	case e.offered <- struct{}{}:
	default:
	}
}

func (e *Engine) close(error) error {
	e.keeping.mu.Lock()
	defer e.keeping.mu.Unlock()
	if e.keeping.testEnds != nil {
		e.keeping.testEnds.Stop()
	}
	return e.reader.Close()
}

// run tries to be the evaluating process until it is told to stop.
func (e *Engine) run(ctx context.Context) error {
	e.awaitAccess(ctx)
	for retry := backoff.New(ctx, e.cfg.Retry); ctx.Err() == nil; retry.Wait() {
		err := e.lead(ctx)
		switch {
		case err == nil:
		case errors.Is(err, ledger.ErrLocked):
			e.stand(false, nil, sentence(err.Error()))
			e.cfg.Logger.Debug("not evaluating", "reason", err)
		default:
			e.stand(false, nil, sentence(err.Error()))
			e.cfg.Logger.Error("not evaluating; trying again", "error", err)
		}
	}
	return nil
}

// awaitAccess waits for a token, or for ctx's end. The data source's process never gets one, and only reads.
func (e *Engine) awaitAccess(ctx context.Context) {
	for ctx.Err() == nil {
		access := e.Access()
		switch {
		case access.Complete():
			return
		case access.Token == "":
			e.stand(false, nil, noToken)
		default:
			e.stand(false, nil, noURL)
		}
		select {
		case <-ctx.Done():
		case <-e.offered:
		}
	}
}

const (
	noToken = "This process has no service account token. Turn on managed service accounts ([auth] managed_service_accounts_enabled = true) and restart Grafana, or save a service account's token in the app's configuration."
	noURL   = "Grafana's own URL is not known. Set root_url in Grafana's [server] section, or grafana_url in [plugin." + AppID + "]."
)

// lead takes the lock and evaluates until ctx ends (nil) or something fails.
func (e *Engine) lead(ctx context.Context) (err error) {
	lock, err := ledger.AcquireLock(e.cfg.Settings.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	store, err := ledger.OpenWriter(e.cfg.Settings.LedgerPath())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.leave(store)) }()
	metrics := &withdrawable{Registerer: e.cfg.Registerer}
	defer metrics.withdraw()
	s := e.cfg.Settings
	folder, err := slo.NewFolder(slo.FolderConfig{Dir: s.DefinitionsDir, Logger: e.cfg.Logger, Check: checkQueries})
	if err != nil {
		return err
	}
	evaluator, err := e.evaluator(folder, store, metrics)
	if err != nil {
		return err
	}
	e.stand(true, store, "")
	e.watch(evaluator.Health)
	if err := services.StartAndAwaitRunning(ctx, evaluator); err != nil {
		return fmt.Errorf("the evaluation can't start: %w", err)
	}
	e.cfg.Logger.Info("evaluating", "definitions", e.cfg.Settings.DefinitionsDir, "ledger", e.cfg.Settings.LedgerPath())
	// The evaluator runs only once the folder has been read: the keeper never sees a catalogue that is not there yet.
	keeper := newKeeper(e, folder, store, metrics)
	if err := services.StartAndAwaitRunning(ctx, keeper); err != nil {
		return errors.Join(fmt.Errorf("the alert rules can't be looked after: %w", err), services.StopAndAwaitTerminated(context.Background(), evaluator))
	}
	defer func() { err = errors.Join(err, services.StopAndAwaitTerminated(context.Background(), keeper)) }()
	failed := services.NewFailureWatcher()
	failed.WatchService(evaluator)
	defer failed.Close()
	select {
	case <-ctx.Done():
		return services.StopAndAwaitTerminated(context.Background(), evaluator)
	case err := <-failed.Chan():
		return fmt.Errorf("the evaluation failed: %w", err)
	}
}

func (e *Engine) evaluator(folder *slo.Folder, store ledger.Store, metrics prometheus.Registerer) (*evaluate.Evaluator, error) {
	s := e.cfg.Settings
	return evaluate.New(evaluate.Config{
		Store: store, Definitions: folder, Sources: e.source, Logger: e.cfg.Logger, Registerer: metrics,
		Interval: s.Interval, Settle: s.Settle, ReadTimeout: s.ReadTimeout,
		Concurrency: s.Concurrency, SourceConcurrency: s.SourceConcurrency, SourceQueriesPerSecond: s.SourceQueriesPerSecond,
	})
}

// leave goes back to reading the file and closes the store once no new request gets it.
func (e *Engine) leave(store io.Closer) error {
	e.stand(false, nil, "The evaluation has stopped.")
	return store.Close()
}

func (e *Engine) stand(running bool, store ledger.Store, idle string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running, e.store, e.idle, e.since, e.health = running, store, idle, e.cfg.Now(), nil
}

// watch names who tells how the evaluation fares, until the next stand.
func (e *Engine) watch(health func() evaluate.Health) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.health = health
}

// withdrawable takes back what was registered through it, so that another attempt can register again.
type withdrawable struct {
	prometheus.Registerer
	mu         sync.Mutex
	collectors []prometheus.Collector
}

// Register remembers the collector.
func (w *withdrawable) Register(c prometheus.Collector) error {
	if err := w.Registerer.Register(c); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.collectors = append(w.collectors, c)
	return nil
}

// MustRegister remembers the collectors; it panics where one can't be registered.
func (w *withdrawable) MustRegister(collectors ...prometheus.Collector) {
	for _, c := range collectors {
		if err := w.Register(c); err != nil {
			panic(err)
		}
	}
}

func (w *withdrawable) withdraw() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.collectors {
		w.Unregister(c)
	}
	w.collectors = nil
}
