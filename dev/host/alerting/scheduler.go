package alerting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/grafana/dskit/concurrency"
	"github.com/grafana/dskit/services"
)

const (
	// baseInterval is how often the scheduler looks what is due. Grafana's is 10 s and its intervals are multiples of
	// that; a demo may want shorter ones.
	baseInterval = time.Second
	// defaultInterval is the interval of a group that names none.
	defaultInterval = time.Minute
	// evaluationTimeout is Grafana's evaluation_timeout.
	evaluationTimeout = 30 * time.Second
	// maxEvaluations bounds the rules that are evaluated at the same time. Grafana knows no bound: with a low one, a few
	// rules whose source hangs would keep all others waiting until their alerts run out.
	maxEvaluations = 512
)

// Scheduler evaluates rules on their interval and notifies contact points. It is a service: it works from its start
// to its stop. EvaluateAt and States work without a start, too.
type Scheduler struct {
	services.Service

	cfg      Config
	external *url.URL
	notifier *notifier
	slots    chan struct{}
	running  sync.WaitGroup
	// sending lets only one round of notifications run at a time.
	sending sync.Mutex

	mu       sync.Mutex
	runs     map[string]*run
	lastTick time.Time
}

// run is one rule and what the scheduler knows of it.
type run struct {
	fingerprint string
	// evaluating lets only one evaluation of the rule run at a time; a tick that comes meanwhile is dropped.
	evaluating sync.Mutex

	mu      sync.Mutex
	machine *machine
	invalid error
	last    time.Time
	took    time.Duration
}

// New makes a scheduler; it evaluates from its start as a service on.
func New(cfg Config) (*Scheduler, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	external, err := url.Parse(cfg.ExternalURL)
	if err != nil {
		return nil, fmt.Errorf("alerting: ExternalURL: %w", err)
	}
	s := &Scheduler{
		cfg: cfg, external: external, notifier: newNotifier(cfg, external),
		slots: make(chan struct{}, maxEvaluations), runs: map[string]*run{},
	}
	tick := func(ctx context.Context) error {
		s.tick(ctx, s.cfg.Now())
		return nil
	}
	stop := func(error) error {
		s.running.Wait()
		return nil
	}
	s.Service = services.NewTimerService(baseInterval, nil, tick, stop).WithName("alerting")
	return s, nil
}

// interval is the rule's interval in whole seconds.
func (r RuleWithGroup) interval() time.Duration {
	if r.Interval < time.Second {
		return defaultInterval
	}
	return r.Interval.Truncate(time.Second)
}

// due is the last multiple of interval in Unix time that is not after now, as Grafana aligns evaluations.
func due(now time.Time, interval time.Duration) time.Time {
	seconds := int64(interval / time.Second)
	return time.Unix(now.Unix()/seconds*seconds, 0).UTC()
}

// tick starts what is due since the last tick and does not wait for it.
func (s *Scheduler) tick(ctx context.Context, now time.Time) {
	rules := s.sync(s.cfg.Rules(), now)
	last := s.lastTick
	s.lastTick = now
	for _, rule := range rules {
		at := due(now, rule.interval())
		if last.IsZero() || !at.After(last) {
			continue
		}
		s.running.Go(func() {
			select {
			case s.slots <- struct{}{}:
				defer func() { <-s.slots }()
			case <-ctx.Done():
				return
			}
			r := s.run(rule)
			if r == nil || !r.evaluating.TryLock() {
				s.cfg.Logger.Warn("tick dropped because alert rule evaluation is too slow", "rule", rule.UID, "at", at)
				return
			}
			defer r.evaluating.Unlock()
			s.evaluate(ctx, r, rule, at)
		})
	}
	s.running.Go(func() {
		if s.sending.TryLock() {
			defer s.sending.Unlock()
			s.notifier.flush(ctx, now)
		}
	})
}

// EvaluateAt evaluates, at the given instant and at once, every rule that is not paused, whatever its interval; then
// it sends the notifications that are due at that instant. It returns when all that is done.
func (s *Scheduler) EvaluateAt(ctx context.Context, at time.Time) {
	rules := s.sync(s.cfg.Rules(), at)
	_ = concurrency.ForEachJob(ctx, len(rules), maxEvaluations, func(ctx context.Context, i int) error {
		if r := s.run(rules[i]); r != nil {
			r.evaluating.Lock()
			defer r.evaluating.Unlock()
			s.evaluate(ctx, r, rules[i], at)
		}
		return nil
	})
	s.sending.Lock()
	defer s.sending.Unlock()
	s.notifier.flush(ctx, at)
}

func (s *Scheduler) run(rule RuleWithGroup) *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runs[rule.UID]
}

// fingerprint is what a rule's states depend on: all of it but when it was saved. Grafana starts a rule afresh when
// any of this changes.
func (r RuleWithGroup) fingerprint() string {
	r.ID, r.Updated, r.Provenance = 0, time.Time{}, ""
	text, err := json.Marshal(r)
	if err != nil { // a query that is no JSON; its text still tells it apart
		return fmt.Sprintf("%+v", r)
	}
	return string(text)
}

// sync takes over the rules of the moment: states of rules that were deleted, paused or changed end. It returns the
// rules to evaluate.
func (s *Scheduler) sync(rules []RuleWithGroup, at time.Time) []RuleWithGroup {
	s.mu.Lock()
	defer s.mu.Unlock()
	active := make([]RuleWithGroup, 0, len(rules))
	known := map[string]bool{}
	for _, rule := range rules {
		rule.Interval = rule.interval()
		known[rule.UID] = true
		fingerprint := rule.fingerprint()
		if old, ok := s.runs[rule.UID]; !ok || old.fingerprint != fingerprint {
			reason := reasonUpdated
			if rule.IsPaused {
				reason = reasonPaused
			}
			s.end(old, reason, at)
			fresh := &run{fingerprint: fingerprint}
			log := s.cfg.Logger.With("rule", rule.UID)
			if fresh.machine, fresh.invalid = newMachine(rule, s.external, log); fresh.invalid != nil {
				log.Error("alert rule cannot be evaluated", "error", fresh.invalid)
			}
			s.runs[rule.UID] = fresh
		}
		if !rule.IsPaused {
			active = append(active, rule)
		}
	}
	for _, uid := range slices.Sorted(maps.Keys(s.runs)) {
		if !known[uid] {
			s.end(s.runs[uid], reasonDeleted, at)
			delete(s.runs, uid)
		}
	}
	return active
}

func (s *Scheduler) end(r *run, reason string, at time.Time) {
	if r == nil || r.machine == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.publish(r.machine, r.machine.reset(reason, at), at)
	r.machine = nil // an evaluation that still runs finds no states to change
}

func (s *Scheduler) evaluate(ctx context.Context, r *run, rule RuleWithGroup, at time.Time) {
	ctx, cancel := context.WithTimeout(ctx, evaluationTimeout)
	defer cancel()
	start := time.Now()
	results := evaluate(ctx, s.cfg.Query, rule.Rule, at)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.machine == nil || errors.Is(context.Cause(ctx), context.Canceled) { // changed meanwhile, or the host stops
		return
	}
	r.last, r.took = at, time.Since(start)
	s.publish(r.machine, r.machine.process(results, at), at)
}

// publish tells of changes: the state history of those that changed state, the notifier of those that fire or
// stopped firing.
func (s *Scheduler) publish(m *machine, changes []change, at time.Time) {
	for _, c := range changes {
		if c.recorded() {
			s.cfg.OnTransition(Transition{
				Rule: m.rule, Labels: public(c.labels), From: describe(c.from, c.fromReason), To: describe(c.state, c.reason),
				At: at, Value: valuesText(c.values), Values: maps.Clone(c.values),
			})
		}
		if c.state.fires() || c.resolved {
			s.notifier.put(m.rule, c, at)
		}
	}
}

// States tells what each rule did when it was last evaluated, in the order of Config.Rules. Rules that were not yet
// evaluated, or are paused, are inactive.
func (s *Scheduler) States() []RuleState {
	rules := s.cfg.Rules()
	states := make([]RuleState, len(rules))
	for i, rule := range rules {
		states[i] = RuleState{UID: rule.UID, State: "inactive", Health: "ok"}
		if r := s.run(rule); r != nil {
			r.report(&states[i], rule.Condition)
		}
	}
	return states
}

// report fills in what is known of a rule. Pending, recovering and firing are its worst instance's state; no data
// and errors show as health, as in Grafana.
func (r *run) report(into *RuleState, condition string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.invalid != nil {
		into.Health, into.LastError = "error", r.invalid.Error()
	}
	if r.machine == nil {
		return
	}
	into.LastEvaluation, into.EvaluationTime = r.last, r.took
	ranks := map[State]string{Pending: "pending", Recovering: "recovering", Alerting: "firing"}
	worst := Normal
	order := []State{Normal, Pending, Recovering, Alerting}
	for _, key := range slices.Sorted(maps.Keys(r.machine.instances)) {
		i := r.machine.instances[key]
		into.Alerts = append(into.Alerts, i.alert(condition))
		if slices.Index(order, i.state) > slices.Index(order, worst) {
			worst, into.State = i.state, ranks[i.state]
		}
		if i.state == NoData && into.Health == "ok" {
			into.Health = "nodata"
		}
		if i.state == Error || i.err != nil {
			into.Health = "error"
		}
		if i.err != nil {
			into.LastError = i.err.Error()
		}
	}
}

func (i *instance) alert(condition string) Alert {
	a := Alert{
		Labels: public(i.labels), Annotations: maps.Clone(i.annotations), State: describe(i.state, i.reason),
		ActiveAt: i.startsAt, Values: maps.Clone(i.values),
	}
	if f, ok := i.values[condition]; ok {
		a.Value = strconv.FormatFloat(f, 'e', -1, 64)
	}
	return a
}
