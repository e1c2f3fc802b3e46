import { describe, expect, it } from 'vitest';
import { NOW } from '../../../testing/samples';
import { beyondHistory, spanNamed, testedRange } from './spans';

const DAY = 86_400_000;

describe('the span of a backtest', () => {
  it.each([
    ['90 days', 90, []],
    ['30 days', 30, ['90d']],
    ['10 days', 10, ['30d', '90d']],
    ['2 days', 2, ['28d', '30d', '90d']],
  ])('of a history of %s leaves out what would show no more', (_, days, beyond) => {
    expect(beyondHistory(NOW - days * DAY, NOW)).toEqual(beyond);
  });

  it('may be any while it is not known how far history reaches', () => {
    expect(beyondHistory(undefined, NOW)).toEqual([]);
  });

  it('is 30 days unless the address names another', () => {
    expect(spanNamed(null, [])).toBe('30d');
    expect(spanNamed('7d', [])).toBe('7d');
    expect(spanNamed('1y', [])).toBe('30d');
  });

  it('is the longest that history has when it has not that much', () => {
    expect(spanNamed(null, ['30d', '90d'])).toBe('28d');
    expect(spanNamed('90d', ['90d'])).toBe('30d');
  });

  it('ends at a whole minute and does not begin before history', () => {
    expect(testedRange('7d', undefined, NOW + 1234)).toEqual({ from: NOW - 7 * DAY, to: NOW });
    expect(testedRange('7d', NOW - 2 * DAY, NOW)).toEqual({ from: NOW - 2 * DAY, to: NOW });
  });
});
