import { css } from '@emotion/css';
import {
  type AbsoluteTimeRange,
  type DataFrame,
  type Field,
  formattedValueToString,
  getFieldDisplayName,
  type GrafanaTheme2,
  type TimeRange,
} from '@grafana/data';
import { type GraphFieldConfig, type TimeZone } from '@grafana/schema';
import {
  LegendDisplayMode,
  SeriesTable,
  TimeSeries,
  TooltipPlugin2,
  useStyles2,
  type VizLegendOptions,
} from '@grafana/ui';
import { type ReactNode, useMemo } from 'react';
import { formatTime } from '../../format';
import { isPlottable, numbersOf } from './frames';

/** Below this height a legend and axes would leave no room for the line itself. */
const LEGEND_MIN_HEIGHT = 150;
/** TooltipPlugin2's "nearest x of all series"; its const enum is not exported by @grafana/ui. */
const HOVER_ALL_SERIES = 1;

export interface TimeChartProps {
  /** What the chart shows, for people who cannot see it: name and newest value, one sentence. */
  label: string;
  frames: DataFrame[];
  width: number;
  height: number;
  timeRange: TimeRange;
  timeZone: TimeZone;
  showLegend?: boolean;
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
  const { frames, label, width, height, timeRange, timeZone, showLegend = true, empty, onChangeTimeRange } = props;
  const styles = useStyles2(getStyles);
  const plottable = useMemo(() => frames.filter(isPlottable), [frames]);

  if (plottable.length === 0) {
    return (
      <div className={styles.empty} style={{ width, height }}>
        {empty ?? 'No measurements in this time range'}
      </div>
    );
  }

  const legend: VizLegendOptions = {
    showLegend: showLegend && height >= LEGEND_MIN_HEIGHT,
    displayMode: LegendDisplayMode.List,
    placement: 'bottom',
    calcs: [],
  };

  return (
    <figure className={styles.figure} style={{ width, height }} aria-label={label}>
      <TimeSeries
        frames={plottable}
        width={width}
        height={height}
        timeRange={timeRange}
        timeZone={timeZone}
        legend={legend}
      >
        {(config, aligned) => (
          <TooltipPlugin2
            config={config}
             
            hoverMode={HOVER_ALL_SERIES}
            queryZoom={onChangeTimeRange}
            render={(_plot, indices) => <ChartTooltip frame={aligned} indices={indices} timeZone={timeZone} />}
          />
        )}
      </TimeSeries>
    </figure>
  );
}

interface ChartTooltipProps {
  /** All series over one time field. */
  frame: DataFrame;
  /** For each field, the point under the cursor. */
  indices: (number | null)[];
  timeZone: TimeZone;
}

/** The time under the cursor and what each series says about it. */
function ChartTooltip({ frame, indices, timeZone }: ChartTooltipProps) {
  const [time, ...fields] = frame.fields;
  const index = indices.find((candidate) => typeof candidate === 'number');
  if (time === undefined || index === undefined) {
    return null;
  }
  const series = fields.flatMap((field, position) => {
    const at = indices[position + 1];
    const value = typeof at === 'number' ? numbersOf(field)[at] : null;
    if (typeof value !== 'number' || isHiddenFromTooltip(field) || !field.display) {
      return [];
    }
    const { color, ...text } = field.display(value);
    return [{ color, label: getFieldDisplayName(field, frame), value: formattedValueToString(text) }];
  });
  return <SeriesTable timestamp={formatTime(numbersOf(time)[index], timeZone)} series={series} />;
}

function isHiddenFromTooltip(field: Field): boolean {
  const custom = field.config.custom as GraphFieldConfig | undefined;
  return custom?.hideFrom?.tooltip ?? false;
}

const getStyles = (theme: GrafanaTheme2) => ({
  figure: css({ margin: 0, minWidth: 0, overflow: 'hidden' }),
  empty: css({
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    textAlign: 'center',
    color: theme.colors.text.secondary,
  }),
});
