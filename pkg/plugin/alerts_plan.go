package plugin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/reconcile"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/grafana"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// planJSON is the answer of GET alerts/plan: what is wanted, and a dry run of applying it.
type planJSON struct {
	Mode      alert.Mode  `json:"mode"`
	Automatic bool        `json:"automatic"`
	LedgerUID string      `json:"ledgerUid"`
	Groups    []groupJSON `json:"groups"`
	// Changes are every rule compared with Grafana's; none in mode file.
	Changes  []reconcile.Change `json:"changes"`
	Problems []slo.Problem      `json:"problems"`
	// Errors say why something is not known or could not be done, and what to do.
	Errors      []string        `json:"errors"`
	LastApplied lastAppliedJSON `json:"lastApplied"`
}

type groupJSON struct {
	Name        string     `json:"name"`
	FolderUID   string     `json:"folderUid"`
	FolderTitle string     `json:"folderTitle"`
	SLO         string     `json:"slo"`
	Rules       []ruleJSON `json:"rules"`
}

type ruleJSON struct {
	UID          string `json:"uid"`
	Title        string `json:"title"`
	Kind         string `json:"kind"`
	Severity     string `json:"severity"`
	Window       string `json:"window"`
	Direct       bool   `json:"direct"`
	ContactPoint string `json:"contactPoint"`
	Summary      string `json:"summary"`
}

// lastAppliedJSON is what the evaluating process did last; At is in Unix milliseconds, null before the first time.
type lastAppliedJSON struct {
	At      *int64           `json:"at"`
	Applied int              `json:"applied"`
	Failed  []failedRuleJSON `json:"failed"`
	// Error says why the last attempt failed as a whole.
	Error   string `json:"error"`
	ErrorAt *int64 `json:"errorAt"`
}

type failedRuleJSON struct {
	Title string `json:"title"`
	Error string `json:"error"`
}

func (w wanted) groups() []groupJSON {
	out := []groupJSON{}
	for _, g := range w.Groups {
		one := groupJSON{Name: g.Name, FolderUID: g.FolderUID, FolderTitle: g.FolderTitle, Rules: []ruleJSON{}}
		for _, r := range g.Rules {
			one.SLO = r.Labels[alert.LabelSLO]
			one.Rules = append(one.Rules, ruleJSON{
				UID: r.UID, Title: r.Title, Kind: r.Labels[alert.LabelKind], Severity: r.Labels[alert.LabelSeverity], Window: r.Labels[alert.LabelWindow],
				Direct: w.direct(r), ContactPoint: r.Route.ContactPoint, Summary: r.Annotations["summary"],
			})
		}
		out = append(out, one)
	}
	return out
}

// direct reports whether a rule works without this plugin.
func (w wanted) direct(r rule.Rule) bool {
	return !slices.ContainsFunc(r.Data, func(q rule.Query) bool { return q.DataSource == w.LedgerUID })
}

func (p *Plugin) showPlan(w http.ResponseWriter, r *http.Request) {
	want, err := p.wants(r.Context())
	answer := planJSON{
		Mode: want.Settings.Mode, Automatic: want.Settings.Automatic, LedgerUID: want.LedgerUID, Groups: want.groups(),
		Changes: []reconcile.Change{}, Problems: orEmpty(want.Problems), Errors: []string{}, LastApplied: p.engine.lastApplied(),
	}
	if err != nil && answer.Mode == "" {
		fail(w, err)
		return
	}
	if err != nil {
		answer.Errors = append(answer.Errors, sentence(err.Error()))
	} else if answer.Mode != alert.ModeFile {
		diff, err := p.engine.diff(r.Context(), want)
		if err != nil {
			answer.Errors = append(answer.Errors, sentence(err.Error()))
		}
		answer.Changes = orEmpty(diff.Changes)
		answer.Errors = append(answer.Errors, diff.Problems...)
	}
	writeJSON(w, http.StatusOK, answer)
}

func (e *Engine) diff(ctx context.Context, want wanted) (reconcile.Diff, error) {
	r, err := e.reconciler(nil)
	if err != nil {
		return reconcile.Diff{}, err
	}
	return r.Diff(ctx, want.Groups)
}

func (e *Engine) lastApplied() lastAppliedJSON {
	kept := e.rulesKept()
	out := lastAppliedJSON{At: millis(kept.AppliedAt), Applied: kept.Applied, Failed: []failedRuleJSON{}, Error: kept.Trouble, ErrorAt: millis(kept.TroubleAt)}
	if kept.Trouble == "" {
		out.ErrorAt = nil
	}
	for _, f := range kept.Failed {
		out.Failed = append(out.Failed, failedRuleJSON{Title: f.Title, Error: f.Error})
	}
	return out
}

// outcomeJSON is the answer of POST alerts/apply.
type outcomeJSON struct {
	Applied  []reconcile.Change  `json:"applied"`
	Failed   []reconcile.Failure `json:"failed"`
	Problems []string            `json:"problems"`
}

// applyPlan does at once, and because somebody asked, what the evaluating process does by itself.
func (p *Plugin) applyPlan(w http.ResponseWriter, r *http.Request) {
	if _, err := p.engine.writing(); err != nil {
		fail(w, err)
		return
	}
	_, snapshot, err := p.answers.catalogue(r.Context())
	if err == nil {
		err = defined(snapshot)
	}
	if err != nil {
		fail(w, err)
		return
	}
	want, err := p.wants(r.Context())
	if err != nil {
		fail(w, grafanaError(err))
		return
	}
	catalogue := slo.Catalogue{Definitions: present(snapshot), Problems: snapshot.Problems}
	if want.Settings.Mode == alert.ModeFile {
		if err := p.engine.writeRules(r.Context(), want, doubts(catalogue, true), nil); err != nil {
			fail(w, err)
			return
		}
		writeJSON(w, http.StatusOK, outcomeJSON{Applied: []reconcile.Change{}, Failed: []reconcile.Failure{}, Problems: []string{}})
		return
	}
	outcome, err := p.engine.apply(r.Context(), want, doubts(catalogue, true))
	if err != nil {
		fail(w, grafanaError(err))
		return
	}
	writeJSON(w, http.StatusOK, outcomeJSON{Applied: orEmpty(outcome.Applied), Failed: orEmpty(outcome.Failed), Problems: orEmpty(outcome.Problems)})
}

// defined is an error while a new ledger knows of no definitions because none were read into it yet: then no SLO wants any
// rule, and all of them would go.
func defined(snapshot ledger.Snapshot) error {
	if snapshot.Heartbeat.IsZero() && len(snapshot.Entries) == 0 {
		return unavailable("The definitions were not read yet, so that nobody knows which rules are wanted. Try again in a few seconds; if it stays so, see the plugin's health.")
	}
	return nil
}

// grafanaError gives an error of Grafana's API a status: what a person can mend is no fault of the plugin.
func grafanaError(err error) error {
	var mistake *queryError
	switch {
	case errors.As(err, &mistake):
		return err
	case grafana.KindOf(err) == grafana.KindMissing:
		return notFound("%s", sentence(err.Error()))
	case grafana.KindOf(err) != "" || errors.Is(err, errNoAccess) || errors.Is(err, errNoDataSource):
		return &queryError{status: http.StatusBadGateway, text: sentence(err.Error())}
	}
	return err
}

// driftChoice is the body of POST alerts/drift.
type driftChoice struct {
	UID    string `json:"uid"`
	Choice string `json:"choice"`
}

func (p *Plugin) decideDrift(w http.ResponseWriter, r *http.Request) {
	var body driftChoice
	if err := decode(w, r, &body, `{"uid": "<uid of a rule>", "choice": "adopt" or "restore"}`); err != nil {
		fail(w, err)
		return
	}
	if body.UID = strings.TrimSpace(body.UID); body.UID == "" || body.Choice != "adopt" && body.Choice != "restore" {
		fail(w, badQuery("the choice about rule %q is %q; it must be adopt (keep what was edited in Grafana) or restore (write what the SLO wants).", body.UID, body.Choice))
		return
	}
	_, snapshot, err := p.answers.catalogue(r.Context())
	if err == nil {
		err = defined(snapshot)
	}
	if err != nil {
		fail(w, err)
		return
	}
	want, err := p.wants(r.Context())
	if err != nil {
		fail(w, grafanaError(err))
		return
	}
	if err := p.engine.choose(r.Context(), want, body); err != nil {
		fail(w, grafanaError(err))
		return
	}
	p.engine.reconcileSoon()
	writeJSON(w, http.StatusOK, body)
}

func (e *Engine) choose(ctx context.Context, want wanted, c driftChoice) error {
	e.keeping.changing.Lock()
	defer e.keeping.changing.Unlock()
	r, err := e.reconciler(nil)
	if err != nil {
		return err
	}
	if c.Choice == "adopt" {
		err = r.Adopt(ctx, want.Groups, c.UID)
	} else {
		err = r.Restore(ctx, want.Groups, c.UID)
	}
	if err != nil && grafana.KindOf(err) == "" && ctx.Err() == nil {
		return badQuery("%s", sentence(err.Error()))
	}
	return err
}
