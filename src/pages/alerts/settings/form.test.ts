import { describe, expect, it } from 'vitest';
import { sampleSettings } from '../../../testing/samplesAlertsOrg';
import { contactPointOptions, draftOf, settingsOf } from './form';

const { settings } = sampleSettings();

describe('the settings as a form', () => {
  it('come back as they went in', () => {
    const full = {
      ...settings,
      fileDir: '/rules',
      labels: { tier: '1', note: 'a=b' },
      consumedAt: [0.07, 0.333],
      page: {
        contactPoint: 'on-call',
        groupBy: ['alertname', 'grafana_folder'],
        groupWait: '30s',
        groupInterval: '5m',
        repeatInterval: '4h',
        muteTimings: ['weekend'],
      },
      ticket: {
        contactPoint: '',
        groupBy: [],
        groupWait: '',
        groupInterval: '',
        repeatInterval: '',
        muteTimings: [],
      },
    };
    expect(draftOf(full).consumedAt).toBe('7, 33.3');
    expect(settingsOf(draftOf(full), full)).toEqual({ settings: full, faults: {} });
  });

  it('name what cannot be read at all', () => {
    const draft = { ...draftOf(settings), consumedAt: 'half', minimumEvents: 'few', labels: 'tier' };
    expect(Object.keys(settingsOf(draft, settings).faults)).toEqual(['consumedAt', 'minimumEvents', 'labels']);
  });

  it('take percent signs and leave nothing for none', () => {
    const parsed = (consumedAt: string) =>
      settingsOf({ ...draftOf(settings), consumedAt }, settings).settings.consumedAt;
    expect(parsed('50 %, 90%')).toEqual([0.5, 0.9]);
    expect(parsed('')).toEqual([]);
  });
});

it('a contact point that is not there any more stays visible', () => {
  const labels = (chosen: string) =>
    contactPointOptions(sampleSettings().contactPoints, chosen).map(({ label }) => label);
  expect(labels('')).toEqual(['Notification policies', 'on-call', 'team-chat']);
  expect(labels('gone')).toEqual(['Notification policies', 'gone', 'on-call', 'team-chat']);
});
