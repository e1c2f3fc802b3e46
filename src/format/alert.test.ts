import { describe, expect, it } from 'vitest';
import { ALERT_STATES, alertStateLook, severityLook } from './alert';

describe('the states of an alert rule', () => {
  it('each have their own label and shape', () => {
    const looks = ALERT_STATES.map(alertStateLook);
    expect(new Set(looks.map(({ label }) => label)).size).toBe(ALERT_STATES.length);
    expect(new Set(looks.map(({ icon }) => icon)).size).toBe(ALERT_STATES.length);
  });

  it('of a newer backend are unknown, not normal', () => expect(alertStateLook('snoozed').label).toBe('Unknown'));
});

it('a page and a ticket differ in more than colour', () => {
  expect(severityLook('page').icon).not.toBe(severityLook('ticket').icon);
});
