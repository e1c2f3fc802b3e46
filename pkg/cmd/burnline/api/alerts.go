package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/slo"
)

// Backtest is the answer of POST alerts/backtest. Times are Unix milliseconds, shares are fractions, nil is not known.
type Backtest struct {
	From    int64           `json:"from"`
	To      int64           `json:"to"`
	SLOs    []SLOBacktest   `json:"slos"`
	Overall []PolicyOverall `json:"overall"`
}

// PolicyOverall is one policy over all SLOs. Means are in seconds.
type PolicyOverall struct {
	Policy        string   `json:"policy"`
	Firings       int      `json:"firings"`
	Pages         int      `json:"pages"`
	Tickets       int      `json:"tickets"`
	TruePositives int      `json:"truePositives"`
	Precision     *float64 `json:"precision"`
	Recall        *float64 `json:"recall"`
	Incidents     int      `json:"incidents"`
	Found         int      `json:"found"`
	MeanDelay     *float64 `json:"meanDelay"`
	// MeanPageDelay is that of the incidents that paged.
	MeanPageDelay *float64 `json:"meanPageDelay"`
	AlertsPerWeek float64  `json:"alertsPerWeek"`
	MeanReset     *float64 `json:"meanReset"`
	SpentBefore   *float64 `json:"spentBefore"`
}

// SLOBacktest is one SLO under each policy and target.
type SLOBacktest struct {
	SLO     string           `json:"slo"`
	Name    string           `json:"name"`
	Service string           `json:"service"`
	Results []PolicyBacktest `json:"results"`
	Targets []TargetBacktest `json:"targets"`
}

// PolicyBacktest is one SLO under one policy.
type PolicyBacktest struct {
	Policy           string     `json:"policy"`
	Firings          []Firing   `json:"firings"`
	Precision        *float64   `json:"precision"`
	Recall           *float64   `json:"recall"`
	AlertsPerWeek    float64    `json:"alertsPerWeek"`
	PagesPerWeek     float64    `json:"pagesPerWeek"`
	MeanDelaySeconds *float64   `json:"meanDelaySeconds"`
	MeanResetSeconds *float64   `json:"meanResetSeconds"`
	Incidents        int        `json:"incidents"`
	Found            int        `json:"found"`
	Missed           []Incident `json:"missed"`
	Coverage         float64    `json:"coverage"`
}

// Firing is one alert that would have been sent; To is nil while it fires.
type Firing struct {
	Key          string     `json:"key"`
	Title        string     `json:"title"`
	Severity     string     `json:"severity"`
	Kind         string     `json:"kind"`
	From         int64      `json:"from"`
	To           *int64     `json:"to"`
	SpentBefore  *float64   `json:"spentBefore"`
	SpentAfter   *float64   `json:"spentAfter"`
	Incidents    []Incident `json:"incidents"`
	DelaySeconds *float64   `json:"delaySeconds"`
	TruePositive *bool      `json:"truePositive"`
	ResetSeconds *float64   `json:"resetSeconds"`
}

// Incident names one that lies under an alert.
type Incident struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// TargetBacktest is one SLO at another target.
type TargetBacktest struct {
	Target            string   `json:"target"`
	Allowed           *float64 `json:"allowed"`
	Consumed          *float64 `json:"consumed"`
	Remaining         *float64 `json:"remaining"`
	Pages             int      `json:"pages"`
	Tickets           int      `json:"tickets"`
	AlertsPerWeek     float64  `json:"alertsPerWeek"`
	ConditionsSkipped []string `json:"conditionsSkipped"`
}

// BacktestRequest says what to try on the past. Empty lists are the app's defaults: all SLOs, the SLO's own policies and all built-in ones.
type BacktestRequest struct {
	SLOs     []string `json:"slos"`
	Services []string `json:"services"`
	// From and To are Unix milliseconds.
	From     int64    `json:"from"`
	To       int64    `json:"to"`
	Policies []string `json:"policies"`
	// Targets are decimal fractions such as "0.999".
	Targets []string `json:"targets"`
}

// Backtest tries policies and targets on the past.
func (c *Client) Backtest(ctx context.Context, request BacktestRequest) (Backtest, error) {
	var out Backtest
	err := c.call(ctx, http.MethodPost, "alerts/backtest", nil, request, &out)
	return out, err
}

// Plan is what would change in Grafana: the answer of GET alerts/plan.
type Plan struct {
	// Mode is where the rules go: api, file or off.
	Mode     string        `json:"mode"`
	Changes  []Change      `json:"changes"`
	Problems []slo.Problem `json:"problems"`
	// Errors say why the plan is not whole.
	Errors []string `json:"errors"`
}

// Change is one rule: what is there, what is wanted, and what is to be done.
type Change struct {
	Action string  `json:"action"`
	UID    string  `json:"uid"`
	Title  string  `json:"title"`
	SLO    string  `json:"slo"`
	Folder string  `json:"folder"`
	Fields []Field `json:"fields"`
}

// Field is one difference; Have is what Grafana holds, Want what Burnline wants.
type Field struct {
	Path string `json:"path"`
	Have string `json:"have"`
	Want string `json:"want"`
}

// Outcome is what an apply did.
type Outcome struct {
	Applied []Change `json:"applied"`
	Failed  []struct {
		Change
		Error string `json:"error"`
	} `json:"failed"`
	Problems []string `json:"problems"`
}

// Plan compares the rules in Grafana with the wanted ones.
func (c *Client) Plan(ctx context.Context) (Plan, error) {
	var out Plan
	err := c.call(ctx, http.MethodGet, "alerts/plan", nil, nil, &out)
	return out, err
}

// Apply brings the rules in Grafana to the wanted ones.
func (c *Client) Apply(ctx context.Context) (Outcome, error) {
	var out Outcome
	err := c.call(ctx, http.MethodPost, "alerts/apply", nil, struct{}{}, &out)
	return out, err
}

// ExportRequest says which rules to export, and for what.
type ExportRequest struct {
	// Format is grafana, prometheus, mimir or loki.
	Format string
	// Sloth adds the recording rules by the names that Sloth's dashboards know.
	Sloth bool
	// SLO is the id of one SLO; "" for all.
	SLO string
}

// Export gives the rules as YAML.
func (c *Client) Export(ctx context.Context, request ExportRequest) ([]byte, error) {
	query := url.Values{"format": {request.Format}}
	if request.Sloth {
		query.Set("sloth", "true")
	}
	if request.SLO != "" {
		query.Set("slo", request.SLO)
	}
	raw, _, err := c.send(ctx, http.MethodGet, "alerts/export", query, nil, "yaml")
	return raw, err
}

// Incidents are those that are labelled in a span.
func (c *Client) Incidents(ctx context.Context, from, to time.Time) ([]alert.Incident, error) {
	var out struct {
		Incidents []alert.Incident `json:"incidents"`
	}
	query := url.Values{"from": {strconv.FormatInt(from.UnixMilli(), 10)}, "to": {strconv.FormatInt(to.UnixMilli(), 10)}}
	err := c.call(ctx, http.MethodGet, "alerts/incidents", query, nil, &out)
	return out.Incidents, err
}

// AddIncident labels an incident, or replaces the one of the same id, and gives it as stored.
func (c *Client) AddIncident(ctx context.Context, i alert.Incident) (alert.Incident, error) {
	var out alert.Incident
	err := c.call(ctx, http.MethodPost, "alerts/incidents", nil, i, &out)
	return out, err
}

// RemoveIncident takes a label away.
func (c *Client) RemoveIncident(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "alerts/incidents/"+id, nil, nil, nil)
}
