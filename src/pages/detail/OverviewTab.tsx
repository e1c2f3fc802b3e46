import { dateTime } from '@grafana/data';
import { useCallback } from 'react';
import { fetchSeries, type SLO } from '../../api';
import { Failure } from '../Failure';
import { Skeleton } from '../Skeleton';
import { usePolled } from '../usePolled';
import { Charts, QUERY_TYPES } from './Charts';
import { DefinitionSection } from './DefinitionSection';
import { FreshnessSection } from './FreshnessSection';
import { RangeToolbar } from './RangeToolbar';
import { resolveRange } from './timeRange';
import { type DetailRange } from './useDetailRange';

/** How often the charts are renewed, in ms; buckets last a minute. */
const CHARTS_REFRESH_MS = 60_000;
/** More points than a chart has pixels would only cost time. */
const MAX_DATA_POINTS = 720;

export interface OverviewTabProps {
  slo: SLO;
  /** When the SLO was loaded, in ms since 1970. */
  now: number;
  range: DetailRange;
  onRefresh: () => void;
}

/** The SLO's measurements over time, how fresh they are, and its definition. */
export function OverviewTab({ slo, now, range: { raw, window, timeZone, ...change }, onRefresh }: OverviewTabProps) {
  const { id } = slo.definition;
  const load = useCallback(
    async (signal: AbortSignal) => {
      const range = resolveRange(raw, window, timeZone);
      const answer = await fetchSeries(
        {
          from: range.from.valueOf(),
          to: range.to.valueOf(),
          maxDataPoints: MAX_DATA_POINTS,
          queries: Object.entries(QUERY_TYPES).map(([refId, queryType]) => ({ refId, queryType, slos: [id] })),
        },
        signal
      );
      return { ...answer, range };
    },
    [raw, window, timeZone, id]
  );
  const { data, error, loading, reload } = usePolled(load, CHARTS_REFRESH_MS);
  const range = data?.range ?? resolveRange(raw, window, timeZone);

  return (
    <>
      <RangeToolbar
        range={range}
        timeZone={timeZone}
        loading={loading}
        onChange={change.setRange}
        onChangeTimeZone={change.setTimeZone}
        onRefresh={() => {
          onRefresh();
          reload();
        }}
      />
      {error ? <Failure title="The charts can't be loaded" error={error} onRetry={reload} /> : null}
      {data ? (
        <Charts
          slo={slo}
          frames={data.frames}
          errors={data.errors}
          timeRange={data.range}
          timeZone={timeZone}
          now={now}
          onChangeTimeRange={({ from, to }) => change.setRange({ from: dateTime(from), to: dateTime(to) })}
        />
      ) : null}
      {!data && !error ? <Skeleton label="Loading charts" heights={[300, 420, 240]} /> : null}
      <FreshnessSection slo={slo} now={now} timeZone={timeZone} />
      <DefinitionSection slo={slo} />
    </>
  );
}
