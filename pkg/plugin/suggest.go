package plugin

import (
	"fmt"
	"slices"
	"strings"
)

// maxSuggestions is how many near matches an error offers.
const maxSuggestions = 3

// nearest are the candidates that resemble what was asked for, best first: those that contain it (or
// are contained in it), and those within a third of its length of typing errors.
func nearest(asked string, candidates []string) []string {
	type match struct {
		text     string
		distance int
	}
	lower := strings.ToLower(asked)
	var matches []match
	for _, candidate := range candidates {
		other := strings.ToLower(candidate)
		switch {
		case lower == "":
		case strings.Contains(other, lower) || strings.Contains(lower, other):
			matches = append(matches, match{candidate, 0})
		default:
			if d := editDistance(lower, other); d <= max(2, len(lower)/3) {
				matches = append(matches, match{candidate, d})
			}
		}
	}
	slices.SortStableFunc(matches, func(a, b match) int { return a.distance - b.distance })
	var out []string
	for _, m := range matches[:min(len(matches), maxSuggestions)] {
		out = append(out, m.text)
	}
	return out
}

// didYouMean is a sentence with the near matches, or one with everything there is when nothing is near
// and the list is short.
func didYouMean(asked string, candidates []string) string {
	near := nearest(asked, candidates)
	switch {
	case len(near) > 0:
		return fmt.Sprintf("Did you mean %s?", quoted(near, "or"))
	case len(candidates) == 0:
		return ""
	case len(candidates) <= 8:
		return fmt.Sprintf("Known: %s.", quoted(candidates, "and"))
	}
	return ""
}

// quoted joins words as `"a", "b" and "c"`.
func quoted(words []string, last string) string {
	parts := make([]string, len(words))
	for i, word := range words {
		parts[i] = fmt.Sprintf("%q", word)
	}
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " " + last + " " + parts[len(parts)-1]
}

// editDistance is the number of insertions, deletions and replacements that turn a into b.
func editDistance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			cost := diagonal
			if r != s {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(to)]
}
