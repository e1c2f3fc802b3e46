import { getTimeZone, type RawTimeRange } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { useCallback, useMemo, useState } from 'react';
import { useUrlState } from '../useUrlState';
import { rangeParams, rawRangeOf, spanOf } from './timeRange';

/** The time range that the page's address names, and its time zone. */
export interface DetailRange {
  raw: RawTimeRange;
  /** The SLO's window as a span, "30d": the range where the address names none. */
  window: string;
  timeZone: TimeZone;
  setRange: (range: RawTimeRange) => void;
  setTimeZone: (timeZone: TimeZone) => void;
}

/** The range of the page, which its tabs share. */
export function useDetailRange(windowSeconds: number): DetailRange {
  const [params, setParams] = useUrlState();
  const [timeZone, setTimeZone] = useState(getTimeZone());
  const window = spanOf(windowSeconds);
  // The address also holds what has nothing to do with the range, and must not load the charts anew.
  const from = params.get('from') ?? '';
  const to = params.get('to') ?? '';
  const raw = useMemo(() => rawRangeOf(new URLSearchParams({ from, to }), window), [from, to, window]);
  const setRange = useCallback((next: RawTimeRange) => setParams(rangeParams(next)), [setParams]);
  return { raw, window, timeZone, setRange, setTimeZone };
}
