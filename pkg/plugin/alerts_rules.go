package plugin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/reconcile"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/grafana"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// rulesJSON is the answer of GET alerts/rules: an SLO's rules as they are meant, and how they fare in Grafana.
type rulesJSON struct {
	Rules []ruleStateJSON `json:"rules"`
	// Policies are the names of the policies in force.
	Policies []string      `json:"policies"`
	Problems []slo.Problem `json:"problems"`
	// StateError says why the states are not known; empty if they are.
	StateError string `json:"stateError"`
}

// ruleStateJSON is one rule; times are Unix milliseconds, null for what is not known.
type ruleStateJSON struct {
	UID            string   `json:"uid"`
	Title          string   `json:"title"`
	Kind           string   `json:"kind"`
	Severity       string   `json:"severity"`
	Window         string   `json:"window"`
	Rate           *float64 `json:"rate"`
	Share          *float64 `json:"share"`
	For            float64  `json:"for"`
	Direct         bool     `json:"direct"`
	FolderTitle    string   `json:"folderTitle"`
	ContactPoint   string   `json:"contactPoint"`
	State          string   `json:"state"`
	Health         string   `json:"health"`
	LastError      string   `json:"lastError"`
	ActiveAt       *int64   `json:"activeAt"`
	LastEvaluation *int64   `json:"lastEvaluation"`
	// Value is what the ledger says now of what the rule is about.
	Value *float64 `json:"value"`
	URL   string   `json:"url,omitempty"`
	Drift bool     `json:"drift"`
}

// The states of a rule beside Grafana's own "pending", "firing", "nodata" and "error".
const (
	ruleNormal  = "normal"
	ruleUnknown = "unknown"
	ruleMissing = "missing"
	rulePaused  = "paused"
)

func (p *Plugin) listRules(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimSpace(r.URL.Query().Get("slo"))
	if id == "" {
		fail(w, badQuery("the parameter slo is missing; name an SLO by its id."))
		return
	}
	_, snapshot, err := p.answers.catalogue(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	if _, err := (selection{SLOs: []string{id}}).pick(snapshot); err != nil {
		fail(w, err)
		return
	}
	want, err := p.wants(r.Context())
	if err != nil && want.Settings.Mode == "" {
		fail(w, err)
		return
	}
	answer := rulesJSON{Rules: []ruleStateJSON{}, Policies: []string{}, Problems: []slo.Problem{}}
	i := slices.IndexFunc(want.Plans, func(plan alert.Plan) bool { return plan.Definition.ID == id })
	if i < 0 { // removed
		writeJSON(w, http.StatusOK, answer)
		return
	}
	plan := want.Plans[i]
	answer.Policies = orEmpty(plan.Policies)
	for _, problem := range want.Problems {
		if problem.Position == plan.Definition.Origin && problem.Name == plan.Definition.Name {
			answer.Problems = append(answer.Problems, problem)
		}
	}
	if err != nil {
		answer.StateError = sentence(err.Error())
		writeJSON(w, http.StatusOK, answer)
		return
	}
	conditions := conditionsOf(plan)
	answer.Rules = orEmpty(want.rulesOf(plan, conditions))
	if err := p.measure(r.Context(), id, want, conditions, answer.Rules); err != nil {
		fail(w, err)
		return
	}
	if err := p.engine.lookAtRules(r.Context(), want, answer.Rules); err != nil {
		answer.StateError = sentence(err.Error())
	}
	writeJSON(w, http.StatusOK, answer)
}

// conditionsOf are a plan's conditions by the UIDs of their rules.
func conditionsOf(plan alert.Plan) map[string]alert.Condition {
	out := map[string]alert.Condition{}
	for _, c := range plan.Conditions {
		out[rule.UID(plan.Definition.ID, c.Key())] = c
	}
	return out
}

// rulesOf are the rules of an SLO as they are meant; of their state nothing is known yet.
func (w wanted) rulesOf(plan alert.Plan, conditions map[string]alert.Condition) []ruleStateJSON {
	var out []ruleStateJSON
	for _, g := range w.Groups {
		for _, r := range g.Rules {
			if r.Labels[alert.LabelSLO] != plan.Definition.ID {
				continue
			}
			c := conditionOf(conditions[r.UID])
			out = append(out, ruleStateJSON{
				UID: r.UID, Title: r.Title, Kind: r.Labels[alert.LabelKind], Severity: r.Labels[alert.LabelSeverity], Window: r.Labels[alert.LabelWindow],
				Rate: c.Rate, Share: c.Share, For: r.For.Seconds(), Direct: w.direct(r), FolderTitle: g.FolderTitle, ContactPoint: r.Route.ContactPoint, State: ruleUnknown,
			})
		}
	}
	return out
}

// fillIn tells how rules fare, by their groups' names; false when Grafana does not know all of them.
func (w wanted) fillIn(rules []ruleStateJSON, groups map[string]string, states []grafana.RuleState) (complete bool) {
	complete = true
	for i := range rules {
		r := &rules[i]
		state, ok := grafana.FindState(states, r.UID, r.FolderTitle, groups[r.UID], r.Title)
		if !ok {
			r.State, complete = ruleMissing, false
			continue
		}
		r.State, r.Health, r.LastError = stateOf(state), state.Health, state.LastError
		r.ActiveAt, r.LastEvaluation = millis(state.ActiveAt()), evaluated(state.LastEvaluation)
		r.URL = w.AppURL + "/alerting/grafana/" + url.PathEscape(r.UID) + "/view"
	}
	return complete
}

// statesAge is how old the states of rules may be that are shown: Grafana gives those of all rules at once, and evaluates
// them every ten seconds at most.
const statesAge = 3 * time.Second

// lookAtRules fills in how rules fare in Grafana.
func (e *Engine) lookAtRules(ctx context.Context, want wanted, rules []ruleStateJSON) error {
	alerting, err := e.alerting()
	if err != nil {
		return err
	}
	groups := map[string]string{}
	for _, g := range want.Groups {
		for _, r := range g.Rules {
			groups[r.UID] = g.Name
		}
	}
	// What is missing may only just have been made: then a fresh answer is asked for.
	for _, age := range []time.Duration{statesAge, 0} {
		states, err := e.states.get(e.cfg.Now(), age, func() ([]grafana.RuleState, error) { return alerting.RuleStates(ctx) })
		if err != nil {
			return err
		}
		if want.fillIn(rules, groups, states) {
			break
		}
	}
	if want.Settings.Mode != alert.ModeAPI {
		return nil
	}
	mine := slices.DeleteFunc(slices.Clone(want.Groups), func(g rule.Group) bool {
		return !slices.ContainsFunc(rules, func(r ruleStateJSON) bool { return groups[r.UID] == g.Name })
	})
	r, err := e.reconciler(nil)
	if err != nil {
		return err
	}
	diff, err := r.DiffOf(ctx, mine)
	if err != nil {
		return err
	}
	for _, change := range diff.Changes {
		if i := slices.IndexFunc(rules, func(r ruleStateJSON) bool { return r.UID == change.UID }); i >= 0 {
			rules[i].Drift = change.Action == reconcile.ActionDrift || change.Action == reconcile.ActionConflict
		}
	}
	return nil
}

// stateOf is a rule's state in one word: what is wrong with its evaluation comes before what it found, but for
// an alert that fires on while its source is silent.
func stateOf(s grafana.RuleState) string {
	switch {
	case s.Paused:
		return rulePaused
	case s.State == "firing" || s.State == "recovering":
		return "firing"
	case s.Health == "error" || s.Health == "nodata":
		return s.Health
	case s.State == "pending":
		return s.State
	case s.LastError != "": // it keeps its last state, and nobody knows whether that is still so
		return "error"
	case s.LastEvaluation.Year() < 2000: // Grafana's zero time
		return ruleUnknown
	}
	return ruleNormal
}

func evaluated(at time.Time) *int64 {
	if at.Year() < 2000 {
		return nil
	}
	return millis(at)
}

// measure fills in what the ledger says now of what each rule is about, in the unit of its kind: a burn rate, a share, hours, or
// 0 and 1 for an absence. Grafana tells no more of a rule's value than whether it fires.
func (p *Plugin) measure(ctx context.Context, id string, want wanted, conditions map[string]alert.Condition, rules []ruleStateJSON) error {
	reader, snapshot, err := p.answers.catalogue(ctx)
	if err != nil {
		return err
	}
	entry, ok := selection{SLOs: []string{id}}.single(snapshot)
	if !ok {
		return nil
	}
	series, err := reader.Series(ctx, budget.Key{SLO: id})
	if err != nil {
		return err
	}
	for i := range rules {
		c := conditions[rules[i].UID]
		q := query{Absence: c.Absence}
		switch c.Kind {
		case alert.KindBurn:
			q.Value, q.Windows = valueBurn, []time.Duration{c.Row.Long}
		case alert.KindConsumed:
			q.Value = valueConsumed
		case alert.KindForecast:
			q.Value = valueExhaustion
		case alert.KindAbsence:
			q.Value = valueAbsence
		case alert.KindStale:
			continue
		}
		value, lacking := p.answers.ruleValue(q, entry, series, want.Settings, p.answers.now().UTC())
		if lacking == "" && (q.Value != valueExhaustion || value < never) {
			rules[i].Value = budget.Finite(value)
		}
	}
	return nil
}
