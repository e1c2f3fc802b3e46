import { describe, expect, it } from 'vitest';
import { HOUR, NOW, sampleReport, sampleSLO } from '../../testing/samples';
import { forecastText, freshnessFacts, methodText, moment, originText, queriesOf } from './words';

describe('the queries of an indicator', () => {
  it('are named by what they count', () => {
    expect(queriesOf({ kind: 'ratio', bad: 'errors', total: 'all' })).toEqual([
      { label: 'Bad events', query: 'errors' },
      { label: 'All events', query: 'all' },
    ]);
    expect(queriesOf({ kind: 'raw', raw: 'r', rawType: 'failure' })).toEqual([{ label: 'Failure ratio', query: 'r' }]);
  });

  it('say which values of a threshold are good', () => {
    expect(queriesOf({ kind: 'threshold', value: 'latency', op: 'lte', limit: 0.3 })).toEqual([
      { label: 'Value, good while ≤ 0.3', query: 'latency' },
    ]);
  });
});

describe('the definition in words', () => {
  it('says how it counts and where it stands', () => {
    const { definition } = sampleSLO('checkout');
    expect(methodText(definition)).toBe('Ratio of counters, Occurrences');
    expect(originText(definition)).toBe('checkout.yaml:12');
  });
});

describe('the forecast in sentences', () => {
  it('has its basis', () => {
    const forecast = {
      kind: 'at',
      at: NOW + 9 * HOUR,
      lower: NOW + 6 * HOUR,
      upper: NOW + 14 * HOUR,
      basis: 'the last 6 h',
    } as const;
    expect(forecastText(sampleReport({ state: 'page', forecast }), NOW)).toBe(
      'Exhausted in about 9 h (6 h – 14 h). Basis: the last 6 h.'
    );
  });

  it('gives the reason of an exhausted budget', () => {
    const forecast = { kind: 'exhausted', basis: 'the budget of the present window is spent' } as const;
    const report = sampleReport({ state: 'exhausted', forecast });
    expect(forecastText(report, NOW)).toBe('Exhausted: the budget of the present window is spent.');
  });

  it('says why there is none', () => {
    const unknown = sampleReport({ forecast: { kind: 'unknown', basis: 'no event in the window to go by' } });
    expect(forecastText(unknown, NOW)).toBe('No forecast: no event in the window to go by.');
    expect(forecastText(sampleReport({ state: 'error' }), NOW)).toBe('No forecast: The data source cannot be read.');
  });
});

describe('the freshness of the measurements', () => {
  const labels = (facts: ReturnType<typeof freshnessFacts>) =>
    Object.fromEntries(facts.map(({ label, text }) => [label, text]));

  it('says when was last measured and how much of the window is known', () => {
    const facts = labels(
      freshnessFacts(sampleSLO('a', 'ok', { report: sampleReport({ coverage: 0.99999 }) }), NOW, 'utc')
    );
    expect(facts['Last measured']).toBe('2026-03-01 11:58:00 (2 min ago)');
    expect(facts.Lag).toBe('2 min');
    expect(facts['Known share of the window']).toBe('99.9%');
    expect(facts['History read']).toBeUndefined();
  });

  it('tells of unread history and of a short retention', () => {
    const slo = sampleSLO('a', 'backfilling', {
      report: sampleReport({ progress: 0.4, lastMeasured: null }),
      status: { retentionFrom: '2026-02-20T00:00:00Z' },
    });
    const facts = labels(freshnessFacts(slo, NOW, 'utc'));
    expect(facts['Last measured']).toBe('never');
    expect(facts['History read']).toBe('40%');
    expect(facts['Source holds data from']).toContain('2026-02-20 00:00:00');
  });

  it("takes Go's zero time for none", () => {
    expect(moment('0001-01-01T00:00:00Z')).toBeUndefined();
    expect(moment(undefined)).toBeUndefined();
    expect(moment('2026-03-01T12:00:00Z')).toBe(NOW);
  });
});
