import { describe, expect, it } from 'vitest';
import { NOW } from '../../testing/samples';
import { sampleRule } from '../../testing/samplesAlerts';
import { conditionText, forText, lastedText, policyLabel, receiverText, stateDetail } from './words';

describe('a condition in words', () => {
  it('says the share of the budget that a burn rate spends, without the name of the SLO', () => {
    expect(conditionText(sampleRule())).toBe('Burn rate above 14.4 over 1h and 5m: 2% of the budget');
  });

  it('says nothing twice where the share is the condition', () => {
    const title = 'Search: fast: 50 % of the budget consumed';
    expect(conditionText(sampleRule({ kind: 'consumed', title, share: 0.5 }))).toBe('50 % of the budget consumed');
  });

  it('holds for a time or at once', () => {
    expect(forText(0)).toBe('at once');
    expect(forText(900)).toBe('15 min');
  });

  it('tells a contact point, or whom the notification policies name', () => {
    expect(receiverText('on-call')).toBe('on-call');
    expect(receiverText('')).toBe('notification policies');
  });
});

describe('the state of a rule', () => {
  const detail = (changes: Parameters<typeof sampleRule>[0], stateError?: string) =>
    stateDetail(sampleRule(changes), NOW, 'utc', stateError);

  it('has a beginning while it is pending or firing', () => {
    expect(detail({ state: 'firing', activeAt: NOW - 720_000 })).toBe('since 2026-03-01 11:48:00 (12 min ago)');
    expect(detail({ state: 'pending', activeAt: null })).toBe('');
  });

  it('says that a firing rule went blind', () => {
    expect(detail({ state: 'firing', activeAt: NOW - 720_000, lastError: 'timeout' })).toBe(
      "since 2026-03-01 11:48:00 (12 min ago), as far as is known; it can't be evaluated: timeout"
    );
  });

  it('has a reason when it is an error or not known', () => {
    expect(detail({ state: 'error', lastError: 'timeout' })).toBe('timeout');
    expect(detail({ state: 'unknown' }, 'no service account')).toBe('no service account');
  });

  it('needs no more words when it is normal', () => expect(detail({ state: 'normal' })).toBe(''));
});

describe('how long an incident lasted', () => {
  const HOUR = 3_600_000;
  const lasted = (from: number, to?: number) =>
    lastedText(NOW + from * HOUR, to === undefined ? to : NOW + to * HOUR, NOW, 'utc');

  it('is known once it is over', () => expect(lasted(-3, -1)).toBe('2 h'));
  it('counts what has passed while it goes on', () => expect(lasted(-3)).toBe('3 h, goes on'));
  it('does not count what is still to come', () => {
    expect(lasted(-3, 1)).toBe('3 h so far, until 2026-03-01 13:00:00');
    expect(lasted(1, 2)).toBe('until 2026-03-01 14:00:00');
  });
});

it('a policy of a definition keeps its name', () => {
  expect(policyLabel('workbook')).toBe('SRE workbook');
  expect(policyLabel('night-shift')).toBe('night-shift');
});
