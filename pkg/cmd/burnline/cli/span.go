package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// span is a time range as flags name it.
type span struct{ from, to string }

func (s *span) flags(command *cobra.Command, from string) {
	command.Flags().StringVar(&s.from, "from", from, "start: how long ago (30d, 12h), or a time (2026-03-10T09:00:00Z, 2026-03-10)")
	command.Flags().StringVar(&s.to, "to", "now", "end: now, how long ago, or a time")
}

// times reads the flags; an error is one of usage.
func (s *span) times(command *cobra.Command, now time.Time) (from, to time.Time, err error) {
	if from, err = moment(s.from, now); err != nil {
		return from, to, usage(command, "--from: %w", err)
	}
	if to, err = moment(s.to, now); err != nil {
		return from, to, usage(command, "--to: %w", err)
	}
	if !to.After(from) {
		return from, to, usage(command, "the span is empty: --from is %s and --to is %s", clock(from), clock(to))
	}
	return from, to, nil
}

// moment reads "now", a time, or how long ago something was.
func moment(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "now" {
		return now, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	if ago, err := slo.ParseDuration(strings.TrimPrefix(text, "now-")); err == nil {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a time; write one such as 2026-03-10T09:00:00Z, how long ago it was (30d, 12h), or now", text)
}

func clock(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }
