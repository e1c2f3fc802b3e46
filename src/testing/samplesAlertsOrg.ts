import { type AlertPlan, type NoiseCount, type NoiseReport, type RuleChange, type SettingsAnswer } from '../api';
import { HOUR, NOW } from './samples';

/** A rule that Grafana holds as it is wanted. */
export function sampleChange(changes: Partial<RuleChange> = {}): RuleChange {
  return {
    action: 'unchanged',
    uid: 'bl-checkout-page',
    title: 'Checkout: burn rate above 14.4 over 1h and 5m',
    slo: 'checkout',
    folder: 'Burnline: Checkout',
    fields: [],
    ...changes,
  };
}

/** One SLO with one page, as wanted. */
export function samplePlan(changes: Partial<AlertPlan> = {}): AlertPlan {
  return {
    mode: 'api',
    automatic: true,
    groups: [
      {
        name: 'checkout',
        folderTitle: 'Burnline: Checkout',
        slo: 'checkout',
        rules: [{ uid: 'bl-checkout-page', title: 'Checkout: burn', kind: 'burn', severity: 'page' }],
      },
    ],
    changes: [sampleChange()],
    problems: [],
    errors: [],
    lastApplied: { at: NOW - HOUR, applied: 1, failed: [], error: '', errorAt: null },
    ...changes,
  };
}

/** The defaults, with two contact points to choose from. */
export function sampleSettings(changes: Partial<SettingsAnswer> = {}): SettingsAnswer {
  const settings: SettingsAnswer['settings'] = {
    mode: 'api',
    automatic: true,
    defaultPolicies: ['workbook'],
    page: { contactPoint: 'on-call' },
    ticket: {},
    consumedAt: [0.5, 0.75, 0.9],
    forecastHorizon: '3d',
    minimumEvents: 0,
    folders: 'service',
    version: 4,
  };
  return {
    settings,
    defaults: settings,
    builtins: [
      {
        name: 'workbook',
        displayName: 'SRE workbook',
        description: 'Pages and tickets.',
        rows: [
          { severity: 'page', share: 0.02, long: '1h', short: '5m' },
          { severity: 'ticket', share: 0.1, long: '3d', short: '6h' },
        ],
        minimumEvents: 0,
        absence: 'traffic',
        beside: true,
      },
      {
        name: 'none',
        displayName: 'No alerts',
        description: 'Tells nobody.',
        rows: [],
        minimumEvents: 0,
        absence: 'off',
        beside: false,
      },
    ],
    fixed: [],
    readOnly: '',
    contactPoints: [
      { name: 'on-call', types: ['pagerduty'] },
      { name: 'team-chat', types: ['slack'] },
    ],
    contactPointsError: '',
    ...changes,
  };
}

export function sampleCount(changes: Partial<NoiseCount> = {}): NoiseCount {
  return {
    alerts: 0,
    episodes: 0,
    flaps: 0,
    perWeek: 0,
    pages: 0,
    tickets: 0,
    other: 0,
    actionable: 0,
    idle: 0,
    unknown: 0,
    reasons: { incident: 0, acknowledged: 0, spent: 0 },
    actionableShare: null,
    firingSeconds: 0,
    ...changes,
  };
}

/** A quiet span. */
export function sampleNoise(changes: Partial<NoiseReport> = {}): NoiseReport {
  return {
    knownFrom: new Date(NOW - 28 * 24 * HOUR).toISOString(),
    total: sampleCount(),
    slo: sampleCount(),
    other: sampleCount(),
    bySlo: [],
    byService: [],
    byOwner: [],
    trend: [],
    noisiest: [],
    notes: [],
    ...changes,
  };
}
