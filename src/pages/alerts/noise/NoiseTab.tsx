import { css } from '@emotion/css';
import { getTimeZone, type GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, RadioButtonGroup, useStyles2 } from '@grafana/ui';
import { useCallback, useId } from 'react';
import { type AlertHistory, errorText, fetchAllAlerts, fetchNoise, type NoiseReport } from '../../../api';
import { formatTime } from '../../../format';
import { Failure } from '../../Failure';
import { Section } from '../../Section';
import { Skeleton } from '../../Skeleton';
import { usePolled } from '../../usePolled';
import { useUrlState } from '../../useUrlState';
import { FaultList } from '../FaultList';
import { AlertList } from './AlertList';
import { GroupTable } from './GroupTable';
import { NoiseFacts } from './NoiseFacts';
import { NoisyRules } from './NoisyRules';
import { ReceiverHint } from './ReceiverHint';
import { Suggestions } from './Suggestions';
import { TrendTable } from './TrendTable';

const REFRESH_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
const DEFAULT_SPAN = spanOf(28);
const SPANS = [spanOf(7), DEFAULT_SPAN, spanOf(90)];

function spanOf(days: number) {
  return { value: `${days}d`, label: `${days} d`, ms: days * DAY_MS };
}

interface Loaded {
  report: NoiseReport;
  history: AlertHistory;
  from: number;
  to: number;
}

/** How much the alerts ask of people, how much of it was worth it, and what would be quieter. */
export function NoiseTab() {
  const styles = useStyles2(getStyles);
  const [params, setParams] = useUrlState();
  const spanId = useId();
  const span = SPANS.find(({ value }) => value === params.get('span')) ?? DEFAULT_SPAN;
  const load = useCallback(
    async (signal: AbortSignal): Promise<Loaded> => {
      const to = Date.now();
      const from = to - span.ms;
      const alerts = fetchAllAlerts(from, to, signal).catch((error: unknown) => ({
        events: null,
        error: errorText(error),
      }));
      return { report: await fetchNoise(from, to, signal), history: await alerts, from, to };
    },
    [span]
  );
  const { data, error, loading, reload } = usePolled(load, REFRESH_MS);
  return (
    <>
      <div className={styles.controls}>
        <span id={spanId}>Span</span>
        <div role="group" aria-labelledby={spanId}>
          <RadioButtonGroup
            options={SPANS.map(({ value, label }) => ({ value, label, ariaLabel: `Last ${label}` }))}
            value={span.value}
            onChange={(value) => setParams({ span: value === DEFAULT_SPAN.value ? '' : value })}
          />
        </div>
        <Button variant="secondary" icon="sync" onClick={reload} disabled={loading}>
          Refresh
        </Button>
      </div>
      {error ? <Failure title="The noise figures can't be loaded" error={error} onRetry={reload} /> : null}
      {data ? <Figures data={data} onChanged={reload} /> : null}
      {!data && !error ? <Skeleton label="Counting alerts" heights={[140, 220, 260]} /> : null}
    </>
  );
}

function Figures({ data: { report, history, from, to }, onChanged }: { data: Loaded; onChanged: () => void }) {
  const styles = useStyles2(getStyles);
  const timeZone = getTimeZone();
  const events = history.events ?? [];
  return (
    <>
      {report.notes.length > 0 ? (
        <Alert bottomSpacing={0} severity="info" title="What these figures do not know">
          <FaultList texts={report.notes} />
        </Alert>
      ) : null}
      <Section title="Alerts">
        <p className={styles.text}>
          {formatTime(from, timeZone)} to {formatTime(to, timeZone)}
        </p>
        <NoiseFacts report={report} />
        <TrendTable weeks={report.trend} />
      </Section>
      <Suggestions slos={report.bySlo} from={from} to={to} />
      <NoisyRules rules={report.noisiest} />
      <GroupTable title="By SLO" column="SLO" groups={report.bySlo} linked />
      <div className={styles.pair}>
        <GroupTable title="By service" column="Service" groups={report.byService} />
        <GroupTable title="By team" column="Team" groups={report.byOwner} />
      </div>
      <AlertList events={events} error={history.error} now={to} timeZone={timeZone} onChanged={onChanged} />
      <ReceiverHint heard={events.some(({ source }) => source === 'webhook')} />
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  controls: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
  text: css({ margin: 0, color: theme.colors.text.secondary }),
  pair: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 480px), 1fr))',
    gap: theme.spacing(2),
    alignItems: 'start',
  }),
});
