import { dateMath, dateTime, type RawTimeRange, type TimeRange } from '@grafana/data';
import { locationService } from '@grafana/runtime';

const defaultRange: RawTimeRange = { from: 'now-6h', to: 'now' };

/** Resolves a range; whole numbers are epoch milliseconds, as in Grafana's urls. */
export function resolveRange(raw: RawTimeRange): TimeRange {
  const resolve = (value: RawTimeRange['from'], roundUp: boolean) => {
    if (typeof value !== 'string') {
      return value;
    }
    if (/^\d+$/.test(value)) {
      return dateTime(Number(value));
    }
    return dateMath.toDateTime(value, { roundUp }) ?? dateTime();
  };
  const from = resolve(raw.from, false);
  const to = resolve(raw.to, true);
  const kept = (value: RawTimeRange['from'], resolved: TimeRange['from']) =>
    typeof value === 'string' && /^\d+$/.test(value) ? resolved : value;
  return { from, to, raw: { from: kept(raw.from, from), to: kept(raw.to, to) } };
}

export function timeRangeOfUrl(fallback: RawTimeRange = defaultRange): TimeRange {
  const search = locationService.getSearch();
  return resolveRange({ from: search.get('from') ?? fallback.from, to: search.get('to') ?? fallback.to });
}
