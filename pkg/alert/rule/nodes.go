package rule

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/slo"
	"github.com/burnline/grafana-slo-app/pkg/source/prometheus"
)

// lookback is the time range of queries that carry their windows themselves.
const lookback = 10 * time.Minute

type dataSourceRef struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// promQuery is what Grafana's editor saves for an instant query.
type promQuery struct {
	RefID      string        `json:"refId"`
	DataSource dataSourceRef `json:"datasource"`
	EditorMode string        `json:"editorMode"`
	Expr       string        `json:"expr"`
	Instant    bool          `json:"instant"`
	Range      bool          `json:"range"`
}

// ledgerQuery is a query of type alert (docs/frames.md).
type ledgerQuery struct {
	RefID      string        `json:"refId"`
	DataSource dataSourceRef `json:"datasource"`
	QueryType  string        `json:"queryType"`
	SLOs       []string      `json:"slos,omitempty"`
	Value      string        `json:"value"`
	Windows    []string      `json:"windows,omitempty"`
	Absence    alert.Absence `json:"absence,omitempty"`
	// Otherwise is what an unknown number counts as. Without it the data source gives none, and then the whole rule
	// has no data: to Grafana one query without data is enough, even one that the condition does not read.
	Otherwise *float64 `json:"otherwise,omitempty"`
}

// expression is a node of Grafana's server-side expressions.
type expression struct {
	RefID      string        `json:"refId"`
	DataSource dataSourceRef `json:"datasource"`
	Type       string        `json:"type"`
	Expression string        `json:"expression"`
	Reducer    string        `json:"reducer,omitempty"`
	Settings   *struct {
		Mode string `json:"mode"`
	} `json:"settings,omitempty"`
}

var expressionSource = dataSourceRef{Type: ExpressionUID, UID: ExpressionUID}

func reduce(refID, of string) Query {
	model := expression{RefID: refID, DataSource: expressionSource, Type: "reduce", Expression: of, Reducer: "last", Settings: &struct {
		Mode string `json:"mode"`
	}{}}
	return Query{RefID: refID, DataSource: ExpressionUID, Model: encode(model)}
}

func math(refID, text string) Query {
	return Query{RefID: refID, DataSource: ExpressionUID, Model: encode(expression{RefID: refID, DataSource: expressionSource, Type: "math", Expression: text})}
}

func prom(refID string, source slo.SourceRef, expr string) Query {
	model := promQuery{RefID: refID, DataSource: dataSourceRef{source.Type, source.UID}, EditorMode: "code", Expr: expr, Instant: true}
	return Query{RefID: refID, DataSource: source.UID, From: lookback, Model: encode(model)}
}

func (b *builder) ledger(refID, sloID string, q ledgerQuery) Query {
	q.RefID, q.QueryType, q.DataSource = refID, "alert", dataSourceRef{"burnline-slo-datasource", b.Ledger}
	if sloID != "" {
		q.SLOs = []string{sloID}
	}
	return Query{RefID: refID, DataSource: b.Ledger, From: lookback, Model: encode(q)}
}

// encode is for types that JSON can always express. Comparisons stay readable: > and not \u003e.
func encode(model any) json.RawMessage {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(model); err != nil {
		panic(fmt.Sprintf("rules: a query model can't be written as JSON: %v", err))
	}
	return bytes.TrimSpace(out.Bytes())
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// comparison is the burn-rate decision over the reduced nodes: both windows, and enough events. To Grafana any result
// but 0 fires, NaN too, and a window without an event burns at 0/0: hence the guards, which come first because
// && stops at a 0 before it looks for NaN.
func comparison(c alert.Condition) string {
	op := ">"
	if c.Row.Inclusive {
		op = ">="
	}
	text := fmt.Sprintf("!is_nan($C) && !is_nan($D) && $C %s %s && $D %s %s", op, decimal(c.Rate), op, decimal(c.Rate))
	if c.MinimumEvents > 0 {
		text += " && $M >= " + decimal(c.MinimumEvents)
	}
	return text
}

// directNodes ask Prometheus. A source that fails does not resolve a page: the last state stays. One that holds no series any more
// ends it, as a window without events does. The absence rule, which asks the same source, tells of both.
func (b *builder) directNodes(r *Rule, p alert.Plan, c alert.Condition) error {
	d := p.Definition
	if c.Kind == alert.KindAbsence {
		sums, err := prometheus.AlertSums(d.Indicator, alert.AbsenceWindow)
		if err != nil {
			return err
		}
		decision := "$B <= 0"
		r.NoData, r.Error, r.Condition = StateAlerting, StateAlerting, "C"
		if c.Absence == alert.AbsenceSource {
			decision, r.NoData = "$B < 0", StateOK
		}
		r.Data = []Query{prom("A", d.Source, sums.Total), reduce("B", "A"), math("C", decision)}
		return nil
	}
	long, err := prometheus.BurnRate(d.Indicator, d.Target, c.Row.Long)
	if err != nil {
		return err
	}
	short, err := prometheus.BurnRate(d.Indicator, d.Target, c.Row.Short)
	if err != nil {
		return err
	}
	r.Data = []Query{prom("A", d.Source, long), prom("B", d.Source, short)}
	if c.MinimumEvents > 0 {
		sums, err := prometheus.AlertSums(d.Indicator, c.Row.Long)
		if err != nil {
			return err
		}
		r.Data = append(r.Data, prom("N", d.Source, sums.Total))
	}
	r.NoData, r.Error = StateOK, StateKeepLast
	b.burnExpressions(r, p, c)
	return nil
}

// burnExpressions reduce A, B and N, decide in E, and compute for the summary: P is the percentage of the budget that
// went in the long window, T the hours that a full budget lasts at this rate, U the days.
// T is finite without a burn, too: state histories in Loki leave out changes with infinite values.
func (b *builder) burnExpressions(r *Rule, p alert.Plan, c alert.Condition) {
	r.Data = append(r.Data, reduce("C", "A"), reduce("D", "B"))
	if c.MinimumEvents > 0 {
		r.Data = append(r.Data, reduce("M", "N"))
	}
	window := int64(p.Objective.Window / time.Second)
	r.Data = append(r.Data,
		math("P", fmt.Sprintf("$C * %d / %d", 100*int64(c.Row.Long/time.Second), window)),
		math("T", fmt.Sprintf("%d / 3600 / ($C + 0.000001)", window)),
		math("U", "$T / 24"),
		math("E", comparison(c)))
	r.Condition = "E"
}

// ledgerNodes ask Burnline's own data source. It gives no value for what it does not know, and then the last
// state stays.
func (b *builder) ledgerNodes(r *Rule, p alert.Plan, c alert.Condition) {
	id := p.Definition.ID
	r.NoData, r.Error = StateKeepLast, StateKeepLast
	switch c.Kind {
	case alert.KindBurn:
		long, short := []string{alert.DurationText(c.Row.Long)}, []string{alert.DurationText(c.Row.Short)}
		r.Data = []Query{b.ledger("A", id, ledgerQuery{Value: "burn", Windows: long}), b.ledger("B", id, ledgerQuery{Value: "burn", Windows: short})}
		if c.MinimumEvents > 0 {
			r.Data = append(r.Data, b.ledger("N", id, ledgerQuery{Value: "events", Windows: long}))
		}
		r.Data = append(r.Data, b.outlook(id, false)...)
		b.burnExpressions(r, p, c)
	case alert.KindConsumed:
		r.Data = append([]Query{b.ledger("A", id, ledgerQuery{Value: "consumed"}), reduce("C", "A"), math("P", "$C * 100")}, b.outlook(id, false)...)
		r.Data = append(r.Data, math("E", "$C >= "+decimal(c.Share)))
		r.Condition = "E"
	case alert.KindForecast:
		r.Data = append(b.outlook(id, true), math("E", "$H <= "+decimal(c.Horizon.Hours())))
		r.Condition = "E"
	case alert.KindAbsence:
		r.Data = []Query{b.ledger("A", id, ledgerQuery{Value: "absence", Absence: c.Absence}), reduce("B", "A"), math("C", "$B > 0")}
		r.Condition, r.Error = "C", StateAlerting
	case alert.KindStale:
	}
}

// never is what the ledger gives for a time that has no end, and, negative, what stands for an unknown rest of the budget.
const never = 1e6

// outlook reads what is left of the budget (L; Q in percent) and how many hours it is expected to last (H; V in days).
// Both are unknown until the history of the whole window was read. What the summary alone says must not keep a burn from
// firing until then; what decides must be known.
func (b *builder) outlook(id string, decides bool) []Query {
	unknown, endless := -never, never
	rest := ledgerQuery{Value: "remaining", Otherwise: &unknown}
	ahead := ledgerQuery{Value: "exhaustion_hours", Otherwise: &endless}
	if decides {
		ahead.Otherwise = nil
	}
	return []Query{
		b.ledger("R", id, rest), reduce("L", "R"), math("Q", "$L * 100"),
		b.ledger("X", id, ahead), reduce("H", "X"), math("V", "$H / 24"),
	}
}

// oneLine keeps a query readable in a notification.
func oneLine(query string) string { return strings.Join(strings.Fields(query), " ") }
