package prometheus

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// Sums are PromQL for an indicator's bad and total events within a window: each one number without labels.
// Where no series of the total is known, Total is empty; where one is and no series counts good (or bad) events,
// none of them happened.
type Sums struct{ Bad, Total string }

// cheapWindow is the longest window that a source answers every minute without anybody noticing.
const cheapWindow = 6 * time.Hour

// Cheap reports whether the source answers an indicator's sums over a window at so little cost that a rule may
// ask for them every minute: increases of counters (of native histograms too, whose fractions are taken of the
// increase) read the window's samples once, anything else is evaluated for each minute of the window.
func Cheap(indicator slo.Indicator, window time.Duration) bool {
	_, err := compile(indicator)
	return err == nil && window >= time.Minute && window <= cheapWindow
}

// AlertSums is what an indicator counts within a window, as the ledger counts it but for what no single query can
// tell: increase() extrapolates to the window's ends and knows nothing of a counter's first value. Errors are of
// source.KindBadQuery.
func AlertSums(indicator slo.Indicator, window time.Duration) (Sums, error) {
	e, err := sumsOver(indicator, window)
	return Sums{Bad: printed(e.bad), Total: printed(e.total)}, err
}

// AlertSamples is what an indicator that is not made of counters counts in one minute, evaluated at its end: recorded
// every minute, any window is a sum of them. ok is false for counters.
func AlertSamples(indicator slo.Indicator) (sums Sums, ok bool, err error) {
	p, err := compile(indicator)
	if err != nil || p.sampled == nil {
		return Sums{}, false, err
	}
	bad, total := p.minute()
	if indicator.Kind == slo.KindRatio {
		return Sums{Bad: printed(bad), Total: printed(total)}, true, nil
	}
	// One event a minute, good or bad to some degree.
	return Sums{Bad: printed(aggregate(parser.SUM, bad)), Total: printed(aggregate(parser.COUNT, total))}, true, nil
}

// BurnRate is the burn rate over a window as one PromQL expression: bad / total / (1 - target). It is NaN when no
// event happened, empty when no series of the total is known, and +Inf when an objective of 100 % saw a bad event.
func BurnRate(indicator slo.Indicator, target slo.Fraction, window time.Duration) (string, error) {
	e, err := sumsOver(indicator, window)
	if err != nil {
		return "", err
	}
	ratio := binary(parser.DIV, e.bad, e.total)
	if !e.bounded {
		// More bad events than events: all are bad, but for a window without any event, of which nothing is known.
		ratio = call("clamp_max", binary(parser.NEQ, ratio, infinity(1)), number(1))
	}
	return printed(call("round", binary(parser.DIV, ratio, number(target.Complement().Float())), number(rateStep))), nil
}

// rateStep is the resolution of a burn rate. Extrapolation leaves errors in the last bits, and a rate of exactly 14.4 must not
// be above 14.4. Its inverse is a whole number, so that rounding itself adds no error.
const rateStep = 1e-6

// sumExprs are the syntax trees of Sums; bounded tells that bad can't exceed total.
type sumExprs struct {
	bad, total parser.Expr
	bounded    bool
}

func sumsOver(indicator slo.Indicator, window time.Duration) (sumExprs, error) {
	if window < time.Minute {
		return sumExprs{}, badQuery("a window of %s is shorter than a minute, the length of a bucket", window)
	}
	p, err := compile(indicator)
	if err != nil {
		return sumExprs{}, err
	}
	if p.sampled != nil {
		return p.sampledSums(window), nil
	}
	e := p.counterSums(window)
	if e.total == nil {
		return e, badQuery("the total query takes away all that it adds up")
	}
	return e, nil
}

// counterSums are sums of increases. A good part is taken from the total leaf by leaf, so that
// good = total - errors gives the errors themselves.
func (p *plan) counterSums(window time.Duration) sumExprs {
	total, part := merged(p.total), merged(p.part)
	bad := part
	if p.indicator.Good != "" {
		bad = slices.Clone(p.total)
		for _, one := range p.part {
			bad = append(bad, term{one.leaf, -one.factor})
		}
		bad = merged(bad)
	}
	added, taken := split(bad)
	e := sumExprs{bad: p.increases(added, window), total: p.increases(total, window), bounded: p.bounds(total, added)}
	if e.bad == nil {
		e.bad = nothing()
	} else if !slices.Equal(added, total) {
		e.bad = orNothing(e.bad)
	}
	if len(taken) > 0 {
		e.bad = call("clamp_min", binary(parser.SUB, e.bad, orNothing(p.increases(taken, window))), number(0))
	}
	if _, negative := split(total); len(negative) > 0 {
		e.total = call("clamp_min", e.total, number(0))
	}
	return e
}

// merged adds up the factors of equal leaves and leaves out what cancels.
func merged(terms []term) []term {
	var out []term
	for _, one := range terms {
		if i := slices.IndexFunc(out, func(t term) bool { return t.leaf == one.leaf }); i >= 0 {
			out[i].factor += one.factor
		} else {
			out = append(out, one)
		}
	}
	return slices.DeleteFunc(out, func(t term) bool { return t.factor == 0 })
}

// split tells the terms that are added from those that are taken away; the latter with their signs turned.
func split(terms []term) (added, taken []term) {
	for _, one := range terms {
		if one.factor > 0 {
			added = append(added, one)
		} else {
			taken = append(taken, term{one.leaf, -one.factor})
		}
	}
	return added, taken
}

// bounds reports whether the terms are surely no more than the total: each is a part of another term of it.
func (p *plan) bounds(total, terms []term) bool {
	var used []int
	for _, one := range terms {
		i := slices.IndexFunc(total, func(t term) bool {
			return one.factor <= t.factor && p.leaves[t.leaf].includes(p.leaves[one.leaf]) && !slices.Contains(used, t.leaf)
		})
		if i < 0 {
			return false
		}
		used = append(used, total[i].leaf)
	}
	_, negative := split(total)
	return len(negative) == 0
}

// increases is the sum of the terms within a window, of those whose series are known; nil without terms.
func (p *plan) increases(terms []term, window time.Duration) parser.Expr {
	parts := make([]parser.Expr, len(terms))
	for i, one := range terms {
		l := p.leaves[one.leaf]
		parts[i] = aggregate(parser.SUM, l.value(call("increase", l.over(window))))
		if one.factor != 1 {
			parts[i] = binary(parser.MUL, parts[i], number(one.factor))
		}
	}
	if len(parts) < 2 {
		return slices.Concat(parts, []parser.Expr{nil})[0]
	}
	for i := range parts {
		parts[i] = part(name("term", i), parts[i])
	}
	return aggregate(parser.SUM, union(parts))
}

// sampledSums add up what each minute counted, evaluated at the ends of the same minutes as the ledger's buckets:
// subqueries are aligned to multiples of their step.
func (p *plan) sampledSums(window time.Duration) sumExprs {
	bad, total := p.minute()
	overMinutes := func(function string, e parser.Expr) parser.Expr {
		return aggregate(parser.SUM, call(function, &parser.SubqueryExpr{Expr: paren(e), Range: window, Step: time.Minute}))
	}
	events := "count_over_time"
	if p.indicator.Kind == slo.KindRatio {
		events = "sum_over_time"
	}
	return sumExprs{bad: overMinutes("sum_over_time", bad), total: overMinutes(events, total), bounded: true}
}

// minute is what one minute counts, with the rules of sampled.go: for a ratio the numbers of bad events and of all
// events, else the badness of the one event, and a value where there is an event at all.
func (p *plan) minute() (bad, total parser.Expr) {
	value := operand(p.sampled[0])
	switch p.indicator.Kind {
	case slo.KindRatio:
		// No comparison holds for NaN. A part that is missing, NaN or negative is none.
		total = binary(parser.LSS, binary(parser.GTE, p.sampled[1], number(0)), infinity(1))
		part := orNothing(compare(parser.GTE, value, number(0)))
		if p.indicator.Good != "" {
			return call("clamp_min", binary(parser.SUB, total, part), number(0)), total
		}
		return union([]parser.Expr{paren(binary(parser.LSS, part, total)), operand(total)}), total
	case slo.KindRaw:
		total = binary(parser.LSS, binary(parser.GTR, value, infinity(-1)), infinity(1))
		bad = call("clamp", total, number(0), number(1))
		if p.indicator.RawType != slo.RawFailure {
			bad = binary(parser.SUB, number(1), bad)
		}
		return bad, total
	}
	total = binary(parser.GTE, value, infinity(-1))
	bad = &parser.BinaryExpr{Op: opposite(p.indicator.Op), LHS: operand(total), RHS: number(p.indicator.Limit), ReturnBool: true}
	return bad, total
}

// opposite holds for the values that are bad.
func opposite(op slo.Operator) parser.ItemType {
	switch op {
	case slo.OpLT:
		return parser.GTE
	case slo.OpGT:
		return parser.LTE
	case slo.OpGTE:
		return parser.LSS
	}
	return parser.GTR
}

// binary is an operation between vectors without labels, or a vector and a number.
func binary(op parser.ItemType, left, right parser.Expr) parser.Expr {
	return compare(op, operand(left), operand(right))
}

// operand keeps an operation in one piece within another.
func operand(e parser.Expr) parser.Expr {
	switch e.(type) {
	case *parser.BinaryExpr, *parser.UnaryExpr:
		return paren(e)
	}
	return e
}

// nothing is zero events.
func nothing() parser.Expr { return call("vector", number(0)) }

// orNothing is e, or zero events where it is empty.
func orNothing(e parser.Expr) parser.Expr {
	return paren(union([]parser.Expr{operand(e), nothing()}))
}

func infinity(sign int) parser.Expr { return number(math.Inf(sign)) }

// printed is the text of a tree, "" of none.
func printed(e parser.Expr) string {
	if e == nil {
		return ""
	}
	return fmt.Sprint(e)
}
