import { type AlertEvent, type AlertRule, type BacktestResult, type Firing, type TargetResult } from '../api';
import { HOUR, NOW } from './samples';

/** The workbook's first page, quiet. */
export function sampleRule(changes: Partial<AlertRule> = {}): AlertRule {
  return {
    uid: 'bl-checkout-page',
    title: 'Checkout availability: burn rate above 14.4 over 1h and 5m',
    kind: 'burn',
    severity: 'page',
    window: '1h',
    rate: 14.4,
    share: 0.02,
    for: 0,
    direct: true,
    folderTitle: 'Burnline: Checkout',
    contactPoint: 'on-call',
    state: 'normal',
    url: '/alerting/grafana/bl-checkout-page/view',
    drift: false,
    ...changes,
  };
}

/** A page that fired for half an hour, two days ago. */
export function sampleEvent(changes: Partial<AlertEvent> = {}): AlertEvent {
  return {
    id: 'event-1',
    ruleUid: 'bl-checkout-page',
    title: 'Checkout availability: burn rate above 14.4 over 1h and 5m',
    slo: 'checkout',
    severity: 'page',
    start: NOW - 48 * HOUR,
    end: NOW - 47.5 * HOUR,
    source: 'history',
    acknowledged: null,
    incident: null,
    spent: 0.12,
    ...changes,
  };
}

/** The same as a backtest finds it, without a labelled incident. */
export function sampleFiring(changes: Partial<Firing> = {}): Firing {
  return {
    key: 'burn-page-1h-5m',
    title: 'burn rate above 14.4 over 1h and 5m',
    severity: 'page',
    kind: 'burn',
    from: NOW - 48 * HOUR,
    to: NOW - 47.5 * HOUR,
    spentBefore: 0.02,
    spentAfter: 0.14,
    incidents: [],
    delaySeconds: null,
    truePositive: null,
    resetSeconds: null,
    ...changes,
  };
}

/** A policy of one page and one ticket, of which the page fired once in a month. */
export function sampleResult(changes: Partial<BacktestResult> = {}): BacktestResult {
  const firings = changes.firings ?? [sampleFiring()];
  return {
    policy: 'own',
    conditions: [
      { key: 'burn-page-1h-5m', title: 'burn rate above 14.4 over 1h and 5m', severity: 'page', kind: 'burn' },
      { key: 'burn-ticket-3d-6h', title: 'burn rate above 1 over 3d and 6h', severity: 'ticket', kind: 'burn' },
    ],
    firings,
    precision: null,
    recall: null,
    alertsPerWeek: 7 / 30,
    pagesPerWeek: 7 / 30,
    meanDelaySeconds: null,
    meanResetSeconds: null,
    spentBefore: 0.02,
    incidents: 0,
    found: 0,
    missed: [],
    coverage: 1,
    ...changes,
  };
}

/** What 99.9 % would have given. */
export function sampleTarget(changes: Partial<TargetResult> = {}): TargetResult {
  return {
    target: '0.999',
    allowed: 4000,
    consumed: 0.31,
    remaining: 0.69,
    pages: 1,
    tickets: 2,
    alertsPerWeek: 0.7,
    conditionsSkipped: [],
    ...changes,
  };
}
