import { type Portfolio, type SLO, type StatusRow } from '../../api';
import { isKnown, type State, STATES } from '../../format';
import { matches } from '../../panels/slotable/sorting';

/** The SLO as a row of the table that panels and pages share. */
export function rowOf({ definition, report, state, message, burn, trend }: SLO, now: number): StatusRow {
  const forecast = report.forecast.kind === 'at' ? report.forecast : undefined;
  return {
    slo: definition.id,
    name: definition.displayName || definition.id,
    service: definition.service,
    serviceName: definition.serviceDisplayName || definition.service,
    state,
    objective: report.objective,
    sli: report.sli,
    remaining: report.remaining,
    consumed: report.consumed,
    burn1h: burn['1h'] ?? null,
    burn6h: burn['6h'] ?? null,
    burn3d: burn['3d'] ?? null,
    bad: report.bad,
    total: report.total,
    allowed: report.allowed,
    window: report.window,
    exhaustedAt: forecast?.at ?? null,
    exhaustedLower: forecast?.lower ?? null,
    exhaustedUpper: forecast?.upper ?? null,
    coverage: report.coverage,
    progress: report.progress,
    lastMeasured: report.lastMeasured,
    lagSeconds: isKnown(report.lastMeasured) ? Math.max(0, (now - report.lastMeasured) / 1000) : null,
    owner: definition.owner ?? '',
    runbook: definition.runbookUrl ?? '',
    critical: definition.criticalJourney ?? false,
    message,
    trend,
  };
}

/** What the reader chose to see. Empty texts choose everything. */
export interface Filters {
  text: string;
  /** A service's id. */
  service: string;
  state: State | '';
  critical: boolean;
}

/** The filters in the page's address. A state that does not exist chooses everything. */
export function filtersOf(params: URLSearchParams): Filters {
  return {
    text: params.get('q') ?? '',
    service: params.get('service') ?? '',
    state: STATES.find((state) => state === params.get('state')) ?? '',
    critical: params.get('critical') === 'true',
  };
}

/** The rows that pass all filters. */
export function filterRows(rows: StatusRow[], filters: Filters): StatusRow[] {
  return rows.filter((row) => (filters.state === '' || row.state === filters.state) && passesOthers(row, filters));
}

/** The rows that pass all filters but the state's: what the tiles count, so that each tells what a click on it brings. */
export function countableRows(rows: StatusRow[], filters: Filters): StatusRow[] {
  return rows.filter((row) => passesOthers(row, filters));
}

function passesOthers(row: StatusRow, { text, service, critical }: Filters): boolean {
  return (service === '' || row.service === service) && (!critical || row.critical) && matches(row, text);
}

/** States that always have a tile, since zero of them is news too. */
const ALWAYS: readonly State[] = ['exhausted', 'page', 'ticket', 'stale', 'ok'];

export interface StateCount {
  state: State;
  count: number;
}

/** How many rows are in each state, worst first; of the rarer states only those that occur. */
export function countStates(rows: StatusRow[]): StateCount[] {
  return STATES.map((state) => ({ state, count: rows.filter((row) => row.state === state).length })).filter(
    ({ state, count }) => count > 0 || ALWAYS.includes(state)
  );
}

/** The services of the rows, by name. */
export function servicesOf(rows: StatusRow[]): { value: string; label: string }[] {
  const names = new Map(rows.map((row) => [row.service, row.serviceName]));
  return [...names].map(([value, label]) => ({ value, label })).sort((a, b) => a.label.localeCompare(b.label));
}

export interface Backfill {
  /** SLOs whose past is still being read, of all that are evaluated. */
  pending: number;
  of: number;
  /** The share of all windows that has been read, 0 to 1. */
  progress: number;
}

/** How far the reading of the past is; undefined when it is done. */
export function backfillOf(slos: SLO[]): Backfill | undefined {
  const shares = slos.filter((slo) => slo.state !== 'not evaluated').map((slo) => slo.report.progress ?? 0);
  const pending = shares.filter((share) => share < 1).length;
  if (pending === 0) {
    return undefined;
  }
  const progress = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return { pending, of: shares.length, progress };
}

/** Whether nothing is defined yet: the first thing that a new user sees. */
export function isEmpty(portfolio: Portfolio): boolean {
  return portfolio.slos.length === 0;
}
