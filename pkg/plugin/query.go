package plugin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// QueryType is what a data source query asks for.
type QueryType string

// The query types. Status and alert have one row an SLO; the others are series over the dashboard's time range.
const (
	QueryStatus      QueryType = "status"
	QueryBudget      QueryType = "budget"
	QueryBurnRate    QueryType = "burnrate"
	QuerySLI         QueryType = "sli"
	QueryEvents      QueryType = "events"
	QueryAnnotations QueryType = "annotations"
	QueryAlert       QueryType = "alert"
	QueryBacktest    QueryType = "backtest"
)

var queryTypes = []string{
	string(QueryStatus), string(QueryBudget), string(QueryBurnRate), string(QuerySLI), string(QueryEvents), string(QueryAnnotations), string(QueryAlert), string(QueryBacktest),
}

const (
	// maxSeriesSLOs is how many SLOs one query may draw: more is no longer a graph.
	maxSeriesSLOs = 50
	// maxPoints bounds the points of a series whatever the caller asks, as Prometheus does.
	maxPoints = 11_000
	// defaultPoints is used by callers that do not say how wide they draw, such as alert rules.
	defaultPoints = 1_000
	// maxWindow is the longest burn rate window: the longest SLO window.
	maxWindow = 90 * 24 * time.Hour
)

// queryModel is the JSON of a query as the editor saves it (docs/frames.md).
type queryModel struct {
	QueryType string   `json:"queryType"`
	SLOs      []string `json:"slos"`
	Services  []string `json:"services"`
	// Labels are "key=value": of each key any value must match.
	Labels  []string `json:"labels"`
	Windows []string `json:"windows"`
	// Value is the number that an alert rule is about; other callers get all of them.
	Value string `json:"value"`
	// Absence is "traffic" or "source": what counts as missing for the value "absence".
	Absence string `json:"absence"`
	// Otherwise is the number of an SLO that has none, for the type alert; without it such an SLO has no row.
	Otherwise *float64 `json:"otherwise"`
	// View, Policies and Targets are for a backtest: what to show, and what to try.
	View     string   `json:"view"`
	Policies []string `json:"policies"`
	Targets  []string `json:"targets"`
}

// query is a parsed and checked query.
type query struct {
	RefID     string
	Type      QueryType
	Selection selection
	// Windows are those of a burn rate query; empty for the workbook's.
	Windows []time.Duration
	// From and To are the time range, Step the seconds between two points, a multiple of a bucket.
	From, To time.Time
	Step     int64
	// ForAlert is set when Grafana Alerting asks: it reads one frame only, and takes text for labels.
	ForAlert bool
	// Value is the number that Alerting gets of each SLO, "" for all. Alerting knows results by their labels
	// alone, and refuses two numbers with the same ones.
	Value string
	// Absence is what counts as missing for that value.
	Absence alert.Absence
	// Otherwise is the number of an SLO that has none; nil for no row.
	Otherwise *float64
	// View, Policies and Targets are those of a backtest.
	View     string
	Policies []string
	Targets  []slo.Fraction
}

// alertValues are the numbers that alert rules may be about, of the query types that have several beside
// each other; the first is the default.
var alertValues = map[QueryType][]string{
	QueryStatus: {"remaining", "consumed", "sli", "objective", "burn_1h", "burn_6h", "burn_3d", "bad", "total", "allowed", "coverage", "progress", "lag_seconds"},
	QueryBudget: {"remaining", "sli", "coverage"},
	QueryEvents: {"bad", "good", "total"},
}

// queryError is a mistake of whoever wrote the query, in words that say how to mend it.
type queryError struct {
	status backend.Status
	text   string
}

// Error is the text for the panel.
func (e *queryError) Error() string { return e.text }

func badQuery(format string, args ...any) error {
	return &queryError{status: backend.StatusBadRequest, text: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &queryError{status: backend.StatusNotFound, text: fmt.Sprintf(format, args...)}
}

// parseQuery checks everything about a query that does not need the ledger.
func parseQuery(raw backend.DataQuery) (query, error) {
	var model queryModel
	if len(raw.JSON) > 0 {
		if err := json.Unmarshal(raw.JSON, &model); err != nil {
			return query{}, badQuery("query %s can't be read: %v. Expected an object with queryType and, optionally, the lists slos, services, labels and windows.", raw.RefID, err)
		}
	}
	kind := raw.QueryType
	if kind == "" {
		kind = model.QueryType
	}
	if kind == "" {
		return query{}, badQuery("query %s has no queryType; choose one of %s.", raw.RefID, quoted(queryTypes, "or"))
	}
	if !slices.Contains(queryTypes, kind) {
		return query{}, badQuery("query %s has the unknown queryType %q; it must be one of %s.", raw.RefID, kind, quoted(queryTypes, "or"))
	}
	q := query{RefID: raw.RefID, Type: QueryType(kind), From: raw.TimeRange.From.UTC(), To: raw.TimeRange.To.UTC()}
	if !q.To.After(q.From) && q.Type != QueryAlert {
		return query{}, badQuery("query %s has an empty time range (%s to %s); its end must be later than its start.", raw.RefID, clock(q.From), clock(q.To))
	}
	if values := alertValues[q.Type]; len(values) > 0 {
		q.Value = values[0]
		if model.Value != "" {
			q.Value = model.Value
		}
		if !slices.Contains(values, q.Value) {
			return query{}, badQuery("query %s has the unknown value %q; for %s it must be one of %s.", raw.RefID, q.Value, q.Type, quoted(values, "or"))
		}
	}
	q.Step = stepFor(q.From, q.To, raw.MaxDataPoints)
	q.Selection = selection{SLOs: words(model.SLOs), Services: words(model.Services)}
	for _, text := range words(model.Labels) {
		key, value, ok := strings.Cut(text, "=")
		if !ok || strings.TrimSpace(key) == "" {
			return query{}, badQuery("query %s: label %q must be written as key=value, such as team=checkout.", raw.RefID, text)
		}
		q.Selection.want(strings.TrimSpace(key), strings.TrimSpace(value))
	}
	for _, text := range words(model.Windows) {
		window, err := parseWindow(text)
		if err != nil {
			return query{}, badQuery("query %s: %v", raw.RefID, err)
		}
		if !slices.Contains(q.Windows, window) {
			q.Windows = append(q.Windows, window)
		}
	}
	switch q.Type {
	case QueryAlert:
		return q, q.parseRule(model)
	case QueryBacktest:
		return q, q.parseBacktest(model)
	}
	return q, nil
}

// parseWindow reads a burn rate window such as "5m", "6h" or "3d".
func parseWindow(text string) (time.Duration, error) {
	window, err := slo.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("window %q is not a duration; write for example 5m, 6h or 3d", text)
	}
	if window < budget.Step || window > maxWindow || window%budget.Step != 0 {
		return 0, fmt.Errorf("window %q must be whole minutes, from 1m to 90d", text)
	}
	return window, nil
}

// stepFor is the seconds between two points: as many points as the caller can draw, never finer than a bucket.
func stepFor(from, to time.Time, points int64) int64 {
	if points <= 0 {
		points = defaultPoints
	}
	points = min(points, maxPoints)
	span := to.Unix() - from.Unix()
	step := max((span+points-1)/points, budget.StepSeconds)
	return (step + budget.StepSeconds - 1) / budget.StepSeconds * budget.StepSeconds
}

// words drops what an editor leaves behind: blank entries and repetitions.
func words(list []string) []string {
	var out []string
	for _, text := range list {
		if text = strings.TrimSpace(text); text != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// windowText is a duration in the largest unit that divides it: 72 h is "3d".
func windowText(window time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case window > 0 && window%day == 0:
		return fmt.Sprintf("%dd", window/day)
	case window > 0 && window%time.Hour == 0:
		return fmt.Sprintf("%dh", window/time.Hour)
	case window > 0 && window%time.Minute == 0:
		return fmt.Sprintf("%dm", window/time.Minute)
	}
	return window.String()
}

// clock is a time as it stands in messages.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
