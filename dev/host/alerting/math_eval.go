package alerting

import "math"

// operation is a binary operation on two numbers.
type operation func(a, b float64) float64

// strict makes an operation whose result is NaN when an operand is.
func strict(op operation) operation {
	return func(a, b float64) float64 {
		if math.IsNaN(a) || math.IsNaN(b) {
			return math.NaN()
		}
		return op(a, b)
	}
}

func compare(holds func(a, b float64) bool) operation {
	return strict(func(a, b float64) float64 { return truth(holds(a, b)) })
}

// operations are the binary operators. A left side that decides || or && alone does so even if the right one is NaN.
var operations = map[string]operation{
	"+":  strict(func(a, b float64) float64 { return a + b }),
	"-":  strict(func(a, b float64) float64 { return a - b }),
	"*":  strict(func(a, b float64) float64 { return a * b }),
	"/":  strict(func(a, b float64) float64 { return a / b }),
	"%":  strict(math.Mod),
	"**": strict(math.Pow),
	"==": compare(func(a, b float64) bool { return a == b }),
	"!=": compare(func(a, b float64) bool { return a != b }),
	">":  compare(func(a, b float64) bool { return a > b }),
	">=": compare(func(a, b float64) bool { return a >= b }),
	"<":  compare(func(a, b float64) bool { return a < b }),
	"<=": compare(func(a, b float64) bool { return a <= b }),
	"||": func(a, b float64) float64 {
		if a != 0 { // NaN is not 0, so it counts as true here, as in Grafana
			return 1
		}
		return strict(func(_, b float64) float64 { return truth(b != 0) })(a, b)
	},
	"&&": func(a, b float64) float64 {
		if a == 0 {
			return 0
		}
		return strict(func(_, b float64) float64 { return truth(b != 0) })(a, b)
	},
}

// each is an operation on one number or null.
type each func(*float64) *float64

// keepNull keeps null and NaN and maps every other number.
func keepNull(f func(float64) float64) each {
	return func(x *float64) *float64 {
		if x == nil || math.IsNaN(*x) {
			return x
		}
		return pointer(f(*x))
	}
}

// nullIsNaN maps numbers; null becomes NaN, as Grafana's functions have it.
func nullIsNaN(f func(float64) float64) each {
	return func(x *float64) *float64 {
		if x == nil {
			return pointer(math.NaN())
		}
		return pointer(f(*x))
	}
}

var unaryOperations = map[string]each{
	"!": keepNull(func(x float64) float64 { return truth(x == 0) }),
	"-": keepNull(func(x float64) float64 { return -x }),
}

// function is a function of the language: one without argument (constant) or one of one argument (each).
type function struct {
	constant func() *float64
	each     each
}

var functions = map[string]function{
	"abs":       {each: nullIsNaN(math.Abs)},
	"log":       {each: nullIsNaN(math.Log)},
	"round":     {each: nullIsNaN(math.Round)},
	"ceil":      {each: nullIsNaN(math.Ceil)},
	"floor":     {each: nullIsNaN(math.Floor)},
	"is_nan":    {each: nullIsNaN(func(x float64) float64 { return truth(math.IsNaN(x)) })},
	"is_inf":    {each: nullIsNaN(func(x float64) float64 { return truth(math.IsInf(x, 0)) })},
	"is_null":   {each: func(x *float64) *float64 { return pointer(truth(x == nil)) }},
	"is_number": {each: func(x *float64) *float64 { return pointer(truth(isNumber(x))) }},
	"nan":       {constant: func() *float64 { return pointer(math.NaN()) }},
	"inf":       {constant: func() *float64 { return pointer(math.Inf(1)) }},
	"infn":      {constant: func() *float64 { return pointer(math.Inf(-1)) }},
	"null":      {constant: func() *float64 { return nil }},
}

type (
	constant float64
	nullable struct{ number *float64 }
	variable string
	unary    struct {
		op       each
		argument node
	}
	binary struct {
		op          operation
		left, right node
	}
)

func (c constant) eval(map[string][]value) []value {
	return []value{{kind: kindScalar, number: pointer(float64(c))}}
}

func (n nullable) eval(map[string][]value) []value {
	return []value{{kind: kindScalar, number: n.number}}
}

func (v variable) eval(vars map[string][]value) []value { return vars[string(v)] }

func (u unary) eval(vars map[string][]value) []value {
	arguments := u.argument.eval(vars)
	results := make([]value, len(arguments))
	for i, v := range arguments {
		results[i] = v.apply(u.op)
	}
	return results
}

func (b binary) eval(vars map[string][]value) []value {
	return union(b.left.eval(vars), b.right.eval(vars), b.op)
}
