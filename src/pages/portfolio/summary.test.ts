import { describe, expect, it } from 'vitest';
import { type SLO } from '../../api';
import { type State } from '../../format';
import { HOUR, NOW, sampleReport, sampleRow, sampleSLO } from '../../testing/samples';
import { backfillOf, countableRows, countStates, filterRows, filtersOf, rowOf, servicesOf } from './summary';

const NO_FILTER = { text: '', service: '', state: '', critical: false } as const;

describe('an SLO as a table row', () => {
  it('takes names, numbers and links from definition and report', () => {
    const row = rowOf(sampleSLO('checkout'), NOW);
    expect(row).toMatchObject({
      slo: 'checkout',
      serviceName: 'Checkout',
      remaining: 0.69,
      burn1h: 0.4,
      owner: 'team-payments',
      runbook: '',
      critical: false,
      lagSeconds: 120,
    });
  });

  it('has a moment of exhaustion only when one is forecast', () => {
    const forecast = { kind: 'at', at: NOW + HOUR, lower: NOW, upper: null } as const;
    const at = sampleSLO('a', 'page', { report: sampleReport({ forecast }) });
    expect(rowOf(at, NOW)).toMatchObject({ exhaustedAt: NOW + HOUR, exhaustedLower: NOW, exhaustedUpper: null });
    expect(rowOf(sampleSLO('b'), NOW).exhaustedAt).toBeNull();
  });
});

describe('the filters in the address', () => {
  it('are read from the query parameters', () => {
    const params = new URLSearchParams('q=check&service=cart&state=no+data&critical=true');
    expect(filtersOf(params)).toEqual({ text: 'check', service: 'cart', state: 'no data', critical: true });
  });

  it('choose everything when they are absent or unknown', () => {
    expect(filtersOf(new URLSearchParams('state=fine'))).toEqual(NO_FILTER);
  });
});

describe('filtering and counting', () => {
  const rows = [
    sampleRow({ slo: 'a', state: 'page', service: 'cart', critical: true }),
    sampleRow({ slo: 'b', state: 'ok', service: 'cart', critical: false }),
    sampleRow({ slo: 'c', state: 'ok', service: 'search', critical: true }),
  ];
  const ids = (filters: Partial<Parameters<typeof filterRows>[1]>) =>
    filterRows(rows, { ...NO_FILTER, ...filters }).map((row) => row.slo);

  it('combines service, state and criticality', () => {
    expect(ids({})).toEqual(['a', 'b', 'c']);
    expect(ids({ service: 'cart' })).toEqual(['a', 'b']);
    expect(ids({ service: 'cart', state: 'ok' })).toEqual(['b']);
    expect(ids({ critical: true })).toEqual(['a', 'c']);
  });

  it('counts what a click on each tile would bring', () => {
    const counted = countStates(countableRows(rows, { ...NO_FILTER, service: 'cart', state: 'ok' }));
    expect(counted.filter(({ count }) => count > 0)).toEqual([
      { state: 'page', count: 1 },
      { state: 'ok', count: 1 },
    ]);
  });

  it('always counts the usual states and the rare ones only when they occur', () => {
    expect(countStates([]).map(({ state }) => state)).toEqual(['exhausted', 'page', 'ticket', 'stale', 'ok']);
    expect(countStates([sampleRow({ state: 'error' })]).map(({ state }) => state)).toContain('error');
  });

  it('offers each service once, by name', () => {
    expect(
      servicesOf([...rows, sampleRow({ service: 'basket', serviceName: 'A basket' })]).map(({ value }) => value)
    ).toEqual(['basket', 'cart', 'search']);
  });
});

describe('the progress of backfill', () => {
  const at = (progress: number | null, state: State = 'backfilling'): SLO =>
    sampleSLO('a', state, { report: sampleReport({ progress }) });

  it('is the mean over the SLOs that are evaluated', () => {
    expect(backfillOf([at(1), at(0.5), at(null, 'not evaluated')])).toEqual({ pending: 1, of: 2, progress: 0.75 });
  });

  it('is absent when all of the past has been read', () => {
    expect(backfillOf([at(1), at(1)])).toBeUndefined();
    expect(backfillOf([])).toBeUndefined();
  });
});
