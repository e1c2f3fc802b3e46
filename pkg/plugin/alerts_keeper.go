package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grafana/dskit/services"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/export"
	"github.com/burnline/grafana-slo-app/pkg/alert/reconcile"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/grafana"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

const (
	// lookEvery is how often the keeper looks whether anything changed: that costs no request.
	lookEvery = 2 * time.Second
	// keepEvery is how often rules are compared though nothing changed here: somebody may have deleted one in Grafana.
	keepEvery = 5 * time.Minute
	// retryEvery is the pause after a failure.
	retryEvery = 30 * time.Second
	// tidyEvery is how often old notifications are deleted.
	tidyEvery = time.Hour
	// provisioningName is the file that mode file writes.
	provisioningName = "burnline-alerts.yaml"
)

// catalogued is the part of slo.Folder that the keeper uses.
type catalogued interface{ Catalogue() slo.Catalogue }

// keeper brings the alert rules to what the SLOs want, in the process that evaluates: at its start, whenever
// definitions or settings change, and every few minutes. It is a dskit service.
type keeper struct {
	services.Service
	engine      *Engine
	definitions catalogued
	store       ledger.Store
	settings    *choices
	metrics     *keeperMetrics

	// Only the service's own goroutine uses these.
	seen         seen
	due, tidyDue time.Time
	// pause is until when nothing is looked at, because the ledger could not be read.
	pause         time.Time
	loggedTrouble string
}

// seen is what the last reconciliation was about.
type seen struct {
	revision int64
	// first and count tell one catalogue from another: a folder makes a new list with each change.
	first    *slo.Definition
	count    int
	problems int
	access   Access
	appURL   string
}

func newKeeper(e *Engine, definitions catalogued, store ledger.Store, registerer prometheus.Registerer) *keeper {
	k := &keeper{engine: e, definitions: definitions, store: store, settings: &choices{place: e.cfg.Settings.Alerts}, metrics: newKeeperMetrics(registerer)}
	k.Service = services.NewTimerService(lookEvery, k.start, k.look, nil).WithName("alert rules")
	return k
}

func (k *keeper) start(context.Context) error {
	k.due = k.engine.cfg.Now()
	return nil
}

// look reconciles if there is a reason to. It never fails: what goes wrong is told and tried again.
func (k *keeper) look(ctx context.Context) error {
	now := k.engine.cfg.Now()
	if now.Before(k.pause) {
		return nil
	}
	if now.After(k.tidyDue) {
		k.tidyDue = now.Add(tidyEvery)
		if err := forgetEvents(ctx, k.store, now); err != nil {
			k.engine.cfg.Logger.Warn("old notifications were not deleted", "error", err)
		}
	}
	settings, revision, err := k.settings.read(ctx, k.store)
	if err != nil {
		k.pause = now.Add(retryEvery)
		k.tell(ctx, err)
		return nil
	}
	catalogue := k.definitions.Catalogue()
	present := seen{revision: revision, count: len(catalogue.Definitions), problems: len(catalogue.Problems), access: k.engine.Access()}
	if present.count > 0 {
		present.first = &catalogue.Definitions[0]
	}
	if present.appURL, err = k.engine.appURL(ctx, k.store); err == nil && present.appURL != k.seen.appURL {
		err = k.engine.keepAppURL(ctx, k.store)
	}
	if err != nil {
		k.pause = now.Add(retryEvery)
		k.tell(ctx, err)
		return nil
	}
	if !k.engine.hurry() && present == k.seen && now.Before(k.due) {
		return nil
	}
	k.seen, k.due = present, now.Add(keepEvery)
	if err := k.reconcile(ctx, catalogue, settings); err != nil {
		k.due = now.Add(retryEvery)
		k.tell(ctx, err)
		return nil
	}
	k.loggedTrouble = ""
	return nil
}

// tell makes a failure visible, and logs it once.
func (k *keeper) tell(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	k.metrics.failures.Inc()
	k.engine.note(func(kept *keptRules) { kept.Trouble, kept.TroubleAt = sentence(err.Error()), k.engine.cfg.Now() })
	if text := err.Error(); text != k.loggedTrouble {
		k.loggedTrouble = text
		k.engine.cfg.Logger.Warn("The alert rules are not as the SLOs want them; trying again", "error", err)
	}
}

func (k *keeper) reconcile(ctx context.Context, catalogue slo.Catalogue, settings alert.Settings) error {
	if settings.Mode == alert.ModeOff || settings.Mode == alert.ModeAPI && !settings.Automatic {
		k.engine.note(func(kept *keptRules) { kept.Trouble = "" })
		return nil
	}
	want, err := k.engine.want(ctx, catalogue.Definitions, settings, k.store)
	if err != nil {
		return err
	}
	if settings.Mode == alert.ModeFile {
		return k.engine.writeRules(ctx, want, doubts(catalogue, false), k.metrics)
	}
	return k.engine.applyRules(ctx, want, doubts(catalogue, false), k.metrics)
}

// doubt says why rules must not be deleted although no SLO wants them.
type doubt struct {
	// all holds for every rule, byName for those of an SLO of that name.
	all    string
	byName map[string]string
}

// doubts looks for signs that definitions are missing only because they can't be read. The folder keeps last good
// versions; this is for a process that never saw a good one.
func doubts(catalogue slo.Catalogue, asked bool) doubt {
	d := doubt{byName: map[string]string{}}
	if len(catalogue.Definitions) == 0 && !asked {
		d.all = "no SLO is defined at all, which may be a folder that is not mounted: press \"apply\" if the rules are to go"
	}
	for _, p := range catalogue.Problems {
		switch {
		case p.Severity != slo.SeverityError:
		case p.Document == 0 || p.Name == "":
			d.all = "its definition may be in a file that can't be read: " + problemText(p)
		default:
			d.byName[p.Name] = "its definition has an error: " + problemText(p)
		}
	}
	return d
}

func (d doubt) about(id string) string {
	if d.all != "" {
		return d.all
	}
	name, _, _ := strings.Cut(id, "/")
	return d.byName[name]
}

// careful refuses to delete the rules about which there are doubts.
type careful struct {
	reconcile.Grafana
	kept map[string]string
}

// DeleteRule deletes a rule unless it is kept.
func (c careful) DeleteRule(ctx context.Context, uid string) error {
	if why := c.kept[uid]; why != "" {
		return fmt.Errorf("not deleted: %s", why)
	}
	return c.Grafana.DeleteRule(ctx, uid)
}

// keptRules is how the rules fare.
type keptRules struct {
	// AppliedAt is when rules were last brought to what is wanted (or found to be so).
	AppliedAt time.Time
	Applied   int
	Failed    []reconcile.Failure
	// Trouble says why the last attempt failed as a whole; "" if it did not.
	Trouble   string
	TroubleAt time.Time
}

// keeping is the engine's part in alert rules.
type keeping struct {
	// changing lets one change of Grafana's rules happen at a time.
	changing sync.Mutex

	mu     sync.Mutex
	kept   keptRules
	hasten bool
	// testEnds takes a test alert's rule away.
	testEnds *time.Timer
}

func (e *Engine) note(change func(*keptRules)) {
	e.keeping.mu.Lock()
	defer e.keeping.mu.Unlock()
	change(&e.keeping.kept)
}

// rulesKept is how the rules fare, as far as this process knows.
func (e *Engine) rulesKept() keptRules {
	e.keeping.mu.Lock()
	defer e.keeping.mu.Unlock()
	return e.keeping.kept
}

// reconcileSoon asks the keeper to look without waiting.
func (e *Engine) reconcileSoon() {
	e.keeping.mu.Lock()
	defer e.keeping.mu.Unlock()
	e.keeping.hasten = true
}

func (e *Engine) hurry() bool {
	e.keeping.mu.Lock()
	defer e.keeping.mu.Unlock()
	hasten := e.keeping.hasten
	e.keeping.hasten = false
	return hasten
}

// reconciler compares and changes the rules of Grafana as it is reached now.
func (e *Engine) reconciler(kept map[string]string) (*reconcile.Reconciler, error) {
	alerting, err := e.alerting()
	if err != nil {
		return nil, err
	}
	return reconcile.New(reconcile.Config{Grafana: careful{alerting, kept}, Now: e.cfg.Now})
}

// applyRules brings Grafana's rules to what is wanted; what could not be done is an error that counts it.
func (e *Engine) applyRules(ctx context.Context, want wanted, d doubt, metrics *keeperMetrics) error {
	outcome, err := e.apply(ctx, want, d)
	if err != nil {
		return err
	}
	metrics.count(outcome.Diff)
	if len(outcome.Failed) > 0 {
		return fmt.Errorf("%s of %d can't be made; the first, %q: %s", plural(len(outcome.Failed), "change"), len(outcome.Failed)+len(outcome.Applied), outcome.Failed[0].Title, outcome.Failed[0].Error)
	}
	metrics.success.SetToCurrentTime()
	return nil
}

// apply brings Grafana's rules to what is wanted, but for deletions that are in doubt.
func (e *Engine) apply(ctx context.Context, want wanted, d doubt) (reconcile.Outcome, error) {
	e.keeping.changing.Lock()
	defer e.keeping.changing.Unlock()
	kept := map[string]string{}
	r, err := e.reconciler(kept)
	if err != nil {
		return reconcile.Outcome{}, err
	}
	diff, err := r.Diff(ctx, want.Groups)
	if err != nil {
		return reconcile.Outcome{}, err
	}
	for _, change := range diff.Changes {
		if why := d.about(change.SLO); change.Action == reconcile.ActionDelete && why != "" && change.UID != testUID {
			kept[change.UID] = why
		}
	}
	outcome := reconcile.Outcome{Applied: []reconcile.Change{}, Failed: []reconcile.Failure{}, Diff: diff}
	if diff.Pending() > 0 {
		if outcome, err = r.Apply(ctx, want.Groups); err != nil {
			return outcome, err
		}
	}
	e.note(func(k *keptRules) {
		k.AppliedAt, k.Failed, k.Trouble = e.cfg.Now(), outcome.Failed, ""
		if len(outcome.Applied) > 0 || k.Applied == 0 {
			k.Applied = len(outcome.Applied)
		}
	})
	return outcome, nil
}

// writeRules writes the provisioning file, atomically and only if its content changes.
func (e *Engine) writeRules(ctx context.Context, want wanted, unsure doubt, metrics *keeperMetrics) error {
	if err := e.reachable(ctx, want.Groups); err != nil {
		return err
	}
	org := int64(1)
	e.mu.RLock()
	if e.org != nil && *e.org > 0 {
		org = *e.org
	}
	e.mu.RUnlock()
	path := filepath.Join(want.Settings.FileDir, provisioningName)
	present, missing := os.ReadFile(path)
	if missing != nil && !errors.Is(missing, os.ErrNotExist) {
		return fmt.Errorf("the former alert rules can't be read: %w; let the user that Grafana runs as read that file", missing)
	}
	content, err := export.ProvisioningAfter(present, want.Groups, org, func(id string) bool { return unsure.about(id) != "" })
	if err != nil {
		return fmt.Errorf("the provisioning file %s can't be made: %w", path, err)
	}
	if missing != nil || !bytes.Equal(present, content) {
		if err := writeFile(path, content); err != nil {
			return fmt.Errorf("the alert rules can't be written to %s: %w; let the user that Grafana runs as write that folder, or name another as fileDir in the alert settings", path, err)
		}
		e.cfg.Logger.Info("alert rules written", "file", path)
	}
	rules := 0
	for _, g := range want.Groups {
		rules += len(g.Rules)
	}
	e.note(func(k *keptRules) { k.AppliedAt, k.Applied, k.Failed, k.Trouble = e.cfg.Now(), rules, nil, "" })
	if metrics != nil {
		metrics.success.SetToCurrentTime()
	}
	return nil
}

// reachable refuses rules that name a contact point which Grafana lacks: with such a file Grafana would not start. What
// Grafana does not tell is not checked.
func (e *Engine) reachable(ctx context.Context, groups []rule.Group) error {
	alerting, err := e.alerting()
	if err != nil {
		return nil //nolint:nilerr // files can be written without access to a Grafana
	}
	points, err := alerting.ContactPoints(ctx)
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			named := func(p grafana.ContactPoint) bool { return p.Name == r.Route.ContactPoint }
			if r.Route.ContactPoint != "" && !slices.ContainsFunc(points, named) {
				return fmt.Errorf("the alert rules were not written: the rule %q names the contact point %q, which this Grafana does not have, and with such a file it would not start; create it, or choose another", r.Title, r.Route.ContactPoint)
			}
		}
	}
	return nil
}

// writeFile replaces a file by a whole new one: Grafana may read it at any moment.
func writeFile(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".burnline-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(content)
	err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close())
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// keeperMetrics tell how the rules fare.
type keeperMetrics struct {
	rules    *prometheus.GaugeVec
	failures prometheus.Counter
	success  prometheus.Gauge
}

func newKeeperMetrics(registerer prometheus.Registerer) *keeperMetrics {
	m := &keeperMetrics{
		rules:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "burnline_alert_rules", Help: "Alert rules by how they compare with what the SLOs want."}, []string{"state"}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "burnline_alert_reconcile_failures_total", Help: "Attempts to bring the alert rules to what the SLOs want that failed, wholly or in part."}),
		success:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "burnline_alert_reconcile_last_success_timestamp_seconds", Help: "When the alert rules were last found, or made, as the SLOs want them."}),
	}
	registerer.MustRegister(m.rules, m.failures, m.success)
	return m
}

func (m *keeperMetrics) count(diff reconcile.Diff) {
	for _, action := range []reconcile.Action{
		reconcile.ActionCreate, reconcile.ActionUpdate, reconcile.ActionDelete, reconcile.ActionDrift,
		reconcile.ActionConflict, reconcile.ActionUnchanged, reconcile.ActionAdopted,
	} {
		m.rules.WithLabelValues(string(action)).Set(0)
	}
	for _, change := range diff.Changes {
		m.rules.WithLabelValues(string(change.Action)).Inc()
	}
}
