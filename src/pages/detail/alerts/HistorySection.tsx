import { css } from '@emotion/css';
import { type DataFrame, dateTime, type GrafanaTheme2, type TimeRange } from '@grafana/data';
import { Alert, Button, useStyles2, useTheme2 } from '@grafana/ui';
import { useCallback, useMemo, useState } from 'react';
import { type AlertEvent, errorText, fetchAlertHistory, fetchIncidents, fetchSeries, type SLO } from '../../../api';
import { DEFAULT_OPTIONS } from '../../../panels/burnrate/options';
import { burnRatesOf } from '../../../panels/burnrate/policy';
import { rateFrames } from '../../../panels/burnrate/rates';
import { TimeChart } from '../../../panels/chart/TimeChart';
import { Sized } from '../../../panels/frame/Sized';
import { canEdit } from '../../alerting/canEdit';
import { IncidentForm } from '../../alerting/IncidentForm';
import { type IncidentDraft, type IncidentSpan } from '../../alerting/incidents';
import { IncidentTable, type IncidentTableProps } from '../../alerting/IncidentTable';
import { Failure } from '../../Failure';
import { Section } from '../../Section';
import { Skeleton } from '../../Skeleton';
import { usePolled } from '../../usePolled';
import { RangeToolbar } from '../RangeToolbar';
import { resolveRange } from '../timeRange';
import { type DetailRange } from '../useDetailRange';
import { EventTable } from './EventTable';
import { MarkLegend } from './MarkLegend';
import { bandsOf, incidentsOf, newIncident } from './marks';

const REFRESH_MS = 60_000;
const MAX_DATA_POINTS = 720;
const CHART_HEIGHT = 300;

export interface HistorySectionProps {
  slo: SLO;
  range: DetailRange;
  /** Counts what was labelled: the lists are loaded anew with it. */
  labelled: number;
  onLabelled: () => void;
}

interface Loaded {
  /** What this was loaded for, so that labelling makes a new question of it. */
  labelled: number;
  range: TimeRange;
  now: number;
  frames: DataFrame[];
  chartError?: string;
  events: AlertEvent[];
  historyError?: string;
  incidents: IncidentSpan[];
  incidentsError?: string;
}

/** What fired, on the graph of the burn rates, and what people know to have been incidents. */
export function HistorySection({ slo, range: detail, labelled, onLabelled }: HistorySectionProps) {
  const { raw, window, timeZone, setRange, setTimeZone } = detail;
  const { definition } = slo;
  const { id, name, service } = definition;
  const load = useCallback(
    async (signal: AbortSignal): Promise<Loaded> => {
      const range = resolveRange(raw, window, timeZone);
      const [from, to] = [range.from.valueOf(), range.to.valueOf()];
      const burn = { refId: 'A', queryType: 'burnrate' as const, slos: [id] };
      // The graph does not have to wait for Grafana's state history to be mended.
      const marks = Promise.allSettled([fetchAlertHistory(id, from, to, signal), fetchIncidents(from, to, signal)]);
      const series = await fetchSeries({ from, to, maxDataPoints: MAX_DATA_POINTS, queries: [burn] }, signal);
      const [history, incidents] = await marks;
      const events = history.status === 'fulfilled' ? (history.value.events ?? []) : [];
      return {
        labelled,
        range,
        now: Date.now(),
        frames: series.frames,
        chartError: series.errors.A,
        events: [...events].sort((a, b) => b.start - a.start),
        historyError: history.status === 'fulfilled' ? history.value.error : errorText(history.reason),
        incidents: incidents.status === 'fulfilled' ? incidentsOf(incidents.value, { id, name, service }) : [],
        incidentsError: incidents.status === 'fulfilled' ? undefined : errorText(incidents.reason),
      };
    },
    [raw, window, timeZone, id, name, service, labelled]
  );
  const { data, error, loading, reload } = usePolled(load, REFRESH_MS);
  const [draft, setDraft] = useState<IncidentDraft>();

  return (
    <Section title="History">
      <RangeToolbar
        range={data?.range ?? resolveRange(raw, window, timeZone)}
        timeZone={timeZone}
        loading={loading}
        onChange={setRange}
        onChangeTimeZone={setTimeZone}
        onRefresh={reload}
      />
      {error ? <Failure title="The history can't be loaded" error={error} onRetry={reload} /> : null}
      {!data && !error ? <Skeleton label="Loading the history" heights={[CHART_HEIGHT, 160]} /> : null}
      {data ? (
        <History
          data={data}
          name={slo.report.name}
          detail={detail}
          onAcknowledged={reload}
          onLabel={(span) => setDraft(newIncident(id, span))}
          onEdit={setDraft}
          onLabelled={onLabelled}
        />
      ) : null}
      {draft ? (
        <IncidentForm
          draft={draft}
          timeZone={timeZone}
          onDone={() => {
            setDraft(undefined);
            onLabelled();
          }}
          onDismiss={() => setDraft(undefined)}
        />
      ) : null}
    </Section>
  );
}

interface HistoryProps {
  data: Loaded;
  /** The SLO's. */
  name: string;
  detail: DetailRange;
  onAcknowledged: () => void;
  onLabel: (span: Pick<IncidentDraft, 'from' | 'to'>) => void;
  onEdit: (incident: IncidentSpan) => void;
  onLabelled: () => void;
}

function History({ data, name, detail, onAcknowledged, onLabel, onEdit, onLabelled }: HistoryProps) {
  const { timeZone, setRange } = detail;
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const { frames, events, incidents, now } = data;
  const lines = useMemo(() => {
    const rates = burnRatesOf(frames)[0];
    return rates ? rateFrames(rates, theme, timeZone, DEFAULT_OPTIONS) : [];
  }, [frames, theme, timeZone]);
  const bands = useMemo(() => bandsOf(events, incidents, theme, now), [events, incidents, theme, now]);
  const label = `Burn rates of ${name} over time, with ${events.length} alerts and ${incidents.length} incidents marked`;
  return (
    <>
      {data.chartError ? (
        <Alert bottomSpacing={0} severity="error" title="The burn rates can't be loaded">
          {data.chartError}
        </Alert>
      ) : (
        <Sized height={CHART_HEIGHT}>
          {(size) => (
            <TimeChart
              {...size}
              label={label}
              frames={lines}
              bands={bands}
              timeRange={data.range}
              timeZone={timeZone}
              empty="No burn rate in this time range: no events, or nothing measured"
              onChangeTimeRange={({ from, to }) => setRange({ from: dateTime(from), to: dateTime(to) })}
            />
          )}
        </Sized>
      )}
      <MarkLegend />
      {data.historyError ? (
        <Alert bottomSpacing={0} severity="warning" title="The list of alerts may be incomplete">
          {data.historyError}
        </Alert>
      ) : null}
      {events.length > 0 || !data.historyError ? (
        <EventTable
          events={events}
          incidents={incidents}
          now={now}
          timeZone={timeZone}
          onAcknowledged={onAcknowledged}
          onLabel={onLabel}
        />
      ) : null}
      <div className={styles.head}>
        <h3 className={styles.title}>Labelled incidents</h3>
        {canEdit() ? (
          <Button variant="secondary" size="sm" icon="plus" onClick={() => onLabel({ from: now - 3_600_000, to: now })}>
            Label an incident
          </Button>
        ) : null}
      </div>
      {data.incidentsError ? (
        <Alert bottomSpacing={0} severity="error" title="The labelled incidents can't be loaded">
          {data.incidentsError}
        </Alert>
      ) : (
        <Incidents incidents={incidents} now={now} timeZone={timeZone} onEdit={onEdit} onRemoved={onLabelled} />
      )}
    </>
  );
}

function Incidents(props: IncidentTableProps) {
  const styles = useStyles2(getStyles);
  return props.incidents.length > 0 ? (
    <IncidentTable {...props} />
  ) : (
    <p className={styles.empty}>
      None in this time range. Label what was a real incident, so that Burnline can say which alerts were right.
    </p>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  head: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'space-between',
    gap: theme.spacing(1),
  }),
  empty: css({ margin: 0, color: theme.colors.text.secondary }),
  title: css({ margin: 0, fontSize: theme.typography.h6.fontSize }),
});
