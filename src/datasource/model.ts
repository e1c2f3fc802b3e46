import { type ScopedVars } from '@grafana/data';
import { type TemplateSrv } from '@grafana/runtime';
import {
  BACKTEST_VIEWS,
  type BacktestView,
  type BurnlineQuery,
  QUERY_TYPES,
  type QueryType,
  SCHEMA_VERSION,
  type SeriesQueryType,
} from '../api';

/** What a query type is called in the editor and what it is good for. */
export const QUERY_TYPE_WORDS: Record<SeriesQueryType, { label: string; description: string }> = {
  status: {
    label: 'Status',
    description: 'A table with one row an SLO: state, remaining budget, burn rates, forecast',
  },
  budget: { label: 'Error budget', description: 'The remaining budget over time and its projected exhaustion' },
  burnrate: { label: 'Burn rate', description: 'How fast the budget is spent, over one or several windows' },
  sli: { label: 'SLI', description: 'The measured share of good events at each point in time' },
  events: { label: 'Events', description: 'The numbers of good and bad events at each point in time' },
  backtest: {
    label: 'Backtest',
    description: 'What alert policies or other targets would have done in the time range',
  },
  alert: { label: 'Alert number', description: 'For alert rules: one number an SLO, as of now' },
};

/** What a backtest can show. */
export const VIEW_WORDS: Record<BacktestView, { label: string; description: string }> = {
  firings: { label: 'Alerts one by one', description: 'A row an alert: when, how long, what it cost, was it right' },
  summary: { label: 'Policies compared', description: 'A row a policy: alerts, precision, recall, delay' },
  whatif: { label: 'Targets compared', description: 'A row a target: budget and alerts' },
};

/** The built-in policies that a backtest can try; others are named as their definition names them. */
export const POLICY_CHOICES = [
  { value: 'own', label: 'In force', description: "The SLO's own, or the organisation's default" },
  { value: 'workbook', label: 'SRE workbook', description: 'Pages at 14.4× and 6×, tickets at 3× and 1×' },
  { value: 'workbook-low-traffic', label: 'SRE workbook for low traffic', description: 'No 1h page, from 100 events' },
  { value: 'fast-only', label: 'Fast burn only', description: 'Only the pages of the SRE workbook' },
];

/** The numbers of an alert query whose window must be named. */
const WINDOWED_VALUES = ['burn', 'events'];
/** The window that they begin with. */
const FIRST_WINDOW = '1h';

/**
 * What an alert rule may be about, by query type, the backend's default first. Alerting takes one number an SLO;
 * types that are not here have no more than that.
 */
export const ALERT_VALUES: Partial<Record<QueryType, { value: string; label: string }[]>> = {
  status: [
    { value: 'remaining', label: 'Remaining budget' },
    { value: 'consumed', label: 'Consumed budget' },
    { value: 'sli', label: 'SLI' },
    { value: 'objective', label: 'Objective' },
    { value: 'burn_1h', label: 'Burn rate 1h' },
    { value: 'burn_6h', label: 'Burn rate 6h' },
    { value: 'burn_3d', label: 'Burn rate 3d' },
    { value: 'bad', label: 'Bad events' },
    { value: 'total', label: 'Events' },
    { value: 'allowed', label: 'Allowed bad events' },
    { value: 'coverage', label: 'Known share of window' },
    { value: 'progress', label: 'Backfilled' },
    { value: 'lag_seconds', label: 'Lag in seconds' },
  ],
  budget: [
    { value: 'remaining', label: 'Remaining budget' },
    { value: 'sli', label: 'SLI' },
    { value: 'coverage', label: 'Known share of window' },
  ],
  events: [
    { value: 'bad', label: 'Bad events' },
    { value: 'good', label: 'Good events' },
    { value: 'total', label: 'Events' },
  ],
  alert: [
    { value: 'burn', label: 'Burn rate' },
    { value: 'events', label: 'Events' },
    { value: 'consumed', label: 'Consumed budget' },
    { value: 'remaining', label: 'Remaining budget' },
    { value: 'exhaustion_hours', label: 'Hours to exhaustion' },
    { value: 'absence', label: 'Traffic or source missing' },
    { value: 'lag_seconds', label: 'Lag in seconds' },
    { value: 'ledger_lag_seconds', label: 'Lag of the ledger in seconds' },
  ],
};

/** The queries that the editor starts with. */
export const DEFAULT_QUERY: Partial<BurnlineQuery> = { queryType: 'status', schemaVersion: SCHEMA_VERSION };

/**
 * The query as this version understands it. Dashboards are also written by hand and by older versions: a
 * single name where a list belongs becomes a list, an unknown query type is kept for the backend to refuse.
 */
export function normalize(saved: BurnlineQuery): BurnlineQuery {
  return {
    ...saved,
    queryType: saved.queryType ?? DEFAULT_QUERY.queryType,
    schemaVersion: saved.schemaVersion ?? SCHEMA_VERSION,
    slos: toList(saved.slos),
    services: toList(saved.services),
    labels: toList(saved.labels),
    windows: toList(saved.windows),
    policies: toList(saved.policies),
    targets: toList(saved.targets),
  };
}

/** The query as it is saved: of the present version and without empty lists, so that dashboards stay short. */
export function toSaved(query: BurnlineQuery): BurnlineQuery {
  const { slos, services, labels, windows, value, view, policies, targets, absence, ...rest } = normalize(query);
  const choices = rest.queryType ? ALERT_VALUES[rest.queryType] : undefined;
  // A panel's query needs no number; one for alert rules is nothing without.
  const fallback = rest.queryType === 'alert' ? choices?.[0]?.value : undefined;
  const chosen = choices?.some((choice) => choice.value === value) ? value : fallback;
  const wanted = { ...rest, view: viewOf({ ...rest, view }), value: chosen };
  return {
    ...rest,
    ...(chosen && { value: chosen }),
    ...(rest.queryType === 'alert' && chosen === 'absence' && absence && { absence }),
    ...(rest.queryType === 'backtest' && { view: wanted.view }),
    schemaVersion: SCHEMA_VERSION,
    ...optionalList('slos', slos),
    ...optionalList('services', services),
    ...optionalList('labels', labels),
    ...optionalList('windows', windowsOf(wanted, windows ?? [])),
    ...optionalList('policies', takesPolicies(wanted) ? policies : []),
    ...optionalList('targets', takesTargets(wanted) ? targets : []),
  };
}

/** What a backtest query shows. */
export function viewOf({ queryType, view }: Pick<BurnlineQuery, 'queryType' | 'view'>): BacktestView | undefined {
  return queryType === 'backtest' ? (BACKTEST_VIEWS.find((known) => known === view) ?? BACKTEST_VIEWS[0]) : undefined;
}

/** Whether the query names policies to try; the what-if has those in force. */
export function takesPolicies(query: Pick<BurnlineQuery, 'queryType' | 'view'>): boolean {
  return ['firings', 'summary'].includes(viewOf(query) ?? '');
}

/** Whether the query names targets to try. */
export function takesTargets(query: Pick<BurnlineQuery, 'queryType' | 'view'>): boolean {
  return viewOf(query) === 'whatif';
}

/** Whether the query is a number over exactly one window. */
export function takesOneWindow({ queryType, value }: Pick<BurnlineQuery, 'queryType' | 'value'>): boolean {
  return queryType === 'alert' && WINDOWED_VALUES.includes(value ?? '');
}

function windowsOf(query: Pick<BurnlineQuery, 'queryType' | 'value'>, windows: string[]): string[] {
  if (query.queryType === 'burnrate') {
    return windows;
  }
  return takesOneWindow(query) ? [windows[0] ?? FIRST_WINDOW] : [];
}

type ListKey = 'slos' | 'services' | 'labels' | 'windows' | 'policies' | 'targets';

function optionalList(key: ListKey, list: string[] | undefined) {
  return list?.length ? { [key]: list } : {};
}

function toList(saved: unknown): string[] {
  const list: unknown[] = Array.isArray(saved) ? saved : [saved];
  return [...new Set(list.filter((entry) => typeof entry === 'string').map((entry) => entry.trim()))].filter(Boolean);
}

/** Whether the editor knows the query type. */
export function isSeriesQueryType(type: QueryType | undefined): type is SeriesQueryType {
  return QUERY_TYPES.some((known) => known === type);
}

/** One line for the collapsed query row: "Burn rate of checkout, search (1h, 5m)". */
export function displayText(saved: BurnlineQuery): string {
  const query = normalize(saved);
  const { queryType, slos = [], services = [], labels = [] } = query;
  const what = isSeriesQueryType(queryType) ? QUERY_TYPE_WORDS[queryType].label : 'State changes';
  const details = detailsOf(query);
  const filters = [
    slos.length > 0 ? slos.join(', ') : 'all SLOs',
    services.length > 0 ? `in ${services.join(', ')}` : '',
    labels.length > 0 ? `with ${labels.join(', ')}` : '',
    details.length > 0 ? `(${details.join(', ')})` : '',
  ];
  return `${what} of ${filters.filter(Boolean).join(' ')}`;
}

/** What is asked about the SLOs beside the query type. */
function detailsOf(query: BurnlineQuery): string[] {
  const { queryType, value, windows = [], policies = [], targets = [] } = query;
  switch (queryType) {
    case 'burnrate':
      return windows;
    case 'alert': {
      const choice = ALERT_VALUES.alert?.find((known) => known.value === value);
      return [choice?.label.toLowerCase() ?? value ?? '', ...(takesOneWindow(query) ? windows : [])].filter(Boolean);
    }
    case 'backtest':
      return takesTargets(query) ? ['targets', ...targets] : policies;
    default:
      return [];
  }
}

/** The query with each variable replaced by its values. */
export function interpolate(saved: BurnlineQuery, variables: TemplateSrv, scope: ScopedVars): BurnlineQuery {
  const query = normalize(saved);
  const expand = (list: string[] | undefined) => expandVariables(list ?? [], variables, scope);
  return {
    ...query,
    slos: expand(query.slos),
    services: expand(query.services),
    labels: expand(query.labels),
    windows: expand(query.windows),
    policies: expand(query.policies),
    targets: expand(query.targets),
  };
}

// Characters that no id or label holds mark where a variable's values begin, part and end.
const BEGIN = '\u0002';
const PART = '\u0001';
const END = '\u0003';
// What a variable's "All" may stand for; an absent filter says the same.
const ALL = ['$__all', '.*'];
const MARKED = new RegExp(`${BEGIN}([^${END}]*)${END}`, 'g');

/**
 * Each entry with its variables replaced. An entry whose variable has several values becomes several
 * entries: "team=$team" with two teams is two labels. A variable without a value leaves no entry, and one
 * whose "All" has a pattern of its own no filter.
 */
export function expandVariables(entries: string[], variables: TemplateSrv, scope: ScopedVars): string[] {
  const expanded = entries.flatMap((entry) => {
    const marked = variables.replace(entry, scope, markValues);
    // Without a mark the entry held no variable, or one that asks for a format of its own, such as ${slo:csv}.
    const plain = !marked.includes(BEGIN);
    return plain && marked !== entry ? marked.split(',') : combinations(marked);
  });
  const once = [...new Set(expanded.map((entry) => entry.trim()).filter(Boolean))];
  return once.some((entry) => ALL.includes(entry)) ? [] : once.filter((entry) => !ALL.includes(valueOf(entry)));
}

/** What a label "key=value" asks for; an id is its own value. */
function valueOf(entry: string): string {
  return entry.slice(entry.indexOf('=') + 1);
}

type VariableValue = string | number | boolean | null | undefined;

function markValues(value: VariableValue | VariableValue[]): string {
  const values = Array.isArray(value) ? value : [value];
  return BEGIN + values.map((one) => one ?? '').join(PART) + END;
}

/** All texts that come from choosing one value at each mark. */
function combinations(marked: string): string[] {
  // Splitting by a pattern with a group gives literal text at even and a mark's values at odd places.
  return marked.split(MARKED).reduce<string[]>(
    (texts, piece, place) => {
      const choices = place % 2 === 1 ? piece.split(PART).filter(Boolean) : [piece];
      return texts.flatMap((text) => choices.map((choice) => text + choice));
    },
    ['']
  );
}
