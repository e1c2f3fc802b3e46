package prometheus

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source"
)

// supported tells users which queries can be read exactly.
const supported = "write a sum of counters such as sum(rate(requests_total{code=~\"5..\"}[5m])): " +
	"sum, rate, increase, +, -, times or divided by a number, `or vector(0)`, " +
	"histogram_count(...) and histogram_fraction(...) * histogram_count(...) of native histograms are read exactly"

// term is a leaf's share in a combination.
type term struct {
	leaf   int
	factor float64
}

// plan is what is asked of the source for one indicator.
type plan struct {
	indicator slo.Indicator
	// leaves are the distinct counters; part and total are sums over them (part is what the
	// indicator calls good or bad).
	leaves      []leaf
	part, total []term
	// sampled holds the queries of an indicator that is not made of counters: part and total, or
	// the one value.
	sampled []parser.Expr
}

// promql parses what users write. Experimental functions are let through: whether they exist is the
// server's to say.
var promql = parser.NewParser(parser.Options{EnableExperimentalFunctions: true})

// compile turns an indicator into a plan. Errors are of KindBadQuery and say what is supported.
func compile(indicator slo.Indicator) (*plan, error) {
	p := &plan{indicator: indicator}
	switch indicator.Kind {
	case slo.KindRaw:
		return p, p.sample("raw", indicator.Raw)
	case slo.KindThreshold:
		return p, p.sample("threshold", indicator.Value)
	case slo.KindRatio:
		return p, p.ratio()
	}
	return nil, badQuery("indicator kind %q cannot be read from Prometheus", indicator.Kind)
}

func (p *plan) ratio() error {
	role, query := "good", p.indicator.Good
	if query == "" {
		role, query = "bad", p.indicator.Bad
	}
	part, err := parse(role, query)
	if err != nil {
		return err
	}
	total, err := parse("total", p.indicator.Total)
	if err != nil {
		return err
	}
	c := compiler{counter: p.indicator.Counter}
	failed := c.combine(role, part, &p.part)
	if failed == nil {
		failed = c.combine("total", total, &p.total)
	}
	if failed == nil {
		p.leaves = c.leaves
		nest(p.leaves)
		return nil
	}
	if p.indicator.Counter {
		return failed
	}
	p.part, p.total = nil, nil
	p.sampled = []parser.Expr{aggregate(parser.SUM, vector(part)), aggregate(parser.SUM, vector(total))}
	return nil
}

func (p *plan) sample(role, query string) error {
	e, err := parse(role, query)
	if err != nil {
		return err
	}
	p.sampled = []parser.Expr{vector(e)}
	return nil
}

// parse reads a query that yields a number for each instant.
func parse(role, query string) (parser.Expr, error) {
	if strings.TrimSpace(query) == "" {
		return nil, badQuery("the %s query is empty", role)
	}
	e, err := promql.ParseExpr(query)
	if err != nil {
		return nil, badQuery("the %s query is not valid PromQL: %v", role, err)
	}
	if t := e.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		return nil, badQuery("the %s query yields a %s, not a number for each instant", role, parser.DocumentedType(t))
	}
	return e, nil
}

// vector makes a scalar an instant vector.
func vector(e parser.Expr) parser.Expr {
	if e.Type() == parser.ValueTypeScalar {
		return call("vector", e)
	}
	return e
}

// compiler collects the leaves of a ratio's two queries.
type compiler struct {
	counter bool
	leaves  []leaf
	index   map[string]int
}

func (c *compiler) combine(role string, e parser.Expr, into *[]term) error {
	if err := c.linear(e, 1, into); err != nil {
		return &source.Error{
			Kind:    source.KindBadQuery,
			Message: fmt.Sprintf("the %s query cannot be read as counters: %v", role, err),
			Remedy:  supported,
		}
	}
	if len(*into) == 0 {
		return &source.Error{Kind: source.KindBadQuery, Message: fmt.Sprintf("the %s query selects no series", role), Remedy: supported}
	}
	return nil
}

// linear takes e apart into leaves; factor is what e is multiplied with on the way up.
func (c *compiler) linear(e parser.Expr, factor float64, into *[]term) error {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return c.linear(e.Expr, factor, into)
	case *parser.UnaryExpr:
		if e.Op == parser.SUB {
			factor = -factor
		}
		return c.linear(e.Expr, factor, into)
	case *parser.AggregateExpr:
		if e.Op != parser.SUM {
			return fmt.Errorf("%s(...) does not add up over time", e.Op)
		}
		return c.linear(e.Expr, factor, into)
	case *parser.VectorSelector:
		if !c.counter {
			return fmt.Errorf("%s is read as a gauge, for `counter` is false", e)
		}
		return c.add(leaf{selector: e}, factor, into)
	case *parser.Call:
		return c.function(e, factor, into)
	case *parser.BinaryExpr:
		return c.binary(e, factor, into)
	}
	return fmt.Errorf("%s is not a counter", e)
}

func (c *compiler) function(e *parser.Call, factor float64, into *[]term) error {
	switch e.Func.Name {
	case "rate", "increase", "irate":
		selector, err := ranged(e)
		if err != nil {
			return err
		}
		return c.add(leaf{selector: selector}, factor, into)
	case "histogram_count":
		selector, err := c.native(e.Args[0])
		if err != nil {
			return err
		}
		return c.add(leaf{selector: selector, kind: leafCount}, factor, into)
	case "label_replace", "label_join":
		return c.linear(e.Args[0], factor, into)
	case "vector":
		if f, ok := literal(e.Args[0]); ok && f == 0 {
			return nil
		}
	}
	return fmt.Errorf("%s(...) does not add up over time", e.Func.Name)
}

func (c *compiler) binary(e *parser.BinaryExpr, factor float64, into *[]term) error {
	if m := e.VectorMatching; m != nil && (m.Card == parser.CardManyToOne || m.Card == parser.CardOneToMany) {
		return fmt.Errorf("group_left and group_right multiply series")
	}
	left, leftNumber := literal(e.LHS)
	right, rightNumber := literal(e.RHS)
	switch e.Op {
	case parser.ADD, parser.SUB:
		if leftNumber || rightNumber {
			return fmt.Errorf("adding a number to a counter")
		}
		if err := c.linear(e.LHS, factor, into); err != nil {
			return err
		}
		if e.Op == parser.SUB {
			factor = -factor
		}
		return c.linear(e.RHS, factor, into)
	case parser.MUL:
		switch {
		case leftNumber:
			return c.linear(e.RHS, factor*left, into)
		case rightNumber:
			return c.linear(e.LHS, factor*right, into)
		}
		return c.fraction(e, factor, into)
	case parser.DIV:
		if rightNumber && right != 0 {
			return c.linear(e.LHS, factor/right, into)
		}
	case parser.GTR, parser.GTE:
		// A filter for traffic, `> 0`, leaves out nothing that counts.
		if rightNumber && right == 0 && !e.ReturnBool {
			return c.linear(e.LHS, factor, into)
		}
	case parser.LOR:
		if zero(e.RHS) {
			return c.linear(e.LHS, factor, into)
		}
		return fmt.Errorf("only `or vector(0)` adds up over time")
	}
	return fmt.Errorf("`%s` between series does not add up over time", e.Op)
}

// fraction reads histogram_fraction(lower, upper, x) * histogram_count(x), in either order.
func (c *compiler) fraction(e *parser.BinaryExpr, factor float64, into *[]term) error {
	share, count := functionOf(e.LHS, "histogram_fraction"), functionOf(e.RHS, "histogram_count")
	if share == nil {
		share, count = functionOf(e.RHS, "histogram_fraction"), functionOf(e.LHS, "histogram_count")
	}
	if share == nil || count == nil {
		return fmt.Errorf("a product of two series does not add up over time")
	}
	lower, lowerNumber := literal(share.Args[0])
	upper, upperNumber := literal(share.Args[1])
	if !lowerNumber || !upperNumber {
		return fmt.Errorf("histogram_fraction needs two numbers as bounds")
	}
	selector, err := c.native(share.Args[2])
	if err != nil {
		return err
	}
	counted, err := c.native(count.Args[0])
	if err != nil {
		return err
	}
	if counted.String() != selector.String() {
		return fmt.Errorf("histogram_fraction and histogram_count select different series")
	}
	return c.add(leaf{selector: selector, kind: leafFraction, lower: lower, upper: upper}, factor, into)
}

// native finds the selector of native histograms below sums, rates and parentheses.
func (c *compiler) native(e parser.Expr) (*parser.VectorSelector, error) {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return c.native(e.Expr)
	case *parser.AggregateExpr:
		if e.Op == parser.SUM {
			return c.native(e.Expr)
		}
	case *parser.Call:
		if e.Func.Name == "rate" || e.Func.Name == "increase" || e.Func.Name == "irate" {
			return ranged(e)
		}
	case *parser.VectorSelector:
		if c.counter {
			return e, nil
		}
	}
	return nil, fmt.Errorf("%s is not a sum of rates of a native histogram", e)
}

// ranged is the selector inside rate(selector[range]).
func ranged(e *parser.Call) (*parser.VectorSelector, error) {
	if matrix, ok := e.Args[0].(*parser.MatrixSelector); ok {
		if selector, ok := matrix.VectorSelector.(*parser.VectorSelector); ok {
			return selector, nil
		}
	}
	return nil, fmt.Errorf("%s of a subquery is an estimate of an estimate", e.Func.Name)
}

func (c *compiler) add(l leaf, factor float64, into *[]term) error {
	selector, err := normalise(l.selector)
	if err != nil {
		return err
	}
	l.selector = selector
	if c.index == nil {
		c.index = map[string]int{}
	}
	i, known := c.index[l.key()]
	if !known {
		i = len(c.leaves)
		c.index[l.key()] = i
		c.leaves = append(c.leaves, l)
	}
	*into = append(*into, term{leaf: i, factor: factor})
	return nil
}

// normalise checks a selector and drops what only matters to the function around it.
func normalise(original *parser.VectorSelector) (*parser.VectorSelector, error) {
	if original.Timestamp != nil || original.StartOrEnd != 0 {
		return nil, fmt.Errorf("%s is pinned to one time by @", original)
	}
	if original.OriginalOffsetExpr != nil {
		return nil, fmt.Errorf("%s has an offset that is not a plain duration", original)
	}
	selector := &parser.VectorSelector{Name: original.Name, OriginalOffset: original.OriginalOffset}
	named := false
	for _, matcher := range original.LabelMatchers {
		if matcher.Name == metricName {
			named = named || matcher.Type == labels.MatchEqual && matcher.Value != ""
		}
		if matcher.Name == labels.BucketLabel && matcher.Type == labels.MatchEqual {
			matcher = bound(matcher)
		}
		selector.LabelMatchers = append(selector.LabelMatchers, matcher)
	}
	if !named {
		return nil, fmt.Errorf("%s does not name one metric", original)
	}
	return selector, nil
}

// bound lets le="1" match what Prometheus 3 stores as le="1.0", and the other way round.
func bound(matcher *labels.Matcher) *labels.Matcher {
	value, err := strconv.ParseFloat(matcher.Value, 64)
	if err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
		return matcher
	}
	short := strconv.FormatFloat(value, 'g', -1, 64)
	long := short
	if !strings.ContainsAny(short, ".e") {
		long = short + ".0"
	}
	spellings := matcher.Value
	for _, one := range []string{short, long} {
		if one != matcher.Value && !strings.HasSuffix(spellings, "|"+one) {
			spellings += "|" + one
		}
	}
	if spellings == matcher.Value {
		return matcher
	}
	pattern := strings.NewReplacer(".", "\\.", "+", "\\+").Replace(spellings)
	return labels.MustNewMatcher(labels.MatchRegexp, matcher.Name, pattern)
}

// literal evaluates an expression of numbers only.
func literal(e parser.Expr) (float64, bool) {
	switch e := e.(type) {
	case *parser.NumberLiteral:
		return e.Val, true
	case *parser.ParenExpr:
		return literal(e.Expr)
	case *parser.UnaryExpr:
		f, ok := literal(e.Expr)
		if e.Op == parser.SUB {
			f = -f
		}
		return f, ok
	case *parser.BinaryExpr:
		left, leftOK := literal(e.LHS)
		right, rightOK := literal(e.RHS)
		if !leftOK || !rightOK {
			return 0, false
		}
		switch e.Op {
		case parser.ADD:
			return left + right, true
		case parser.SUB:
			return left - right, true
		case parser.MUL:
			return left * right, true
		case parser.DIV:
			return left / right, true
		}
	}
	return 0, false
}

// zero recognises vector(0) and x * 0: what people put behind `or` for "none".
func zero(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return zero(e.Expr)
	case *parser.Call:
		if e.Func.Name != "vector" {
			return false
		}
		f, ok := literal(e.Args[0])
		return ok && f == 0
	case *parser.BinaryExpr:
		left, leftOK := literal(e.LHS)
		right, rightOK := literal(e.RHS)
		return e.Op == parser.MUL && (leftOK && left == 0 || rightOK && right == 0)
	}
	return false
}

// functionOf is e as a call of the named function, seen through parentheses and sums.
func functionOf(e parser.Expr, name string) *parser.Call {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return functionOf(e.Expr, name)
	case *parser.AggregateExpr:
		if e.Op == parser.SUM && name == "histogram_count" {
			return functionOf(e.Expr, name)
		}
	case *parser.Call:
		if e.Func.Name == name {
			return e
		}
	}
	return nil
}

func badQuery(format string, args ...any) error {
	return &source.Error{Kind: source.KindBadQuery, Message: fmt.Sprintf(format, args...), Remedy: "mend the query in the SLO's definition"}
}
