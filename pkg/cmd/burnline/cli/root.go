// Package cli is the command tree of burnline: flags, output and exit codes. What is asked of Grafana is in package api.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnline/grafana-slo-app/pkg/cmd/burnline/api"
)

// The exit codes.
const (
	// ExitOK: done.
	ExitOK = 0
	// ExitError: not done, or not all of it.
	ExitError = 1
	// ExitUsage: the command line is wrong, and nothing was tried.
	ExitUsage = 2
)

// The environment variables that stand in for flags.
const (
	envURL   = "BURNLINE_URL"
	envToken = "BURNLINE_TOKEN"
)

// Config is the process that the command runs in.
type Config struct {
	// Args are the arguments without the program's name.
	Args []string
	In   io.Reader
	// Out takes what was asked for, Err what went wrong.
	Out, Err io.Writer
	// Env looks an environment variable up.
	Env func(name string) string
	// Now is the time, time.Now when nil.
	Now func() time.Time
}

// app is what all commands share.
type app struct {
	Config
	url, token string
	timeout    time.Duration
}

// usageError is a mistake of the command line.
type usageError struct {
	err     error
	command string
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%s (see %s --help)", e.err, e.command)
}

func (e *usageError) Unwrap() error { return e.err }

func usage(command *cobra.Command, format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...), command: command.CommandPath()}
}

// Run runs the command line and gives the exit code.
func Run(ctx context.Context, cfg Config) int {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	root := (&app{Config: cfg}).root()
	// Without arguments cobra would take those of the process.
	root.SetArgs(append([]string{}, cfg.Args...))
	root.SetIn(cfg.In)
	root.SetOut(cfg.Out)
	root.SetErr(cfg.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitOK
	}
	_, _ = fmt.Fprintf(cfg.Err, "burnline: %s\n", err)
	var wrong *usageError
	if errors.As(err, &wrong) {
		return ExitUsage
	}
	return ExitError
}

func (a *app) root() *cobra.Command {
	root := group("burnline", "Error budgets and burn alerts of Grafana's Burnline app")
	root.Long = "Asks the Burnline app in a Grafana for backtests, alert rules and incidents.\n\n" +
		"Grafana's URL comes from --url or " + envURL + ", the service account token from --token or " + envToken + ".\n" +
		"Exit codes: 0 done, 1 not (all) done, 2 the command line is wrong."
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Version = version()
	root.SetFlagErrorFunc(func(command *cobra.Command, err error) error { return usage(command, "%w", err) })
	flags := root.PersistentFlags()
	flags.StringVar(&a.url, "url", "", "Grafana's root URL (env "+envURL+"; default http://localhost:3000)")
	flags.StringVar(&a.token, "token", "", "service account token (env "+envToken+"; keeps it out of the process list)")
	flags.DurationVar(&a.timeout, "timeout", 2*time.Minute, "how long to wait for an answer")
	root.AddCommand(a.backtestCommand(), a.alertsCommand(), a.incidentsCommand())
	return root
}

// group is a command that only has others below it.
func group(use, short string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, SuggestionsMinimumDistance: 2,
		Args: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			text := fmt.Sprintf("unknown command %q", args[0])
			if near := command.SuggestionsFor(args[0]); len(near) > 0 {
				text += "; did you mean " + strings.Join(near, " or ") + "?"
			}
			return usage(command, "%s", text)
		},
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
}

// arguments makes a cobra check of arguments a usage error.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		if err := check(command, args); err != nil {
			return usage(command, "%w", err)
		}
		return nil
	}
}

// client is the way to Grafana that flags or environment name.
func (a *app) client(command *cobra.Command) (*api.Client, error) {
	address, token := a.url, a.token
	if address == "" {
		address = a.Env(envURL)
	}
	if address == "" {
		address = "http://localhost:3000"
	}
	if token == "" {
		token = a.Env(envToken)
	}
	client, err := api.New(api.Config{URL: address, Token: token, Timeout: a.timeout})
	if err != nil {
		return nil, usage(command, "%w", err)
	}
	return client, nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
