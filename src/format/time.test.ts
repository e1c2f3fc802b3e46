import { describe, expect, it } from 'vitest';
import { formatForecastRange } from './forecast';
import { formatDowntime, formatDuration, formatRelative, formatTime } from './time';

describe('a duration', () => {
  it.each([
    [2592, '43 min 12 s'],
    [30 * 86_400, '30 d'],
    [93_600, '1 d 2 h'],
    [3599.6, '1 h'],
    [0.4, '<1 s'],
    [0, '0 s'],
    [-90, '1 min 30 s'],
    [null, '–'],
  ])('of %s seconds reads %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

it('the downtime that 99.9% allows in 30 days is 43 min 12 s', () => {
  expect(formatDowntime(0.999, 30 * 86_400)).toBe('43 min 12 s');
});

it('a downtime of less than a second is not none', () => {
  expect(formatDowntime(0.9999, 3600)).toBe('<1 s');
  expect(formatDowntime(0.999, 1000)).toBe('1 s');
  expect(formatDowntime(1, 3600)).toBe('0 s');
});

describe('a moment seen from now', () => {
  const now = Date.UTC(2026, 0, 2);
  it.each([
    [now, 'now'],
    [now + 90_000, 'in 1 min 30 s'],
    [now - 7_200_000, '2 h ago'],
    [undefined, '–'],
  ])('%s reads %s', (ms, text) => expect(formatRelative(ms, now)).toBe(text));
});

it('a moment is shown in the time zone asked for', () => {
  expect(formatTime(Date.UTC(2026, 0, 2, 10), 'utc')).toBe('2026-01-02 10:00:00');
});

describe('a forecast', () => {
  const now = Date.UTC(2026, 0, 1);
  const at = { kind: 'at' as const, at: now + 3_600_000, lower: now + 1_800_000 };
  it('with an open end has a lower bound only', () => {
    expect(formatForecastRange(at, 'utc')).toBe('not before 2026-01-01 00:30:00');
  });
  it('with both ends has an interval', () => {
    expect(formatForecastRange({ ...at, upper: now + 7_200_000 }, 'utc')).toBe(
      'between 2026-01-01 00:30:00 and 2026-01-01 02:00:00'
    );
  });
  it('beyond the horizon has no interval', () => {
    expect(formatForecastRange({ kind: 'not within horizon' })).toBe('');
  });
});
