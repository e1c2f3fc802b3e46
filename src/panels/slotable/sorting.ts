import { type StatusRow } from '../../api/frames';
import { compareStates, isKnown, type Maybe, stateLook } from '../../format';
import { type ColumnKey } from './columns';

export interface Sorting {
  key: ColumnKey;
  descending: boolean;
}

/** What needs a person comes first. */
export const WORST_FIRST: Sorting = { key: 'state', descending: false };

type Compare = (a: StatusRow, b: StatusRow) => number;

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

const byText =
  (text: (row: StatusRow) => string): Compare =>
  (a, b) =>
    collator.compare(text(a), text(b));

const byName = byText((row) => row.name);

const COMPARE: Partial<Record<ColumnKey, Compare>> = {
  state: (a, b) => compareStates(a.state, b.state) || compareNumbers(a.remaining, b.remaining),
  name: byName,
  service: byText((row) => row.serviceName),
  owner: byText((row) => row.owner),
};

const NUMBER: Partial<Record<ColumnKey, (row: StatusRow) => Maybe>> = {
  objective: (row) => row.objective,
  sli: (row) => row.sli,
  remaining: (row) => row.remaining,
  burn1h: (row) => row.burn1h,
  burn6h: (row) => row.burn6h,
  exhaustion: exhaustionOf,
};

/** When the budget is gone: at once when it is spent, unknown when that is not in sight. */
export function exhaustionOf(row: StatusRow): Maybe {
  return isSpent(row) ? 0 : row.exhaustedAt;
}

/** Whether nothing is left of the budget. */
export function isSpent(row: StatusRow): boolean {
  return row.state === 'exhausted' || (isKnown(row.remaining) && row.remaining <= 0);
}

/** A sorted copy. What is not known stays last in both directions; equals are in the order of their names. */
export function sortRows(rows: readonly StatusRow[], { key, descending }: Sorting): StatusRow[] {
  const direction = descending ? -1 : 1;
  const number = NUMBER[key];
  const compare: Compare = number
    ? (a, b) => compareNumbers(number(a), number(b), direction)
    : (a, b) => direction * (COMPARE[key]?.(a, b) ?? 0);
  return [...rows].sort((a, b) => compare(a, b) || byName(a, b));
}

function compareNumbers(a: Maybe, b: Maybe, direction = 1): number {
  if (!isKnown(a) || !isKnown(b)) {
    return Number(!isKnown(a)) - Number(!isKnown(b));
  }
  return direction * (a - b);
}

/** The sorting after a click on a header: by that column, and the other way round on the second click. */
export function toggled(sorting: Sorting, key: ColumnKey): Sorting {
  return { key, descending: sorting.key === key ? !sorting.descending : false };
}

/** How many of all SLOs are listed: "3 SLOs", "1 of 3 SLOs". */
export function shownText(shown: number, total: number): string {
  const all = total === 1 ? '1 SLO' : `${total} SLOs`;
  return shown === total ? all : `${shown} of ${all}`;
}

/** Whether every word of the text is somewhere in the row's names, owner or state. */
export function matches(row: StatusRow, text: string): boolean {
  const hay = [row.name, row.slo, row.service, row.serviceName, row.owner, stateLook(row.state).label]
    .join(' ')
    .toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}
