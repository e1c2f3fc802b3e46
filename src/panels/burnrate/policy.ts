import { type DataFrame } from '@grafana/data';
import { metaOfKind, type PolicyRow } from '../../api/frames';
import { formatBurn, isKnown, type Maybe, type Tone } from '../../format';

/** One SLO of a burn rate query. */
export interface BurnRates {
  slo: string;
  name: string;
  policy: PolicyRow[];
  frame: DataFrame;
}

/** The SLOs of a burn rate query's frames, in their order. */
export function burnRatesOf(frames: DataFrame[]): BurnRates[] {
  return frames.flatMap((frame) => {
    const meta = metaOfKind(frame, 'burnrate');
    return meta ? [{ slo: meta.slo, name: meta.name || meta.slo, policy: meta.policy, frame }] : [];
  });
}

/** What a policy row says now. */
export type Verdict = 'firing' | 'long over' | 'short over' | 'quiet' | 'unknown';

/** Whether the pair fires, and if not, which of its windows is over the threshold. One unknown window leaves all open. */
export function verdict(row: PolicyRow): Verdict {
  if (row.firing) {
    return 'firing';
  }
  if (!isKnown(row.longRate) || !isKnown(row.shortRate)) {
    return 'unknown';
  }
  if (isOver(row.longRate, row.rate)) {
    return 'long over';
  }
  return isOver(row.shortRate, row.rate) ? 'short over' : 'quiet';
}

/** Whether a rate is known and above its threshold. */
export function isOver(rate: Maybe, threshold: number): boolean {
  return isKnown(rate) && rate > threshold;
}

/** The verdict in words. A long window that is over while the short one is not has already calmed down. */
export function verdictText(row: PolicyRow): string {
  switch (verdict(row)) {
    case 'firing':
      return 'Firing';
    case 'long over':
      return 'Calming down';
    case 'short over':
      return 'Rising';
    case 'quiet':
      return 'Below';
    default:
      return 'Unknown';
  }
}

/** The verdict's tone; what is not known is never good. */
export function verdictTone(row: PolicyRow): Tone {
  switch (verdict(row)) {
    case 'firing':
      return row.severity === 'page' ? 'bad' : 'warning';
    case 'quiet':
      return 'good';
    default:
      return 'neutral';
  }
}

/** "Page when 2% of the budget burns in 1h: faster than 14.4× over 1h and over 5m". */
export function policyText(row: PolicyRow): string {
  const severity = row.severity === 'page' ? 'Page' : 'Ticket';
  const share = isKnown(row.share) ? `${Math.round(row.share * 1000) / 10}% of the budget burns in ${row.long}: ` : '';
  return `${severity} when ${share}faster than ${formatBurn(row.rate)} over ${row.long} and over ${row.short}`;
}

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** The length of a window such as "1h"; 0 for what is not one. */
export function windowSeconds(window: string): number {
  const match = /^(\d+)([smhdw])$/.exec(window);
  return match ? Number(match[1]) * (UNIT_SECONDS[match[2] ?? ''] ?? 0) : 0;
}

/** The rate that a bar of full width stands for: room for every threshold and rate. */
export function scaleMaximum(policy: PolicyRow[]): number {
  const values = policy.flatMap((row) => [row.rate, row.longRate, row.shortRate]).filter(isKnown);
  return Math.max(1, ...values) * 1.1;
}

/** Where a rate lies on a bar, 0 to 1, on a square-root scale: 1× and 14.4× both stay readable. */
export function barPosition(rate: number, maximum: number): number {
  return Math.min(1, Math.sqrt(Math.max(0, rate) / maximum));
}
