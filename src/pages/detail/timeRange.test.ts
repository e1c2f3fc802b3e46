import { describe, expect, it } from 'vitest';
import { HOUR, LAST_30_DAYS, NOW } from '../../testing/samples';
import { rangeParams, rawRangeOf, resolveRange, shifted, spanOf, zoomedOut } from './timeRange';

const params = (text: string) => new URLSearchParams(text);

describe('the time range in the address', () => {
  it("is the SLO's window by default", () => {
    expect(rawRangeOf(params(''), '7d')).toEqual({ from: 'now-7d', to: 'now' });
  });

  it.each([
    [30 * 86_400, '30d'],
    [6 * 3600, '6h'],
    [90 * 60, '90m'],
    [0, '30d'],
  ])('writes a window of %s s as %s', (seconds, span) => expect(spanOf(seconds)).toBe(span));

  it('stays relative where it is relative', () => {
    const raw = rawRangeOf(params('from=now-6h&to=now-1h'), '30d');
    expect(rangeParams(raw)).toEqual({ from: 'now-6h', to: 'now-1h' });
  });

  it('keeps moments to the millisecond', () => {
    const raw = rawRangeOf(params(`from=${NOW - HOUR}&to=${NOW}`), '30d');
    expect(rangeParams(raw)).toEqual({ from: String(NOW - HOUR), to: String(NOW) });
    expect(resolveRange(raw, '30d', 'utc').from.valueOf()).toBe(NOW - HOUR);
  });

  it("falls back to the SLO's window when it makes no sense", () => {
    const backwards = resolveRange(rawRangeOf(params(`from=${NOW}&to=${NOW - HOUR}`), '7d'), '7d', 'utc');
    expect(backwards.raw).toEqual({ from: 'now-7d', to: 'now' });
    const nonsense = resolveRange(rawRangeOf(params('from=yesterday&to=never'), '7d'), '7d', 'utc');
    expect(nonsense.raw).toEqual({ from: 'now-7d', to: 'now' });
  });
});

describe('moving the time range', () => {
  it('goes by half of its length', () => {
    const { from, to } = shifted(LAST_30_DAYS, -1);
    expect(Number(from.valueOf())).toBe(NOW - 45 * 24 * HOUR);
    expect(Number(to.valueOf())).toBe(NOW - 15 * 24 * HOUR);
  });

  it('zooms out around its middle but not into the future', () => {
    const { from, to } = zoomedOut(LAST_30_DAYS, NOW);
    expect(Number(from.valueOf())).toBe(NOW - 45 * 24 * HOUR);
    expect(Number(to.valueOf())).toBe(NOW);
  });
});
