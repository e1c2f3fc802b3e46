package alerting

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// kind says what a value is: Grafana's expressions tell apart these four.
type kind int

const (
	kindScalar kind = iota // a number that was written in an expression, without labels
	kindNumber
	kindSeries
	kindNoData
)

// value is one item of the result of a query or expression.
type value struct {
	kind   kind
	labels map[string]string
	number *float64 // of a scalar or number; nil is null
	points []Point  // of a series
}

func pointer(f float64) *float64 { return &f }

// fromSeries turns the answer of a data source into values; nothing at all is no data.
func fromSeries(series []Series) []value {
	if len(series) == 0 {
		return []value{{kind: kindNoData}}
	}
	values := make([]value, len(series))
	for i, s := range series {
		values[i] = value{kind: kindNumber, labels: s.Labels, number: s.Value}
		if s.Points != nil {
			values[i] = value{kind: kindSeries, labels: s.Labels, points: s.Points}
		}
	}
	return values
}

func isNoData(values []value) bool {
	return len(values) == 0 || (len(values) == 1 && values[0].kind == kindNoData)
}

// apply maps the numbers of v, null included, and keeps its labels and times.
func (v value) apply(f func(*float64) *float64) value {
	switch v.kind {
	case kindNoData:
		return v
	case kindSeries:
		points := make([]Point, len(v.points))
		for i, p := range v.points {
			points[i] = Point{Time: p.Time, Value: f(p.Value)}
		}
		v.points = points
	default:
		v.number = f(v.number)
	}
	return v
}

// combine applies a binary operation to two values whose labels were joined; null on either side gives null, and
// two series are joined on equal times.
func combine(op operation, a, b value, labels map[string]string) value {
	both := func(x, y *float64) *float64 {
		if x == nil || y == nil {
			return nil
		}
		return pointer(op(*x, *y))
	}
	switch {
	case a.kind == kindNoData || b.kind == kindNoData:
		return value{kind: kindNoData}
	case a.kind == kindSeries && b.kind == kindSeries:
		joined := value{kind: kindSeries, labels: labels, points: []Point{}}
		others := make(map[time.Time]*float64, len(b.points))
		for _, p := range b.points {
			others[p.Time.UTC()] = p.Value
		}
		for _, p := range a.points {
			if other, ok := others[p.Time.UTC()]; ok {
				joined.points = append(joined.points, Point{Time: p.Time, Value: both(p.Value, other)})
			}
		}
		return joined
	case a.kind == kindSeries:
		a.labels = labels
		return a.apply(func(x *float64) *float64 { return both(x, b.number) })
	case b.kind == kindSeries:
		b.labels = labels
		return b.apply(func(y *float64) *float64 { return both(a.number, y) })
	case a.kind == kindScalar && b.kind == kindScalar:
		return value{kind: kindScalar, number: both(a.number, b.number)}
	}
	return value{kind: kindNumber, labels: labels, number: both(a.number, b.number)}
}

// union pairs the items of two results: those of equal labels, those without labels with every other, and those
// whose labels contain the other's. One item a side with labels that differ are paired too and lose their labels.
func union(left, right []value, op operation) []value {
	if len(left) == 0 || len(right) == 0 {
		return nil
	}
	if (len(left) == 1 || len(right) == 1) && (left[0].kind == kindNoData || right[0].kind == kindNoData) {
		return []value{{kind: kindNoData}}
	}
	var joined []value
	for _, a := range left {
		for _, b := range right {
			if labels, ok := join(a.labels, b.labels); ok {
				joined = append(joined, combine(op, a, b, labels))
			}
		}
	}
	if len(joined) == 0 && len(left) == 1 && len(right) == 1 {
		joined = append(joined, combine(op, left[0], right[0], nil))
	}
	return joined
}

func join(a, b map[string]string) (map[string]string, bool) {
	switch {
	case contains(a, b):
		return a, true
	case contains(b, a):
		return b, true
	}
	return nil, false
}

// contains tells whether all labels of part are in whole.
func contains(whole, part map[string]string) bool {
	for name, text := range part {
		if have, ok := whole[name]; !ok || have != text {
			return false
		}
	}
	return true
}

// labelKey writes labels as text in the order of their names: name=value, name=value.
func labelKey(labels map[string]string) string {
	parts := make([]string, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, name+"="+labels[name])
	}
	return strings.Join(parts, ", ")
}

// truth is the number that expressions write for true and false.
func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func isNumber(f *float64) bool {
	return f != nil && !math.IsNaN(*f) && !math.IsInf(*f, 0)
}
