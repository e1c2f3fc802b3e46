package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/burnline/grafana-slo-app/pkg/cmd/burnline/api"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// exportFormats are what alerts export writes.
var exportFormats = []string{"grafana", "prometheus", "mimir", "loki"}

func (a *app) alertsCommand() *cobra.Command {
	command := group("alerts", "Alert rules in Grafana: what would change, apply it, export files")
	command.AddCommand(a.planCommand(), a.applyCommand(), a.exportCommand())
	return command
}

func (a *app) planCommand() *cobra.Command {
	var output string
	command := &cobra.Command{
		Use: "plan", Short: "Show what apply would change in Grafana, and change nothing",
		Args: arguments(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			if output != formTable && output != formJSON {
				return usage(command, "--output is %q; it must be table or json", output)
			}
			client, err := a.client(command)
			if err != nil {
				return err
			}
			plan, err := client.Plan(command.Context())
			if err != nil {
				return err
			}
			if output == formJSON {
				err = printJSON(a.Out, plan)
			} else {
				err = printPlan(a.Out, plan)
			}
			if err == nil && len(plan.Errors) > 0 {
				err = errors.New("the plan is not whole: " + strings.Join(plan.Errors, "; "))
			}
			return err
		},
	}
	command.Flags().StringVarP(&output, "output", "o", formTable, "form: table, json")
	return command
}

// marks say at the start of a line what is done with a rule.
var marks = map[string]string{"create": "+", "update": "~", "delete": "-", "drift": "!", "conflict": "!", "adopted": "=", "unchanged": " "}

func printPlan(out io.Writer, plan api.Plan) error {
	var b strings.Builder
	if plan.Mode == "off" {
		b.WriteString("Mode off: Burnline makes no rules.\n")
	}
	writeChanges(&b, plan.Changes)
	for _, p := range plan.Problems {
		if p.Severity == slo.SeverityError {
			fmt.Fprintf(&b, "Problem: %s\n", problem(p))
		} else {
			fmt.Fprintf(&b, "Note: %s\n", problem(p))
		}
	}
	n := map[string]int{}
	for _, c := range plan.Changes {
		n[c.Action]++
	}
	fmt.Fprintf(&b, "Plan: %d to create, %d to update, %d to delete; %d unchanged", n["create"], n["update"], n["delete"], n["unchanged"]+n["adopted"])
	if waiting := n["drift"] + n["conflict"]; waiting > 0 {
		fmt.Fprintf(&b, "; %d edited by somebody, to adopt or restore on the app's alerts page", waiting)
	}
	b.WriteString(".\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// writeChanges lists what changes, by folder.
func writeChanges(b *strings.Builder, changes []api.Change) {
	folder, any := "", false
	for _, c := range changes {
		if c.Action == "unchanged" || c.Action == "adopted" {
			continue
		}
		if c.Folder != folder || !any {
			fmt.Fprintf(b, "%s\n", c.Folder)
			folder, any = c.Folder, true
		}
		fmt.Fprintf(b, "  %s %s %s (%s)\n", mark(c.Action), c.Action, c.Title, c.UID)
		if c.Action == "create" || c.Action == "delete" {
			continue
		}
		for _, f := range c.Fields {
			fmt.Fprintf(b, "      %s: %s -> %s\n", f.Path, value(f.Have), value(f.Want))
		}
	}
	if any {
		b.WriteString("\n")
	}
}

func mark(action string) string {
	if m, ok := marks[action]; ok {
		return m
	}
	return "?"
}

func value(text string) string {
	if text == "" {
		return "(none)"
	}
	return fmt.Sprintf("%q", text)
}

// problem is one line: file, object, what is wrong and what to do.
func problem(p slo.Problem) string {
	parts := []string{}
	if p.File != "" {
		place := p.File
		if p.Line > 0 {
			place = fmt.Sprintf("%s:%d", place, p.Line)
		}
		parts = append(parts, place)
	}
	if object := strings.TrimSpace(p.Kind + " " + p.Name); object != "" {
		parts = append(parts, object)
	}
	text := p.Message
	if p.Remedy != "" {
		text += "; " + p.Remedy
	}
	return strings.Join(append(parts, text), ": ")
}

func (a *app) applyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "apply", Short: "Bring the rules in Grafana to what the SLOs want",
		Long: "Creates, updates and deletes rules as \"alerts plan\" shows. Rules without Burnline's label are never touched; rules that\n" +
			"somebody edited wait for a decision. Needs the role Editor or Admin.",
		Args: arguments(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			client, err := a.client(command)
			if err != nil {
				return err
			}
			outcome, err := client.Apply(command.Context())
			if err != nil {
				return err
			}
			var b strings.Builder
			writeChanges(&b, outcome.Applied)
			for _, p := range outcome.Problems {
				fmt.Fprintf(&b, "Problem: %s\n", p)
			}
			for _, f := range outcome.Failed {
				fmt.Fprintf(&b, "Failed: %s %s (%s): %s\n", f.Action, f.Title, f.UID, f.Error)
			}
			fmt.Fprintf(&b, "Applied %d, failed %d.\n", len(outcome.Applied), len(outcome.Failed))
			if _, err := io.WriteString(a.Out, b.String()); err != nil {
				return err
			}
			if n := len(outcome.Failed); n > 0 {
				return fmt.Errorf("%s could not be written; mend the cause and run apply again: what is done already is not done twice", plural(n, "rule"))
			}
			return nil
		},
	}
}

func (a *app) exportCommand() *cobra.Command {
	var request api.ExportRequest
	var dir string
	command := &cobra.Command{
		Use: "export", Short: "Write the rules as files: Grafana provisioning, or rulers of Prometheus, Mimir, Loki",
		Example: "  burnline alerts export --format prometheus --out rules/",
		Args:    arguments(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			if !slices.Contains(exportFormats, request.Format) {
				return usage(command, "--format is %q; it must be one of %s", request.Format, strings.Join(exportFormats, ", "))
			}
			client, err := a.client(command)
			if err != nil {
				return err
			}
			text, err := client.Export(command.Context(), request)
			if err != nil {
				return err
			}
			if dir == "" {
				_, err = a.Out.Write(text)
				return err
			}
			file := filepath.Join(dir, "burnline-"+request.Format+".yaml")
			if err := write(file, text); err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.Out, file)
			return err
		},
	}
	flags := command.Flags()
	flags.StringVar(&request.Format, "format", exportFormats[0], strings.Join(exportFormats, ", "))
	flags.BoolVar(&request.Sloth, "sloth", false, "also record under the names that Sloth's dashboards know")
	flags.StringVar(&request.SLO, "slo", "", "id of one SLO (default all)")
	flags.StringVar(&dir, "out", "", "folder to write burnline-<format>.yaml into (default: standard output)")
	_ = command.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(exportFormats, cobra.ShellCompDirectiveNoFileComp))
	return command
}

// write replaces a file as a whole: a reader that watches the folder never sees half of it.
func write(file string, text []byte) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the folder can't be made: %w; choose another --out", err)
	}
	temporary, err := os.CreateTemp(dir, ".burnline-*")
	if err != nil {
		return fmt.Errorf("nothing can be written to %s: %w; choose another --out", dir, err)
	}
	_, err = temporary.Write(text)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
		return fmt.Errorf("%s can't be written: %w", file, err)
	}
	return nil
}
