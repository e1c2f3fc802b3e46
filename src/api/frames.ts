import { type DataFrame, type Field } from '@grafana/data';
import { type Forecast, type State, toState } from '../format';

/** A number that the ledger may not know. Ratios are fractions (1 is 100%), moments are ms since 1970. */
export type Unknowable = number | null;

/** Burn rates by window, such as {"1h": 14.4}; null where the window holds no events. */
export type Burns = Record<string, Unknowable>;

/** The budget of one SLO over its window, as frames and resources carry it. */
export interface BudgetReport {
  slo: string;
  name: string;
  /** The service's id. */
  service: string;
  objective: number;
  /** The window as it was written, such as "30d", and its length. */
  window: string;
  windowSeconds: number;
  sli: Unknowable;
  /** Events in the window; allowed is how many of them may be bad. */
  good: Unknowable;
  bad: Unknowable;
  total: Unknowable;
  allowed: Unknowable;
  /** Shares of the budget. Remaining is negative when overspent. */
  consumed: Unknowable;
  remaining: Unknowable;
  /** The share of the window that was measured, had no traffic or is excluded. */
  coverage: number;
  /** How much of the past has been read, 0 to 1. */
  progress: Unknowable;
  state: State;
  /** Why the state is what it is; empty when there is nothing to add. */
  message: string;
  burn: Burns;
  lastMeasured: Unknowable;
  /** The window's start and end. */
  from: number;
  at: number;
  forecast: Forecast;
}

/** One row of the multi-window alert policy and where both of its windows stand now. */
export interface PolicyRow {
  severity: 'page' | 'ticket';
  long: string;
  short: string;
  /** The burn rate that both windows must exceed, and the share of the budget that is then spent. */
  rate: number;
  share: number;
  longRate: Unknowable;
  shortRate: Unknowable;
  firing: boolean;
}

export interface StatusMeta {
  kind: 'status';
}

export interface BudgetMeta {
  kind: 'budget';
  report: BudgetReport;
}

export interface ProjectionMeta {
  kind: 'projection';
  slo: string;
  /** What the forecast rests on, in words. */
  basis: string;
}

export interface BurnRateMeta {
  kind: 'burnrate';
  slo: string;
  name: string;
  policy: PolicyRow[];
}

export interface SliMeta {
  kind: 'sli';
  slo: string;
  name: string;
  objective: number;
}

export interface EventsMeta {
  kind: 'events';
  slo: string;
  name: string;
  /** Seconds that a point counts. */
  step: number;
}

/** What a frame of ours says about itself in meta.custom. */
export type FrameMeta = StatusMeta | BudgetMeta | ProjectionMeta | BurnRateMeta | SliMeta | EventsMeta;

const KINDS: readonly string[] = ['status', 'budget', 'projection', 'burnrate', 'sli', 'events'];

/** The custom meta of a frame that our data source made; undefined for any other frame. */
export function frameMeta(frame: DataFrame): FrameMeta | undefined {
  const custom: unknown = frame.meta?.custom;
  const kind = isRecord(custom) ? custom.kind : undefined;
  return typeof kind === 'string' && KINDS.includes(kind) ? (custom as FrameMeta) : undefined;
}

/** The frame's custom meta if it is of that kind. */
export function metaOfKind<K extends FrameMeta['kind']>(
  frame: DataFrame,
  kind: K
): Extract<FrameMeta, { kind: K }> | undefined {
  const meta = frameMeta(frame);
  return meta?.kind === kind ? (meta as Extract<FrameMeta, { kind: K }>) : undefined;
}

/** One row of a status frame: one SLO. */
export interface StatusRow {
  slo: string;
  name: string;
  /** The service's id and what people call it. */
  service: string;
  serviceName: string;
  state: State;
  objective: Unknowable;
  sli: Unknowable;
  remaining: Unknowable;
  consumed: Unknowable;
  burn1h: Unknowable;
  burn6h: Unknowable;
  burn3d: Unknowable;
  bad: Unknowable;
  total: Unknowable;
  allowed: Unknowable;
  window: string;
  exhaustedAt: Unknowable;
  exhaustedLower: Unknowable;
  exhaustedUpper: Unknowable;
  coverage: Unknowable;
  /** How much of the past has been read, 0 to 1. */
  progress: Unknowable;
  lastMeasured: Unknowable;
  lagSeconds: Unknowable;
  owner: string;
  runbook: string;
  critical: boolean;
  message: string;
  /** The remaining budget over the window, oldest first. */
  trend: Unknowable[];
}

/** Whether the frame is the answer to a status query. */
export function isStatusFrame(frame: DataFrame): boolean {
  const names = new Set(frame.fields.map((field) => field.name));
  return ['slo', 'state', 'remaining'].every((name) => names.has(name));
}

/** The rows of a status frame. A column that a dashboard's transformation took away reads as not known. */
export function statusRows(frame: DataFrame): StatusRow[] {
  const fields = new Map(frame.fields.map((field) => [field.name, field]));
  return Array.from({ length: frame.length }, (_, row) => statusRow(fields, row));
}

function statusRow(fields: Map<string, Field>, row: number): StatusRow {
  const cell = (name: string): unknown => fields.get(name)?.values[row];
  const text = (name: string) => toText(cell(name));
  const number = (name: string) => toNumber(cell(name));
  return {
    slo: text('slo'),
    name: text('name') || text('slo'),
    service: text('service'),
    serviceName: text('service_name') || text('service'),
    state: toState(cell('state')),
    objective: number('objective'),
    sli: number('sli'),
    remaining: number('remaining'),
    consumed: number('consumed'),
    burn1h: number('burn_1h'),
    burn6h: number('burn_6h'),
    burn3d: number('burn_3d'),
    bad: number('bad'),
    total: number('total'),
    allowed: number('allowed'),
    window: text('window'),
    exhaustedAt: number('exhausted_at'),
    exhaustedLower: number('exhausted_lower'),
    exhaustedUpper: number('exhausted_upper'),
    coverage: number('coverage'),
    progress: number('progress'),
    lastMeasured: number('last_measured'),
    lagSeconds: number('lag_seconds'),
    owner: text('owner'),
    runbook: text('runbook'),
    critical: cell('critical') === true,
    message: text('message'),
    trend: toTrend(cell('trend')),
  };
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function toNumber(value: unknown): Unknowable {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The sparkline's numbers: a JSON field arrives parsed or, through some transformations, as text. */
function toTrend(value: unknown): Unknowable[] {
  const list: unknown = typeof value === 'string' ? parseJSON(value) : value;
  return Array.isArray(list) ? list.map(toNumber) : [];
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
