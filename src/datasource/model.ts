import { type ScopedVars } from '@grafana/data';
import { type TemplateSrv } from '@grafana/runtime';
import { type BurnlineQuery, QUERY_TYPES, type QueryType, SCHEMA_VERSION, type SeriesQueryType } from '../api';

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
};

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
  };
}

/** The query as it is saved: of the present version and without empty lists, so that dashboards stay short. */
export function toSaved(query: BurnlineQuery): BurnlineQuery {
  const { slos, services, labels, windows, value, ...rest } = normalize(query);
  const known = rest.queryType && ALERT_VALUES[rest.queryType]?.some((choice) => choice.value === value);
  return {
    ...rest,
    ...(known && { value }),
    schemaVersion: SCHEMA_VERSION,
    ...optionalList('slos', slos),
    ...optionalList('services', services),
    ...optionalList('labels', labels),
    ...optionalList('windows', rest.queryType === 'burnrate' ? windows : []),
  };
}

function optionalList(key: 'slos' | 'services' | 'labels' | 'windows', list: string[] | undefined) {
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
  const { queryType, slos = [], services = [], labels = [], windows = [] } = normalize(saved);
  const what = isSeriesQueryType(queryType) ? QUERY_TYPE_WORDS[queryType].label : 'State changes';
  const filters = [
    slos.length > 0 ? slos.join(', ') : 'all SLOs',
    services.length > 0 ? `in ${services.join(', ')}` : '',
    labels.length > 0 ? `with ${labels.join(', ')}` : '',
    queryType === 'burnrate' && windows.length > 0 ? `(${windows.join(', ')})` : '',
  ];
  return `${what} of ${filters.filter(Boolean).join(' ')}`;
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
