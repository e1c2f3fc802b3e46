package alerting

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// answers is a QueryFunc over fixed answers by refId.
func answers(by map[string][]Series) QueryFunc {
	return func(_ context.Context, q DataQuery, _, _ time.Time) ([]Series, error) {
		series, ok := by[q.RefID]
		if !ok {
			return nil, errSource
		}
		return series, nil
	}
}

// text writes values such as {a=1} 5, sorted as they came.
func text(values []value) []string {
	var all []string
	for _, v := range values {
		switch v.kind {
		case kindNoData:
			all = append(all, "no data")
		case kindSeries:
			line := "{" + labelKey(v.labels) + "}"
			for _, p := range v.points {
				line += " " + floatText(p.Value)
			}
			all = append(all, line)
		default:
			all = append(all, fmt.Sprintf("{%s} %s", labelKey(v.labels), floatText(v.number)))
		}
	}
	return all
}

func floatText(f *float64) string {
	if f == nil {
		return "null"
	}
	return fmt.Sprint(*f)
}

func TestMathExpressions(t *testing.T) {
	nan := math.NaN()
	a1, b1 := map[string]string{"pod": "1"}, map[string]string{"pod": "2"}
	vars := func(by map[string][]Series) map[string][]value {
		values := map[string][]value{}
		for refID, series := range by {
			values[refID] = fromSeries(series)
		}
		return values
	}
	tests := map[string]struct {
		expression string
		vars       map[string][]Series
		want       []string
	}{
		"multiplication binds tighter than addition":           {"1 + 2 * 3", nil, []string{"{} 7"}},
		"equal operators join to the left":                     {"10 - 4 - 3", nil, []string{"{} 3"}},
		"parentheses come first":                               {"(1 + 2) * 3", nil, []string{"{} 9"}},
		"power binds tighter than multiplication":              {"2 * 3 ** 2", nil, []string{"{} 18"}},
		"the remainder keeps the sign of the dividend":         {"-7 % 3", nil, []string{"{} -1"}},
		"and binds tighter than or":                            {"1 || 0 && 0", nil, []string{"{} 1"}},
		"comparisons are numbers":                              {"(2 > 1) + (1 >= 2) + (3 != 4)", nil, []string{"{} 2"}},
		"not turns 0 into 1":                                   {"!0 + !5", nil, []string{"{} 1"}},
		"minus applies to the factor next to it":               {"-2 + 3", nil, []string{"{} 1"}},
		"numbers may have exponents and be hexadecimal":        {"1.5e2 + 0xff + .5", nil, []string{"{} 405.5"}},
		"variables may be written in braces":                   {"${A} + $A", map[string][]Series{"A": {number(2)}}, []string{"{} 4"}},
		"a comparison with NaN is NaN":                         {"$A > 1", map[string][]Series{"A": {number(nan)}}, []string{"{} NaN"}},
		"a false left side of and decides in spite of NaN":     {"0 && $A", map[string][]Series{"A": {number(nan)}}, []string{"{} 0"}},
		"a true left side of or decides in spite of NaN":       {"1 || $A", map[string][]Series{"A": {number(nan)}}, []string{"{} 1"}},
		"NaN on the left of and is NaN":                        {"$A && 0", map[string][]Series{"A": {number(nan)}}, []string{"{} NaN"}},
		"NaN on the left of or counts as true":                 {"$A || 0", map[string][]Series{"A": {number(nan)}}, []string{"{} 1"}},
		"an operation with null is null":                       {"$A + 1", map[string][]Series{"A": {null()}}, []string{"{} null"}},
		"is_nan finds NaN":                                     {"is_nan($A)", map[string][]Series{"A": {number(nan)}}, []string{"{} 1"}},
		"is_inf finds a division by zero":                      {"is_inf($A / 0)", map[string][]Series{"A": {number(1)}}, []string{"{} 1"}},
		"is_null finds null":                                   {"is_null($A)", map[string][]Series{"A": {null()}}, []string{"{} 1"}},
		"is_number refuses NaN, null and infinities":           {"is_number($A) + is_number(inf()) + is_number(5)", map[string][]Series{"A": {number(nan)}}, []string{"{} 1"}},
		"abs, round, ceil and floor work on numbers":           {"abs(-1.4) + round(2.5) + ceil(0.1) + floor(0.9)", nil, []string{"{} 5.4"}},
		"no data on one side is no data":                       {"$A + $B", map[string][]Series{"A": {number(1)}, "B": nil}, []string{"no data"}},
		"items of equal labels are joined":                     {"$A - $B", map[string][]Series{"A": {number(5, "pod", "1"), number(7, "pod", "2")}, "B": {number(1, "pod", "2"), number(2, "pod", "1")}}, []string{"{pod=1} 3", "{pod=2} 6"}},
		"an item without a partner is dropped":                 {"$A + $B", map[string][]Series{"A": {number(5, "pod", "1"), number(7, "pod", "2")}, "B": {number(1, "pod", "2")}}, []string{"{pod=2} 8"}},
		"an item without labels joins each":                    {"$A / $B", map[string][]Series{"A": {number(4, "pod", "1"), number(8, "pod", "2")}, "B": {number(4)}}, []string{"{pod=1} 1", "{pod=2} 2"}},
		"more labels contain fewer":                            {"$A + $B", map[string][]Series{"A": {number(1, "pod", "1")}, "B": {number(2, "pod", "1", "zone", "x"), number(3, "pod", "2", "zone", "x")}}, []string{"{pod=1, zone=x} 3"}},
		"one item a side is joined whatever its labels":        {"$A + $B", map[string][]Series{"A": {number(1, "pod", "1")}, "B": {number(2, "job", "x")}}, []string{"{} 3"}},
		"series are joined on their times":                     {"$A + $B", map[string][]Series{"A": {points(a1, 1, 2, 3)}, "B": {points(a1, 10, 20)}}, []string{"{pod=1} 11 22"}},
		"a series and a number give a series":                  {"$A > 1", map[string][]Series{"A": {points(b1, 1, 2)}}, []string{"{pod=2} 0 1"}},
		"the burn condition holds only over both windows":      {"$C > 14.4 && $D > 14.4 && $M >= 100", map[string][]Series{"C": {number(20)}, "D": {number(15)}, "M": {number(100)}}, []string{"{} 1"}},
		"the burn condition fails if the short window is calm": {"$C > 14.4 && $D > 14.4", map[string][]Series{"C": {number(20)}, "D": {number(1)}}, []string{"{} 0"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			parsed, err := parseMath(test.expression)
			require.NoError(t, err)
			require.Equal(t, test.want, text(parsed.root.eval(vars(test.vars))))
		})
	}
}

func TestMathExpressionsThatCannotBeRead(t *testing.T) {
	for name, test := range map[string]struct{ expression, want string }{
		"an expression that ends early":         {"$A >", "ends too early"},
		"two numbers without operator":          {"1 2", `unexpected "2"`},
		"an open parenthesis":                   {"(1", "ends too early"},
		"a function that there is not":          {"sqrt(4)", `no function "sqrt"`},
		"a character that the language has not": {"1 ; 2", "unexpected"},
		"nothing at all":                        {"", "ends too early"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			_, err := parseMath(test.expression)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestReduceAndThreshold(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	labels := map[string]string{"pod": "1"}
	tests := map[string]struct {
		input []Series
		query DataQuery
		want  []string
	}{
		"last takes the newest point":                                       {[]Series{points(labels, 1, 5, 3)}, reduceQuery("B", "A", "last", `{"mode":""}`), []string{"{pod=1} 3"}},
		"mean divides by the number of points":                              {[]Series{points(labels, 1, 5, 3)}, reduceQuery("B", "A", "mean", `null`), []string{"{pod=1} 3"}},
		"min finds the least":                                               {[]Series{points(labels, 4, 1, 3)}, reduceQuery("B", "A", "min", `null`), []string{"{pod=1} 1"}},
		"max finds the greatest":                                            {[]Series{points(labels, 4, 1, 3)}, reduceQuery("B", "A", "max", `null`), []string{"{pod=1} 4"}},
		"sum adds up":                                                       {[]Series{points(labels, 4, 1, 3)}, reduceQuery("B", "$A", "sum", `null`), []string{"{pod=1} 8"}},
		"count counts NaN as well":                                          {[]Series{points(labels, 4, nan, 3)}, reduceQuery("B", "A", "count", `null`), []string{"{pod=1} 3"}},
		"one NaN makes the sum NaN":                                         {[]Series{points(labels, 4, nan, 3)}, reduceQuery("B", "A", "sum", `null`), []string{"{pod=1} NaN"}},
		"dropNN leaves out NaN and infinities":                              {[]Series{points(labels, 4, nan, inf, 3)}, reduceQuery("B", "A", "sum", `{"mode":"dropNN"}`), []string{"{pod=1} 7"}},
		"dropNN of nothing but NaN is null":                                 {[]Series{points(labels, nan)}, reduceQuery("B", "A", "last", `{"mode":"dropNN"}`), []string{"{pod=1} null"}},
		"replaceNN puts its value in place of NaN":                          {[]Series{points(labels, 4, nan)}, reduceQuery("B", "A", "sum", `{"mode":"replaceNN","replaceWithValue":10}`), []string{"{pod=1} 14"}},
		"the last of an empty series is NaN":                                {[]Series{points(labels)}, reduceQuery("B", "A", "last", `null`), []string{"{pod=1} NaN"}},
		"a number is passed through":                                        {[]Series{number(7, "pod", "1")}, reduceQuery("B", "A", "mean", `null`), []string{"{pod=1} 7"}},
		"dropNN drops a number that is NaN":                                 {[]Series{number(nan, "pod", "1"), number(1, "pod", "2")}, reduceQuery("B", "A", "last", `{"mode":"dropNN"}`), []string{"{pod=2} 1"}},
		"replaceNN replaces a number that is null":                          {[]Series{null("pod", "1")}, reduceQuery("B", "A", "last", `{"mode":"replaceNN","replaceWithValue":0}`), []string{"{pod=1} 0"}},
		"no data stays no data":                                             {nil, reduceQuery("B", "A", "last", `null`), []string{"no data"}},
		"gt is strict":                                                      {[]Series{number(1, "pod", "1"), number(2, "pod", "2")}, thresholdQuery("B", "A", "gt", `[1]`), []string{"{pod=1} 0", "{pod=2} 1"}},
		"gte holds at the bound":                                            {[]Series{number(1)}, thresholdQuery("B", "A", "gte", `[1]`), []string{"{} 1"}},
		"lt is strict":                                                      {[]Series{number(1)}, thresholdQuery("B", "A", "lt", `[1]`), []string{"{} 0"}},
		"lte holds at the bound":                                            {[]Series{number(1)}, thresholdQuery("B", "A", "lte", `[1]`), []string{"{} 1"}},
		"within_range leaves out its bounds":                                {[]Series{number(1, "n", "1"), number(2, "n", "2")}, thresholdQuery("B", "A", "within_range", `[1,3]`), []string{"{n=1} 0", "{n=2} 1"}},
		"outside_range leaves out its bounds":                               {[]Series{number(1, "n", "1"), number(4, "n", "2")}, thresholdQuery("B", "A", "outside_range", `[1,3]`), []string{"{n=1} 0", "{n=2} 1"}},
		"a threshold on NaN does not hold":                                  {[]Series{number(nan)}, thresholdQuery("B", "A", "gt", `[1]`), []string{"{} 0"}},
		"a threshold on null is null":                                       {[]Series{null()}, thresholdQuery("B", "A", "gt", `[1]`), []string{"{} null"}},
		"a threshold keeps each point of a series":                          {[]Series{points(labels, 0, 2)}, thresholdQuery("B", "A", "gt", `[1]`), []string{"{pod=1} 0 1"}},
		"the second bound of gt, which Grafana's editor leaves, is ignored": {[]Series{number(5)}, thresholdQuery("B", "A", "gt", `[1, 0]`), []string{"{} 1"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			parsed, err := parseExpression(test.query)
			require.NoError(t, err)
			values, err := parsed.run(map[string][]value{"A": fromSeries(test.input)})
			require.NoError(t, err)
			require.Equal(t, test.want, text(values))
		})
	}
}

func TestRulesThatCannotBeEvaluated(t *testing.T) {
	unload := DataQuery{RefID: "C", DatasourceUID: expressionDataSource, Model: json.RawMessage(
		`{"type":"threshold","expression":"A","conditions":[{"evaluator":{"type":"gt","params":[1]},"unloadEvaluator":{"type":"lt","params":[1]}}]}`)}
	classic := DataQuery{RefID: "C", DatasourceUID: expressionDataSource, Model: json.RawMessage(`{"type":"classic_conditions"}`)}
	tests := map[string]struct {
		data []DataQuery
		want string
	}{
		"without queries":                          {nil, "must be at least 1 expression"},
		"whose condition names no query":           {[]DataQuery{query("A")}, "condition C does not exist, must be one of [A]"},
		"whose expression names no query":          {[]DataQuery{mathQuery("C", "$X > 1")}, "unable to find dependent node 'X'"},
		"whose expression names itself":            {[]DataQuery{mathQuery("C", "$C > 1")}, "cannot reference itself"},
		"whose expressions form a cycle":           {[]DataQuery{mathQuery("C", "$B"), mathQuery("B", "$C")}, "break the cycle"},
		"with a refId twice":                       {[]DataQuery{query("C"), query("C")}, "used twice"},
		"with a classic condition":                 {[]DataQuery{classic}, `"classic_conditions" are not evaluated here`},
		"with a recovery threshold":                {[]DataQuery{query("A"), unload}, "recovery thresholds are not evaluated here"},
		"with an unknown reducer":                  {[]DataQuery{query("A"), reduceQuery("C", "A", "p99", "null")}, `reduction "p99"`},
		"with too few bounds":                      {[]DataQuery{query("A"), thresholdQuery("C", "A", "within_range", "[1]")}, "got 1 but need 2"},
		"with replaceNN without value":             {[]DataQuery{query("A"), reduceQuery("C", "A", "last", `{"mode":"replaceNN"}`)}, "replaceWithValue"},
		"whose condition is a range of points":     {[]DataQuery{query("C")}, "looks like time series data"},
		"whose condition reads a query that fails": {[]DataQuery{query("X"), mathQuery("B", "$X"), mathQuery("C", "$B")}, "[sse.dataQueryError] failed to execute query [X]: connection refused"},
	}
	for name, test := range tests {
		t.Run("a rule "+name+" is an error that says why", func(t *testing.T) {
			source := answers(map[string][]Series{"A": {number(1)}, "C": {points(nil, 1)}})
			results := evaluate(context.Background(), source, Rule{Condition: "C", Data: test.data}, noon)
			require.Len(t, results, 1)
			require.Equal(t, Error, results[0].state)
			require.ErrorContains(t, results[0].err, test.want)
		})
	}
}

func TestConditions(t *testing.T) {
	data := []DataQuery{mathQuery("C", "$B > 1"), reduceQuery("B", "A", "last", "null"), query("A"), query("Z")}
	tests := map[string]struct {
		by   map[string][]Series
		want []State
	}{
		"0 is normal and another number alerts, whatever the order of the queries": {
			map[string][]Series{"A": {points(map[string]string{"n": "1"}, 0), points(map[string]string{"n": "2"}, 2)}, "Z": {number(1)}}, []State{Normal, Alerting}},
		"NaN alerts":      {map[string][]Series{"A": {number(math.NaN())}, "Z": {number(1)}}, []State{Alerting}},
		"null is no data": {map[string][]Series{"A": {null()}, "Z": {number(1)}}, []State{NoData}},
		"a query without data makes the rule have none, even one that the condition does not read": {
			map[string][]Series{"A": {number(2)}, "Z": nil}, []State{NoData}},
		"a failing query that the condition does not read changes nothing": {map[string][]Series{"A": {number(2)}}, []State{Alerting}},
		"two results of the same labels are an error":                      {map[string][]Series{"A": {number(2), number(3)}, "Z": {number(1)}}, []State{Error}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var states []State
			for _, r := range evaluate(context.Background(), answers(test.by), Rule{Condition: "C", Data: data}, noon) {
				states = append(states, r.state)
			}
			require.Equal(t, test.want, states)
		})
	}
}

func TestBurnRatesOfNoTraffic(t *testing.T) {
	for name, test := range map[string]struct {
		settings, condition string
		want                State
	}{
		"0/0 in both windows alerts, because NaN is not 0":      {`{"mode":""}`, "$C > 14.4 && $D > 14.4", Alerting},
		"0/0 that the reduction replaces by 0 is normal":        {`{"mode":"replaceNN","replaceWithValue":0}`, "$C > 14.4 && $D > 14.4", Normal},
		"0/0 that the condition asks for first is normal":       {`{"mode":""}`, "!is_nan($C) && !is_nan($D) && $C > 14.4 && $D > 14.4", Normal},
		"0/0 under a threshold expression's comparison is calm": {`{"mode":""}`, "", Normal},
	} {
		t.Run(name, func(t *testing.T) {
			condition := mathQuery("E", test.condition)
			if test.condition == "" {
				condition = thresholdQuery("E", "C", "gt", "[14.4]")
			}
			rule := Rule{Condition: "E", Data: []DataQuery{
				query("A"), query("B"), reduceQuery("C", "A", "last", test.settings), reduceQuery("D", "B", "last", test.settings), condition,
			}}
			nothing := []Series{number(math.NaN())}
			results := evaluate(context.Background(), answers(map[string][]Series{"A": nothing, "B": nothing}), rule, noon)
			require.Len(t, results, 1)
			require.Equal(t, test.want, results[0].state)
		})
	}
}

func TestQueriesAreAskedForTheRangeBeforeTheEvaluation(t *testing.T) {
	b := newBench(t, above1(func(r *RuleWithGroup) { r.Data[0].RelativeTimeRange = RelativeTimeRange{From: 600, To: 60} }))
	b.at(0, number(1))
	require.Equal(t, []time.Time{noon.Add(-10 * time.Minute), noon.Add(-time.Minute)}, b.ranges)
}
