package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnline/grafana-slo-app/pkg/alert"
)

var incidentSeverities = []string{"page", "ticket", "none"}

func (a *app) incidentsCommand() *cobra.Command {
	command := group("incidents", "What was really wrong, and when: what backtests and noise figures are held against")
	command.AddCommand(a.listIncidentsCommand(), a.addIncidentCommand(), a.importCommand(), a.removeCommand())
	return command
}

func (a *app) listIncidentsCommand() *cobra.Command {
	var s span
	var output string
	command := &cobra.Command{
		Use: "list", Short: "List the incidents of a span", Args: arguments(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			if err := checkForm(command, output); err != nil {
				return err
			}
			from, to, err := s.times(command, a.Now())
			if err != nil {
				return err
			}
			client, err := a.client(command)
			if err != nil {
				return err
			}
			incidents, err := client.Incidents(command.Context(), from, to)
			if err != nil {
				return err
			}
			if output == formJSON {
				if incidents == nil {
					incidents = []alert.Incident{}
				}
				return printJSON(a.Out, incidents)
			}
			t := table{head: []string{"id", "start", "lasted", "severity", "touches", "title"}, right: []string{"lasted"}}
			as := style{raw: output == formCSV}
			for _, i := range incidents {
				lasted, touches := as.still(), strings.Join(append(slices.Clone(i.SLOs), i.Services...), ", ")
				if !i.End.IsZero() {
					lasted = as.lasting(i.End.Sub(i.Start))
				}
				if touches == "" && !as.raw {
					touches = "everything"
				}
				t.add(i.ID, as.clock(i.Start), lasted, i.Severity, touches, i.Title)
			}
			return printTables(a.Out, output, t)
		},
	}
	s.flags(command, "30d")
	form(command, &output)
	return command
}

func (a *app) addIncidentCommand() *cobra.Command {
	var i alert.Incident
	var start, end string
	command := &cobra.Command{
		Use: "add", Short: "Label an incident, or change the one of the same id",
		Example: "  burnline incidents add --title 'database full' --start 2026-03-10T09:00:00Z --end 2026-03-10T09:40:00Z --service shop --severity page",
		Args:    arguments(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			if i.Title == "" || start == "" {
				return usage(command, "--title and --start are needed")
			}
			var err error
			if i.Start, err = moment(start, a.Now()); err != nil {
				return usage(command, "--start: %w", err)
			}
			if end != "" {
				if i.End, err = moment(end, a.Now()); err != nil {
					return usage(command, "--end: %w", err)
				}
				if !i.End.After(i.Start) {
					return usage(command, "--end (%s) is not after --start (%s)", clock(i.End), clock(i.Start))
				}
			}
			if i.Severity != "" && !slices.Contains(incidentSeverities, i.Severity) {
				return usage(command, "--severity is %q; it must be one of %s", i.Severity, strings.Join(incidentSeverities, ", "))
			}
			client, err := a.client(command)
			if err != nil {
				return err
			}
			saved, err := client.AddIncident(command.Context(), i)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.Out, saved.ID)
			return err
		},
	}
	flags := command.Flags()
	flags.StringVar(&i.Title, "title", "", "what was wrong, in a few words")
	flags.StringVar(&start, "start", "", "when it began: a time, or how long ago")
	flags.StringVar(&end, "end", "", "when it ended (default: it goes on)")
	flags.StringSliceVar(&i.SLOs, "slo", nil, "ids of the SLOs that it touched")
	flags.StringSliceVar(&i.Services, "service", nil, "names of the services that it touched (default, without --slo: everything)")
	flags.StringVar(&i.Severity, "severity", "", "what should have been done about it: "+strings.Join(incidentSeverities, ", "))
	flags.StringVar(&i.ID, "id", "", "its id in your incident tool (default: made from the rest)")
	_ = command.RegisterFlagCompletionFunc("severity", cobra.FixedCompletions(incidentSeverities, cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (a *app) importCommand() *cobra.Command {
	return &cobra.Command{
		Use: "import FILE", Short: "Label the incidents of a JSON file (- for standard input)",
		Long: "The file is an array of incidents as \"incidents list -o json\" prints them, or as the demo keeps them in\n" +
			"dev/out/demo/truth/incidents.json. What is imported twice is there once, as long as it has an id.",
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			incidents, err := a.readIncidents(args[0])
			if err != nil {
				return err
			}
			client, err := a.client(command)
			if err != nil {
				return err
			}
			var failed []error
			for n, i := range incidents {
				if _, err := client.AddIncident(command.Context(), i); err != nil {
					failed = append(failed, fmt.Errorf("incident %d (%s): %w", n+1, i.Title, err))
				}
				if command.Context().Err() != nil {
					break
				}
			}
			if _, err := fmt.Fprintf(a.Out, "%d of %d incidents imported.\n", len(incidents)-len(failed), len(incidents)); err != nil {
				return err
			}
			return errors.Join(failed...)
		},
	}
}

func (a *app) readIncidents(file string) ([]alert.Incident, error) {
	var raw []byte
	var err error
	if file == "-" {
		raw, err = io.ReadAll(a.In)
	} else {
		raw, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("the incidents can't be read: %w", err)
	}
	incidents, err := parseIncidents(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return incidents, nil
}

// fileIncident is an incident of a file: our own, or one of the demo's shop, which has from and to in Unix seconds.
type fileIncident struct {
	alert.Incident
	Name string `json:"name"`
	Kind string `json:"kind"`
	Text string `json:"text"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
}

func parseIncidents(raw []byte) ([]alert.Incident, error) {
	var read []fileIncident
	if err := json.Unmarshal(raw, &read); err != nil {
		return nil, fmt.Errorf("it is not a JSON array of incidents: %w; write [{\"title\": …, \"start\": \"2026-03-10T09:00:00Z\", \"end\": …, \"slos\": […]}]", err)
	}
	out := make([]alert.Incident, len(read))
	for n, f := range read {
		i := f.Incident
		if f.From > 0 {
			i.ID, i.Title, i.Start = f.Name, f.Text, time.Unix(f.From, 0).UTC()
			if i.Title == "" {
				i.Title = strings.Trim(f.Kind+": "+f.Name, ": ")
			}
			if f.To > 0 {
				i.End = time.Unix(f.To, 0).UTC()
			}
		}
		if i.Title == "" || i.Start.IsZero() {
			return nil, fmt.Errorf("incident %d lacks a title or a start; nothing was imported", n+1)
		}
		out[n] = i
	}
	return out, nil
}

func (a *app) removeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove ID…", Short: "Take labels away", Args: arguments(cobra.MinimumNArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			client, err := a.client(command)
			if err != nil {
				return err
			}
			var failed []error
			for _, id := range args {
				if err := client.RemoveIncident(command.Context(), id); err != nil {
					failed = append(failed, fmt.Errorf("%s: %w", id, err))
				}
			}
			return errors.Join(failed...)
		},
	}
}
