// Package alerting evaluates Grafana-managed alert rules and delivers their notifications, with Grafana's own
// semantics, so that demo and tests see a rule behave on the preview host as it will in Grafana: expressions
// (reduce, math, threshold), the states of each alert instance, templates, grouping and webhooks.
//
// What it leaves out: classic conditions, recovery thresholds, resample and SQL expressions (a rule with one is an
// error that says so); the tree of notification policies (a rule without notification settings goes to the default
// contact point); silences, mute timings and templates of notifications; the second and third try that Grafana gives
// a failed evaluation; states across a restart.
//
// Semantics follow Grafana 10.1 (pkg/expr, pkg/services/ngalert) and, where newer releases differ, the newer:
// KeepLast (11.0), notification settings on a rule (10.4), keep_firing_for (12.0).
package alerting
