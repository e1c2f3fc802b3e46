import type { IconName } from '@grafana/data';
import type { Tone } from './state';

/** Whom an alert asks for: somebody now, or somebody in working hours. */
export type Severity = 'page' | 'ticket';

/** Where an alert rule can stand: `unknown` if Grafana could not be asked, `missing` if it is not in Grafana. */
export const ALERT_STATES = ['firing', 'pending', 'error', 'missing', 'unknown', 'nodata', 'paused', 'normal'] as const;

export type AlertState = (typeof ALERT_STATES)[number];

export interface AlertLook {
  /** A word or two for a badge. */
  label: string;
  /** One sentence for a tooltip and for screen readers. */
  description: string;
  /** Shape carries the meaning too, for those who do not see the colours apart. */
  icon: IconName;
  tone: Tone;
}

const STATE_LOOKS: Record<AlertState, AlertLook> = {
  firing: { label: 'Firing', description: 'The alert fires and its receivers are told.', icon: 'fire', tone: 'bad' },
  pending: {
    label: 'Pending',
    description: 'The condition holds, but not yet for as long as it must.',
    icon: 'hourglass',
    tone: 'warning',
  },
  error: {
    label: 'Error',
    description: 'Grafana cannot evaluate the rule.',
    icon: 'exclamation-circle',
    tone: 'bad',
  },
  missing: {
    label: 'Not in Grafana',
    description: 'Grafana does not have this rule, so that it cannot fire.',
    icon: 'times-circle',
    tone: 'bad',
  },
  unknown: {
    label: 'Unknown',
    description: 'Grafana could not be asked where the rule stands.',
    icon: 'question-circle',
    tone: 'neutral',
  },
  nodata: {
    label: 'No data',
    description: 'The last evaluation gave no number.',
    icon: 'minus-circle',
    tone: 'warning',
  },
  paused: {
    label: 'Paused',
    description: 'Somebody paused the rule in Grafana: it cannot fire.',
    icon: 'pause-circle',
    tone: 'neutral',
  },
  normal: { label: 'Normal', description: 'The condition does not hold.', icon: 'check-circle', tone: 'good' },
};

const SEVERITY_LOOKS: Record<Severity, AlertLook> = {
  page: { label: 'Page', description: 'Somebody must look now.', icon: 'bell', tone: 'bad' },
  ticket: { label: 'Ticket', description: 'Somebody must look in working hours.', icon: 'file-alt', tone: 'warning' },
};

/** How a rule's state looks. One of a newer backend is not known, and never normal. */
export function alertStateLook(state: string): AlertLook {
  return STATE_LOOKS[ALERT_STATES.find((known) => known === state) ?? 'unknown'];
}

export function severityLook(severity: Severity): AlertLook {
  return SEVERITY_LOOKS[severity];
}
