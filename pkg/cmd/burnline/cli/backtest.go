package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnline/grafana-slo-app/pkg/cmd/burnline/api"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// policyOwn names the policies that an SLO has now.
const policyOwn = "own"

type backtestFlags struct {
	span
	slos, services, policies, targets []string
	form                              string
	details                           bool
}

func (a *app) backtestCommand() *cobra.Command {
	var f backtestFlags
	command := &cobra.Command{
		Use: "backtest", Short: "What alert policies and targets would have done to the past",
		Example: "  burnline backtest --slo checkout-availability --policy own,workbook --target 0.999,0.9995\n" +
			"  burnline backtest --from 90d --details -o markdown > backtest.md",
		Args: arguments(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error { return a.backtest(command, f) },
	}
	flags := command.Flags()
	flags.StringSliceVar(&f.slos, "slo", nil, "ids of SLOs (default all)")
	flags.StringSliceVar(&f.services, "service", nil, "names of services (default all)")
	flags.StringSliceVar(&f.policies, "policy", nil, "policies: own, "+strings.Join(slo.BuiltinPolicies, ", ")+" (default own and all built-in ones)")
	flags.StringSliceVar(&f.targets, "target", nil, "also try targets, as fractions: 0.99,0.999")
	flags.BoolVar(&f.details, "details", false, "each SLO, and each alert that would have fired")
	f.flags(command, "30d")
	form(command, &f.form)
	_ = command.RegisterFlagCompletionFunc("policy", cobra.FixedCompletions(append([]string{policyOwn}, slo.BuiltinPolicies...), cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (a *app) backtest(command *cobra.Command, f backtestFlags) error {
	if err := checkForm(command, f.form); err != nil {
		return err
	}
	from, to, err := f.times(command, a.Now())
	if err != nil {
		return err
	}
	for _, target := range f.targets {
		if parsed, err := slo.ParseFraction(target); err != nil {
			return usage(command, "--target: %w", err)
		} else if parsed.IsZero() || parsed.Complement().IsZero() {
			return usage(command, "--target is %s; it must lie between 0 and 1, such as 0.999", target)
		}
	}
	client, err := a.client(command)
	if err != nil {
		return err
	}
	found, err := client.Backtest(command.Context(), api.BacktestRequest{
		SLOs: f.slos, Services: f.services, From: from.UnixMilli(), To: to.UnixMilli(), Policies: f.policies, Targets: f.targets,
	})
	if err != nil {
		return err
	}
	if f.form == formJSON {
		return printJSON(a.Out, found)
	}
	return printBacktest(a.Out, f, found)
}

func printBacktest(out io.Writer, f backtestFlags, found api.Backtest) error {
	as := style{raw: f.form == formCSV}
	tables := []table{overall(as, found)}
	if len(f.targets) > 0 {
		tables = append(tables, targets(as, found))
	}
	if f.details {
		tables = append(tables, perSLO(as, found), alerts(as, found))
	}
	if err := printTables(out, f.form, tables...); err != nil || f.form == formCSV {
		return err
	}
	return printNotes(out, found)
}

func overall(as style, found api.Backtest) table {
	t := table{
		title: fmt.Sprintf("%s from %s to %s", plural(len(found.SLOs), "SLO"), clock(time.UnixMilli(found.From)), clock(time.UnixMilli(found.To))),
		head:  []string{"policy", "alerts", "pages", "tickets", "precision", "recall", "page delay", "mean delay", "alerts/week", "mean reset"},
	}
	t.right = t.head[1:]
	for _, p := range found.Overall {
		t.add(p.Policy, strconv.Itoa(p.Firings), strconv.Itoa(p.Pages), strconv.Itoa(p.Tickets), as.percent(p.Precision), as.recall(p.Recall, p.Found, p.Incidents),
			as.seconds(p.MeanPageDelay), as.seconds(p.MeanDelay), as.number(p.AlertsPerWeek), as.seconds(p.MeanReset))
	}
	return t
}

func perSLO(as style, found api.Backtest) table {
	t := table{
		title: "By SLO",
		head:  []string{"slo", "policy", "alerts", "precision", "recall", "mean delay", "alerts/week", "pages/week", "mean reset", "known", "missed"},
		right: []string{"alerts", "precision", "recall", "mean delay", "alerts/week", "pages/week", "mean reset", "known"},
	}
	for _, s := range found.SLOs {
		for _, r := range s.Results {
			t.add(s.SLO, r.Policy, strconv.Itoa(len(r.Firings)), as.percent(r.Precision), as.recall(r.Recall, r.Found, r.Incidents), as.seconds(r.MeanDelaySeconds),
				as.number(r.AlertsPerWeek), as.number(r.PagesPerWeek), as.seconds(r.MeanResetSeconds), as.percent(&r.Coverage), names(r.Missed))
		}
	}
	return t
}

func alerts(as style, found api.Backtest) table {
	t := table{
		title: "Alerts",
		head:  []string{"slo", "policy", "severity", "alert", "from", "for", "spent before", "spent after", "incidents", "delay", "true", "reset"},
		right: []string{"for", "spent before", "spent after", "delay", "reset"},
	}
	for _, s := range found.SLOs {
		for _, r := range s.Results {
			for _, f := range r.Firings {
				lasted, right := as.still(), as.unknown()
				if f.To != nil {
					lasted = as.lasting(time.Duration(*f.To-f.From) * time.Millisecond)
				}
				if f.TruePositive != nil {
					right = map[bool]string{true: "yes", false: "no"}[*f.TruePositive]
				}
				t.add(s.SLO, r.Policy, f.Severity, f.Title, as.clock(time.UnixMilli(f.From)), lasted, as.percent(f.SpentBefore), as.percent(f.SpentAfter),
					names(f.Incidents), as.seconds(f.DelaySeconds), right, as.seconds(f.ResetSeconds))
			}
		}
	}
	return t
}

func targets(as style, found api.Backtest) table {
	t := table{
		title: "At other targets, with each SLO's own policies",
		head:  []string{"slo", "target", "allowed", "consumed", "remaining", "pages", "tickets", "alerts/week", "can't fire"},
		right: []string{"target", "allowed", "consumed", "remaining", "pages", "tickets", "alerts/week"},
	}
	for _, s := range found.SLOs {
		for _, r := range s.Targets {
			allowed, target := as.unknown(), r.Target
			if r.Allowed != nil {
				allowed = as.number(*r.Allowed)
			}
			if fraction, err := slo.ParseFraction(target); err == nil && !as.raw {
				target = fraction.Percent() + " %"
			}
			t.add(s.SLO, target, allowed, as.percent(r.Consumed), as.percent(r.Remaining), strconv.Itoa(r.Pages), strconv.Itoa(r.Tickets),
				as.number(r.AlertsPerWeek), strings.Join(r.ConditionsSkipped, ", "))
		}
	}
	return t
}

// printNotes says what the figures lack.
func printNotes(out io.Writer, found api.Backtest) error {
	var notes []string
	labelled := slices.ContainsFunc(found.Overall, func(p api.PolicyOverall) bool { return p.Precision != nil || p.Incidents > 0 })
	if !labelled && slices.ContainsFunc(found.Overall, func(p api.PolicyOverall) bool { return p.Firings > 0 }) {
		notes = append(notes, "No incident is known in this span: precision, recall and delay need some (burnline incidents add, or import).")
	}
	var partly []string
	for _, s := range found.SLOs {
		if len(s.Results) > 0 && s.Results[0].Coverage < 0.99 {
			partly = append(partly, fmt.Sprintf("%s (%s)", s.SLO, style{}.percent(&s.Results[0].Coverage)))
		}
	}
	if len(partly) > 0 {
		notes = append(notes, "The ledger knows only a part of the span of "+strings.Join(partly, ", ")+": alerts in the rest are not known.")
	}
	for _, note := range notes {
		if _, err := fmt.Fprintf(out, "\n%s\n", note); err != nil {
			return err
		}
	}
	return nil
}

func names(incidents []api.Incident) string {
	ids := make([]string, len(incidents))
	for i, one := range incidents {
		ids[i] = one.ID
	}
	return strings.Join(ids, ", ")
}
