package evaluate

import (
	"cmp"
	"slices"
)

// span is [from, to) in Unix seconds, both multiples of budget.StepSeconds.
type span struct{ from, to int64 }

func (s span) empty() bool { return s.to <= s.from }

func (s span) clip(o span) span { return span{max(s.from, o.from), min(s.to, o.to)} }

// spans are disjoint, not adjacent, and sorted by time.
type spans []span

func (s spans) add(more span) spans {
	if more.empty() {
		return s
	}
	all := append(slices.Clone(s), more)
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	out := all[:1]
	for _, next := range all[1:] {
		if last := &out[len(out)-1]; next.from <= last.to {
			last.to = max(last.to, next.to)
			continue
		}
		out = append(out, next)
	}
	return out
}

func (s spans) remove(gone span) spans {
	if gone.empty() {
		return s
	}
	var out spans
	for _, each := range s {
		if rest := each.clip(span{each.from, gone.from}); !rest.empty() {
			out = append(out, rest)
		}
		if rest := each.clip(span{gone.to, each.to}); !rest.empty() {
			out = append(out, rest)
		}
	}
	return out
}

func (s spans) clip(to span) spans {
	var out spans
	for _, each := range s {
		if rest := each.clip(to); !rest.empty() {
			out = append(out, rest)
		}
	}
	return out
}
