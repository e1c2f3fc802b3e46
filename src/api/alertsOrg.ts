import { type AlertHistory } from './alerts';
import { request, RESOURCES } from './request';
import { type Problem } from './resources';

const ALERTS = `${RESOURCES}/alerts`;

/** Where rules go: into Grafana through its API, into files for GitOps, or nowhere. */
export type AlertMode = 'api' | 'file' | 'off';

/** How an alert reaches people. Durations are texts such as "30s"; an empty field leaves it to the notification policies. */
export interface AlertRoute {
  /** The name of a contact point; absent for the organisation's notification policies. */
  contactPoint?: string;
  groupBy?: string[];
  groupWait?: string;
  groupInterval?: string;
  repeatInterval?: string;
  muteTimings?: string[];
}

/** What the organisation chose for its alerts. */
export interface AlertSettings {
  mode: AlertMode;
  /** Whether changes are applied as they arise. */
  automatic: boolean;
  /** Names of built-in policies, for SLOs that name none. */
  defaultPolicies: string[];
  page: AlertRoute;
  ticket: AlertRoute;
  /** Shares of the budget (0 to 1, ascending) at which a ticket is written. */
  consumedAt: number[] | null;
  /** How soon a forecast exhaustion must be, "3d"; empty for no such rule. */
  forecastHorizon: string;
  minimumEvents: number;
  folders: 'service' | 'owner';
  labels?: Record<string, string>;
  /** Where mode "file" writes. */
  fileDir?: string;
  /** Counts saves: a save must name the version that it began with. */
  version: number;
}

/** A burn-rate row of a built-in policy. */
export interface BuiltinRow {
  severity: 'page' | 'ticket';
  /** The share of the budget that is spent in the long window, 0 to 1. */
  share: number;
  long: string;
  short: string;
}

/** A policy that needs no document. */
export interface BuiltinPolicy {
  name: string;
  displayName: string;
  description: string;
  rows: BuiltinRow[];
  /** The number of events in the long window below which no row fires. */
  minimumEvents: number;
  /** What counts as missing: no event at all, only an unreadable source, or nothing. */
  absence: 'traffic' | 'source' | 'off';
  /** Whether budget thresholds and the forecast alert too. */
  beside: boolean;
}

export interface ContactPoint {
  name: string;
  /** The kinds of its integrations, "email" or "slack". */
  types: string[] | null;
}

export interface SettingsAnswer {
  settings: AlertSettings;
  /** What is in force where nobody chose. */
  defaults: AlertSettings;
  builtins: BuiltinPolicy[];
  /** What the environment decides: "mode", "fileDir". */
  fixed: string[];
  /** Why nothing can be saved; empty if it can. */
  readOnly: string;
  contactPoints: ContactPoint[];
  /** Why the contact points are not known; empty if they are. */
  contactPointsError: string;
}

/** What is to be done with a rule in Grafana, or why nothing is. */
export type ChangeAction = 'create' | 'update' | 'delete' | 'drift' | 'conflict' | 'unchanged' | 'adopted';

/** One rule: what Grafana holds against what the SLOs want. */
export interface RuleChange {
  action: ChangeAction;
  uid: string;
  title: string;
  /** The SLO's id. */
  slo: string;
  /** The folder's title. */
  folder: string;
  /** The differences; none for a rule that goes. An empty text is nothing. */
  fields: { path: string; have: string; want: string }[] | null;
}

export interface PlannedRule {
  uid: string;
  title: string;
  kind: string;
  severity: string;
}

/** What applying would do, and what the last time did. */
export interface AlertPlan {
  mode: AlertMode;
  automatic: boolean;
  /** The rules that the SLOs want. */
  groups: { name: string; folderTitle: string; slo: string; rules: PlannedRule[] }[];
  /** Every rule compared with Grafana's; none in mode "file". */
  changes: RuleChange[];
  problems: Problem[];
  /** Why something is not known or cannot be done, and what to do. */
  errors: string[];
  /** Moments are ms since 1970, null before the first time. */
  lastApplied: {
    at: number | null;
    applied: number;
    failed: { title: string; error: string }[];
    error: string;
    errorAt: number | null;
  };
}

export interface ApplyOutcome {
  applied: RuleChange[];
  failed: (RuleChange & { error: string })[];
  problems: string[];
}

/** Alerts counted, and what became of them. */
export interface NoiseCount {
  /** Firings. */
  alerts: number;
  /** What is left when firings that come again at once are taken together. */
  episodes: number;
  flaps: number;
  /** Null when less than a day is known. */
  perWeek: number | null;
  pages: number;
  tickets: number;
  other: number;
  actionable: number;
  idle: number;
  unknown: number;
  /** Why the actionable episodes are. */
  reasons: { incident: number; acknowledged: number; spent: number };
  /** Of the episodes that are known, 0 to 1; null if none is. */
  actionableShare: number | null;
  firingSeconds: number;
}

/** What would be quieter, measured by a backtest; without a policy the text says why there is none. */
export interface NoiseSuggestion {
  policy?: string;
  alertsBefore: number;
  alertsAfter: number;
  foundBefore: number;
  foundAfter: number;
  text: string;
}

/** Alerts of one SLO, service or owner; an empty id stands for those that name none. */
export interface NoiseGroup extends NoiseCount {
  id: string;
  name: string;
  suggestions?: NoiseSuggestion[];
}

/** Alerts of a calendar week (UTC). Times are RFC 3339. */
export interface NoiseWeek extends NoiseCount {
  from: string;
  to: string;
  /** Whether only a part of the week is known. */
  partial: boolean;
}

export interface NoisyRule extends NoiseCount {
  uid?: string;
  title: string;
  folder?: string;
  slo?: string;
  severity: string;
}

/** How much the alerts of a span asked of people. */
export interface NoiseReport {
  knownFrom: string;
  total: NoiseCount;
  slo: NoiseCount;
  other: NoiseCount;
  bySlo: NoiseGroup[];
  byService: NoiseGroup[];
  byOwner: NoiseGroup[];
  trend: NoiseWeek[];
  noisiest: NoisyRule[];
  /** What is not known, in sentences. */
  notes: string[];
}

/** What the organisation chose, and what there is to choose from. */
export function fetchAlertSettings(signal?: AbortSignal): Promise<SettingsAnswer> {
  return request<SettingsAnswer>({ url: `${ALERTS}/settings`, abortSignal: signal });
}

/** Saves the choices, unless somebody else did meanwhile (409). For editors. */
export function saveAlertSettings(settings: AlertSettings): Promise<AlertSettings> {
  return request<AlertSettings>({ url: `${ALERTS}/settings`, method: 'PUT', data: settings });
}

/** A dry run: what applying would do in Grafana now. */
export function fetchAlertPlan(signal?: AbortSignal): Promise<AlertPlan> {
  return request<AlertPlan>({ url: `${ALERTS}/plan`, abortSignal: signal });
}

/** Brings the rules in Grafana, or the files, to what the SLOs want. For editors. */
export function applyAlertPlan(): Promise<ApplyOutcome> {
  return request<ApplyOutcome>({ url: `${ALERTS}/apply`, method: 'POST', data: {} });
}

/** Sends a test the whole way that a real alert goes; an empty contact point is the notification policies. For editors. */
export async function sendTestAlert(contactPoint: string, severity: 'page' | 'ticket'): Promise<string> {
  const data = { contactPoint, severity };
  return (await request<{ message: string }>({ url: `${ALERTS}/test`, method: 'POST', data })).message;
}

/** How noisy the alerts of a span (ms since 1970) were. */
export function fetchNoise(from: number, to: number, signal?: AbortSignal): Promise<NoiseReport> {
  return request<NoiseReport>({ url: `${ALERTS}/noise`, params: { from, to }, abortSignal: signal });
}

/** The alerts of a span (ms since 1970) of all rules, whether of SLOs or not. */
export function fetchAllAlerts(from: number, to: number, signal?: AbortSignal): Promise<AlertHistory> {
  return request<AlertHistory>({ url: `${ALERTS}/history`, params: { from, to }, abortSignal: signal });
}

export const EXPORT_FORMATS = ['grafana', 'prometheus', 'mimir', 'loki'] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The rules of all SLOs as YAML. Names of Sloth are for Prometheus and Mimir only. */
export function exportRules(format: ExportFormat, slothNames: boolean): Promise<string> {
  const params = { format, ...(slothNames && { sloth: 'true' }) };
  // Without a type of answer what is no JSON comes as text, and a failure still tells its message.
  return request<string>({ url: `${ALERTS}/export`, params });
}

/** Where a webhook contact point tells Burnline what fired, relative to Grafana's root. */
export const NOTIFICATIONS_URL = `${ALERTS}/notifications`;
