package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/grafana/dskit/backoff"
	"github.com/grafana/grafana-openapi-client-go/models"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/grafana"
)

// Rules is where alert rules live. Errors tell their grafana.KindOf.
type Rules interface {
	Rules(ctx context.Context) ([]*models.ProvisionedAlertRule, error)
	// Rule fails with grafana.KindMissing if there is none.
	Rule(ctx context.Context, uid string) (*models.ProvisionedAlertRule, error)
	// CreateRule and UpdateRule answer the rule as it was taken.
	CreateRule(ctx context.Context, r *models.ProvisionedAlertRule) (*models.ProvisionedAlertRule, error)
	UpdateRule(ctx context.Context, r *models.ProvisionedAlertRule) (*models.ProvisionedAlertRule, error)
	// DeleteRule succeeds if there is none.
	DeleteRule(ctx context.Context, uid string) error
}

// Surroundings are what rules refer to.
type Surroundings interface {
	Version(ctx context.Context) (grafana.Version, error)
	ContactPoints(ctx context.Context) ([]grafana.ContactPoint, error)
	MuteTimings(ctx context.Context) ([]string, error)
	FolderExists(ctx context.Context, uid string) (bool, error)
	// CreateFolder succeeds if a folder with this UID exists.
	CreateFolder(ctx context.Context, uid, title string) error
}

// Grafana is what reconciliation asks of Grafana.
type Grafana interface {
	Rules
	Surroundings
}

// Config is what a Reconciler needs.
type Config struct {
	Grafana Grafana
	// Backoff is the pause between repetitions of what may pass by itself; 200 ms to 5 s, five times, by default.
	Backoff backoff.Config
	// Now is the clock, time.Now by default.
	Now func() time.Time
}

func (cfg *Config) defaults() error {
	if cfg.Grafana == nil {
		return errors.New("reconcile: Config.Grafana is required")
	}
	if cfg.Backoff == (backoff.Config{}) {
		cfg.Backoff = backoff.Config{MinBackoff: 200 * time.Millisecond, MaxBackoff: 5 * time.Second, MaxRetries: 5}
	}
	if cfg.Backoff.MaxRetries <= 0 {
		return errors.New("reconcile: Config.Backoff.MaxRetries must be positive; without it a failing Grafana holds Apply for ever")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return nil
}

// Reconciler compares and changes the alert rules of one organisation. It is safe for concurrent use, and beside others
// of its kind in other processes.
type Reconciler struct {
	cfg Config
	// changing lets one change of this process happen at a time; other processes are reckoned with anyhow.
	changing sync.Mutex
}

// New makes a Reconciler; an error means that cfg is not valid.
func New(cfg Config) (*Reconciler, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	return &Reconciler{cfg: cfg}, nil
}

// Diff compares without changing anything: a dry run of Apply. An error means that nothing is known of Grafana's rules.
func (r *Reconciler) Diff(ctx context.Context, desired []rule.Group) (Diff, error) {
	v, err := r.look(ctx, desired)
	if err != nil {
		return Diff{}, err
	}
	return v.diff(r.cfg.Now()), nil
}

// DiffOf compares nothing but the rules of a few groups, each read by itself: of thousands of rules a person looks at
// the handful of one SLO. What stands in a rule's way is not looked for.
func (r *Reconciler) DiffOf(ctx context.Context, desired []rule.Group) (Diff, error) {
	v := &view{wishes: wishesOf(desired, surroundings{version: grafana.VersionKeepFiringFor}), sightings: map[string]*sighting{}}
	for uid := range v.wishes {
		s, err := r.read(ctx, uid)
		if err != nil {
			return Diff{}, err
		}
		if s != nil {
			v.sightings[uid] = s
		}
	}
	return v.diff(r.cfg.Now()), nil
}

// view is what is wanted and what is there.
type view struct {
	wishes map[string]*wish
	// sightings are the rules with our label, and those that have the UID of one of ours.
	sightings map[string]*sighting
	// folders are the UIDs of folders that are known to exist.
	folders  map[string]bool
	problems []string
}

// look reads what there is and what it is to be compared with.
func (r *Reconciler) look(ctx context.Context, desired []rule.Group) (*view, error) {
	listed, err := retried(ctx, r, func() ([]*models.ProvisionedAlertRule, error) { return r.cfg.Grafana.Rules(ctx) })
	if err != nil {
		return nil, err
	}
	v := &view{sightings: map[string]*sighting{}, folders: map[string]bool{}}
	around, err := r.surroundings(ctx, desired, v)
	if err != nil {
		return nil, err
	}
	v.wishes = wishesOf(desired, around)
	for _, m := range listed {
		v.folders[deref(m.FolderUID)] = true
		if m.Labels[alert.LabelSLO] != "" || v.wishes[m.UID] != nil {
			v.sightings[m.UID] = see(m)
		}
	}
	return v, nil
}

// surroundings reads what the wanted rules refer to. What can't be read is a problem to be told, not the end: Grafana
// itself refuses what does not fit.
func (r *Reconciler) surroundings(ctx context.Context, desired []rule.Group, v *view) (surroundings, error) {
	var around surroundings
	var err error
	note := func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			v.problems = append(v.problems, fmt.Sprintf("%s can't be checked: %v", what, err))
		}
	}
	if len(desired) > 0 {
		around.version, err = retried(ctx, r, func() (grafana.Version, error) { return r.cfg.Grafana.Version(ctx) })
		note("what this Grafana supports", err)
	}
	points, timings := refersTo(desired)
	if points {
		found, err := retried(ctx, r, func() ([]grafana.ContactPoint, error) { return r.cfg.Grafana.ContactPoints(ctx) })
		note("the contact points", err)
		if err == nil {
			around.contactPoints = map[string]bool{}
			for _, point := range found {
				around.contactPoints[point.Name] = true
			}
		}
	}
	if timings {
		found, err := retried(ctx, r, func() ([]string, error) { return r.cfg.Grafana.MuteTimings(ctx) })
		note("the mute timings", err)
		if err == nil {
			around.muteTimings = map[string]bool{}
			for _, name := range found {
				around.muteTimings[name] = true
			}
		}
	}
	return around, ctx.Err()
}

func refersTo(desired []rule.Group) (points, timings bool) {
	for _, group := range desired {
		for _, one := range group.Rules {
			points = points || one.Route.ContactPoint != ""
			timings = timings || one.Route.ContactPoint != "" && len(one.Route.MuteTimings) > 0
		}
	}
	return points, timings
}

// verdicts compares every rule, in the order of Diff.Changes.
func (v *view) verdicts(now time.Time) []verdict {
	var found []verdict
	for uid, w := range v.wishes {
		found = append(found, compare(w, v.sightings[uid], now))
	}
	for uid, s := range v.sightings {
		fresh := alert.IsTest(s.model.Labels) && now.Sub(time.Time(s.model.Updated)) < testAge
		if v.wishes[uid] == nil && !fresh {
			found = append(found, compare(nil, s, now))
		}
	}
	slices.SortFunc(found, func(a, b verdict) int {
		return cmp.Or(cmp.Compare(a.Folder, b.Folder), cmp.Compare(a.SLO, b.SLO), cmp.Compare(a.Title, b.Title), cmp.Compare(a.UID, b.UID))
	})
	return found
}

func (v *view) diff(now time.Time) Diff {
	d := Diff{Changes: []Change{}, Problems: slices.Clone(v.problems), At: now.UTC()}
	for _, one := range v.verdicts(now) {
		d.Changes = append(d.Changes, one.Change)
		if one.problem != "" {
			d.Problems = append(d.Problems, fmt.Sprintf("%s (%s): %s", one.Title, one.UID, one.problem))
		}
	}
	if d.Problems == nil {
		d.Problems = []string{}
	}
	return d
}

// retried repeats what may pass by itself.
func retried[T any](ctx context.Context, r *Reconciler, do func() (T, error)) (T, error) {
	pause := backoff.New(ctx, r.cfg.Backoff)
	for {
		answer, err := do()
		if err == nil || !grafana.Passing(err) {
			return answer, err
		}
		if !wait(ctx, pause, err) {
			return answer, cmp.Or(ctx.Err(), err)
		}
	}
}

// longestPause bounds the pause that Grafana may ask for.
const longestPause = time.Minute

// wait pauses as long as Grafana asked for, and at least as long as the back-off says; false when it is enough.
func wait(ctx context.Context, pause *backoff.Backoff, err error) bool {
	var failed *grafana.APIError
	if errors.As(err, &failed) && failed.RetryAfter > 0 {
		timer := time.NewTimer(min(failed.RetryAfter, longestPause))
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
		}
	}
	pause.Wait()
	return pause.Ongoing()
}
