package slo

import (
	"cmp"
	"slices"
	"strings"
)

// KeepLastGood adds to a catalogue those previous definitions that did not vanish but can't be read
// any more: their document has errors, or their file can't be read. They carry Stale. A definition
// whose document is gone is not kept: that is a removal.
func KeepLastGood(previous []Definition, loaded Catalogue) Catalogue {
	ids, names := map[string]bool{}, map[string]bool{}
	for _, d := range loaded.Definitions {
		ids[d.ID], names[d.Name] = true, true
	}
	blame := newBlame(previous, loaded.Problems)
	out := loaded
	out.Definitions = slices.Clone(loaded.Definitions)
	for _, d := range previous {
		if ids[d.ID] || names[d.Name] {
			continue // current, or an objective that its SLO no longer has
		}
		problem, ok := blame.of(d)
		if !ok {
			continue
		}
		d.Stale = "This is the last good version: " + problem.String()
		ids[d.ID] = true
		out.Definitions = append(out.Definitions, d)
	}
	slices.SortFunc(out.Definitions, func(a, b Definition) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// blame finds the first error that explains why a definition did not load.
type blame struct {
	// names are SLOs whose document has errors; files hold a document of which it can't be said which
	// SLO it declares; unreadable are files or folders.
	names, files, unreadable map[string]Problem
}

func newBlame(previous []Definition, problems []Problem) blame {
	known := map[string]bool{}
	for _, d := range previous {
		known[d.Name] = true
	}
	b := blame{names: map[string]Problem{}, files: map[string]Problem{}, unreadable: map[string]Problem{}}
	for _, p := range problems {
		switch {
		case p.Severity != SeverityError:
		case p.Document == 0:
			setFirst(b.unreadable, p.File, p)
		case p.Kind == kindSLO && known[p.Name]:
			setFirst(b.names, p.Name, p)
		case p.Kind == kindSLO || !slices.Contains(kinds, p.Kind):
			setFirst(b.files, p.File, p)
		}
	}
	return b
}

func setFirst(problems map[string]Problem, key string, p Problem) {
	if _, ok := problems[key]; !ok {
		problems[key] = p
	}
}

func (b blame) of(d Definition) (Problem, bool) {
	if p, ok := b.names[d.Name]; ok {
		return p, true
	}
	if p, ok := b.files[d.Origin.File]; ok {
		return p, true
	}
	for name, p := range b.unreadable {
		if name == "." || name == d.Origin.File || strings.HasPrefix(d.Origin.File, name+"/") {
			return p, true
		}
	}
	return Problem{}, false
}
