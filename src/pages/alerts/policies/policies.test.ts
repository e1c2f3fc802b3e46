import { describe, expect, it } from 'vitest';
import { sampleSLO } from '../../../testing/samples';
import { samplePlan, sampleSettings } from '../../../testing/samplesAlertsOrg';
import { policiesOf, rateOf, secondsOf, unpagedSLOs } from './policies';

const HOUR_S = 3600;

describe('a burn rate', () => {
  it('follows from share and windows', () => {
    expect([7, 28, 30, 90].map((days) => rateOf(0.02, HOUR_S, days))).toEqual([3.36, 13.44, 14.4, 43.2]);
  });

  it('is none where the row makes no sense', () => {
    expect(rateOf(0.1, 8 * 24 * HOUR_S, 7)).toBeUndefined();
    expect(rateOf(0.1, 3 * 24 * HOUR_S, 7)).toBeUndefined();
  });

  it('has windows in words', () => {
    expect(['5m', '1h30m', '3d'].map(secondsOf)).toEqual([300, 5400, 259_200]);
  });
});

describe('the policies', () => {
  const own = sampleSLO('search');
  own.definition.alertPolicies = ['night'];
  own.definition.policies = [
    {
      name: 'night',
      displayName: 'Night shift',
      conditions: [{ name: 'c', severity: 'page', threshold: 6, lookback: 10 * 86_400e9 }],
      origin: { file: 'search.yaml', line: 7, document: 2 },
    },
  ];
  const gone = sampleSLO('gone', 'ok', { removed: 1 });

  it('name who uses them, by choice or by default', () => {
    const all = policiesOf(sampleSettings().builtins, ['workbook'], [sampleSLO('checkout'), own, gone]);
    expect(all.map(({ name, users }) => [name, users.map(({ id, byDefault }) => [id, byDefault])])).toEqual([
      ['workbook', [['checkout', true]]],
      ['none', []],
      ['night', [['search', false]]],
    ]);
  });

  it('of documents have a fixed rate, in windows that hold theirs', () => {
    const night = policiesOf([], [], [own])[0];
    expect(night?.place).toBe('search.yaml:7');
    expect(night?.rows[0]).toMatchObject({ long: 864_000, short: 72_000, rates: [undefined, 6, 6, 6] });
  });

  it('leave SLOs for which nobody is woken', () => {
    const plan = samplePlan();
    plan.groups.push({
      name: 'search',
      folderTitle: '',
      slo: 'search',
      rules: [{ uid: '2', title: '', kind: 'burn', severity: 'ticket' }],
    });
    expect(unpagedSLOs([sampleSLO('checkout'), own, sampleSLO('silent'), gone], plan)).toEqual([
      { id: 'search', name: 'search', tickets: true },
      { id: 'silent', name: 'silent', tickets: false },
    ]);
  });
});
