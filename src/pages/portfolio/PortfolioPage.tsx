import { css } from '@emotion/css';
import { getTimeZone, type GrafanaTheme2, locationUtil } from '@grafana/data';
import { PluginPage } from '@grafana/runtime';
import { Alert, Button, EmptyState, LinkButton, useStyles2 } from '@grafana/ui';
import { useMemo } from 'react';
import { ALERTS_URL, APP_CONFIG_URL, type EvaluatorHealth, fetchPortfolio, type Portfolio } from '../../api';
import { formatRelative } from '../../format';
import { Sized } from '../../panels/frame/Sized';
import { SloTable } from '../../panels/slotable/SloTable';
import { Failure } from '../Failure';
import { Skeleton } from '../Skeleton';
import { usePolled } from '../usePolled';
import { useUrlState } from '../useUrlState';
import { FilterBar } from './FilterBar';
import { Problems } from './Problems';
import { StateTiles } from './StateTiles';
import {
  type Backfill,
  backfillOf,
  countableRows,
  countStates,
  filterRows,
  filtersOf,
  isEmpty,
  rowOf,
  servicesOf,
} from './summary';

const REFRESH_MS = 30_000;

/** All SLOs: how many are in which state, the list itself, and what keeps it from being complete. */
export function PortfolioPage() {
  const { data, error, loading, reload } = usePolled(fetchPortfolio, REFRESH_MS);
  return (
    <PluginPage
      actions={
        <>
          <LinkButton variant="secondary" icon="bell" href={locationUtil.assureBaseUrl(ALERTS_URL)}>
            Alerts
          </LinkButton>
          <Button variant="secondary" icon="sync" onClick={reload} disabled={loading && data !== undefined}>
            Refresh
          </Button>
        </>
      }
    >
      {error ? <Failure title="The SLOs can't be loaded" error={error} onRetry={reload} /> : null}
      {data ? <Content portfolio={data} /> : null}
      {!data && !error ? <Skeleton label="Loading SLOs" heights={[68, 32, 320]} /> : null}
    </PluginPage>
  );
}

function Content({ portfolio }: { portfolio: Portfolio }) {
  const styles = useStyles2(getStyles);
  const { slos, problems, evaluator, now } = portfolio;
  const backfill = backfillOf(slos);
  return (
    <div className={styles.page}>
      {evaluator.running && !evaluator.message ? null : <EvaluatorBanner evaluator={evaluator} now={now} />}
      {backfill && evaluator.running ? <BackfillBar backfill={backfill} /> : null}
      {isEmpty(portfolio) ? <NoDefinitions hasProblems={problems.length > 0} /> : <List portfolio={portfolio} />}
      {problems.length > 0 ? <Problems problems={problems} /> : null}
    </div>
  );
}

function List({ portfolio }: { portfolio: Portfolio }) {
  const styles = useStyles2(getStyles);
  const [params, setParams] = useUrlState();
  const filters = useMemo(() => filtersOf(params), [params]);
  const rows = useMemo(() => portfolio.slos.map((slo) => rowOf(slo, portfolio.now)), [portfolio]);
  const shown = useMemo(() => filterRows(rows, filters), [rows, filters]);
  const counts = useMemo(() => countStates(countableRows(rows, filters)), [rows, filters]);
  const services = useMemo(() => servicesOf(rows), [rows]);

  return (
    <>
      <StateTiles counts={counts} selected={filters.state} onSelect={(state) => setParams({ state })} />
      <FilterBar
        filters={filters}
        services={services}
        shown={shown.length}
        total={rows.length}
        onChange={({ text, service, critical }) =>
          setParams({
            ...(text !== undefined && { q: text }),
            ...(service !== undefined && { service }),
            ...(critical !== undefined && { critical: critical ? 'true' : '' }),
          })
        }
      />
      <div className={styles.table}>
        {shown.length > 0 ? (
          <Sized grow>
            {({ width }) => <SloTable rows={shown} width={width} now={portfolio.now} timeZone={getTimeZone()} />}
          </Sized>
        ) : (
          <EmptyState
            variant="not-found"
            hideImage
            message="No SLO passes the filters"
            button={
              <Button variant="secondary" onClick={() => setParams({ q: '', service: '', state: '', critical: '' })}>
                Show all
              </Button>
            }
          />
        )}
      </div>
    </>
  );
}

function EvaluatorBanner({ evaluator, now }: { evaluator: EvaluatorHealth; now: number }) {
  const since = evaluator.heartbeat ? ` The ledger was last written ${formatRelative(evaluator.heartbeat, now)}.` : '';
  return (
    <Alert
      bottomSpacing={0}
      severity="warning"
      title="Budgets are not being kept up to date"
      action={
        <LinkButton href={locationUtil.assureBaseUrl(APP_CONFIG_URL)} variant="secondary" icon="cog">
          Configuration
        </LinkButton>
      }
    >
      {evaluator.message || 'The evaluator does not run.'}
      {since}
    </Alert>
  );
}

function BackfillBar({ backfill }: { backfill: Backfill }) {
  const styles = useStyles2(getStyles);
  const percent = Math.floor(backfill.progress * 100);
  const text = `Reading history: ${percent}%, ${backfill.pending} of ${backfill.of} SLOs to go. Their budgets count only what has been read.`;
  return (
    <div className={styles.backfill}>
      <span id="burnline-backfill">{text}</span>
      <progress className={styles.progress} value={percent} max={100} aria-labelledby="burnline-backfill" />
    </div>
  );
}

function NoDefinitions({ hasProblems }: { hasProblems: boolean }) {
  return (
    <EmptyState
      variant="call-to-action"
      hideImage
      message={hasProblems ? 'No definition could be loaded' : 'There are no SLOs yet'}
    >
      {hasProblems
        ? 'Mend the files below: they are read again as soon as they are saved.'
        : "Put an OpenSLO file into the folder provisioning/slos of this Grafana: it is read as soon as it is saved. The app's configuration page names the folder."}
    </EmptyState>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(2), minWidth: 0 }),
  table: css({
    minWidth: 0,
    padding: theme.spacing(1),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  backfill: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(0.5),
    color: theme.colors.text.secondary,
  }),
  progress: css({ width: '100%', height: 6, accentColor: theme.colors.primary.main }),
});
