package slo

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// String is one line: place, object, field, what is wrong and what would be right.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&b, ":%d", p.Column)
		}
	}
	fmt.Fprintf(&b, ": %s: ", p.Severity)
	if p.Document > 0 {
		fmt.Fprintf(&b, "document %d", p.Document)
		if p.Kind != "" {
			fmt.Fprintf(&b, ", %s", strings.TrimSpace(p.Kind+" "+p.Name))
		}
		b.WriteString(": ")
	}
	b.WriteString(p.explain())
	return b.String()
}

// explain is the field, what is wrong and the remedy.
func (p Problem) explain() string {
	text := p.Message
	if p.Path != "" {
		text = p.Path + ": " + text
	}
	if p.Remedy != "" {
		text += "; " + p.Remedy
	}
	return text
}

func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
}

// near is the candidate that a typo of it most likely is, or "".
func near(word string, candidates []string) string {
	best, bestDistance := "", 3
	for _, candidate := range candidates {
		limit := 2
		if len(candidate) <= 4 {
			limit = 1
		}
		d := distance(strings.ToLower(word), strings.ToLower(candidate))
		if d <= limit && d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete, replace or swap with a neighbour to turn a into b.
// Words too different in length to be near are not compared.
func distance(a, b string) int {
	if diff := len(a) - len(b); diff > 2 || diff < -2 {
		return 3
	}
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}

// didYouMean is a remedy for an unknown word: the nearest known one, else all of them.
func didYouMean(word string, known []string) string {
	if guess := near(word, known); guess != "" {
		return fmt.Sprintf("did you mean %q?", guess)
	}
	if len(known) == 0 {
		return ""
	}
	return "permitted: " + strings.Join(known, ", ")
}
