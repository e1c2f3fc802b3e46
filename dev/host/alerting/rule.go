package alerting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/gtime"
	"github.com/hashicorp/go-hclog"
)

// expressionDataSource is the UID that Grafana gives to queries which are expressions over other queries.
const expressionDataSource = "__expr__"

// Rule is an alert rule in the JSON of Grafana's provisioning API (ProvisionedAlertRule).
type Rule struct {
	ID        int64  `json:"id,omitempty"`
	UID       string `json:"uid"`
	OrgID     int64  `json:"orgID"`
	FolderUID string `json:"folderUID"`
	RuleGroup string `json:"ruleGroup"`
	Title     string `json:"title"`
	// Condition is the refId of the query whose result fires the rule: a number other than 0.
	Condition string      `json:"condition"`
	Data      []DataQuery `json:"data"`
	Updated   time.Time   `json:"updated,omitzero"`
	// NoDataState is Alerting, NoData, OK or KeepLast; empty stands for NoData.
	NoDataState string `json:"noDataState"`
	// ExecErrState is Alerting, Error, OK or KeepLast; empty stands for Alerting, as in Grafana.
	ExecErrState string `json:"execErrState"`
	// For is how long the condition holds before the rule fires, such as "5m"; empty is none.
	For string `json:"for"`
	// KeepFiringFor is how long the rule goes on firing after its condition ended; empty is none.
	KeepFiringFor        string                `json:"keep_firing_for,omitempty"`
	Annotations          map[string]string     `json:"annotations,omitempty"`
	Labels               map[string]string     `json:"labels,omitempty"`
	Provenance           string                `json:"provenance,omitempty"`
	IsPaused             bool                  `json:"isPaused"`
	NotificationSettings *NotificationSettings `json:"notification_settings,omitempty"`
}

// DataQuery is one query or expression of a rule.
type DataQuery struct {
	RefID             string            `json:"refId"`
	QueryType         string            `json:"queryType"`
	RelativeTimeRange RelativeTimeRange `json:"relativeTimeRange"`
	// DatasourceUID names the data source; "__expr__" is an expression.
	DatasourceUID string          `json:"datasourceUid"`
	Model         json.RawMessage `json:"model"`
}

// RelativeTimeRange is a time range in seconds before the evaluation.
type RelativeTimeRange struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// NotificationSettings send a rule's alerts straight to a contact point. Durations are texts such as "5m"; empty
// ones stand for Grafana's defaults.
type NotificationSettings struct {
	// Receiver is the name of a contact point.
	Receiver          string   `json:"receiver"`
	GroupBy           []string `json:"group_by,omitempty"`
	GroupWait         string   `json:"group_wait,omitempty"`
	GroupInterval     string   `json:"group_interval,omitempty"`
	RepeatInterval    string   `json:"repeat_interval,omitempty"`
	MuteTimeIntervals []string `json:"mute_time_intervals,omitempty"`
}

// RuleWithGroup is a rule with what its folder and group add.
type RuleWithGroup struct {
	Rule
	FolderTitle string
	// Interval is how often the rule's group is evaluated. Grafana takes multiples of 10 s.
	Interval time.Duration
}

// Series is one labelled result of a query: a number (Value) or, of a range query, its points in order of time.
type Series struct {
	Labels map[string]string
	// Value is the number of an instant result; nil together with nil Points is a null number.
	Value *float64
	// Points are a range result; not nil, even if empty, for a range result.
	Points []Point
}

// Point is one sample; a nil value is null.
type Point struct {
	Time  time.Time
	Value *float64
}

// QueryFunc answers one query of a rule for a time range. No series at all is "no data".
type QueryFunc func(ctx context.Context, q DataQuery, from, to time.Time) ([]Series, error)

// ContactPoint is one integration of a contact point; integrations of the same name form one contact point.
type ContactPoint struct {
	UID                   string
	Name                  string
	Type                  string
	Settings              map[string]any
	DisableResolveMessage bool
}

// Transition is a change of an alert instance's state.
type Transition struct {
	Rule   RuleWithGroup
	Labels map[string]string
	// From and To are states as Grafana's state history writes them: Normal, Pending, Alerting, Recovering, NoData,
	// Error, with a reason behind, such as "Normal (NoData)".
	From, To string
	At       time.Time
	// Value is the text of the values that decided, such as "B=22, C=1".
	Value string
	// Values are the same by refId; NaN where a query gave null, -1 where it gave no data.
	Values map[string]float64
}

// RuleState is what a rule did when it was last evaluated.
type RuleState struct {
	UID string
	// State is inactive, pending, recovering or firing: the worst of its alerts.
	State string
	// Health is ok, nodata or error.
	Health         string
	LastError      string
	LastEvaluation time.Time
	EvaluationTime time.Duration
	Alerts         []Alert
}

// Alert is one alert instance of a rule.
type Alert struct {
	Labels      map[string]string
	Annotations map[string]string
	// State is the state with its reason, such as "Alerting" or "Normal (NoData)".
	State string
	// ActiveAt is when the instance entered its state.
	ActiveAt time.Time
	// Value is the condition's number as Grafana's rules API writes it, such as "1e+00"; empty without one.
	Value string
	// Values are the numbers by refId; NaN where a query gave null, -1 where it gave no data.
	Values map[string]float64
}

// Config says what a Scheduler evaluates and where it sends notifications.
type Config struct {
	// Rules lists the rules of the moment; it is called at each tick. Required.
	Rules func() []RuleWithGroup
	// Query answers queries to data sources. Required.
	Query QueryFunc
	// ContactPoints lists the contact points of the moment. Default: none.
	ContactPoints func() []ContactPoint
	// ExternalURL is Grafana's root URL, for links. Required.
	ExternalURL string
	// OnTransition, if set, is told each change of an alert instance's state. It must not call back the scheduler.
	OnTransition func(Transition)
	// Logger receives log lines. Default: standard error.
	Logger hclog.Logger
	// Now is the clock of schedule and notifications. Default time.Now.
	Now func() time.Time
	// Client sends webhooks. Default: one with a time-out of 30 s.
	Client *http.Client
}

const (
	// webhookTimeout is the time-out of Grafana's webhook sender.
	webhookTimeout = 30 * time.Second
)

func (c *Config) defaults() error {
	if c.Rules == nil {
		return errors.New("alerting: no Rules given: pass the function that lists the rules")
	}
	if c.Query == nil {
		return errors.New("alerting: no Query given: pass the function that asks the data sources")
	}
	if c.ExternalURL == "" {
		return errors.New("alerting: no ExternalURL given: pass the address that the host is reached at")
	}
	if c.ContactPoints == nil {
		c.ContactPoints = func() []ContactPoint { return nil }
	}
	if c.OnTransition == nil {
		c.OnTransition = func(Transition) {}
	}
	if c.Logger == nil {
		c.Logger = hclog.New(&hclog.LoggerOptions{Name: "alerting", Output: os.Stderr})
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: webhookTimeout}
	}
	return nil
}

// duration reads a duration of a rule, such as "5m" or "1d"; empty is fallback.
func duration(text string, fallback time.Duration) (time.Duration, error) {
	if text == "" {
		return fallback, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return d, nil
	}
	d, err := gtime.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("duration %q: write it like 5m, 1h30m or 1d (%w)", text, err)
	}
	return d, nil
}
