package plugin

import (
	"fmt"
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
