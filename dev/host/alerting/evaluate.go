package alerting

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// result is what one evaluation says of one alert instance, before the rule's states are looked at.
type result struct {
	labels map[string]string
	state  State
	err    error
	// refID and source are the query that failed, if one did.
	refID, source string
	// captures are the numbers of each refId whose labels fit the instance.
	captures map[string]capture
	at       time.Time
}

// capture is the number of one refId; nil is null.
type capture struct {
	labels map[string]string
	number *float64
}

// queryError is the failure of a query to a data source.
type queryError struct {
	refID, source string
	err           error
}

func (e *queryError) Error() string {
	return fmt.Sprintf("[sse.dataQueryError] failed to execute query [%s]: %s", e.refID, e.err)
}

func (e *queryError) Unwrap() error { return e.err }

// pipeline is a rule's queries and expressions in an order in which each finds what it reads.
type pipeline struct {
	order       []DataQuery
	expressions map[string]expression
}

func newPipeline(rule Rule) (pipeline, error) {
	p := pipeline{expressions: map[string]expression{}}
	if len(rule.Data) == 0 {
		return p, errors.New("expression list is empty. must be at least 1 expression")
	}
	if rule.Condition == "" {
		return p, errors.New("condition must not be empty")
	}
	queries := map[string]DataQuery{}
	for _, q := range rule.Data {
		if _, twice := queries[q.RefID]; twice {
			return p, fmt.Errorf("refId %s is used twice: give each query its own", q.RefID)
		}
		queries[q.RefID] = q
		if q.DatasourceUID != expressionDataSource {
			continue
		}
		parsed, err := parseExpression(q)
		if err != nil {
			return p, err
		}
		p.expressions[q.RefID] = parsed
	}
	if _, ok := queries[rule.Condition]; !ok {
		return p, fmt.Errorf("condition %s does not exist, must be one of %v", rule.Condition, slices.Sorted(maps.Keys(queries)))
	}
	placed, onPath := map[string]bool{}, map[string]bool{}
	for _, q := range rule.Data {
		if err := p.place(q, queries, placed, onPath); err != nil {
			return p, err
		}
	}
	return p, nil
}

// place appends a query to the order, after what it reads.
func (p *pipeline) place(q DataQuery, queries map[string]DataQuery, placed, onPath map[string]bool) error {
	if placed[q.RefID] {
		return nil
	}
	if onPath[q.RefID] {
		return fmt.Errorf("expression %s depends on itself through other expressions: break the cycle", q.RefID)
	}
	onPath[q.RefID] = true
	for _, need := range p.expressions[q.RefID].needs {
		needed, ok := queries[need]
		if !ok {
			return fmt.Errorf("expression %s: unable to find dependent node '%s'", q.RefID, need)
		}
		if err := p.place(needed, queries, placed, onPath); err != nil {
			return err
		}
	}
	placed[q.RefID] = true
	p.order = append(p.order, q)
	return nil
}

// evaluate runs a rule's queries and expressions and reads its condition.
func evaluate(ctx context.Context, query QueryFunc, rule Rule, at time.Time) []result {
	p, err := newPipeline(rule)
	if err != nil {
		return []result{{state: Error, err: err, at: at}}
	}
	vars, failed := map[string][]value{}, map[string]error{}
	missing := map[string][]string{} // data source => refIds without data
	for _, q := range p.order {
		parsed, isExpression := p.expressions[q.RefID]
		if !isExpression {
			from := at.Add(-time.Duration(q.RelativeTimeRange.From) * time.Second)
			to := at.Add(-time.Duration(q.RelativeTimeRange.To) * time.Second)
			series, err := query(ctx, q, from, to)
			if err != nil {
				failed[q.RefID] = &queryError{refID: q.RefID, source: q.DatasourceUID, err: err}
				continue
			}
			vars[q.RefID] = fromSeries(series)
			if isNoData(vars[q.RefID]) {
				missing[q.DatasourceUID] = append(missing[q.DatasourceUID], q.RefID)
			}
			continue
		}
		// What reads a failed query fails with that query's error, which is the one that Grafana reports.
		if i := slices.IndexFunc(parsed.needs, func(need string) bool { return failed[need] != nil }); i >= 0 {
			failed[q.RefID] = failed[parsed.needs[i]]
			continue
		}
		if vars[q.RefID], err = parsed.run(vars); err != nil {
			failed[q.RefID] = fmt.Errorf("expression %s: %w", q.RefID, err)
		}
	}
	return read(rule, vars, failed[rule.Condition], missing, at)
}

// read turns the values of the condition into results. A query without data makes the whole rule have none, even
// one that the condition does not read; a query that failed counts only if the condition needs it.
func read(rule Rule, vars map[string][]value, failure error, missing map[string][]string, at time.Time) []result {
	if failure != nil {
		r := result{state: Error, err: failure, at: at}
		if cause := (*queryError)(nil); errors.As(failure, &cause) {
			r.refID, r.source = cause.refID, cause.source
		}
		return []result{r}
	}
	var results []result
	for _, source := range slices.Sorted(maps.Keys(missing)) {
		slices.Sort(missing[source])
		labels := map[string]string{"datasource_uid": source, "ref_id": strings.Join(missing[source], ",")}
		results = append(results, result{labels: labels, state: NoData, at: at})
	}
	if len(results) > 0 {
		return results
	}
	if len(vars[rule.Condition]) == 0 {
		return []result{{state: NoData, at: at}}
	}
	seen := map[string]bool{}
	for _, v := range vars[rule.Condition] {
		r := result{labels: v.labels, at: at, captures: captures(vars, v.labels)}
		switch {
		case v.kind == kindSeries:
			r.state, r.err = Error, fmt.Errorf("invalid format of evaluation results for the alert definition %s: "+
				"looks like time series data, only reduced data can be alerted on", rule.Condition)
			r.labels = nil
		case v.kind == kindNoData || v.number == nil:
			r.state = NoData
		case *v.number == 0:
			r.state = Normal
		default: // NaN included
			r.state = Alerting
		}
		key := labelKey(r.labels)
		if seen[key] {
			return []result{{labels: r.labels, state: Error, at: at, err: fmt.Errorf("invalid format of evaluation results for the alert "+
				"definition %s: frame cannot uniquely be identified by its labels: has duplicate results with labels {%s}", rule.Condition, key)}}
		}
		seen[key] = true
		results = append(results, r)
	}
	return results
}

// captures are the numbers whose labels equal the instance's, or contain them, or are contained in them.
func captures(vars map[string][]value, labels map[string]string) map[string]capture {
	found := map[string]capture{}
	for refID, values := range vars {
		exact := false
		for _, v := range values {
			if v.kind != kindNumber && v.kind != kindScalar || exact {
				continue
			}
			if _, fits := join(labels, v.labels); fits {
				exact = len(labels) == len(v.labels)
				found[refID] = capture{labels: v.labels, number: v.number}
			}
		}
	}
	return found
}

// valueString writes captures as Grafana's $value.
func valueString(captures map[string]capture) string {
	parts := make([]string, 0, len(captures))
	for _, refID := range slices.Sorted(maps.Keys(captures)) {
		number := "null"
		if c := captures[refID]; c.number != nil {
			number = strconv.FormatFloat(*c.number, 'g', -1, 64)
		}
		parts = append(parts, fmt.Sprintf("[ var='%s' labels={%s} value=%s ]", refID, labelKey(captures[refID].labels), number))
	}
	return strings.Join(parts, ", ")
}
