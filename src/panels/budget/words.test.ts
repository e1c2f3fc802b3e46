import { describe, expect, it } from 'vitest';
import { type State } from '../../format';
import { HOUR, NOW, sampleReport } from '../../testing/samples';
import {
  caveats,
  downtimeText,
  eventsText,
  exhaustionText,
  headline,
  headlineTone,
  headlineUnit,
  reportExhaustionText,
  roughly,
} from './words';

describe('the headline of a budget', () => {
  it('is green when the budget is fresh and covers its window', () => {
    const report = sampleReport();
    expect(headline(report)).toBe('69.0%');
    expect(headlineUnit(report)).toBe('of budget left');
    expect(headlineTone(report)).toBe('good');
  });

  it('shows an overspent budget as negative', () => {
    const report = sampleReport({ state: 'exhausted', remaining: -0.12 });
    expect(headline(report)).toBe('-12.0%');
    expect(headlineUnit(report)).toBe('of budget, overspent');
    expect(headlineTone(report)).toBe('bad');
  });

  it.each<State>(['no traffic', 'no data', 'stale', 'error', 'not evaluated', 'backfilling'])(
    'is never good in the state "%s", even with a full budget',
    (state) => {
      expect(headlineTone(sampleReport({ state, remaining: 1 }))).toBe('neutral');
    }
  );

  it.each<State>(['no traffic', 'no data', 'not evaluated'])('claims no number in the state "%s"', (state) => {
    expect(headline(sampleReport({ state, remaining: 1 }))).toBe('–');
    expect(headlineUnit(sampleReport({ state, remaining: 1 }))).toBe('budget unknown');
    expect(eventsText(sampleReport({ state }))).toBe('–');
    expect(downtimeText(sampleReport({ state }))).toBe('–');
  });

  it('is not green when part of the window is unknown', () => {
    expect(headlineTone(sampleReport({ coverage: 0.8 }))).toBe('neutral');
    expect(headlineTone(sampleReport({ coverage: null as never }))).toBe('neutral');
  });

  it('stays red when an overspent budget is stale', () => {
    expect(headlineTone(sampleReport({ state: 'stale', remaining: -0.5 }))).toBe('bad');
  });
});

describe('the facts of a budget', () => {
  it('are the events spent of those allowed', () => {
    expect(eventsText(sampleReport())).toBe('1,240 of 4,000 bad events');
  });

  it('are the downtime left of the whole', () => {
    expect(downtimeText(sampleReport({ remaining: 0.5 }))).toBe('21 min 36 s of 43 min 12 s left');
  });

  it('are not none while less than a second is left', () => {
    expect(downtimeText(sampleReport({ remaining: 0.0001 }))).toBe('<1 s of 43 min 12 s left');
  });

  it('are the downtime beyond the whole when overspent', () => {
    expect(downtimeText(sampleReport({ remaining: -0.5 }))).toBe('21 min 36 s over the 43 min 12 s');
  });
});

describe('the forecast in words', () => {
  it('has the time and its interval', () => {
    const forecast = { kind: 'at', at: NOW + 9 * HOUR, lower: NOW + 6 * HOUR, upper: NOW + 14 * HOUR } as const;
    expect(exhaustionText(forecast, NOW)).toBe('Exhausted in about 9 h (6 h – 14 h)');
  });

  it('says when the late end is open', () => {
    const forecast = { kind: 'at', at: NOW + 9 * HOUR, lower: NOW + 6 * HOUR, upper: null } as const;
    expect(exhaustionText(forecast, NOW)).toBe('Exhausted in about 9 h (6 h or later)');
  });

  it('does not count below zero when the moment has passed', () => {
    expect(exhaustionText({ kind: 'at', at: NOW - HOUR }, NOW)).toBe('Exhausted about now');
  });

  it('tells apart spent, safe and unknown', () => {
    expect(exhaustionText({ kind: 'exhausted' }, NOW)).toBe('Exhausted');
    expect(exhaustionText({ kind: 'not within horizon' }, NOW)).toBe('Not exhausted at the present pace');
    expect(exhaustionText({ kind: 'unknown' }, NOW)).toBe('No forecast');
    expect(exhaustionText(undefined, NOW)).toBe('No forecast');
  });

  it.each<State>(['error', 'stale', 'backfilling', 'not evaluated'])('promises nothing in the state "%s"', (state) => {
    const lasts = sampleReport({ forecast: { kind: 'not within horizon' } });
    expect(reportExhaustionText(lasts, NOW)).toBe('Not exhausted at the present pace');
    expect(reportExhaustionText({ ...lasts, state }, NOW)).toBe('No forecast');
    const gone = sampleReport({ state, forecast: { kind: 'exhausted' } });
    expect(reportExhaustionText(gone, NOW)).toBe('Exhausted');
  });

  it('rounds to one unit', () => {
    expect(roughly(90 * 60_000)).toBe('90 min');
    expect(roughly(47 * HOUR)).toBe('47 h');
    expect(roughly(50 * HOUR)).toBe('2 d');
  });
});

describe('the caveats of a budget', () => {
  it('are none when nothing limits the numbers', () => {
    expect(caveats(sampleReport(), NOW)).toEqual([]);
  });

  it("are the backend's own words where it has some", () => {
    const found = caveats(sampleReport({ state: 'stale', message: 'The evaluator has not written since 10:00.' }), NOW);
    expect(found).toEqual([{ icon: 'history', tone: 'warning', text: 'The evaluator has not written since 10:00.' }]);
  });

  it('say how old a stale number is', () => {
    const [first] = caveats(sampleReport({ state: 'stale', lastMeasured: NOW - 3 * HOUR }), NOW);
    expect(first?.text).toBe('Not fresh: last measured 3 h ago.');
  });

  it('say how much of the window is known', () => {
    expect(caveats(sampleReport({ coverage: 0.876 }), NOW).map(({ text }) => text)).toEqual([
      'Only 87% of the window is known.',
    ]);
  });
});
