import { describe, expect, it } from 'vitest';
import { HOUR, NOW } from '../../../testing/samples';
import { sampleFiring, sampleResult } from '../../../testing/samplesAlerts';
import { lanesOf, ticksOf } from './laneModel';

const span = { from: NOW - 100 * HOUR, to: NOW };

describe('lanes', () => {
  it('are one a condition, quiet ones too, and one for the incidents', () => {
    const incident = { id: 'i', title: 'Payments down', from: NOW - 50 * HOUR, to: NOW - 40 * HOUR, by: '' };
    const lanes = lanesOf(sampleResult(), [incident], span);
    expect(lanes.map(({ kind, bars }) => [kind, bars.length])).toEqual([
      ['page', 1],
      ['ticket', 0],
      ['incident', 1],
    ]);
    expect(lanes[0]?.bars[0]).toMatchObject({ begin: 0.52, title: 'burn rate above 14.4 over 1h and 5m' });
    expect(lanes[2]?.bars[0]?.length).toBeCloseTo(0.1);
  });

  it('draw what still fires to the end, and what began earlier from the start', () => {
    const firings = [sampleFiring({ from: NOW - 200 * HOUR, to: null })];
    const bar = lanesOf(sampleResult({ firings }), [], span)[0]?.bars[0];
    expect(bar).toMatchObject({ begin: 0, length: 1 });
    expect(bar?.to).toBeUndefined();
  });

  it('leave out incidents of another time', () => {
    const incident = { id: 'i', title: 'Long ago', from: NOW - 300 * HOUR, to: NOW - 299 * HOUR, by: '' };
    expect(lanesOf(sampleResult(), [incident], span).at(-1)?.bars).toEqual([]);
  });
});

describe('the axis of lanes', () => {
  it("names midnights of the user's zone", () => {
    const ticks = ticksOf({ from: NOW - 72 * HOUR, to: NOW }, 'Asia/Kolkata');
    expect(ticks.map((tick) => new Date(tick).toISOString())).toEqual([
      '2026-02-26T18:30:00.000Z',
      '2026-02-27T18:30:00.000Z',
      '2026-02-28T18:30:00.000Z',
    ]);
  });

  it('has room for its names', () => {
    expect(ticksOf({ from: NOW - 90 * 24 * HOUR, to: NOW }, 'utc').length).toBeLessThanOrEqual(8);
  });
});
