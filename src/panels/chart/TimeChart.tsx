import { css } from '@emotion/css';
import {
  type AbsoluteTimeRange,
  type DataFrame,
  type Field,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  getFieldSeriesColor,
  type GrafanaTheme2,
  type TimeRange,
} from '@grafana/data';
import { type GraphFieldConfig, type TimeZone } from '@grafana/schema';
import {
  LegendDisplayMode,
  SeriesIcon,
  SeriesTable,
  TimeSeries,
  TooltipPlugin2,
  useStyles2,
  useTheme2,
  type VizLegendOptions,
} from '@grafana/ui';
import { type ComponentProps, type ReactNode, useMemo } from 'react';
import { formatTime } from '../../format';
import { Sized } from '../frame/Sized';
import { ChartBands, type TimeBand } from './ChartBands';
import { isPlottable, numbersOf } from './frames';

/** Below this height in pixels a legend would leave no room for the line itself. */
const LEGEND_MIN_HEIGHT = 150;
/** TooltipPlugin2's "nearest x of all series"; its const enum is not exported by @grafana/ui. */
const HOVER_ALL_SERIES = 1;

const NO_LEGEND: VizLegendOptions = {
  showLegend: false,
  displayMode: LegendDisplayMode.List,
  placement: 'bottom',
  calcs: [],
};

type TweakAxis = NonNullable<ComponentProps<typeof TimeSeries>['tweakAxis']>;

export interface TimeChartProps {
  /** What the chart shows, for people who cannot see it: name and newest value, one sentence. */
  label: string;
  frames: DataFrame[];
  width: number;
  height: number;
  timeRange: TimeRange;
  timeZone: TimeZone;
  showLegend?: boolean;
  /** Spans to mark; their meaning must also be said in text nearby. */
  bands?: TimeBand[];
  /** Shown instead of the chart when no frame has a point. */
  empty?: ReactNode;
  /** Called with the span that was dragged over. Without it the chart does not zoom. */
  onChangeTimeRange?: (range: AbsoluteTimeRange) => void;
}

/**
 * A time series chart of @grafana/ui with tooltip, zoom and a text alternative: the one chart that all
 * panels and pages use, so that they look and behave alike.
 */
export function TimeChart(props: TimeChartProps) {
  const { frames, label, width, height, timeRange, timeZone, showLegend = true, bands, empty } = props;
  const styles = useStyles2(getStyles);
  const plottable = useMemo(() => frames.filter(isPlottable), [frames]);

  if (plottable.length === 0) {
    return (
      <div className={styles.empty} style={{ width, height }}>
        {empty ?? 'No measurements in this time range'}
      </div>
    );
  }

  return (
    <figure className={styles.figure} style={{ width, height }} aria-label={label}>
      <Sized>
        {(size) => (
          <TimeSeries
            {...size}
            frames={plottable}
            timeRange={timeRange}
            timeZone={timeZone}
            legend={NO_LEGEND}
            tweakAxis={withoutTicksBelowMinimum}
          >
            {(config, aligned) => (
              <>
                {bands ? <ChartBands config={config} bands={bands} /> : null}
                <TooltipPlugin2
                  config={config}
                  hoverMode={HOVER_ALL_SERIES}
                  queryZoom={props.onChangeTimeRange}
                  render={(_plot, indices) => <ChartTooltip frame={aligned} indices={indices} timeZone={timeZone} />}
                />
              </>
            )}
          </TimeSeries>
        )}
      </Sized>
      {showLegend && height >= LEGEND_MIN_HEIGHT ? <ChartLegend frames={plottable} /> : null}
    </figure>
  );
}

/** Which line is what. Grafana's own legend is a set of buttons, which here would have nothing to do. */
function ChartLegend({ frames }: { frames: DataFrame[] }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  return (
    <figcaption className={styles.legend}>
      {frames.flatMap((frame) =>
        frame.fields
          .filter((field) => field.type === FieldType.number && !isHiddenFrom(field, 'legend'))
          .map((field) => (
            <span key={field.name} className={styles.entry}>
              <SeriesIcon color={getFieldSeriesColor(field, theme).color} lineStyle={customOf(field)?.lineStyle} />
              {getFieldDisplayName(field, frame)}
            </span>
          ))
      )}
    </figcaption>
  );
}

/** A symmetric-log axis has a tick below zero even where its scale begins at zero. */
const withoutTicksBelowMinimum: TweakAxis = (axis, { config: { min } }) => {
  const { formatValue } = axis;
  return min === undefined || min === null || !formatValue
    ? axis
    : { ...axis, formatValue: (value, decimals) => (Number(value) < min ? '' : formatValue(value, decimals)) };
};

interface ChartTooltipProps {
  /** All series over one time field. */
  frame: DataFrame;
  /** For each field, the point under the cursor. */
  indices: (number | null)[];
  timeZone: TimeZone;
}

/** The time under the cursor and what each series says about it. */
function ChartTooltip({ frame, indices, timeZone }: ChartTooltipProps) {
  const styles = useStyles2(getStyles);
  const [time, ...fields] = frame.fields;
  const index = indices.find((candidate) => typeof candidate === 'number');
  if (time === undefined || index === undefined) {
    return null;
  }
  const series = fields.flatMap((field, position) => {
    const at = indices[position + 1];
    const value = typeof at === 'number' ? numbersOf(field)[at] : null;
    if (typeof value !== 'number' || isHiddenFrom(field, 'tooltip') || !field.display) {
      return [];
    }
    const { color, ...text } = field.display(value);
    return [{ color, label: getFieldDisplayName(field, frame), value: formattedValueToString(text) }];
  });
  return (
    <div className={styles.tooltip}>
      <SeriesTable timestamp={formatTime(numbersOf(time)[index], timeZone)} series={series} />
    </div>
  );
}

function customOf(field: Field): GraphFieldConfig | undefined {
  return field.config.custom as GraphFieldConfig | undefined;
}

function isHiddenFrom(field: Field, place: 'legend' | 'tooltip'): boolean {
  return customOf(field)?.hideFrom?.[place] ?? false;
}

const getStyles = (theme: GrafanaTheme2) => ({
  figure: css({ display: 'flex', flexDirection: 'column', margin: 0, minWidth: 0, overflow: 'hidden' }),
  legend: css({
    display: 'flex',
    flexWrap: 'wrap',
    flexShrink: 0,
    gap: theme.spacing(0, 2),
    maxHeight: 44,
    overflow: 'hidden',
    paddingLeft: theme.spacing(1),
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  tooltip: css({ padding: theme.spacing(1) }),
  entry: css({ display: 'inline-flex', alignItems: 'center', gap: theme.spacing(1) }),
  empty: css({
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    textAlign: 'center',
    color: theme.colors.text.secondary,
  }),
});
