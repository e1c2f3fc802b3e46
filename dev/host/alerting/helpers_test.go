package alerting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is the instant that evaluations in tests count from.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

var errSource = errors.New("connection refused")

// number is an instant result with labels in pairs.
func number(f float64, labels ...string) Series {
	return Series{Value: &f, Labels: pairs(labels)}
}

func null(labels ...string) Series { return Series{Labels: pairs(labels)} }

// points is a range result, a minute apart; NaN in it stays NaN.
func points(labels map[string]string, numbers ...float64) Series {
	s := Series{Labels: labels, Points: []Point{}}
	for i, f := range numbers {
		s.Points = append(s.Points, Point{Time: noon.Add(time.Duration(i) * time.Minute), Value: &f})
	}
	return s
}

func pairs(texts []string) map[string]string {
	labels := map[string]string{}
	for i := 0; i+1 < len(texts); i += 2 {
		labels[texts[i]] = texts[i+1]
	}
	return labels
}

func query(refID string) DataQuery {
	return DataQuery{RefID: refID, DatasourceUID: "prom", RelativeTimeRange: RelativeTimeRange{From: 600}, Model: json.RawMessage(`{}`)}
}

func mathQuery(refID, text string) DataQuery {
	model, _ := json.Marshal(map[string]string{"refId": refID, "type": "math", "expression": text})
	return DataQuery{RefID: refID, DatasourceUID: expressionDataSource, Model: model}
}

func reduceQuery(refID, of, reducer, settings string) DataQuery {
	return DataQuery{RefID: refID, DatasourceUID: expressionDataSource, Model: json.RawMessage(fmt.Sprintf(
		`{"type":"reduce","expression":%q,"reducer":%q,"settings":%s}`, of, reducer, settings))}
}

func thresholdQuery(refID, of, kind, params string) DataQuery {
	return DataQuery{RefID: refID, DatasourceUID: expressionDataSource, Model: json.RawMessage(fmt.Sprintf(
		`{"type":"threshold","expression":%q,"conditions":[{"evaluator":{"type":%q,"params":%s}}]}`, of, kind, params))}
}

// above1 is a rule on A > 1, evaluated each minute.
func above1(change func(*RuleWithGroup)) RuleWithGroup {
	rule := RuleWithGroup{
		Rule: Rule{
			UID: "rule", OrgID: 1, FolderUID: "folder", RuleGroup: "group", Title: "Too much", Condition: "C",
			Data: []DataQuery{query("A"), mathQuery("C", "$A > 1")}, NoDataState: "NoData", ExecErrState: "Error",
		},
		FolderTitle: "Shop", Interval: time.Minute,
	}
	if change != nil {
		change(&rule)
	}
	return rule
}

// bench is a scheduler on answers that a test sets.
type bench struct {
	*Scheduler

	mu          sync.Mutex
	rules       []RuleWithGroup
	points      []ContactPoint
	answer      []Series
	failure     error
	transitions []Transition
	ranges      []time.Time
}

func newBench(t *testing.T, rules ...RuleWithGroup) *bench {
	t.Helper()
	b := &bench{rules: rules}
	var err error
	b.Scheduler, err = New(Config{
		Rules: func() []RuleWithGroup { return b.rules },
		Query: func(_ context.Context, _ DataQuery, from, to time.Time) ([]Series, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.ranges = append(b.ranges, from, to)
			return b.answer, b.failure
		},
		ContactPoints: func() []ContactPoint { return b.points },
		ExternalURL:   "http://grafana.example/sub",
		OnTransition:  func(tr Transition) { b.transitions = append(b.transitions, tr) },
		Logger:        hclog.NewNullLogger(),
	})
	require.NoError(t, err)
	return b
}

// at evaluates so many minutes after noon and returns the states of the rule's instances.
func (b *bench) at(minute float64, answer ...Series) []string {
	b.mu.Lock()
	b.answer = answer
	b.mu.Unlock()
	b.EvaluateAt(context.Background(), noon.Add(time.Duration(minute*float64(time.Minute))))
	var states []string
	for _, a := range b.States()[0].Alerts {
		states = append(states, a.State)
	}
	return states
}

// fails evaluates with a source that cannot be reached.
func (b *bench) fails(minute float64) []string {
	b.mu.Lock()
	b.failure = errSource
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.failure = nil
		b.mu.Unlock()
	}()
	return b.at(minute)
}

// steps are the recorded changes of state.
func (b *bench) steps() []string {
	var steps []string
	for _, tr := range b.transitions {
		steps = append(steps, tr.From+" -> "+tr.To)
	}
	return steps
}
