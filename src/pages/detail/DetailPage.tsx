import { css } from '@emotion/css';
import { type GrafanaTheme2, locationUtil } from '@grafana/data';
import { isFetchError, PluginPage } from '@grafana/runtime';
import { Tab, TabsBar, useStyles2 } from '@grafana/ui';
import { useCallback, useId } from 'react';
import { useParams } from 'react-router';
import { APP_URL, fetchSLO, type SLO, sloUrl } from '../../api';
import { Failure } from '../Failure';
import { NotFoundPage } from '../NotFoundPage';
import { Skeleton } from '../Skeleton';
import { usePolled } from '../usePolled';
import { useUrlState } from '../useUrlState';
import { AlertsTab } from './alerts/AlertsTab';
import { Overview } from './Overview';
import { OverviewTab } from './OverviewTab';
import { useDetailRange } from './useDetailRange';

/** How often the numbers are renewed, in ms; buckets last a minute. */
const SLO_REFRESH_MS = 30_000;

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
  const range = useDetailRange(slo.report.windowSeconds);
  const open = params.get('tab') === 'alerts' ? 'alerts' : 'overview';
  const Tabbed = open === 'alerts' ? AlertsTab : OverviewTab;
  const panel = useId();

  return (
    <div className={styles.page}>
      <TabsBar>
        {TABS.map(({ name, label }) => (
          <Tab
            key={name}
            label={label}
            active={name === open}
            href={locationUtil.assureBaseUrl(tabUrl(slo.definition.id, name))}
            aria-controls={name === open ? panel : undefined}
            onChangeTab={(event) => {
              // As a link it can be opened elsewhere; here it must not load the page anew.
              if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
                event.preventDefault();
                setParams({ tab: name === 'overview' ? '' : name });
              }
            }}
          />
        ))}
      </TabsBar>
      <div
        className={styles.page}
        role="tabpanel"
        id={panel}
        aria-label={TABS.find(({ name }) => name === open)?.label}
      >
        {slo.definition.description ? <p className={styles.description}>{slo.definition.description}</p> : null}
        <Overview slo={slo} />
        <Tabbed slo={slo} now={now} range={range} onRefresh={onRefresh} />
      </div>
    </div>
  );
}

const TABS = [
  { name: 'overview', label: 'Overview' },
  { name: 'alerts', label: 'Alerts' },
] as const;

function tabUrl(id: string, tab: (typeof TABS)[number]['name']): string {
  return tab === 'overview' ? sloUrl(id) : `${sloUrl(id)}?tab=${tab}`;
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(2), minWidth: 0 }),
  description: css({ margin: 0, color: theme.colors.text.secondary, maxWidth: '80ch' }),
});
