// Package rule turns what an SLO is to alert on into Grafana alert rules, in types of its own: reconcile sends
// them to Grafana, export writes them as provisioning files, and neither decides what is in them.
package rule

import (
	"encoding/json"
	"time"

	"github.com/burnline/grafana-slo-app/pkg/alert"
)

// The states that a rule takes when its queries answer nothing, or fail.
const (
	StateOK       = "OK"
	StateAlerting = "Alerting"
	StateNoData   = "NoData"
	StateError    = "Error"
	StateKeepLast = "KeepLast"
)

// ExpressionUID is the data source of Grafana's server-side expressions.
const ExpressionUID = "__expr__"

// Interval is the time between two evaluations of every group: Grafana's default and the length of a bucket.
const Interval = time.Minute

// Query is a node of a rule: a query of a data source, or an expression over other nodes.
type Query struct {
	RefID string
	// DataSource is a UID, ExpressionUID for expressions.
	DataSource string
	// From is how far the time range reaches back from the evaluation; it ends there.
	From time.Duration
	// Model is the query as the data source's editor would save it.
	Model json.RawMessage
}

// Rule is one Grafana-managed alert rule.
type Rule struct {
	// UID is at most 40 characters, and the same for the same SLO and condition wherever it is computed.
	UID, Title string
	// FolderUID and Group say where it lies.
	FolderUID, Group string
	// Condition is the RefID of the node that decides: any number but 0 fires.
	Condition string
	Data      []Query
	// For is the pending period, KeepFiringFor how long it fires on after the condition has passed.
	For, KeepFiringFor time.Duration
	// NoData and Error are states.
	NoData, Error       string
	Labels, Annotations map[string]string
	Route               alert.Route
	Paused              bool
}

// Group is the rules of one SLO.
type Group struct {
	Name, FolderUID, FolderTitle string
	Interval                     time.Duration
	Rules                        []Rule
}
