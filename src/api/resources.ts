import { type State } from '../format';
import { type BudgetReport, type Burns, type PolicyRow, type Unknowable } from './frames';

/** What a definition file says about one objective, with every reference resolved. Durations are nanoseconds. */
export interface Definition {
  id: string;
  name: string;
  displayName: string;
  description?: string;
  service: string;
  serviceDisplayName: string;
  labels?: Record<string, string>;
  /** A fraction, 0.999 for 99.9%. */
  target: number;
  window: { duration: number; text: string; calendar?: { start: string; timeZone: string } };
  method: 'Occurrences' | 'Timeslices' | 'RatioTimeslices';
  indicator: Indicator;
  /** The data source that the indicator is read from. */
  source: { type: string; uid: string };
  owner?: string;
  runbookUrl?: string;
  dashboardUid?: string;
  criticalJourney?: boolean;
  /** The number of events in a window below which nothing should page. */
  minimumEvents?: number;
  alertPolicies?: string[];
  /** Those of alertPolicies that documents declare, as far as they are not built in. */
  policies?: DeclaredPolicy[];
  /** Where the definition is written. */
  origin: Position;
  /** Why a valid definition is not evaluated; absent when it is. */
  notEvaluated?: string;
  /** Why this is the last good version and not what the file says now; absent when it is current. */
  stale?: string;
}

/** An OpenSLO AlertPolicy. Durations are nanoseconds. */
export interface DeclaredPolicy {
  name: string;
  displayName: string;
  description?: string;
  alertWhenNoData?: boolean;
  conditions:
    | {
        name: string;
        severity: string;
        /** The burn rate, and the window that it is measured over. */
        threshold: number;
        lookback: number;
        /** The second window; absent for a twelfth of the first. */
        short?: number;
      }[]
    | null;
  origin: Position;
}

/** Exactly the queries that the kind of indicator needs are set. */
export interface Indicator {
  kind: 'ratio' | 'raw' | 'threshold';
  counter?: boolean;
  good?: string;
  bad?: string;
  total?: string;
  raw?: string;
  rawType?: 'success' | 'failure';
  value?: string;
  op?: 'lte' | 'lt' | 'gte' | 'gt';
  limit?: number;
}

/** A place in a definition file; lines and documents count from 1. */
export interface Position {
  file: string;
  line: number;
  column?: number;
  document: number;
}

/** One thing that is wrong with a definition file. An error keeps the definition from loading. */
export interface Problem extends Position {
  severity: 'error' | 'warning';
  kind?: string;
  name?: string;
  path?: string;
  message: string;
  remedy?: string;
}

/** Where the evaluation of one SLO stands. Times are RFC 3339; an absent one has not come yet. */
export interface Status {
  settledUntil?: string;
  readUntil?: string;
  backfillFrom?: string;
  backfilledTo?: string;
  /** The oldest time for which the source had data, if that is younger than the window. */
  retentionFrom?: string;
  lastError?: string;
  lastErrorAt?: string;
  warnings?: string[];
}

/** One SLO with its budget, as the pages show it. */
export interface SLO {
  definition: Definition;
  /** When the definition vanished from its files, in ms since 1970; absent while it is there. */
  removed?: number;
  status: Status;
  report: BudgetReport;
  state: State;
  message: string;
  burn: Burns;
  policy: PolicyRow[];
  /** The remaining budget over the window, oldest first. */
  trend: Unknowable[];
  /** The definition's YAML, where the backend has it. */
  document?: string;
}

/** Whether budgets are being kept up to date. */
export interface EvaluatorHealth {
  running: boolean;
  message: string;
  /** When the ledger was last written, in ms since 1970; absent if never. */
  heartbeat?: number;
}

export interface Portfolio {
  slos: SLO[];
  problems: Problem[];
  evaluator: EvaluatorHealth;
  /** The backend's clock in ms since 1970, so that ages do not depend on the browser's. */
  now: number;
}
