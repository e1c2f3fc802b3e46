package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/grafana/dskit/backoff"
	"github.com/grafana/grafana-openapi-client-go/models"

	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/grafana"
)

// Apply makes the changes of Diff: folders, creations and updates, deletions. What fails is reported and the rest goes
// on; only when Grafana does not answer or does not know the plugin does it stop early, and then what was not attempted
// is reported too. Outcome.Diff is read afresh at the end. The error is that of the reading, or of ctx.
func (r *Reconciler) Apply(ctx context.Context, desired []rule.Group) (Outcome, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	o := Outcome{Applied: []Change{}, Failed: []Failure{}}
	v, err := r.look(ctx, desired)
	if err != nil {
		return o, err
	}
	steps := v.steps(v.verdicts(r.cfg.Now()))
	r.carryOut(ctx, v, steps, &o)
	after, err := r.look(ctx, desired)
	if err != nil {
		o.Diff = v.diff(r.cfg.Now())
		o.Problems = append(o.Problems, fmt.Sprintf("what Grafana holds after this can't be read, so the list is what is known: %v", err))
		return o, err
	}
	o.Diff = after.diff(r.cfg.Now())
	return o, nil
}

// steps are the verdicts that are to be acted on, in order: a rule can only be written once its title is free, so that
// deletions that free a wanted title come first. The other deletions come last.
func (v *view) steps(verdicts []verdict) []verdict {
	wanted := map[[2]string]bool{}
	for _, w := range v.wishes {
		wanted[[2]string{w.rule.FolderUID, w.rule.Title}] = true
	}
	rank := func(one verdict) int {
		if one.Action != ActionDelete {
			return 1
		}
		s := v.sightings[one.UID]
		if wanted[[2]string{deref(s.model.FolderUID), deref(s.model.Title)}] {
			return 0
		}
		return 2
	}
	steps := slices.DeleteFunc(slices.Clone(verdicts), func(one verdict) bool { return !one.Action.applies() })
	slices.SortStableFunc(steps, func(a, b verdict) int { return cmp.Compare(rank(a), rank(b)) })
	return steps
}

// Rules that fail one after the other though they were repeated: after patience of them the next ones are tried without
// repetition, and after enough of them no more. A Grafana that reads but can't write must not hold Apply for hours.
const patience, enough = 5, 20

func (r *Reconciler) carryOut(ctx context.Context, v *view, steps []verdict, o *Outcome) {
	denied := map[string]error{}
	var broken error
	inARow, hasty := 0, &Reconciler{cfg: r.cfg}
	hasty.cfg.Backoff.MaxRetries = 1
	fail := func(change Change, reason string) {
		o.Failed = append(o.Failed, Failure{Change: change, Error: reason})
	}
	for _, step := range steps {
		w := v.wishes[step.UID]
		if broken = cmp.Or(ctx.Err(), broken); broken != nil {
			fail(step.Change, fmt.Sprintf("not attempted: %v", broken))
			continue
		}
		if w != nil && w.blocked != "" {
			fail(step.Change, w.blocked)
			continue
		}
		asking := r
		if inARow >= patience {
			asking = hasty
		}
		done, err := asking.place(ctx, v, denied, w, v.sightings[step.UID])
		if grafana.Passing(err) {
			inARow++
		} else {
			inARow = 0
		}
		if err != nil {
			if broken = hopeless(err); inARow >= enough {
				broken = err
			}
			fail(step.Change, err.Error())
			continue
		}
		if done.Action.applies() {
			o.Applied = append(o.Applied, done)
			v.remember(done, w)
		}
	}
}

// place settles one rule in its folder.
func (r *Reconciler) place(ctx context.Context, v *view, denied map[string]error, w *wish, s *sighting) (Change, error) {
	if w != nil {
		if err := r.folder(ctx, v, denied, w); err != nil {
			return Change{}, fmt.Errorf("its folder can't be made: %w", err)
		}
	}
	return r.settle(ctx, w, s)
}

// remember notes what was done, for the list when Grafana can't be read any more.
func (v *view) remember(done Change, w *wish) {
	delete(v.sightings, done.UID)
	if w != nil && done.Action != ActionDelete {
		v.sightings[done.UID] = see(w.model)
	}
}

// hopeless is err if nothing else will work either. A rate limit is one that stood all pauses that Grafana asked for.
func hopeless(err error) error {
	switch grafana.KindOf(err) {
	case grafana.KindNoToken, grafana.KindUnauthorized, grafana.KindUnreachable, grafana.KindTimeout, grafana.KindRateLimited:
		return err
	}
	return nil
}

// folder makes a rule's folder if there is none, and asks once for each. It looks first: an account that may make no
// folders works with folders that somebody else made.
func (r *Reconciler) folder(ctx context.Context, v *view, denied map[string]error, w *wish) error {
	uid := w.rule.FolderUID
	if v.folders[uid] {
		return nil
	}
	if err, ok := denied[uid]; ok {
		return err
	}
	_, err := retried(ctx, r, func() (any, error) {
		if exists, err := r.cfg.Grafana.FolderExists(ctx, uid); err == nil && exists {
			return nil, nil
		}
		return nil, r.cfg.Grafana.CreateFolder(ctx, uid, w.folderTitle)
	})
	if err != nil {
		denied[uid] = err
		return err
	}
	v.folders[uid] = true
	return nil
}

// contested bounds how often a rule may change under our hands.
const contested = 5

// settle brings one rule to its wish, whatever others do to it meanwhile: it reads the rule again before it replaces or
// deletes it and after each failure, and judges anew. It answers what was done; ActionUnchanged and the like if
// somebody else was faster.
func (r *Reconciler) settle(ctx context.Context, w *wish, s *sighting) (Change, error) {
	pause := backoff.New(ctx, r.cfg.Backoff)
	uid := describe(w, s).UID
	var tried Change
	fresh := s == nil
	for turns := 0; turns < contested; {
		if w == nil && s == nil {
			// Deleted, by us or by somebody else.
			return tried, nil
		}
		one := compare(w, s, r.cfg.Now())
		if !one.Action.applies() {
			return standing(one.Change, tried), nil
		}
		if !fresh {
			latest, err := r.read(ctx, uid)
			if err != nil {
				return one.Change, err
			}
			fresh = true
			if !same(latest, s) {
				s, turns = latest, turns+1
				continue
			}
		}
		err := r.write(ctx, one, w)
		if err == nil {
			return one.Change, nil
		}
		tried = one.Change
		latest, err := r.afterFailure(ctx, pause, uid, s, err)
		if err != nil {
			return one.Change, err
		}
		if !same(latest, s) {
			s, turns = latest, turns+1
		}
	}
	return tried, errors.New("the rule changes faster than it can be written: somebody else manages it; take it out of there, or remove the SLO's alert policy")
}

// standing is what is told of a rule that needs nothing: what was tried before if that seemed to fail and did its work.
func standing(now, tried Change) Change {
	if tried.Action != "" && now.Action == ActionUnchanged {
		return tried
	}
	return now
}

// afterFailure reads a rule that could not be written, so that the write is tried once more or judged anew; or it gives
// the failure back where neither makes sense.
func (r *Reconciler) afterFailure(ctx context.Context, pause *backoff.Backoff, uid string, s *sighting, failed error) (*sighting, error) {
	var lost *notKept
	if ctx.Err() != nil || errors.As(failed, &lost) || refused(failed) {
		return nil, cmp.Or(ctx.Err(), failed)
	}
	passing := grafana.Passing(failed)
	if passing && !wait(ctx, pause, failed) {
		return nil, cmp.Or(ctx.Err(), failed)
	}
	latest, err := r.read(ctx, uid)
	if err != nil || same(latest, s) && !passing {
		return nil, failed
	}
	return latest, nil
}

// refused reports whether Grafana does not let the plugin.
func refused(err error) bool {
	switch grafana.KindOf(err) {
	case grafana.KindForbidden, grafana.KindUnauthorized, grafana.KindNoToken:
		return true
	}
	return false
}

// read sees a rule afresh, nil if there is none.
func (r *Reconciler) read(ctx context.Context, uid string) (*sighting, error) {
	m, err := retried(ctx, r, func() (*models.ProvisionedAlertRule, error) { return r.cfg.Grafana.Rule(ctx, uid) })
	if grafana.KindOf(err) == grafana.KindMissing {
		return nil, nil
	}
	return see(m), err
}

// notKept says that Grafana took a rule, but not all of it.
type notKept struct{ differences []Field }

// Error names the fields and the version of Grafana that they need.
func (e *notKept) Error() string {
	return "Grafana took the rule, but did not keep " + needs(e.differences) + ": upgrade Grafana, or change the policy so that it does without"
}

// write carries one verdict out and compares what Grafana took with what was sent.
func (r *Reconciler) write(ctx context.Context, one verdict, w *wish) error {
	var taken *models.ProvisionedAlertRule
	var err error
	switch one.Action {
	case ActionCreate:
		taken, err = r.cfg.Grafana.CreateRule(ctx, w.model)
	case ActionUpdate:
		taken, err = r.cfg.Grafana.UpdateRule(ctx, w.model)
	case ActionDelete:
		return r.cfg.Grafana.DeleteRule(ctx, one.UID)
	}
	if err != nil || taken == nil {
		return err
	}
	if differences := fields(contentOf(taken), w.content); len(differences) > 0 {
		return &notKept{differences}
	}
	return nil
}
