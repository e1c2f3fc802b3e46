import { describe, expect, it } from 'vitest';
import { fakeBackend } from '../testing/backend';
import {
  acknowledgeAlert,
  decideDrift,
  deleteIncident,
  fetchAlertHistory,
  fetchAlertRules,
  fetchIncidents,
  labelIncident,
  runBacktest,
} from './alerts';

const URL = '/api/plugins/burnline-slo-app/resources/alerts';

describe('the client of alerts', () => {
  it.each([
    ['the rules of an SLO', () => fetchAlertRules('a/b'), { url: `${URL}/rules`, params: { slo: 'a/b' } }],
    [
      'what fired in a span',
      () => fetchAlertHistory('a', 1, 2),
      { url: `${URL}/history`, params: { slo: 'a', from: 1, to: 2 } },
    ],
    [
      'a backtest',
      () => runBacktest({ slos: ['a'], from: 1, to: 2 }),
      { url: `${URL}/backtest`, method: 'POST', data: { slos: ['a'], from: 1, to: 2 } },
    ],
    ['the labelled incidents', () => fetchIncidents(1, 2), { url: `${URL}/incidents`, params: { from: 1, to: 2 } }],
    [
      'a new label',
      () => labelIncident({ title: 'down', start: '2026-03-01T12:00:00Z', slos: ['a'] }),
      { url: `${URL}/incidents`, method: 'POST', data: { title: 'down', start: '2026-03-01T12:00:00Z', slos: ['a'] } },
    ],
    ['no label any more', () => deleteIncident('i/1'), { url: `${URL}/incidents/i%2F1`, method: 'DELETE' }],
    [
      'an acknowledgement',
      () => acknowledgeAlert('e1'),
      { url: `${URL}/acknowledge`, method: 'POST', data: { event: 'e1' } },
    ],
    [
      'what to do about an edited rule',
      () => decideDrift('bl-1', 'restore'),
      { url: `${URL}/drift`, method: 'POST', data: { uid: 'bl-1', choice: 'restore' } },
    ],
  ])('asks for %s', async (_, ask, request) => {
    const requests = fakeBackend(() => ({}));
    await ask();
    expect(requests).toEqual([expect.objectContaining(request)]);
  });

  it('takes no list for an empty one', async () => {
    fakeBackend(() => ({ incidents: null }));
    await expect(fetchIncidents(1, 2)).resolves.toEqual([]);
  });
});
