import { css } from '@emotion/css';
import { dateTime, getTimeZone, type GrafanaTheme2, locationUtil, type RawTimeRange } from '@grafana/data';
import { isFetchError, PluginPage } from '@grafana/runtime';
import { RefreshPicker, TimeRangePicker, useStyles2 } from '@grafana/ui';
import { useCallback, useMemo, useState } from 'react';
import { useParams } from 'react-router';
import { APP_URL, fetchSeries, fetchSLO, type SLO } from '../../api';
import { Failure } from '../Failure';
import { NotFoundPage } from '../NotFoundPage';
import { Skeleton } from '../Skeleton';
import { usePolled } from '../usePolled';
import { useUrlState } from '../useUrlState';
import { Charts, QUERY_TYPES } from './Charts';
import { DefinitionSection } from './DefinitionSection';
import { FreshnessSection } from './FreshnessSection';
import { Overview } from './Overview';
import { rangeParams, rawRangeOf, resolveRange, shifted, spanOf, zoomedOut } from './timeRange';

/** How often the numbers and the charts are renewed, in ms; buckets last a minute. */
const SLO_REFRESH_MS = 30_000;
const CHARTS_REFRESH_MS = 60_000;
/** More points than a chart has pixels would only cost time. */
const MAX_DATA_POINTS = 720;

/** One SLO: its budget, burn rates, measurements and definition. */
export function DetailPage() {
  const { '*': id = '' } = useParams();
  // The key keeps one SLO's numbers from standing under another's name while those are loaded.
  return id ? <Detail key={id} id={id} /> : <NotFoundPage />;
}

function Detail({ id }: { id: string }) {
  const load = useCallback(async (signal: AbortSignal) => ({ slo: await fetchSLO(id, signal), now: Date.now() }), [id]);
  const { data, error, cause, reload } = usePolled(load, SLO_REFRESH_MS);
  if (!data && isNotFound(cause)) {
    return <NotFoundPage message={`There is no SLO "${id}"`} text={error} />;
  }
  return (
    <PluginPage
      pageNav={{
        text: data?.slo.report.name ?? id,
        parentItem: { text: 'SLOs', url: locationUtil.assureBaseUrl(APP_URL) },
      }}
    >
      {error ? <Failure title="The SLO can't be loaded" error={error} onRetry={reload} /> : null}
      {data ? <Content slo={data.slo} now={data.now} onRefresh={reload} /> : null}
      {!data && !error ? <Skeleton label="Loading the SLO" heights={[56, 300, 420, 240]} /> : null}
    </PluginPage>
  );
}

function isNotFound(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : error;
  return isFetchError(cause) && cause.status === 404;
}

interface ContentProps {
  slo: SLO;
  /** When the SLO was loaded, in ms since 1970. */
  now: number;
  onRefresh: () => void;
}

function Content({ slo, now, onRefresh }: ContentProps) {
  const styles = useStyles2(getStyles);
  const [params, setParams] = useUrlState();
  const [timeZone, setTimeZone] = useState(getTimeZone());
  const { id } = slo.definition;
  const window = spanOf(slo.report.windowSeconds);
  const raw = useMemo(() => rawRangeOf(params, window), [params, window]);

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
  const setRange = (next: RawTimeRange) => setParams(rangeParams(next));

  return (
    <div className={styles.page}>
      {slo.definition.description ? <p className={styles.description}>{slo.definition.description}</p> : null}
      <Overview slo={slo} />
      <div className={styles.toolbar}>
        <TimeRangePicker
          value={range}
          timeZone={timeZone}
          onChange={(next) => setRange(next.raw)}
          onChangeTimeZone={setTimeZone}
          onMoveBackward={() => setRange(shifted(range, -1))}
          onMoveForward={() => setRange(shifted(range, 1))}
          onZoom={() => setRange(zoomedOut(range, Date.now()))}
        />
        <RefreshPicker
          noIntervalPicker
          onIntervalChanged={noInterval}
          onRefresh={() => {
            onRefresh();
            reload();
          }}
          isLoading={loading}
          text="Refresh"
        />
      </div>
      {error ? <Failure title="The charts can't be loaded" error={error} onRetry={reload} /> : null}
      {data ? (
        <Charts
          slo={slo}
          frames={data.frames}
          errors={data.errors}
          timeRange={data.range}
          timeZone={timeZone}
          now={now}
          onChangeTimeRange={({ from, to }) => setRange({ from: dateTime(from), to: dateTime(to) })}
        />
      ) : null}
      {!data && !error ? <Skeleton label="Loading charts" heights={[300, 420, 240]} /> : null}
      <FreshnessSection slo={slo} now={now} timeZone={timeZone} />
      <DefinitionSection slo={slo} />
    </div>
  );
}

/** The page renews itself at a fixed pace, so that there is no interval to choose. */
function noInterval() {
  return undefined;
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(2), minWidth: 0 }),
  description: css({ margin: 0, color: theme.colors.text.secondary, maxWidth: '80ch' }),
  toolbar: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), justifyContent: 'flex-end' }),
});
