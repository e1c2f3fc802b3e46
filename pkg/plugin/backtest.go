package plugin

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/grafana/dskit/concurrency"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/backtest"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

const (
	// maxRuns bounds the SLOs times policies and targets of one backtest, maxRunDays these times the days of its span:
	// a run of 30 days takes some ten milliseconds, and Grafana waits half a minute.
	maxRuns    = 200
	maxRunDays = 12_000
	// maxBacktests is how many backtests are computed at once, whoever asks.
	maxBacktests = 2
	// ownPolicy stands for the policies that an SLO has now.
	ownPolicy = "own"
)

// trial is what to try on the past.
type trial struct {
	From, To time.Time
	// Policies are names: ownPolicy, built-in ones, or any that a definition declares.
	Policies []string
	Targets  []slo.Fraction
}

// tried is what would have happened to one SLO.
type tried struct {
	Definition slo.Definition
	Results    []policyResult
	Targets    []backtest.TargetResult
}

type policyResult struct {
	Policy string
	backtest.Result
}

// defaultPolicies are the SLO's own and every built-in one that alerts.
func defaultPolicies() []string {
	return append([]string{ownPolicy}, slices.DeleteFunc(slices.Clone(slo.BuiltinPolicies), func(name string) bool { return name == slo.PolicyNone })...)
}

func (t trial) check(entries []ledger.Entry) error {
	if err := checkSpan(t.From, t.To); err != nil {
		return err
	}
	runs := len(entries) * (len(t.Policies) + len(t.Targets))
	if runs > maxRuns {
		return badQuery("a backtest of %s with %s and %s are %d runs; at most %d are computed in one request. Choose fewer SLOs, policies or targets.",
			plural(len(entries), "SLO"), plural(len(t.Policies), "set of rules"), plural(len(t.Targets), "target"), runs, maxRuns)
	}
	if days := int(t.To.Sub(t.From).Hours()/24) * runs; days > maxRunDays {
		return badQuery("a backtest of %d runs over %d days is too much for one request (%d days of runs, at most %d). Choose a shorter time, or fewer SLOs, policies or targets.",
			runs, int(t.To.Sub(t.From).Hours()/24), days, maxRunDays)
	}
	return nil
}

// declared gives a policy that some definition declares.
func declared(snapshot ledger.Snapshot, name string) (alert.Policy, bool) {
	for _, entry := range snapshot.Entries {
		for _, p := range entry.Definition.Policies {
			if p.Name == name {
				policy, _ := alert.FromOpenSLO(p)
				return policy, true
			}
		}
	}
	return alert.Policy{}, false
}

// policies looks the names up; nil stands for an SLO's own.
func (t trial) policies(snapshot ledger.Snapshot) (map[string]alert.Policy, error) {
	found := map[string]alert.Policy{}
	for _, name := range t.Policies {
		if name == ownPolicy {
			continue
		}
		policy, ok := alert.Builtin(name)
		if !ok {
			policy, ok = declared(snapshot, name)
		}
		if !ok {
			known := append([]string{ownPolicy}, slo.BuiltinPolicies...)
			for _, entry := range snapshot.Entries {
				for _, p := range entry.Definition.Policies {
					known = append(known, p.Name)
				}
			}
			slices.Sort(known)
			return nil, badQuery("there is no alert policy %q. %s", name, remedy(name, slices.Compact(known), "See the definitions' alertPolicies."))
		}
		found[name] = policy
	}
	return found, nil
}

// try runs a backtest on entries, in their order.
func (a *answerer) try(ctx context.Context, reader reader, snapshot ledger.Snapshot, entries []ledger.Entry, t trial) ([]tried, error) {
	if err := t.check(entries); err != nil {
		return nil, err
	}
	policies, err := t.policies(snapshot)
	if err != nil {
		return nil, err
	}
	settings, err := a.settings(ctx, reader)
	if err != nil {
		return nil, err
	}
	incidents, err := incidentsIn(ctx, reader, t.From, t.To)
	if err != nil {
		return nil, err
	}
	select {
	case a.trials() <- struct{}{}:
		defer func() { <-a.trials() }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	out := make([]tried, len(entries))
	err = concurrency.ForEachJob(ctx, len(entries), runtime.GOMAXPROCS(0), func(ctx context.Context, i int) error {
		entry := entries[i]
		series, err := reader.Series(ctx, budget.Key{SLO: entry.Definition.ID})
		if err != nil {
			return fmt.Errorf("the ledger can't give the buckets of %q: %w", entry.Definition.ID, err)
		}
		cfg := backtest.Config{From: t.From, To: t.To, Incidents: incidents}
		if _, end, ok := series.Bounds(); ok && time.Unix(end, 0).Before(cfg.To) && time.Unix(end, 0).After(cfg.From) {
			cfg.To = time.Unix(end, 0).UTC() // what is not read yet is not known to have been calm
		}
		out[i], err = tryOne(ctx, series, entry.Definition, settings, policies, t, cfg)
		return err
	})
	return out, err
}

// trials bounds the backtests that are computed at once.
func (a *answerer) trials() chan struct{} {
	a.once.Do(func() { a.running = make(chan struct{}, maxBacktests) })
	return a.running
}

func tryOne(ctx context.Context, series *budget.Series, def slo.Definition, settings alert.Settings, policies map[string]alert.Policy, t trial, cfg backtest.Config) (tried, error) {
	out := tried{Definition: def}
	own := alert.PlanFor(def, settings)
	for _, name := range t.Policies {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		plan := own
		if name != ownPolicy {
			plan = alert.PlanWith(def, settings, policies[name])
		}
		out.Results = append(out.Results, policyResult{Policy: name, Result: backtest.Run(series, plan, cfg)})
	}
	if len(t.Targets) > 0 {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		out.Targets = backtest.WhatIf(series, def, settings, t.Targets, cfg)
	}
	return out, nil
}

// parseTargets reads targets such as "0.999".
func parseTargets(texts []string) ([]slo.Fraction, error) {
	var out []slo.Fraction
	for _, text := range words(texts) {
		target, err := slo.ParseFraction(text)
		if err != nil || target.Float() <= 0 || target.Float() >= 1 {
			return nil, badQuery("target %q must be a fraction above 0 and below 1, such as 0.999.", text)
		}
		out = append(out, target)
	}
	return out, nil
}
