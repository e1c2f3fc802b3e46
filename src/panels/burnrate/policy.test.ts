import { describe, expect, it } from 'vitest';
import { sampleBurnFrame, samplePolicy, samplePolicyRow, THEME } from '../../testing/samples';
import { DEFAULT_OPTIONS } from './options';
import {
  barPosition,
  burnRatesOf,
  policyText,
  scaleMaximum,
  verdict,
  verdictText,
  verdictTone,
  windowSeconds,
} from './policy';
import { rateFrames } from './rates';

describe('the verdict on a pair of windows', () => {
  it('fires when the backend says so', () => {
    const row = samplePolicyRow({ longRate: 20, shortRate: 21, firing: true });
    expect(verdict(row)).toBe('firing');
    expect(verdictText(row)).toBe('Firing');
    expect(verdictTone(row)).toBe('bad');
  });

  it('tells a ticket from a page', () => {
    const row = samplePolicyRow({ severity: 'ticket', firing: true });
    expect(verdictText(row)).toBe('Firing');
    expect(verdictTone(row)).toBe('warning');
  });

  it('is calming down when only the long window is over', () => {
    expect(verdictText(samplePolicyRow({ longRate: 20, shortRate: 0 }))).toBe('Calming down');
  });

  it('is rising when only the short window is over', () => {
    expect(verdictText(samplePolicyRow({ longRate: 1, shortRate: 20 }))).toBe('Rising');
  });

  it('is good only when the rates are known and below', () => {
    expect(verdictTone(samplePolicyRow())).toBe('good');
    const unknown = samplePolicyRow({ longRate: null, shortRate: null });
    expect(verdictText(unknown)).toBe('Unknown');
    expect(verdictTone(unknown)).toBe('neutral');
  });

  it('does not fire at the threshold itself', () => {
    expect(verdict(samplePolicyRow({ longRate: 14.4, shortRate: 14.4 }))).toBe('quiet');
  });
});

describe('a policy row in words', () => {
  it('names share, windows and rate', () => {
    expect(policyText(samplePolicyRow())).toBe(
      'Page when 2% of the budget burns in 1h: faster than 14.4× over 1h and over 5m'
    );
  });
});

describe('the bars', () => {
  it('have room for every rate and threshold', () => {
    const policy = [samplePolicyRow({ longRate: 50 })];
    expect(scaleMaximum(policy)).toBeGreaterThan(50);
    expect(barPosition(50, scaleMaximum(policy))).toBeLessThan(1);
  });

  it('start at zero and never leave their track', () => {
    expect(barPosition(0, 10)).toBe(0);
    expect(barPosition(-1, 10)).toBe(0);
    expect(barPosition(1000, 10)).toBe(1);
  });
});

describe('the length of a window', () => {
  it.each([
    ['5m', 300],
    ['1h', 3600],
    ['3d', 259_200],
    ['soon', 0],
  ])('%s is %d s', (window, seconds) => {
    expect(windowSeconds(window)).toBe(seconds);
  });
});

describe('the chart of burn rates', () => {
  const [rates] = burnRatesOf([sampleBurnFrame()]);

  it('shows the long windows', () => {
    const [frame] = rateFrames(rates!, THEME, 'utc', DEFAULT_OPTIONS);
    expect(frame?.fields.slice(1).map((field) => field.config.displayName)).toEqual(['1h window', undefined]);
  });

  it('shows the short ones on demand, shortest first', () => {
    const [frame] = rateFrames(rates!, THEME, 'utc', { ...DEFAULT_OPTIONS, showShortWindows: true });
    expect(frame?.fields.slice(1).map((field) => field.config.displayName)).toEqual([
      '5m window',
      '1h window',
      undefined,
    ]);
  });

  it('shows all windows when none belongs to the policy', () => {
    const [other] = burnRatesOf([sampleBurnFrame([])]);
    expect(rateFrames(other!, THEME, 'utc', DEFAULT_OPTIONS)[0]?.fields).toHaveLength(4);
  });

  it('has a line for each threshold in the colour of its severity', () => {
    const [frame] = rateFrames(rates!, THEME, 'utc', DEFAULT_OPTIONS);
    const steps = frame?.fields[1]?.config.thresholds?.steps.slice(1);
    expect(steps?.map(({ value }) => value)).toEqual([1, 3, 6, 14.4]);
    expect(steps?.[0]?.color).toBe(THEME.colors.warning.main);
    expect(steps?.[3]?.color).toBe(THEME.colors.error.main);
  });

  it('has a word for a rate without end', () => {
    const [frame] = rateFrames(rates!, THEME, 'utc', DEFAULT_OPTIONS);
    expect(frame?.fields[1]?.display?.(1e6)).toMatchObject({ text: '∞' });
    expect(frame?.fields[1]?.display?.(14.4)).toMatchObject({ text: '14.4', suffix: ' ×' });
  });

  it('leaves the policy as it came', () => {
    expect(rates?.policy).toEqual(samplePolicy());
  });
});
