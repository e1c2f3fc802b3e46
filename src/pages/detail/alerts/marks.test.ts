import { describe, expect, it } from 'vitest';
import { type Incident } from '../../../api';
import { HOUR, NOW, THEME } from '../../../testing/samples';
import { sampleEvent } from '../../../testing/samplesAlerts';
import { bandsOf, incidentsOf } from './marks';

const slo = { id: 'checkout/fast', name: 'checkout', service: 'shop' };
const incident = (changes: Partial<Incident>): Incident => ({
  id: 'i',
  title: 'down',
  start: new Date(NOW - HOUR).toISOString(),
  ...changes,
});

describe('the incidents of an SLO', () => {
  it.each<[string, Partial<Incident>, number]>([
    ['that name it', { slos: ['checkout/fast'] }, 1],
    ['that name the SLO of several objectives', { slos: ['checkout'] }, 1],
    ['that name its service', { services: ['shop'] }, 1],
    ['that name nothing concern everything', {}, 1],
    ['that name another one are not its own', { slos: ['search'], services: ['web'] }, 0],
  ])('%s', (_, changes, count) => expect(incidentsOf([incident(changes)], slo)).toHaveLength(count));

  it('go on while they have no end, which Go writes as the year 1', () => {
    expect(incidentsOf([incident({ end: '0001-01-01T00:00:00Z' })], slo)[0]?.to).toBeUndefined();
  });
});

describe('what a chart marks', () => {
  it('are alerts behind the lines, pages over tickets, and incidents at the top', () => {
    const events = [sampleEvent(), sampleEvent({ severity: 'ticket', end: null })];
    const bands = bandsOf(events, incidentsOf([incident({})], slo), THEME, NOW);
    expect(bands.map(({ place }) => place)).toEqual(['behind', 'behind', 'head']);
    expect(bands[0]).toMatchObject({ to: NOW, color: expect.stringContaining(THEME.colors.warning.main) as string });
    expect(bands[2]).toMatchObject({ from: NOW - HOUR, to: NOW });
  });
});
