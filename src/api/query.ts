import type { DataQuery } from '@grafana/schema';

/** What can be asked of the ledger. */
export const QUERY_TYPES = ['status', 'budget', 'burnrate', 'sli', 'events', 'backtest', 'alert'] as const;

/** A query type of time series or tables; annotations are asked for by dashboards, not by panels. */
export type SeriesQueryType = (typeof QUERY_TYPES)[number];
export type QueryType = SeriesQueryType | 'annotations';

export const BACKTEST_VIEWS = ['firings', 'summary', 'whatif'] as const;
export type BacktestView = (typeof BACKTEST_VIEWS)[number];

/** The version of the model below that the editor writes. A saved query without one is of version 1. */
export const SCHEMA_VERSION = 1;

/** A question to the ledger, as dashboards and alert rules keep it. Every list that is empty means "all". */
export interface BurnlineQuery extends DataQuery {
  queryType?: QueryType;
  schemaVersion?: number;
  /** SLO ids, or variables. */
  slos?: string[];
  /** Service ids, or variables. */
  services?: string[];
  /** "key=value" each, all of which an SLO must have. */
  labels?: string[];
  /**
   * Burn rates: look-back windows such as "1h"; empty means those of the usual alerts. For an alert rule's
   * burn rate or events exactly one.
   */
  windows?: string[];
  /** Alert rules only: which of the numbers the rule is about. Absent means the first of its kind. */
  value?: string;
  /** Alert rules about absence only: whether quiet hours count too ("traffic", the default) or a dead source alone. */
  absence?: 'traffic' | 'source';
  /** Backtests only: the alerts one by one (the default), a row a policy, or a row a target. */
  view?: BacktestView;
  /** Backtests only: names of alert policies, "own" for what is in force. */
  policies?: string[];
  /** The what-if of a backtest only: targets as decimal fractions, "0.999". */
  targets?: string[];
}

/** The windows of the multi-window alerts that a burn rate query without windows shows. */
export const WORKBOOK_WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;

/** Whether the text is a positive span of one unit, such as "5m", "1h" or "3d". */
export function isWindow(text: string): boolean {
  return /^[1-9]\d*[mhdw]$/.test(text);
}

/** Whether the text is a target as a decimal fraction, above 0 and below 1, such as "0.999". */
export function isTarget(text: string): boolean {
  return /^0?\.\d+$/.test(text) && Number(text) > 0;
}
