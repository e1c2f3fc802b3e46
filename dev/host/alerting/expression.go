package alerting

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// expression is a parsed expression of a rule: what it reads and how it computes.
type expression struct {
	needs []string
	run   func(vars map[string][]value) ([]value, error)
}

// expressionModel is the JSON of the expressions that are evaluated here.
type expressionModel struct {
	Type       string `json:"type"`
	Expression string `json:"expression"`
	Reducer    string `json:"reducer"`
	Settings   *struct {
		Mode             string   `json:"mode"`
		ReplaceWithValue *float64 `json:"replaceWithValue"`
	} `json:"settings"`
	Conditions []struct {
		Evaluator struct {
			Type   string    `json:"type"`
			Params []float64 `json:"params"`
		} `json:"evaluator"`
		UnloadEvaluator json.RawMessage `json:"unloadEvaluator"`
	} `json:"conditions"`
}

func parseExpression(q DataQuery) (expression, error) {
	var model expressionModel
	if err := json.Unmarshal(q.Model, &model); err != nil {
		return expression{}, fmt.Errorf("failed to parse expression [%s]: %w", q.RefID, err)
	}
	var parsed expression
	var err error
	switch model.Type {
	case "math":
		parsed, err = mathExpression(model)
	case "reduce":
		parsed, err = reduceExpression(model)
	case "threshold":
		parsed, err = thresholdExpression(model)
	default:
		err = fmt.Errorf("expressions of type %q are not evaluated here: use math, reduce or threshold", model.Type)
	}
	if err != nil {
		return expression{}, fmt.Errorf("failed to parse expression [%s]: %w", q.RefID, err)
	}
	if slices.Contains(parsed.needs, q.RefID) {
		return expression{}, fmt.Errorf("expression '%s' cannot reference itself. Must be query or another expression", q.RefID)
	}
	return parsed, nil
}

func mathExpression(model expressionModel) (expression, error) {
	parsed, err := parseMath(model.Expression)
	if err != nil {
		return expression{}, err
	}
	return expression{needs: parsed.vars, run: func(vars map[string][]value) ([]value, error) {
		return parsed.root.eval(vars), nil
	}}, nil
}

// reference is the refId that a reduce or threshold expression reads.
func (m expressionModel) reference() (string, error) {
	refID := strings.Trim(strings.TrimSpace(m.Expression), "${}")
	if refID == "" {
		return "", errors.New("no variable specified to reference: name a refId as expression")
	}
	return refID, nil
}

func reduceExpression(model expressionModel) (expression, error) {
	refID, err := model.reference()
	if err != nil {
		return expression{}, err
	}
	reduce, known := reducers[model.Reducer]
	if !known {
		return expression{}, fmt.Errorf("reduction %q is not implemented", model.Reducer)
	}
	mapper, output, err := model.nonNumbers()
	if err != nil {
		return expression{}, err
	}
	return expression{needs: []string{refID}, run: func(vars map[string][]value) ([]value, error) {
		var results []value
		for _, v := range vars[refID] {
			switch v.kind {
			case kindNoData:
				results = append(results, v)
			case kindSeries:
				numbers := make([]*float64, 0, len(v.points))
				for _, p := range v.points {
					if f, keep := mapper(p.Value); keep {
						numbers = append(numbers, f)
					}
				}
				results = append(results, value{kind: kindNumber, labels: v.labels, number: output(reduce(numbers))})
			case kindNumber:
				if f, keep := mapper(v.number); keep {
					results = append(results, value{kind: kindNumber, labels: v.labels, number: f})
				}
			default:
				return nil, errors.New("can only reduce type series or number, got type scalar")
			}
		}
		return results, nil
	}}, nil
}

// nonNumbers returns what settings.mode makes of null, NaN and infinities before a reduction, and of a NaN after it.
func (m expressionModel) nonNumbers() (mapper func(*float64) (*float64, bool), output each, err error) {
	mode := ""
	if m.Settings != nil {
		mode = m.Settings.Mode
	}
	switch mode {
	case "":
		return func(f *float64) (*float64, bool) { return f, true }, func(f *float64) *float64 { return f }, nil
	case "dropNN":
		return func(f *float64) (*float64, bool) { return f, isNumber(f) }, nanTo(nil), nil
	case "replaceNN":
		with := m.Settings.ReplaceWithValue
		if with == nil {
			return nil, nil, errors.New("setting replaceWithValue must be specified when mode is 'replaceNN'")
		}
		return func(f *float64) (*float64, bool) {
			if isNumber(f) {
				return f, true
			}
			return with, true
		}, nanTo(with), nil
	}
	return nil, nil, fmt.Errorf("reduce mode %q is unknown: use dropNN, replaceNN or none", mode)
}

func nanTo(with *float64) each {
	return func(f *float64) *float64 {
		if f != nil && math.IsNaN(*f) {
			return with
		}
		return f
	}
}

// reducers make one number of a series' numbers. Except for last and count, one null or NaN makes the result NaN.
var reducers = map[string]func([]*float64) *float64{
	"count": func(numbers []*float64) *float64 { return pointer(float64(len(numbers))) },
	"last": func(numbers []*float64) *float64 {
		if len(numbers) == 0 {
			return pointer(math.NaN())
		}
		return numbers[len(numbers)-1]
	},
	"sum":    whole(sum),
	"mean":   whole(func(n []float64) float64 { return sum(n) / float64(len(n)) }),
	"min":    whole(func(n []float64) float64 { return extreme(n, slices.Min[[]float64]) }),
	"max":    whole(func(n []float64) float64 { return extreme(n, slices.Max[[]float64]) }),
	"median": whole(median),
}

func whole(reduce func([]float64) float64) func([]*float64) *float64 {
	return func(numbers []*float64) *float64 {
		all := make([]float64, len(numbers))
		for i, f := range numbers {
			if f == nil || math.IsNaN(*f) {
				return pointer(math.NaN())
			}
			all[i] = *f
		}
		return pointer(reduce(all))
	}
}

func sum(numbers []float64) float64 {
	var total float64
	for _, f := range numbers {
		total += f
	}
	return total
}

func extreme(numbers []float64, find func([]float64) float64) float64 {
	if len(numbers) == 0 {
		return math.NaN()
	}
	return find(numbers)
}

func median(numbers []float64) float64 {
	if len(numbers) == 0 {
		return math.NaN()
	}
	slices.Sort(numbers)
	middle := len(numbers) / 2
	if len(numbers)%2 == 0 {
		return (numbers[middle-1] + numbers[middle]) / 2
	}
	return numbers[middle]
}

// threshold is a comparison with one or two bounds.
type threshold struct {
	bounds int
	holds  func(f float64, bounds []float64) bool
}

var thresholds = map[string]threshold{
	"gt":                     {1, func(f float64, b []float64) bool { return f > b[0] }},
	"lt":                     {1, func(f float64, b []float64) bool { return f < b[0] }},
	"eq":                     {1, func(f float64, b []float64) bool { return f == b[0] }},
	"ne":                     {1, func(f float64, b []float64) bool { return f != b[0] }},
	"gte":                    {1, func(f float64, b []float64) bool { return f >= b[0] }},
	"lte":                    {1, func(f float64, b []float64) bool { return f <= b[0] }},
	"within_range":           {2, func(f float64, b []float64) bool { return f > b[0] && f < b[1] }},
	"outside_range":          {2, func(f float64, b []float64) bool { return f < b[0] || f > b[1] }},
	"within_range_included":  {2, func(f float64, b []float64) bool { return f >= b[0] && f <= b[1] }},
	"outside_range_included": {2, func(f float64, b []float64) bool { return f <= b[0] || f >= b[1] }},
}

func thresholdExpression(model expressionModel) (expression, error) {
	refID, err := model.reference()
	if err != nil {
		return expression{}, err
	}
	if len(model.Conditions) != 1 {
		return expression{}, errors.New("threshold expression requires exactly one condition")
	}
	condition := model.Conditions[0]
	if len(condition.UnloadEvaluator) > 0 && string(condition.UnloadEvaluator) != "null" {
		return expression{}, errors.New("recovery thresholds are not evaluated here: leave out unloadEvaluator")
	}
	compare, known := thresholds[condition.Evaluator.Type]
	if !known {
		return expression{}, fmt.Errorf("invalid condition: there is no threshold function %q", condition.Evaluator.Type)
	}
	bounds := condition.Evaluator.Params
	if len(bounds) < compare.bounds {
		return expression{}, fmt.Errorf("invalid condition: incorrect number of arguments for threshold function '%s': got %d but need %d",
			condition.Evaluator.Type, len(bounds), compare.bounds)
	}
	return expression{needs: []string{refID}, run: func(vars map[string][]value) ([]value, error) {
		results := make([]value, len(vars[refID]))
		for i, v := range vars[refID] {
			results[i] = v.apply(func(f *float64) *float64 {
				if f == nil {
					return nil
				}
				return pointer(truth(compare.holds(*f, bounds)))
			})
		}
		return results, nil
	}}, nil
}
