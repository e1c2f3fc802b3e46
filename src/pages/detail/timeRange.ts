import { dateTime, isDateTime, rangeUtil, type RawTimeRange, type TimeRange } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';

const SPANS = [
  { unit: 'd', seconds: 86_400 },
  { unit: 'h', seconds: 3_600 },
  { unit: 'm', seconds: 60 },
];

/** A window as Grafana's relative times write it: OpenSLO's month and quarter are 30 and 90 days, Grafana's are not. */
export function spanOf(windowSeconds: number): string {
  const span = SPANS.find(({ seconds }) => windowSeconds > 0 && windowSeconds % seconds === 0);
  return span ? `${windowSeconds / span.seconds}${span.unit}` : '30d';
}

/** The range in the page's address ("from" and "to" as Grafana writes them), or the SLO's own window. */
export function rawRangeOf(params: URLSearchParams, window: string): RawTimeRange {
  const from = params.get('from');
  const to = params.get('to');
  return from && to ? { from: moment(from), to: moment(to) } : { from: `now-${window}`, to: 'now' };
}

function moment(text: string): RawTimeRange['from'] {
  return /^\d+$/.test(text) ? dateTime(Number(text)) : text;
}

/** The range as query parameters: relative ones stay relative. */
export function rangeParams(range: RawTimeRange): { from: string; to: string } {
  const text = (value: RawTimeRange['from']) => (isDateTime(value) ? String(value.valueOf()) : value);
  return { from: text(range.from), to: text(range.to) };
}

/** The range as of now. A range that cannot be understood falls back to the SLO's window. */
export function resolveRange(raw: RawTimeRange, window: string, timeZone: TimeZone): TimeRange {
  const range = rangeUtil.convertRawToRange(raw, timeZone);
  const valid = range.from.isValid() && range.to.isValid() && range.from.isBefore(range.to);
  return valid ? range : rangeUtil.convertRawToRange({ from: `now-${window}`, to: 'now' }, timeZone);
}

/** The range moved by half of its length; a negative direction goes back. */
export function shifted(range: TimeRange, direction: 1 | -1): RawTimeRange {
  const half = Math.round((range.to.valueOf() - range.from.valueOf()) / 2) * direction;
  return { from: dateTime(range.from.valueOf() + half), to: dateTime(range.to.valueOf() + half) };
}

/** The range twice as long around the same middle, but not beyond `now`. */
export function zoomedOut(range: TimeRange, now: number): RawTimeRange {
  const half = Math.round((range.to.valueOf() - range.from.valueOf()) / 2);
  return {
    from: dateTime(range.from.valueOf() - half),
    to: dateTime(Math.min(range.to.valueOf() + half, Math.max(now, range.to.valueOf()))),
  };
}
