import { describe, expect, it } from 'vitest';
import { type StatusRow } from '../../api';
import { NOW, sampleRow } from '../../testing/samples';
import { COLUMN_KEYS, COLUMNS, fittingColumns } from './columns';
import { matches, shownText, sortRows, toggled, WORST_FIRST } from './sorting';

const ids = (rows: StatusRow[]) => rows.map((row) => row.slo);
const row = (slo: string, changes: Partial<StatusRow>) => sampleRow({ slo, name: slo, ...changes });

describe('sorting SLOs', () => {
  it('puts the worst state first and among equals the least budget', () => {
    const rows = [
      row('ok', { state: 'ok' }),
      row('stale', { state: 'stale' }),
      row('page half', { state: 'page', remaining: 0.5 }),
      row('page low', { state: 'page', remaining: 0.1 }),
      row('page unknown', { state: 'page', remaining: null }),
      row('spent', { state: 'exhausted', remaining: -1 }),
      row('ticket', { state: 'ticket' }),
    ];
    expect(ids(sortRows(rows, WORST_FIRST))).toEqual([
      'spent',
      'page low',
      'page half',
      'page unknown',
      'ticket',
      'stale',
      'ok',
    ]);
  });

  it('keeps what is not known last in both directions', () => {
    const rows = [row('b', { burn1h: null }), row('a', { burn1h: 1 }), row('c', { burn1h: 2 })];
    expect(ids(sortRows(rows, { key: 'burn1h', descending: false }))).toEqual(['a', 'c', 'b']);
    expect(ids(sortRows(rows, { key: 'burn1h', descending: true }))).toEqual(['c', 'a', 'b']);
  });

  it('sorts exhausted budgets before those that will be', () => {
    const rows = [
      row('later', { exhaustedAt: NOW + 2 }),
      row('never', {}),
      row('sooner', { exhaustedAt: NOW + 1 }),
      row('spent', { remaining: 0 }),
    ];
    expect(ids(sortRows(rows, { key: 'exhaustion', descending: false }))).toEqual([
      'spent',
      'sooner',
      'later',
      'never',
    ]);
  });

  it('sorts names as people count', () => {
    const rows = [row('slo 10', {}), row('slo 9', {}), row('Slo 1', {})];
    expect(ids(sortRows(rows, { key: 'name', descending: false }))).toEqual(['Slo 1', 'slo 9', 'slo 10']);
  });

  it('does not change the given list', () => {
    const rows = [row('b', {}), row('a', {})];
    sortRows(rows, { key: 'name', descending: false });
    expect(ids(rows)).toEqual(['b', 'a']);
  });

  it('turns round on the second click and starts ascending on another column', () => {
    const once = toggled(WORST_FIRST, 'remaining');
    expect(once).toEqual({ key: 'remaining', descending: false });
    expect(toggled(once, 'remaining')).toEqual({ key: 'remaining', descending: true });
  });
});

describe('filtering SLOs', () => {
  it('looks for every word in names, owner and state', () => {
    const checkout = sampleRow({ state: 'page' });
    expect(matches(checkout, '')).toBe(true);
    expect(matches(checkout, 'CHECK avail')).toBe(true);
    expect(matches(checkout, 'payments fast')).toBe(true);
    expect(matches(checkout, 'checkout latency')).toBe(false);
  });
});

describe('the number of SLOs that are listed', () => {
  it.each([
    [3, 3, '3 SLOs'],
    [1, 3, '1 of 3 SLOs'],
    [1, 1, '1 SLO'],
    [0, 1, '0 of 1 SLO'],
  ])('%d of %d reads "%s"', (shown, total, text) => expect(shownText(shown, total)).toBe(text));
});

describe('the columns that fit', () => {
  const needed = (keys: ReturnType<typeof fittingColumns>) => keys.reduce((sum, key) => sum + COLUMNS[key].width, 0);

  it('are all where there is room', () => {
    expect(fittingColumns(2000)).toEqual([...COLUMN_KEYS]);
  });

  it('are the name and the budget on a phone', () => {
    expect(fittingColumns(330)).toEqual(['name', 'remaining']);
  });

  it.each([200, 330, 400, 600, 800, 1000, 1200])('never need more than %d pixels', (width) => {
    expect(needed(fittingColumns(width))).toBeLessThanOrEqual(width);
  });

  it('keep the name whatever the width', () => {
    expect(fittingColumns(10)).toEqual(['name']);
  });
});
