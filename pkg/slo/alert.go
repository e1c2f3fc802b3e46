package slo

import "time"

// The names of the alert policies that need no document; pkg/alert says what is in them.
const (
	PolicyWorkbook   = "workbook"
	PolicyLowTraffic = "workbook-low-traffic"
	PolicyFastOnly   = "fast-only"
	PolicyNone       = "none"
)

// BuiltinPolicies may stand in an alertPolicyRef without being declared.
var BuiltinPolicies = []string{PolicyWorkbook, PolicyLowTraffic, PolicyFastOnly, PolicyNone}

// AlertPolicy is a resolved OpenSLO AlertPolicy: when to tell whom.
type AlertPolicy struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Description string `json:"description,omitempty"`
	// WhenNoData, WhenResolved and WhenBreaching are OpenSLO's alertWhen… switches.
	WhenNoData    bool `json:"alertWhenNoData,omitempty"`
	WhenResolved  bool `json:"alertWhenResolved,omitempty"`
	WhenBreaching bool `json:"alertWhenBreaching,omitempty"`
	// Conditions has exactly one element in OpenSLO v1.
	Conditions []AlertCondition     `json:"conditions"`
	Targets    []NotificationTarget `json:"targets,omitempty"`
	Origin     Position             `json:"origin"`
}

// AlertCondition is a resolved OpenSLO AlertCondition: a burn rate over a look-back window.
type AlertCondition struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Description string `json:"description,omitempty"`
	// Severity is free text in OpenSLO; Burnline knows "page" and "ticket".
	Severity string `json:"severity"`
	// Op and Threshold compare the burn rate: the condition holds while `rate op threshold`.
	Op        Operator `json:"op"`
	Threshold float64  `json:"threshold"`
	// Lookback is the window of the burn rate, After how long the condition must hold.
	Lookback time.Duration `json:"lookback"`
	// Short is the second, shorter window that must be above Threshold as well, so that the alert ends soon after the burn;
	// zero for a twelfth of Lookback. It comes from the annotation burnline.dev/short-window.
	Short  time.Duration `json:"short,omitempty"`
	After  time.Duration `json:"after"`
	Origin Position      `json:"origin"`
}

// NotificationTarget is a resolved OpenSLO AlertNotificationTarget. Target is the contact point's name in Grafana.
type NotificationTarget struct {
	Name        string   `json:"name"`
	DisplayName string   `json:"displayName"`
	Description string   `json:"description,omitempty"`
	Target      string   `json:"target"`
	Origin      Position `json:"origin"`
}
