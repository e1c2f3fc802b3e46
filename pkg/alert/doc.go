// Package alert says when an SLO's budget calls for a person: burn policies, the conditions that follow from
// them for one SLO, and the settings of an organisation. Grafana rules (package rule), their reconciliation,
// ruler files (export), backtests and noise figures live in packages below; all of them take what they
// know of a policy from here, so that a rule, its backtest and the state on a page never disagree.
//
// Burn rates have no unit (1 spends the budget in exactly the objective's window); shares of a budget
// are fractions, 1 is the whole budget; times are UTC.
package alert
