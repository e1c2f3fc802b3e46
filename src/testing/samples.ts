import {
  createTheme,
  type DataFrame,
  FieldType,
  LoadingState,
  type PanelData,
  rangeUtil,
  toDataFrame,
} from '@grafana/data';
import { type BudgetReport, type PolicyRow, type SLO, type StatusRow } from '../api';
import { type State } from '../format';

/** The present of all samples, in ms since 1970: 2026-03-01T12:00:00Z. */
export const NOW = Date.UTC(2026, 2, 1, 12);
export const HOUR = 3_600_000;
export const THEME = createTheme();
export const LAST_30_DAYS = rangeUtil.convertRawToRange({
  from: new Date(NOW - 30 * 24 * HOUR).toISOString(),
  to: new Date(NOW).toISOString(),
});

/** A healthy checkout: 99.9 % over 30 days, a third of the budget spent. */
export function sampleReport(changes: Partial<BudgetReport> = {}): BudgetReport {
  return {
    slo: 'checkout-availability',
    name: 'Checkout availability',
    service: 'checkout',
    objective: 0.999,
    window: '30d',
    windowSeconds: 30 * 86_400,
    sli: 0.99969,
    good: 3_998_760,
    bad: 1240,
    total: 4_000_000,
    allowed: 4000,
    consumed: 0.31,
    remaining: 0.69,
    coverage: 1,
    progress: 1,
    state: 'ok',
    message: '',
    burn: { '1h': 0.4, '6h': 0.5, '3d': 0.9 },
    lastMeasured: NOW - 120_000,
    at: NOW,
    from: NOW - 30 * 24 * HOUR,
    forecast: { kind: 'not within horizon', basis: 'the pace of the last 3 days' },
    ...changes,
  };
}

const POLICY: PolicyRow[] = [
  { severity: 'page', long: '1h', short: '5m', rate: 14.4, share: 0.02, longRate: 0.4, shortRate: 0.2, firing: false },
  { severity: 'page', long: '6h', short: '30m', rate: 6, share: 0.05, longRate: 0.5, shortRate: 0.3, firing: false },
  { severity: 'ticket', long: '1d', short: '2h', rate: 3, share: 0.1, longRate: 0.8, shortRate: 0.4, firing: false },
  { severity: 'ticket', long: '3d', short: '6h', rate: 1, share: 0.1, longRate: 0.9, shortRate: 0.5, firing: false },
];

/** A row of the workbook's policy, quiet. */
export function samplePolicyRow(changes: Partial<PolicyRow> = {}): PolicyRow {
  return { ...POLICY[0]!, ...changes };
}

export function samplePolicy(): PolicyRow[] {
  return POLICY.map((row) => ({ ...row }));
}

export function sampleRow(changes: Partial<StatusRow> = {}): StatusRow {
  return {
    slo: 'checkout-availability',
    name: 'Checkout availability',
    service: 'checkout',
    serviceName: 'Checkout',
    state: 'ok',
    objective: 0.999,
    sli: 0.99969,
    remaining: 0.69,
    consumed: 0.31,
    burn1h: 0.4,
    burn6h: 0.5,
    burn3d: 0.9,
    bad: 1240,
    total: 4_000_000,
    allowed: 4000,
    window: '30d',
    exhaustedAt: null,
    exhaustedLower: null,
    exhaustedUpper: null,
    coverage: 1,
    progress: 1,
    lastMeasured: NOW - 120_000,
    lagSeconds: 120,
    owner: 'team-payments',
    runbook: 'https://runbooks.example.com/checkout',
    critical: true,
    message: '',
    trend: [1, 0.9, null, 0.69],
    ...changes,
  };
}

export function sampleSLO(id: string, state: State = 'ok', changes: Partial<SLO> = {}): SLO {
  const report = sampleReport({ slo: id, name: id, state });
  return {
    definition: {
      id,
      name: id,
      displayName: id,
      service: 'checkout',
      serviceDisplayName: 'Checkout',
      target: 0.999,
      window: { duration: 30 * 86_400e9, text: '30d' },
      method: 'Occurrences',
      indicator: { kind: 'ratio', counter: true, good: 'sum(good)', total: 'sum(all)' },
      source: { type: 'prometheus', uid: 'prometheus' },
      owner: 'team-payments',
      origin: { file: 'checkout.yaml', line: 12, document: 1 },
    },
    status: {},
    report,
    state,
    message: '',
    burn: report.burn,
    policy: samplePolicy(),
    trend: [1, 0.69],
    ...changes,
  };
}

const TIMES = [NOW - 2 * HOUR, NOW - HOUR, NOW];

/** A budget query's frame for the report. */
export function sampleBudgetFrame(report: BudgetReport): DataFrame {
  return {
    ...toDataFrame({
      refId: 'A',
      name: report.name,
      fields: [
        { name: 'time', type: FieldType.time, values: TIMES },
        { name: 'remaining', type: FieldType.number, values: [0.8, null, report.remaining] },
        { name: 'sli', type: FieldType.number, values: [0.9998, null, report.sli] },
      ],
    }),
    meta: { custom: { kind: 'budget', report } },
  };
}

/** The frame of a budget query that projects exhaustion in ten hours. */
export function sampleProjectionFrame(slo: string): DataFrame {
  return {
    ...toDataFrame({
      refId: 'A',
      name: 'projection',
      fields: [
        { name: 'time', type: FieldType.time, values: [NOW + 5 * HOUR, NOW + 10 * HOUR] },
        { name: 'projected', type: FieldType.number, values: [0.3, 0] },
        { name: 'lower', type: FieldType.number, values: [0.2, -0.2] },
        { name: 'upper', type: FieldType.number, values: [0.4, 0.2] },
      ],
    }),
    meta: { custom: { kind: 'projection', slo } },
  };
}

/** A burn rate query's frame with one long and one short window. */
export function sampleBurnFrame(policy: PolicyRow[] = samplePolicy()): DataFrame {
  const labels = (window: string) => ({ slo: 'checkout-availability', service: 'checkout', window });
  return {
    ...toDataFrame({
      refId: 'A',
      fields: [
        { name: 'time', type: FieldType.time, values: TIMES },
        { name: 'burn_5m', type: FieldType.number, labels: labels('5m'), values: [0.1, 30, 0.2] },
        { name: 'burn_1h', type: FieldType.number, labels: labels('1h'), values: [0.1, 3, 0.4] },
      ],
    }),
    meta: { custom: { kind: 'burnrate', slo: 'checkout-availability', name: 'Checkout availability', policy } },
  };
}

/** A status query's frame with these rows. */
export function sampleStatusFrame(rows: StatusRow[]): DataFrame {
  const column = (name: string, type: FieldType, value: (row: StatusRow) => unknown) => ({
    name,
    type,
    values: rows.map(value),
  });
  return toDataFrame({
    refId: 'A',
    fields: [
      column('slo', FieldType.string, (row) => row.slo),
      column('name', FieldType.string, (row) => row.name),
      column('service_name', FieldType.string, (row) => row.serviceName),
      column('state', FieldType.string, (row) => row.state),
      column('objective', FieldType.number, (row) => row.objective),
      column('remaining', FieldType.number, (row) => row.remaining),
      column('exhausted_at', FieldType.time, (row) => row.exhaustedAt),
      column('coverage', FieldType.number, (row) => row.coverage),
      column('critical', FieldType.boolean, (row) => row.critical),
    ],
  });
}

/** What Grafana gives a panel when its queries are done. */
export function samplePanelData(series: DataFrame[], changes: Partial<PanelData> = {}): PanelData {
  return { state: LoadingState.Done, series, timeRange: LAST_30_DAYS, ...changes };
}
