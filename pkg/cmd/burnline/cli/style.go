package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// style is how values are written: for people, or raw for programs, where shares are fractions, durations seconds, times
// RFC 3339 and what is not known is empty.
type style struct{ raw bool }

func (s style) unknown() string {
	if s.raw {
		return ""
	}
	return "-"
}

// still stands for the length of what goes on.
func (s style) still() string {
	if s.raw {
		return ""
	}
	return "still"
}

func (s style) number(v float64) string {
	if s.raw {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	if v < 0 {
		return "-" + alert.Number(-v)
	}
	return alert.Number(v)
}

func (s style) percent(share *float64) string {
	switch {
	case share == nil:
		return s.unknown()
	case s.raw:
		return s.number(*share)
	}
	return s.number(100**share) + " %"
}

// recall has the counts beside it for people: 100 % of 2 says less than 100 % of 40.
func (s style) recall(share *float64, found, incidents int) string {
	if share == nil || s.raw {
		return s.percent(share)
	}
	return fmt.Sprintf("%s (%d/%d)", s.percent(share), found, incidents)
}

func (s style) seconds(v *float64) string {
	if v == nil {
		return s.unknown()
	}
	return s.lasting(time.Duration(*v * float64(time.Second)))
}

func (s style) lasting(d time.Duration) string {
	if s.raw {
		return s.number(d.Seconds())
	}
	return short(d)
}

func (s style) clock(at time.Time) string {
	if s.raw {
		return at.UTC().Format(time.RFC3339)
	}
	return clock(at)
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

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
