package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
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
	tables := []table{overall(found)}
	if len(f.targets) > 0 {
		tables = append(tables, targets(found))
	}
	if f.details {
		tables = append(tables, perSLO(found), alerts(found))
	}
	if err := printTables(out, f.form, tables...); err != nil || f.form == formCSV {
		return err
	}
	return printNotes(out, found)
}

func overall(found api.Backtest) table {
	t := table{
		title: fmt.Sprintf("%d SLOs from %s to %s", len(found.SLOs), clock(time.UnixMilli(found.From)), clock(time.UnixMilli(found.To))),
		head:  []string{"policy", "alerts", "pages", "tickets", "precision", "recall", "mean delay", "alerts/week", "mean reset"},
	}
	t.right = t.head[1:]
	for _, p := range found.Overall {
		t.add(p.Policy, strconv.Itoa(p.Firings), strconv.Itoa(p.Pages), strconv.Itoa(p.Tickets), percent(p.Precision), recall(p.Recall, p.Found, p.Incidents),
			seconds(p.MeanDelay), alert.Number(p.AlertsPerWeek), seconds(p.MeanReset))
	}
	return t
}

func perSLO(found api.Backtest) table {
	t := table{
		title: "By SLO",
		head:  []string{"slo", "policy", "alerts", "precision", "recall", "mean delay", "alerts/week", "pages/week", "mean reset", "known", "missed"},
		right: []string{"alerts", "precision", "recall", "mean delay", "alerts/week", "pages/week", "mean reset", "known"},
	}
	for _, s := range found.SLOs {
		for _, r := range s.Results {
			t.add(s.SLO, r.Policy, strconv.Itoa(len(r.Firings)), percent(r.Precision), recall(r.Recall, r.Found, r.Incidents), seconds(r.MeanDelaySeconds),
				alert.Number(r.AlertsPerWeek), alert.Number(r.PagesPerWeek), seconds(r.MeanResetSeconds), percent(&r.Coverage), names(r.Missed))
		}
	}
	return t
}

func alerts(found api.Backtest) table {
	t := table{
		title: "Alerts",
		head:  []string{"slo", "policy", "severity", "alert", "from", "for", "spent before", "spent after", "incidents", "delay", "true", "reset"},
		right: []string{"for", "spent before", "spent after", "delay", "reset"},
	}
	for _, s := range found.SLOs {
		for _, r := range s.Results {
			for _, f := range r.Firings {
				lasted, right := "still", "-"
				if f.To != nil {
					lasted = short(time.Duration(*f.To-f.From) * time.Millisecond)
				}
				if f.TruePositive != nil {
					right = map[bool]string{true: "yes", false: "no"}[*f.TruePositive]
				}
				t.add(s.SLO, r.Policy, f.Severity, f.Title, clock(time.UnixMilli(f.From)), lasted, percent(f.SpentBefore), percent(f.SpentAfter),
					names(f.Incidents), seconds(f.DelaySeconds), right, seconds(f.ResetSeconds))
			}
		}
	}
	return t
}

func targets(found api.Backtest) table {
	t := table{
		title: "At other targets, with each SLO's own policies",
		head:  []string{"slo", "target", "allowed", "consumed", "remaining", "pages", "tickets", "alerts/week", "can't fire"},
		right: []string{"target", "allowed", "consumed", "remaining", "pages", "tickets", "alerts/week"},
	}
	for _, s := range found.SLOs {
		for _, r := range s.Targets {
			allowed, target := "-", r.Target
			if r.Allowed != nil {
				allowed = alert.Number(*r.Allowed)
			}
			if fraction, err := slo.ParseFraction(target); err == nil {
				target = fraction.Percent() + " %"
			}
			t.add(s.SLO, target, allowed, percent(r.Consumed), percent(r.Remaining), strconv.Itoa(r.Pages), strconv.Itoa(r.Tickets),
				alert.Number(r.AlertsPerWeek), strings.Join(r.ConditionsSkipped, ", "))
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
			partly = append(partly, fmt.Sprintf("%s (%s)", s.SLO, percent(&s.Results[0].Coverage)))
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

// percent is a share for people, "-" where it is not known.
func percent(share *float64) string {
	if share == nil {
		return "-"
	}
	if *share < 0 {
		return "-" + alert.Number(-100**share) + " %"
	}
	return alert.Number(100**share) + " %"
}

// recall has the counts beside it: 100 % of 2 says less than 100 % of 40.
func recall(share *float64, found, incidents int) string {
	if share == nil {
		return "-"
	}
	return fmt.Sprintf("%s (%d/%d)", percent(share), found, incidents)
}

func seconds(s *float64) string {
	if s == nil {
		return "-"
	}
	return short(time.Duration(*s * float64(time.Second)))
}

// short is a duration in its two largest units, from minutes up: "2d 3h", "1h 5m", "4m".
func short(d time.Duration) string {
	d = d.Round(budget.Step)
	days, hours, minutes := d/(24*time.Hour), d%(24*time.Hour)/time.Hour, d%time.Hour/time.Minute
	switch {
	case days > 0 && hours > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case days > 0:
		return fmt.Sprintf("%dd", days)
	case hours > 0 && minutes > 0:
		return fmt.Sprintf("%dh %dm", hours, minutes)
	case hours > 0:
		return fmt.Sprintf("%dh", hours)
	}
	return fmt.Sprintf("%dm", minutes)
}
