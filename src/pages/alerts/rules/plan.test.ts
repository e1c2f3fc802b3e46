import { describe, expect, it } from 'vitest';
import { sampleChange, samplePlan } from '../../../testing/samplesAlertsOrg';
import { applyHindrance, countActions, differencesBySLO, pendingOf } from './plan';

const changes = [
  sampleChange(),
  sampleChange({ uid: '2', action: 'create' }),
  sampleChange({ uid: '3', action: 'drift', slo: 'search', title: 'Search: b' }),
  sampleChange({ uid: '4', action: 'update', slo: 'search', title: 'Search: a' }),
  sampleChange({ uid: '5', action: 'conflict', slo: 'zebra' }),
];

describe('a dry run', () => {
  it('counts rules by what they need', () => {
    expect(countActions(changes)).toEqual({
      conflict: 1,
      drift: 1,
      create: 1,
      update: 1,
      delete: 0,
      adopted: 0,
      unchanged: 1,
    });
    expect(pendingOf(changes)).toBe(2);
  });

  it('lists what differs by SLO, first what needs a person', () => {
    expect(differencesBySLO(changes).map(({ slo, changes: own }) => [slo, ...own.map(({ uid }) => uid)])).toEqual([
      ['zebra', '5'],
      ['search', '3', '4'],
      ['checkout', '2'],
    ]);
  });
});

describe('applying', () => {
  it('is for editors, and needs something to do', () => {
    expect(applyHindrance(samplePlan({ changes }), false)).toContain('Only editors');
    expect(applyHindrance(samplePlan({ changes }), true)).toBeUndefined();
    expect(applyHindrance(samplePlan(), true)).toBe('There is nothing to apply.');
    expect(applyHindrance(samplePlan({ changes: [], errors: ['no token'] }), true)).toContain('stands in the way');
  });

  it('writes files whether they changed or not', () => {
    expect(applyHindrance(samplePlan({ mode: 'file', changes: [] }), true)).toBeUndefined();
  });
});
