package reconcile

import (
	"context"
	"fmt"

	"github.com/grafana/grafana-openapi-client-go/models"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/grafana"
)

// Adopt keeps what somebody made of a rule: it is left alone until the SLO or its policy asks for something else than
// today. For a rule that no SLO wants any more it means to keep it for good.
func (r *Reconciler) Adopt(ctx context.Context, desired []rule.Group, uid string) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	w, s, err := r.choice(ctx, desired, uid)
	if err != nil {
		return err
	}
	if s == nil {
		return fmt.Errorf("there is no alert rule %s in Grafana to adopt: it was deleted, and the next apply creates it again", uid)
	}
	want := absent
	if w != nil {
		want = w.hash
	}
	switch one := compare(w, s, r.cfg.Now()); one.Action {
	case ActionDrift, ActionConflict:
	case ActionAdopted:
		return nil
	default:
		return fmt.Errorf("nobody edited the alert rule %s, so there is nothing to adopt", uid)
	}
	_, err = retried(ctx, r, func() (*models.ProvisionedAlertRule, error) {
		return r.cfg.Grafana.UpdateRule(ctx, annotated(s.model, AnnotationAdopted, want))
	})
	return err
}

// Restore overwrites what somebody made of a rule with what its SLO wants, and deletes it if no SLO wants it.
func (r *Reconciler) Restore(ctx context.Context, desired []rule.Group, uid string) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	w, s, err := r.choice(ctx, desired, uid)
	if err != nil {
		return err
	}
	if w == nil {
		if s == nil {
			return nil
		}
		_, err = retried(ctx, r, func() (any, error) { return nil, r.cfg.Grafana.DeleteRule(ctx, uid) })
		return err
	}
	if w.blocked != "" {
		return fmt.Errorf("the alert rule %s can't be restored: %s", uid, w.blocked)
	}
	v := &view{folders: map[string]bool{}}
	if s != nil {
		v.folders[deref(s.model.FolderUID)] = true
	}
	if err := r.folder(ctx, v, map[string]error{}, w); err != nil {
		return fmt.Errorf("the folder of the alert rule %s can't be made: %w", uid, err)
	}
	one := verdict{Change: Change{Action: ActionUpdate, UID: uid}}
	if s == nil {
		one.Action = ActionCreate
	}
	_, err = retried(ctx, r, func() (any, error) { return nil, r.write(ctx, one, w) })
	return err
}

// choice reads the rule that a person decided on, and what is wanted of it. It refuses what is not ours.
func (r *Reconciler) choice(ctx context.Context, desired []rule.Group, uid string) (*wish, *sighting, error) {
	v := &view{}
	around, err := r.surroundings(ctx, desired, v)
	if err != nil {
		return nil, nil, err
	}
	w := wishesOf(desired, around)[uid]
	s, err := r.read(ctx, uid)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case w == nil && s == nil:
		return nil, nil, &grafana.APIError{Kind: grafana.KindMissing, Operation: "choose for alert rule " + uid, Message: "neither Grafana nor any SLO has it", Remedy: "reload the list"}
	case s != nil && s.slo() == "":
		return nil, nil, fmt.Errorf("the alert rule %s has no label %s: it is not Burnline's and is not touched", uid, alert.LabelSLO)
	case s != nil && s.managed() != "":
		return nil, nil, fmt.Errorf("the alert rule %s is managed by %q: change it there", uid, s.managed())
	}
	return w, s, nil
}
