package plugin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// problemText is a problem as one line: place, what is wrong, remedy.
func problemText(p slo.Problem) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d", p.File, p.Line)
	if p.Path != "" {
		fmt.Fprintf(&b, ": %s", p.Path)
	}
	fmt.Fprintf(&b, ": %s", sentence(p.Message))
	if p.Remedy != "" {
		fmt.Fprintf(&b, " %s", sentence(p.Remedy))
	}
	return b.String()
}

// firstProblem is the first error, or the first warning when there is none; problems must not be empty.
func firstProblem(problems []slo.Problem) slo.Problem {
	first := slices.IndexFunc(problems, func(p slo.Problem) bool { return p.Severity != slo.SeverityWarning })
	return problems[max(first, 0)]
}

// countProblems counts the errors and the warnings.
func countProblems(problems []slo.Problem) (failures, warnings int) {
	for _, p := range problems {
		if p.Severity == slo.SeverityWarning {
			warnings++
		} else {
			failures++
		}
	}
	return failures, warnings
}
