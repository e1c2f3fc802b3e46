// Package alerting evaluates Grafana-managed alert rules and delivers their notifications, with Grafana's own
// semantics, so that demo and tests see a rule behave on the preview host as it will in Grafana: expressions
// (reduce, math, threshold), the states of each alert instance, templates, grouping and webhooks.
//
// What it leaves out, and refuses by name rather than guesses: classic conditions, resample and SQL expressions,
// the tree of notification policies (a rule without notification settings goes to the default contact point),
// silences and mute timings.
//
// Semantics follow Grafana 10.1 (pkg/expr, pkg/services/ngalert) and, where newer releases differ, the newer:
// KeepLast (11.0), notification settings on a rule (10.4), keep_firing_for (12.0).
package alerting
