package prometheus

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// leafKind says how a series' sample becomes a monotone number.
type leafKind uint8

const (
	// leafFloat is a counter's value.
	leafFloat leafKind = iota
	// leafCount is the number of observations of a native histogram.
	leafCount
	// leafFraction is the number of observations of a native histogram between two bounds.
	leafFraction
)

// leaf is one selector of monotone series: what is summed and subtracted.
type leaf struct {
	selector *parser.VectorSelector
	kind     leafKind
	// lower and upper are the bounds of a leafFraction.
	lower, upper float64
	// within is the index of the leaf whose series include all of this leaf's, or the leaf's own. As long
	// as no series of that one appears, vanishes or is reset, none of this one does.
	within int
}

// includes reports whether every series of other is surely one of l's: other's selector has all of l's
// matchers, and maybe more.
func (l leaf) includes(other leaf) bool {
	if (l.kind == leafFloat) != (other.kind == leafFloat) || l.selector.OriginalOffset != other.selector.OriginalOffset {
		return false
	}
	for _, matcher := range l.selector.LabelMatchers {
		if !slices.ContainsFunc(other.selector.LabelMatchers, func(m *labels.Matcher) bool { return m.String() == matcher.String() }) {
			return false
		}
	}
	return true
}

// nest finds for each leaf the widest leaf that includes it; of several with the same series, a plain
// count or else the first.
func nest(leaves []leaf) {
	for i := range leaves {
		leaves[i].within = i
		for j := range leaves {
			if leaves[j].wider(j, leaves[leaves[i].within], leaves[i].within) {
				leaves[i].within = j
			}
		}
	}
}

// wider orders leaves, given with their indexes, that include one another.
func (l leaf) wider(index int, other leaf, otherIndex int) bool {
	switch {
	case !l.includes(other):
		return false
	case !other.includes(l):
		return true
	case (l.kind == leafCount) != (other.kind == leafCount):
		return l.kind == leafCount
	}
	return index < otherIndex
}

// key identifies equal leaves, so that a selector that serves good and total is read once.
func (l leaf) key() string {
	return fmt.Sprintf("%d|%g|%g|%s", l.kind, l.lower, l.upper, l.selector)
}

// name is what warnings call the leaf.
func (l leaf) name() string {
	for _, matcher := range l.selector.LabelMatchers {
		if matcher.Name == metricName {
			return matcher.Value
		}
	}
	return l.selector.String()
}

// value is the number that counts, for each series of v (the selector itself, or the selector some
// time ago).
func (l leaf) value(v parser.Expr) parser.Expr {
	switch l.kind {
	case leafCount:
		return call("histogram_count", v)
	case leafFraction:
		product := &parser.BinaryExpr{
			Op:             parser.MUL,
			LHS:            call("histogram_fraction", number(l.lower), number(l.upper), v),
			RHS:            call("histogram_count", v),
			VectorMatching: &parser.VectorMatching{Card: parser.CardOneToOne},
		}
		// An empty histogram's fraction is NaN, and one NaN would spoil a sum; no comparison holds for NaN.
		return compare(parser.GTE, paren(product), number(0))
	}
	return v
}

// monotone is the number that falls at a reset and only then. The interpolated number of observations
// below a bound may fall slightly when a histogram's resolution changes; its count never does.
func (l leaf) monotone(v parser.Expr) parser.Expr {
	if l.kind == leafFloat {
		return v
	}
	return call("histogram_count", v)
}

// ago is the selector a time earlier.
func (l leaf) ago(d time.Duration) *parser.VectorSelector {
	shifted := *l.selector
	shifted.OriginalOffset += d
	return &shifted
}

// over is the selector's samples of a range.
func (l leaf) over(d time.Duration) *parser.MatrixSelector {
	return &parser.MatrixSelector{VectorSelector: l.selector, Range: d}
}

// The builders below make syntax trees; queries are printed from trees only, so that nothing in a
// user's query can reach beyond its own node.

func call(name string, args ...parser.Expr) parser.Expr {
	return &parser.Call{Func: parser.MustGetFunction(name), Args: args}
}

func aggregate(op parser.ItemType, of parser.Expr) parser.Expr {
	return &parser.AggregateExpr{Op: op, Expr: of}
}

func number(f float64) parser.Expr { return &parser.NumberLiteral{Val: f} }

func paren(e parser.Expr) parser.Expr { return &parser.ParenExpr{Expr: e} }

// compare keeps the elements of left for which the comparison holds.
func compare(op parser.ItemType, left, right parser.Expr) parser.Expr {
	e := &parser.BinaryExpr{Op: op, LHS: left, RHS: right}
	if left.Type() == parser.ValueTypeVector && right.Type() == parser.ValueTypeVector {
		e.VectorMatching = &parser.VectorMatching{Card: parser.CardOneToOne}
	}
	return e
}

// metricName is the label that holds a series' name.
const metricName = "__name__"

// partLabel tells the parts of a combined query apart.
const partLabel = "burnline_part"

// part labels e's elements with the part's name.
func part(name string, e parser.Expr) parser.Expr {
	text := func(s string) parser.Expr { return &parser.StringLiteral{Val: s} }
	return call("label_replace", e, text(partLabel), text(name), text(""), text(""))
}

// union holds the elements of all parts.
func union(parts []parser.Expr) parser.Expr {
	all := parts[0]
	for _, one := range parts[1:] {
		all = &parser.BinaryExpr{
			Op: parser.LOR, LHS: all, RHS: one,
			VectorMatching: &parser.VectorMatching{Card: parser.CardManyToMany},
		}
	}
	return all
}
