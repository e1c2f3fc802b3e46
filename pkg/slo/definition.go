// Package slo holds what a service level objective is: OpenSLO v1 documents, their validation, and the
// flat Definition that every other package works with. It imports nothing else of this project.
package slo

import "time"

// Kind tells how an indicator is measured.
type Kind string

// The kinds of indicator.
const (
	// KindRatio counts good and total (or bad and total) events.
	KindRatio Kind = "ratio"
	// KindRaw takes a ratio that the source already computed; each interval weighs the same.
	KindRaw Kind = "raw"
	// KindThreshold compares a measured value with a limit; each interval is one event, good or bad.
	KindThreshold Kind = "threshold"
)

// Method is OpenSLO's budgetingMethod.
type Method string

// The budgeting methods of OpenSLO v1.
const (
	MethodOccurrences     Method = "Occurrences"
	MethodTimeslices      Method = "Timeslices"
	MethodRatioTimeslices Method = "RatioTimeslices"
)

// RawType says whether a raw indicator is a success or a failure ratio.
type RawType string

// The raw ratio types of OpenSLO v1.
const (
	RawSuccess RawType = "success"
	RawFailure RawType = "failure"
)

// Operator compares a threshold indicator's value with its limit: a value for which
// `value operator limit` holds is good.
type Operator string

// The comparison operators of OpenSLO v1.
const (
	OpLTE Operator = "lte"
	OpLT  Operator = "lt"
	OpGTE Operator = "gte"
	OpGT  Operator = "gt"
)

// Indicator is a resolved SLI: exactly the queries that its Kind needs are set.
type Indicator struct {
	Kind Kind `json:"kind"`
	// Counter is OpenSLO's ratioMetric.counter: the queries select monotonically increasing counters.
	Counter bool `json:"counter,omitempty"`
	// Good, Bad, Total are the source's queries of a ratio (Good or Bad, never both).
	Good  string `json:"good,omitempty"`
	Bad   string `json:"bad,omitempty"`
	Total string `json:"total,omitempty"`
	// Raw is the query of a ratio between 0 and 1, read as RawType says.
	Raw     string  `json:"raw,omitempty"`
	RawType RawType `json:"rawType,omitempty"`
	// Value is a threshold indicator's query; Op and Limit decide whether a value is good.
	Value string   `json:"value,omitempty"`
	Op    Operator `json:"op,omitempty"`
	Limit float64  `json:"limit,omitempty"`
}

// Window is the period over which the budget is counted.
type Window struct {
	// Duration is the length of a rolling window, 1 h to 90 d. For a calendar window it is the
	// nominal length (a month is 30 d) and Calendar is set.
	Duration time.Duration `json:"duration"`
	// Text is the duration as written, e.g. "30d".
	Text string `json:"text"`
	// Calendar is nil for a rolling window.
	Calendar *Calendar `json:"calendar,omitempty"`
}

// Calendar describes a calendar-aligned window.
type Calendar struct {
	// Start is the window's start as written ("2006-01-02 15:04:05", local to TimeZone).
	Start string `json:"start"`
	// TimeZone is an IANA name.
	TimeZone string `json:"timeZone"`
}

// SourceRef names the Grafana data source that an indicator is read from.
type SourceRef struct {
	// Type is the lower-case source type: "prometheus", "loki", "tempo".
	Type string `json:"type"`
	// UID is the Grafana data source UID.
	UID string `json:"uid"`
}

// Position is a place in a definition file.
type Position struct {
	// File is the path below the definitions folder.
	File string `json:"file"`
	// Line and Column count from 1.
	Line   int `json:"line"`
	Column int `json:"column,omitempty"`
	// Document counts the YAML documents of the file from 1.
	Document int `json:"document"`
}

// Severity of a Problem.
type Severity string

// Problem severities: an error keeps a definition from loading, a warning does not.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Problem is one thing wrong with a definition file: where, what, and what would be right.
type Problem struct {
	Position
	Severity Severity `json:"severity"`
	// Kind and Name identify the object, as far as they could be read.
	Kind string `json:"kind,omitempty"`
	Name string `json:"name,omitempty"`
	// Path is the field path, e.g. "spec.objectives[0].target".
	Path string `json:"path,omitempty"`
	// Message says what is wrong, Remedy what would be right.
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

// Definition is one objective of one SLO with every reference resolved: the unit that is evaluated,
// has a budget, and is known everywhere by its ID.
type Definition struct {
	// ID is metadata.name; for an SLO with several objectives "name/objective" with the objective's
	// displayName as a slug, or its index from 1.
	ID string `json:"id"`
	// Name is metadata.name, DisplayName what people read (falls back to Name).
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Description string `json:"description,omitempty"`
	// Service is the service's metadata.name, ServiceDisplayName what people read.
	Service            string `json:"service"`
	ServiceDisplayName string `json:"serviceDisplayName"`
	// Labels are metadata.labels; a label with several values is joined with ",".
	Labels map[string]string `json:"labels,omitempty"`
	// Target is the objective, e.g. 0.999.
	Target    Fraction  `json:"target"`
	Window    Window    `json:"window"`
	Method    Method    `json:"method"`
	Indicator Indicator `json:"indicator"`
	Source    SourceRef `json:"source"`
	// Owner, RunbookURL, DashboardUID, CriticalJourney and MinimumEvents come from the
	// burnline.dev/ annotations.
	Owner           string `json:"owner,omitempty"`
	RunbookURL      string `json:"runbookUrl,omitempty"`
	DashboardUID    string `json:"dashboardUid,omitempty"`
	CriticalJourney bool   `json:"criticalJourney,omitempty"`
	// MinimumEvents is the number of events in a window below which nothing should page.
	MinimumEvents float64 `json:"minimumEvents,omitempty"`
	// AlertPolicies are the names of the SLO's policies, sorted: those of BuiltinPolicies, and those of the Catalogue, where an
	// inline policy is "slo/policy". Without one, the organisation's default holds.
	AlertPolicies []string `json:"alertPolicies,omitempty"`
	// Policies are the resolved ones of AlertPolicies that are not built in, in that order.
	Policies []AlertPolicy `json:"policies,omitempty"`
	// Origin is where the SLO document starts.
	Origin Position `json:"origin"`
	// NotEvaluated says why a valid definition is not evaluated (yet); empty when it is.
	NotEvaluated string `json:"notEvaluated,omitempty"`
	// Stale says why this is the last good version and not the file's present one; empty when current.
	Stale string `json:"stale,omitempty"`
}
