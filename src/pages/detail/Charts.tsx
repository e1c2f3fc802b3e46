import { css } from '@emotion/css';
import { type AbsoluteTimeRange, type DataFrame, type GrafanaTheme2, type TimeRange } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { Alert, useStyles2, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import { type SLO } from '../../api';
import { formatTime } from '../../format';
import { BudgetView } from '../../panels/budget/BudgetView';
import { DEFAULT_OPTIONS as BUDGET_OPTIONS } from '../../panels/budget/options';
import { budgetsOf } from '../../panels/budget/report';
import { BurnRateView } from '../../panels/burnrate/BurnRateView';
import { DEFAULT_OPTIONS as BURN_OPTIONS } from '../../panels/burnrate/options';
import { burnRatesOf } from '../../panels/burnrate/policy';
import { TimeChart } from '../../panels/chart/TimeChart';
import { Sized } from '../../panels/frame/Sized';
import { Section } from '../Section';
import { eventFrames, sliFrames } from './series';
import { forecastText } from './words';

/** Heights of the charts in pixels; a narrow page stacks the parts of a view, which needs more. */
const HEIGHT = { budget: 300, budgetNarrow: 440, burn: 420, burnNarrow: 560, small: 240 };
const NARROW = 640;
/** A report that ends so many ms ago is about the past: a live one lags by minutes at most. */
const PAST_MS = 15 * 60_000;

/** The queries of the page, by their refId. */
export const QUERY_TYPES = { A: 'budget', B: 'burnrate', C: 'sli', D: 'events' } as const;

export interface ChartsProps {
  slo: SLO;
  frames: DataFrame[];
  /** What went wrong with a query, by its refId. */
  errors: Record<string, string>;
  timeRange: TimeRange;
  timeZone: TimeZone;
  now: number;
  onChangeTimeRange: (range: AbsoluteTimeRange) => void;
}

/** The SLO over time, drawn by the components of the panels. */
export function Charts({ slo, frames, errors, timeRange, timeZone, now, onChangeTimeRange }: ChartsProps) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const budget = useMemo(() => budgetsOf(frames)[0], [frames]);
  const rates = useMemo(() => burnRatesOf(frames)[0], [frames]);
  const sli = useMemo(() => sliFrames(frames, theme, timeZone), [frames, theme, timeZone]);
  const events = useMemo(() => eventFrames(frames, theme, timeZone), [frames, theme, timeZone]);
  const { name } = slo.report;
  const report = budget?.report ?? slo.report;
  const asOf = now - report.at > PAST_MS ? `As of ${formatTime(report.at, timeZone)}: ` : '';
  const shared = { timeRange, timeZone, onChangeTimeRange };

  return (
    <>
      <Section title="Error budget">
        <QueryError error={errors.A} />
        {budget ? (
          <Sized grow>
            {({ width }) => (
              <BudgetView
                {...shared}
                budget={budget}
                width={width}
                height={width < NARROW ? HEIGHT.budgetNarrow : HEIGHT.budget}
                options={BUDGET_OPTIONS}
                showName={false}
                now={report.at}
              />
            )}
          </Sized>
        ) : null}
        <p className={styles.forecast}>{asOf + forecastText(report, report.at)}</p>
      </Section>
      <Section title="Burn rates">
        <QueryError error={errors.B} />
        {rates ? (
          <Sized grow>
            {({ width }) => (
              <BurnRateView
                {...shared}
                rates={rates}
                width={width}
                height={width < NARROW ? HEIGHT.burnNarrow : HEIGHT.burn}
                options={BURN_OPTIONS}
                showName={false}
              />
            )}
          </Sized>
        ) : null}
      </Section>
      <div className={styles.pair}>
        <Section title="SLI">
          <QueryError error={errors.C} />
          {errors.C ? null : (
            <Sized height={HEIGHT.small}>
              {(size) => <TimeChart {...shared} {...size} label={`SLI of ${name} over time`} frames={sli} />}
            </Sized>
          )}
        </Section>
        <Section title="Events">
          <QueryError error={errors.D} />
          {errors.D ? null : (
            <Sized height={HEIGHT.small}>
              {(size) => (
                <TimeChart {...shared} {...size} label={`Good and bad events of ${name} over time`} frames={events} />
              )}
            </Sized>
          )}
        </Section>
      </div>
    </>
  );
}

function QueryError({ error }: { error?: string }) {
  return error ? (
    <Alert bottomSpacing={0} severity="error" title="This chart can't be loaded">
      {error}
    </Alert>
  ) : null;
}

const getStyles = (theme: GrafanaTheme2) => ({
  forecast: css({ margin: 0, color: theme.colors.text.secondary }),
  pair: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 420px), 1fr))',
    gap: theme.spacing(2),
    minWidth: 0,
  }),
});
