import { dateTimeForTimeZone } from '@grafana/data';
import { type BacktestResult, type Firing } from '../../../api';
import { type Severity } from '../../../format';
import { type IncidentSpan } from '../../alerting/incidents';

/** A span within a lane; begin and length are shares of the lane, 0 to 1. */
export interface LaneBar {
  key: string;
  begin: number;
  length: number;
  from: number;
  /** Undefined while it goes on. */
  to?: number;
  title: string;
}

/** A condition, or the incidents, over time. */
export interface Lane {
  key: string;
  title: string;
  kind: Severity | 'incident';
  bars: LaneBar[];
}

export interface TimeSpan {
  from: number;
  to: number;
}

/** A lane a condition, in the order of the policy, and one for the incidents below them. */
export function lanesOf(
  result: BacktestResult,
  incidents: Pick<IncidentSpan, 'title' | 'from' | 'to'>[],
  span: TimeSpan
): Lane[] {
  const firings = result.firings ?? [];
  const conditions = (result.conditions ?? []).map(({ key, title, severity }): Lane => {
    const own = firings.filter((firing) => firing.key === key && firing.severity === severity);
    return { key, title, kind: severity, bars: own.map((firing) => barOf(firingSpan(firing), title, span)) };
  });
  const overlapping = incidents.filter(({ from, to }) => from < span.to && (to ?? span.to) > span.from);
  const labelled: Lane = {
    key: 'incidents',
    title: 'Labelled incidents',
    kind: 'incident',
    bars: overlapping.map((incident) => barOf(incident, incident.title, span)),
  };
  return [...conditions, labelled];
}

function firingSpan({ from, to }: Firing): { from: number; to?: number } {
  return { from, to: to ?? undefined };
}

function barOf({ from, to }: { from: number; to?: number }, title: string, span: TimeSpan): LaneBar {
  const length = span.to - span.from;
  const begin = Math.max(0, (from - span.from) / length);
  const end = Math.min(1, ((to ?? span.to) - span.from) / length);
  return { key: `${from} ${title}`, begin, length: Math.max(0, end - begin), from, to, title };
}

/** Steps of an axis in days that people count in. */
const STEPS_DAYS = [1, 2, 7, 14];
const MAX_TICKS = 8;

/** Midnights in the user's zone that an axis names, in ms since 1970. */
export function ticksOf({ from, to }: TimeSpan, timeZone: string): number[] {
  const days = (to - from) / 86_400_000;
  const step = STEPS_DAYS.find((candidate) => days / candidate <= MAX_TICKS) ?? 14;
  const ticks: number[] = [];
  const tick = dateTimeForTimeZone(timeZone, from).startOf('day');
  for (tick.add(1, 'd'); tick.valueOf() < to; tick.add(step, 'd')) {
    ticks.push(tick.valueOf());
  }
  return ticks;
}
