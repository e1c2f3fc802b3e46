package alerting

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// node is a part of a parsed math expression.
type node interface {
	eval(vars map[string][]value) []value
}

// formula is a parsed math expression and the refIds that it reads.
type formula struct {
	root node
	vars []string
}

// tokenPattern splits an expression; the order of its alternatives matters, longer operators come first.
var tokenPattern = regexp.MustCompile(
	`^(?:(\s+)|(\$\{[^}]+\}|\$[A-Za-z0-9_]+)|((?:0[xX][0-9a-fA-F]+)|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|([A-Za-z_][A-Za-z0-9_]*)|(\*\*|\|\||&&|==|!=|>=|<=|[-+*/%<>!(),]))`)

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenVar
	tokenNumber
	tokenName
	tokenOperator
)

type token struct {
	kind tokenKind
	text string
}

func tokens(text string) ([]token, error) {
	var all []token
	for rest := text; rest != ""; {
		match := tokenPattern.FindStringSubmatch(rest)
		if match == nil {
			return nil, fmt.Errorf("math expression %q: unexpected %q: allowed are numbers, $refId, functions and operators", text, rest)
		}
		rest = rest[len(match[0]):]
		for kind, part := range map[tokenKind]string{
			tokenVar: match[2], tokenNumber: match[3], tokenName: match[4], tokenOperator: match[5],
		} {
			if part != "" {
				all = append(all, token{kind, part})
			}
		}
	}
	return all, nil
}

// levels are the binary operators from the loosest to the tightest, all joining to the left, as in Grafana.
var levels = [][]string{
	{"||"}, {"&&"}, {"==", "!=", ">", ">=", "<", "<="}, {"+", "-"}, {"*", "/", "%"}, {"**"},
}

type parser struct {
	text   string
	tokens []token
	vars   []string
}

// parseMath reads a math expression in Grafana's language.
func parseMath(text string) (formula, error) {
	all, err := tokens(text)
	if err != nil {
		return formula{}, err
	}
	p := &parser{text: text, tokens: all}
	root, err := p.level(0)
	if err != nil {
		return formula{}, err
	}
	if len(p.tokens) > 0 {
		return formula{}, p.unexpected()
	}
	return formula{root: root, vars: p.vars}, nil
}

func (p *parser) peek() token {
	if len(p.tokens) == 0 {
		return token{}
	}
	return p.tokens[0]
}

func (p *parser) next() {
	if len(p.tokens) > 0 {
		p.tokens = p.tokens[1:]
	}
}

// accept takes the next token if it is one of these operators.
func (p *parser) accept(operators ...string) (string, bool) {
	t := p.peek()
	if t.kind != tokenOperator {
		return "", false
	}
	for _, operator := range operators {
		if t.text == operator {
			p.next()
			return operator, true
		}
	}
	return "", false
}

func (p *parser) unexpected() error {
	if t := p.peek(); t.kind != tokenEnd {
		return fmt.Errorf("math expression %q: unexpected %q", p.text, t.text)
	}
	return fmt.Errorf("math expression %q: it ends too early", p.text)
}

func (p *parser) level(depth int) (node, error) {
	if depth == len(levels) {
		return p.factor()
	}
	left, err := p.level(depth + 1)
	if err != nil {
		return nil, err
	}
	for {
		operator, ok := p.accept(levels[depth]...)
		if !ok {
			return left, nil
		}
		right, err := p.level(depth + 1)
		if err != nil {
			return nil, err
		}
		left = binary{op: operations[operator], left: left, right: right}
	}
}

func (p *parser) factor() (node, error) {
	if operator, ok := p.accept("!", "-"); ok {
		argument, err := p.factor()
		if err != nil {
			return nil, err
		}
		return unary{op: unaryOperations[operator], argument: argument}, nil
	}
	if _, ok := p.accept("("); ok {
		inner, err := p.level(0)
		if err != nil {
			return nil, err
		}
		if _, ok := p.accept(")"); !ok {
			return nil, p.unexpected()
		}
		return inner, nil
	}
	switch t := p.peek(); t.kind {
	case tokenNumber:
		p.next()
		return p.number(t.text)
	case tokenVar:
		p.next()
		name := strings.Trim(t.text, "${}")
		p.vars = append(p.vars, name)
		return variable(name), nil
	case tokenName:
		p.next()
		return p.call(t.text)
	}
	return nil, p.unexpected()
}

func (p *parser) number(text string) (node, error) {
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return constant(f), nil
	}
	i, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		return nil, fmt.Errorf("math expression %q: %q is no number (%w)", p.text, text, err)
	}
	return constant(float64(i)), nil
}

func (p *parser) call(name string) (node, error) {
	function, known := functions[name]
	if !known {
		return nil, fmt.Errorf("math expression %q: there is no function %q", p.text, name)
	}
	if _, ok := p.accept("("); !ok {
		return nil, p.unexpected()
	}
	if function.constant != nil {
		if _, ok := p.accept(")"); !ok {
			return nil, p.unexpected()
		}
		return nullable{function.constant()}, nil
	}
	argument, err := p.level(0)
	if err != nil {
		return nil, err
	}
	if _, ok := p.accept(")"); !ok {
		return nil, p.unexpected()
	}
	return unary{op: function.each, argument: argument}, nil
}
