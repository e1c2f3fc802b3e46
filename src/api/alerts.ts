import { type AlertState, type Severity } from '../format';
import { type Unknowable } from './frames';
import { request, RESOURCES } from './request';
import { type Problem } from './resources';

const ALERTS = `${RESOURCES}/alerts`;

/** What a condition is about: the burn rate, the consumed share, the forecast, missing traffic, a stale ledger. */
export type ConditionKind = 'burn' | 'consumed' | 'forecast' | 'absence' | 'stale';

/** One rule of an SLO as it is meant, and where it stands in Grafana. Moments are ms since 1970. */
export interface AlertRule {
  uid: string;
  title: string;
  kind: ConditionKind;
  severity: Severity;
  /** The long window of a burn-rate rule ("1h"), the SLO's window otherwise. */
  window: string;
  /** The burn rate that both windows must exceed; 0 or absent for other kinds. */
  rate?: Unknowable;
  /** The share of the budget that is then spent, 0 to 1. */
  share?: Unknowable;
  /** How long the condition must hold before the alert fires, in seconds. */
  for: number;
  /** Whether Grafana asks the SLO's own source, so that the alert works while Burnline is down. */
  direct: boolean;
  folderTitle: string;
  /** The contact point; empty for the organisation's notification policies. */
  contactPoint: string;
  state: AlertState;
  /** Grafana's word on the last evaluation: "ok", "error", "nodata". */
  health?: string;
  lastError?: string;
  /** Since when it is pending or firing. */
  activeAt?: Unknowable;
  lastEvaluation?: Unknowable;
  /** What the last evaluation measured, in the unit of the kind. */
  value?: Unknowable;
  /** The rule's page in Grafana; absent while it is not there. */
  url?: string;
  /** Whether somebody changed the rule in Grafana. */
  drift: boolean;
}

/** What is in force for an SLO. */
export interface AlertRules {
  rules: AlertRule[];
  /** The names of the policies, the organisation's default included. */
  policies: string[];
  /** What of the policies cannot be followed or lacks something, each with what to do. */
  problems: Problem[] | null;
  /** Why the states are not known; empty if they are. */
  stateError?: string;
}

/** An alert that fired. Moments are ms since 1970. */
export interface AlertEvent {
  id: string;
  ruleUid: string;
  title: string;
  slo: string;
  severity: Severity;
  start: number;
  /** Null while it fires. */
  end: number | null;
  /** Where this is known from: Grafana's state history or a notification. */
  source: string;
  /** Who saw to it, as far as Grafana says, and when. */
  acknowledged: { by: string; at: number } | null;
  /** The id of the labelled incident that it lies in. */
  incident: string | null;
  /** The share of the budget that was spent while it fired, 0 to 1. */
  spent: number | null;
}

/** Alerts of a span, newest last as the backend gives them. */
export interface AlertHistory {
  events: AlertEvent[] | null;
  /** Why the list may be incomplete; empty if it is not. */
  error?: string;
}

/** A span in which something was really wrong, as people labelled it. Times are RFC 3339. */
export interface Incident {
  id: string;
  title: string;
  start: string;
  /** Absent while it goes on. */
  end?: string;
  /** Ids of what it touched; both empty for everything. */
  slos?: string[];
  services?: string[];
  /** What a policy is expected to do about it. */
  severity?: 'page' | 'ticket' | 'none' | '';
  /** Who labelled it. */
  by?: string;
}

/** A condition of a policy, as a backtest names it. */
export interface BacktestCondition {
  /** Names the condition within its SLO, "burn-page-1h-5m". */
  key: string;
  title: string;
  severity: Severity;
  kind: ConditionKind;
  rate?: Unknowable;
  share?: Unknowable;
}

/** One alert that a policy would have sent. Moments are ms since 1970, shares 0 to 1. */
export interface Firing {
  /** The condition's. */
  key: string;
  title: string;
  severity: Severity;
  kind: ConditionKind;
  from: number;
  /** Null if it still fires at the end of the span. */
  to: number | null;
  /** The share of the budget that went from the beginning of the loss until it fired, and until its end. */
  spentBefore: Unknowable;
  spentAfter: Unknowable;
  /** The labelled incidents under it. */
  incidents: { id: string; title: string }[] | null;
  /** From the incident's start to the alert, in seconds. */
  delaySeconds: Unknowable;
  /** Whether a labelled incident lies under it; null when none is labelled in the span. */
  truePositive: boolean | null;
  /** From the incident's end to the alert's, in seconds. */
  resetSeconds: Unknowable;
}

/** What one policy would have done to one SLO. */
export interface BacktestResult {
  /** The policy's name; "own" for what is in force. */
  policy: string;
  conditions: BacktestCondition[] | null;
  firings: Firing[] | null;
  /** The share of alerts with an incident under them, and of incidents with an alert; null without incidents. */
  precision: Unknowable;
  recall: Unknowable;
  alertsPerWeek: number;
  pagesPerWeek: number;
  meanDelaySeconds: Unknowable;
  meanResetSeconds: Unknowable;
  /** The mean share of the budget that was spent before an alert fired; null without an alert. */
  spentBefore: Unknowable;
  /** How many incidents the policy promises to tell of, how many an alert found, and which none did. */
  incidents: number;
  found: number;
  missed: { id: string; title: string }[] | null;
  /** The share of the span of which measurements are known, 0 to 1. */
  coverage: number;
}

/** The budget and the alerts of a span if the target had been another one. */
export interface TargetResult {
  /** The target as a decimal fraction, "0.999". */
  target: string;
  /** Bad events that the target allows in the window. */
  allowed: Unknowable;
  /** Shares of the budget at the end of the span. */
  consumed: Unknowable;
  remaining: Unknowable;
  /** How many alerts there would have been in the span. */
  pages: number;
  tickets: number;
  alertsPerWeek: number;
  /** Conditions that this target makes impossible, in words. */
  conditionsSkipped: string[] | null;
}

/** What to try on the past. */
export interface BacktestRequest {
  /** Ids; both empty for all SLOs. */
  slos?: string[];
  services?: string[];
  /** Ms since 1970. */
  from: number;
  to: number;
  /** Names of policies; "own" for what is in force. Empty means that and all built-in ones. */
  policies?: string[];
  /** Targets of the what-if, as decimal fractions: "0.999". */
  targets?: string[];
}

/** What would have happened. */
export interface Backtest {
  from: number;
  to: number;
  slos: { slo: string; name: string; service: string; results: BacktestResult[]; targets: TargetResult[] | null }[];
}

/** The rules of an SLO and where they stand now. */
export function fetchAlertRules(slo: string, signal?: AbortSignal): Promise<AlertRules> {
  return request<AlertRules>({ url: `${ALERTS}/rules`, params: { slo }, abortSignal: signal });
}

/** The alerts of an SLO that fired in a span (ms since 1970). */
export function fetchAlertHistory(slo: string, from: number, to: number, signal?: AbortSignal): Promise<AlertHistory> {
  return request<AlertHistory>({ url: `${ALERTS}/history`, params: { slo, from, to }, abortSignal: signal });
}

/** Tries policies and targets on the ledger's past. Writes nothing. */
export function runBacktest(backtest: BacktestRequest, signal?: AbortSignal): Promise<Backtest> {
  return request<Backtest>({ url: `${ALERTS}/backtest`, method: 'POST', data: backtest, abortSignal: signal });
}

/** The incidents that were labelled in a span (ms since 1970), of all SLOs. */
export async function fetchIncidents(from: number, to: number, signal?: AbortSignal): Promise<Incident[]> {
  const { incidents } = await request<{ incidents: Incident[] | null }>({
    url: `${ALERTS}/incidents`,
    params: { from, to },
    abortSignal: signal,
  });
  return incidents ?? [];
}

/** Labels a span as an incident. For editors. */
export function labelIncident(incident: Omit<Incident, 'id' | 'by'>): Promise<Incident> {
  return request<Incident>({ url: `${ALERTS}/incidents`, method: 'POST', data: incident });
}

/** Takes an incident's label away. For editors. */
export async function deleteIncident(id: string): Promise<void> {
  await request<unknown>({ url: `${ALERTS}/incidents/${encodeURIComponent(id)}`, method: 'DELETE' });
}

/** Says that somebody saw to an alert. For editors. */
export async function acknowledgeAlert(event: string): Promise<void> {
  await request<unknown>({ url: `${ALERTS}/acknowledge`, method: 'POST', data: { event } });
}

/** Decides about a rule that somebody changed in Grafana: keep the change, or write Burnline's rule again. For editors. */
export async function decideDrift(uid: string, choice: 'adopt' | 'restore'): Promise<void> {
  await request<unknown>({ url: `${ALERTS}/drift`, method: 'POST', data: { uid, choice } });
}
