import { type AlertPlan, type BuiltinPolicy, type DeclaredPolicy, type SLO } from '../../../api';

const MINUTE_S = 60;
const DAY_S = 86_400;
const NS = 1e9;

/** Windows that SLOs commonly have, in days. */
export const WINDOWS = [7, 28, 30, 90] as const;

export interface PolicyRowInfo {
  severity: string;
  /** The share of the budget that is then spent; absent where the policy fixes the burn rate instead. */
  share?: number;
  /** Seconds. */
  long: number;
  short: number;
  /** The burn rate for each of WINDOWS; undefined where the row makes no sense. */
  rates: (number | undefined)[];
}

export interface PolicyInfo {
  name: string;
  displayName: string;
  description: string;
  builtin: boolean;
  rows: PolicyRowInfo[];
  /** What stands beside the rows, in sentences. */
  beside: string[];
  /** Where it is declared. */
  place?: string;
  /** The SLOs that use it, by name. */
  users: { id: string; name: string; byDefault: boolean }[];
}

const UNITS: Record<string, number> = { s: 1, m: MINUTE_S, h: 3600, d: DAY_S, w: 7 * DAY_S };

/** "1h30m" in seconds. */
export function secondsOf(text: string): number {
  return [...text.matchAll(/(\d+)([smhdw])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0),
    0
  );
}

/**
 * The burn rate that spends a share of a window's budget in the long window: share x window / long. Undefined where
 * the backend leaves the row out: for a long window beyond the SLO's, or a rate below one half.
 */
export function rateOf(share: number, longSeconds: number, windowDays: number): number | undefined {
  const rate = Number(((share * windowDays * DAY_S) / longSeconds).toPrecision(12));
  return longSeconds <= windowDays * DAY_S && rate >= 0.5 ? rate : undefined;
}

/** All policies: the built-in ones, then the declared ones that an SLO uses. */
export function policiesOf(builtins: BuiltinPolicy[], defaults: string[], slos: SLO[]): PolicyInfo[] {
  const present = slos.filter(({ removed }) => removed === undefined);
  const declared = new Map<string, DeclaredPolicy>();
  const users = new Map<string, PolicyInfo['users']>();
  for (const { definition, report } of present) {
    for (const policy of definition.policies ?? []) {
      declared.set(policy.name, policy);
    }
    const own = definition.alertPolicies ?? [];
    for (const name of own.length > 0 ? own : defaults) {
      const user = { id: definition.id, name: report.name, byDefault: own.length === 0 };
      users.set(name, [...(users.get(name) ?? []), user]);
    }
  }
  return [
    ...builtins.map((policy) => ({ ...ofBuiltin(policy), users: users.get(policy.name) ?? [] })),
    ...[...declared.values()].map((policy) => ({ ...ofDeclared(policy), users: users.get(policy.name) ?? [] })),
  ];
}

function ofBuiltin(policy: BuiltinPolicy): Omit<PolicyInfo, 'users'> {
  return {
    name: policy.name,
    displayName: policy.displayName,
    description: policy.description,
    builtin: true,
    rows: policy.rows.map(({ severity, share, long, short }) => ({
      severity,
      share,
      long: secondsOf(long),
      short: secondsOf(short),
      rates: WINDOWS.map((days) => rateOf(share, secondsOf(long), days)),
    })),
    beside: [
      policy.minimumEvents > 0 ? `Nothing fires on fewer than ${policy.minimumEvents} events in the long window.` : '',
      policy.beside
        ? 'Tickets for consumed shares of the budget and for a forecast exhaustion, as the settings say.'
        : '',
      {
        traffic: 'Missing traffic or source alerts.',
        source: 'A missing source alerts, missing traffic does not.',
        off: '',
      }[policy.absence],
    ].filter(Boolean),
  };
}

function ofDeclared(policy: DeclaredPolicy): Omit<PolicyInfo, 'users'> {
  return {
    name: policy.name,
    displayName: policy.displayName || policy.name,
    description: policy.description ?? '',
    builtin: false,
    rows: (policy.conditions ?? []).map(({ severity, threshold, lookback, short }) => {
      const long = lookback / NS;
      return {
        severity,
        long,
        // As the backend does where none is named: a twelfth, in whole minutes.
        short: short ? short / NS : Math.max(MINUTE_S, Math.floor(long / 12 / MINUTE_S) * MINUTE_S),
        rates: WINDOWS.map((days) => (long <= days * DAY_S ? threshold : undefined)),
      };
    }),
    beside: policy.alertWhenNoData ? ['Missing traffic or source alerts.'] : [],
    place: `${policy.origin.file}:${policy.origin.line}`,
  };
}

export interface Unpaged {
  id: string;
  name: string;
  /** Whether at least a ticket is written. */
  tickets: boolean;
}

/** The evaluated SLOs that nobody is woken for, by the rules that are wanted. */
export function unpagedSLOs(slos: SLO[], plan: AlertPlan): Unpaged[] {
  const severities = new Map<string, string[]>();
  for (const { slo, rules } of plan.groups) {
    severities.set(slo, [...(severities.get(slo) ?? []), ...rules.map(({ severity }) => severity)]);
  }
  return slos
    .filter(({ removed, definition }) => removed === undefined && !definition.notEvaluated)
    .map(({ definition: { id }, report: { name } }) => ({ id, name, own: severities.get(id) ?? [] }))
    .filter(({ own }) => !own.includes('page'))
    .map(({ id, name, own }) => ({ id, name, tickets: own.length > 0 }));
}
