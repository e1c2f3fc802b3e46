import { css, cx } from '@emotion/css';
import { type AbsoluteTimeRange, type GrafanaTheme2, type TimeRange } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { Icon, TextLink, Tooltip, useStyles2, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import { type BudgetReport } from '../../api/frames';
import { sloUrl } from '../../api/plugin';
import { formatForecastRange, type Tone, toneColor } from '../../format';
import { TimeChart } from '../chart/TimeChart';
import { Sized } from '../frame/Sized';
import { StateBadge } from '../state/StateBadge';
import { burnDown } from './burndown';
import { type BudgetOptions } from './options';
import { type Budget } from './report';
import {
  caveats,
  downtimeText,
  eventsText,
  headline,
  headlineTone,
  headlineUnit,
  objectiveText,
  reportExhaustionText,
  sliText,
} from './words';

/** From these sizes on, a part has room to be read. Pixels. */
const ROOM = {
  words: { width: 170, height: 70 },
  facts: { width: 220, height: 130 },
  chart: { width: 260, height: 240 },
  chartBeside: { width: 640, height: 130 },
  /** The height from which on a chart below the words leaves room for all of them. */
  roomy: 360,
};

export interface BudgetViewProps {
  budget: Budget;
  width: number;
  height: number;
  timeRange: TimeRange;
  timeZone: TimeZone;
  options: BudgetOptions;
  /** Names the SLO above its number; off where the surroundings already do. */
  showName?: boolean;
  /** The present, in ms since 1970. */
  now: number;
  onChangeTimeRange?: (range: AbsoluteTimeRange) => void;
}

/** One SLO's budget: what is left, in which state, until when, and how it got there. Adapts to its size. */
export function BudgetView(props: BudgetViewProps) {
  const { budget, width, height, timeRange, timeZone, options, showName = true, now, onChangeTimeRange } = props;
  const { report } = budget;
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const layout = layoutFor(width, height, options);

  const chart = useMemo(
    () => burnDown(budget, theme, timeZone, timeRange, options.showProjection),
    [budget, theme, timeZone, timeRange, options.showProjection]
  );

  return (
    <div
      role="group"
      className={cx(styles.view, layout.chartBeside && styles.beside)}
      style={{ width, height }}
      aria-label={`Error budget of ${report.name}`}
    >
      <div className={cx(styles.summary, layout.chartBeside && styles.summaryBeside)}>
        {showName && layout.words ? (
          <TextLink href={sloUrl(report.slo)} inline={false} variant="bodySmall" color="secondary">
            {report.name}
          </TextLink>
        ) : null}
        <Headline report={report} size={headlineSize(width, height, layout)} words={layout.words} />
        {layout.words ? <Caveats report={report} now={now} lines={layout.caveatLines} /> : null}
        {layout.facts === 'none' ? null : (
          <Facts report={report} now={now} timeZone={timeZone} all={layout.facts === 'all'} />
        )}
      </div>
      {layout.chart ? (
        <div className={styles.chart}>
          <Sized>
            {(size) => (
              <TimeChart
                {...size}
                label={`Burn-down of ${report.name}: ${headline(report)} ${headlineUnit(report)}`}
                frames={chart.frames}
                timeRange={chart.timeRange}
                timeZone={timeZone}
                onChangeTimeRange={onChangeTimeRange}
              />
            )}
          </Sized>
        </div>
      ) : null}
    </div>
  );
}

interface Layout {
  words: boolean;
  /** A chart below the words leaves room for some facts only. */
  facts: 'none' | 'some' | 'all';
  chart: boolean;
  chartBeside: boolean;
  /** After so many lines a caveat is cut; the state's tooltip has all of it. */
  caveatLines: number;
}

/** Which parts fit. */
export function layoutFor(width: number, height: number, options: BudgetOptions): Layout {
  const fits = (room: { width: number; height: number }) => width >= room.width && height >= room.height;
  const chartBeside = options.layout !== 'number' && fits(ROOM.chartBeside);
  const chart = options.layout === 'chart' || (options.layout === 'auto' && (chartBeside || fits(ROOM.chart)));
  const roomy = height >= ROOM.roomy;
  let facts: Layout['facts'] = 'none';
  if (options.showFacts && fits(ROOM.facts)) {
    facts = !chart || chartBeside || roomy ? 'all' : 'some';
  }
  return {
    words: fits(ROOM.words),
    facts,
    chart,
    chartBeside,
    caveatLines: caveatLines(height, roomy || chartBeside),
  };
}

function caveatLines(height: number, roomy: boolean): number {
  if (height < ROOM.facts.height) {
    return 1;
  }
  return roomy ? 6 : 2;
}

function headlineSize(width: number, height: number, layout: Layout): number {
  const room = layout.chartBeside ? width * 0.3 : width;
  const largest = layout.chart ? 40 : 72;
  return Math.round(Math.max(16, Math.min(largest, room / 5, height / (layout.words ? 3.5 : 1.6))));
}

function Headline({ report, size, words }: { report: BudgetReport; size: number; words: boolean }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  return (
    <div className={styles.headline}>
      <span
        className={styles.number}
        style={{ fontSize: size, color: toneColor(theme, headlineTone(report)) }}
        data-testid="remaining-budget"
      >
        {headline(report)}
      </span>
      {words ? <span className={styles.unit}>{headlineUnit(report)}</span> : null}
      <StateBadge state={report.state} message={report.message} iconOnly={!words} />
    </div>
  );
}

function Caveats({ report, now, lines }: { report: BudgetReport; now: number; lines: number }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const found = caveats(report, now);
  if (found.length === 0) {
    return null;
  }
  return (
    <ul className={styles.caveats}>
      {found.map((caveat) => (
        <li key={caveat.text} className={styles.caveat}>
          <Icon name={caveat.icon} size="sm" style={{ color: toneColor(theme, caveat.tone), flexShrink: 0 }} />
          <span className={styles.cut} style={{ WebkitLineClamp: lines }}>
            {caveat.text}
          </span>
        </li>
      ))}
    </ul>
  );
}

interface FactsProps {
  report: BudgetReport;
  all: boolean;
  now: number;
  timeZone: TimeZone;
}

function Facts({ report, all, now, timeZone }: FactsProps) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const { forecast } = report;
  const forecastTone: Tone = forecast.kind === 'exhausted' ? 'bad' : forecast.kind === 'at' ? 'warning' : 'neutral';
  const forecastText = reportExhaustionText(report, now);
  const forecastHint = [formatForecastRange(forecast, timeZone), forecast.basis ?? ''].filter(Boolean).join('. ');
  return (
    <dl className={styles.facts}>
      <div>
        <dt>Spent</dt>
        <dd>{eventsText(report)}</dd>
      </div>
      {all ? (
        <>
          <div>
            <dt>As full downtime</dt>
            <dd>{downtimeText(report)}</dd>
          </div>
          <div>
            <dt>Objective</dt>
            <dd>{objectiveText(report)}</dd>
          </div>
          <div>
            <dt>SLI</dt>
            <dd>{sliText(report)}</dd>
          </div>
        </>
      ) : null}
      <div>
        <dt>Forecast</dt>
        <dd style={{ color: toneColor(theme, forecastTone) }}>
          {forecastHint ? (
            <Tooltip content={forecastHint}>
              <span>{forecastText}</span>
            </Tooltip>
          ) : (
            forecastText
          )}
        </dd>
      </div>
    </dl>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  view: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), overflow: 'hidden', minWidth: 0 }),
  beside: css({ flexDirection: 'row', gap: theme.spacing(2) }),
  summary: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(0.5),
    minWidth: 0,
    overflow: 'auto',
    flexShrink: 1,
  }),
  chart: css({ display: 'flex', flex: 1, minWidth: 0, minHeight: 96 }),
  cut: css({ display: '-webkit-box', WebkitBoxOrient: 'vertical', overflow: 'hidden' }),
  summaryBeside: css({ width: '32%', minWidth: 240, flexShrink: 0 }),
  headline: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'baseline', columnGap: theme.spacing(1) }),
  number: css({ fontWeight: theme.typography.fontWeightMedium, lineHeight: 1.15, fontVariantNumeric: 'tabular-nums' }),
  unit: css({ color: theme.colors.text.secondary }),
  caveats: css({ listStyle: 'none', margin: 0, padding: 0 }),
  caveat: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.primary,
  }),
  facts: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(0.5, 2),
    margin: 0,
    fontSize: theme.typography.bodySmall.fontSize,
    '& dt': { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightRegular },
    '& dd': { margin: 0, fontVariantNumeric: 'tabular-nums' },
  }),
});
