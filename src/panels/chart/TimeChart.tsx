import { css } from '@emotion/css';
import { useMemo, type ReactNode } from 'react';
import { type AbsoluteTimeRange, type DataFrame, type GrafanaTheme2, type TimeRange, type TimeZone } from '@grafana/data';
import { LegendDisplayMode, TooltipDisplayMode, SortOrder } from '@grafana/schema';
import {
  TimeSeries,
  TooltipPlugin2,
  VizTooltipContent,
  VizTooltipHeader,
  VizTooltipWrapper,
  getFieldDisplayItems,
  useStyles2,
} from '@grafana/ui';
import { formatTime } from '../../format';
import { isPlottable } from './frames';

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

  const legend = {
    showLegend: showLegend && height >= LEGEND_MIN_HEIGHT,
    displayMode: LegendDisplayMode.List,
    placement: 'bottom' as const,
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
            render={(_plot, dataIdxs, seriesIdx, isPinned) => {
              const x = aligned.fields[0];
              const index = dataIdxs.find((i) => i !== null && i !== undefined) ?? null;
              if (x === undefined || index === null) {
                return null;
              }
              const items = getFieldDisplayItems(
                aligned.fields,
                x,
                dataIdxs,
                seriesIdx,
                TooltipDisplayMode.Multi,
                SortOrder.None
              );
              return (
                <VizTooltipWrapper>
                  <VizTooltipHeader item={{ label: '', value: formatTime(x.values[index], timeZone) }} isPinned={isPinned} />
                  <VizTooltipContent items={items} isPinned={isPinned} />
                </VizTooltipWrapper>
              );
            }}
          />
        )}
      </TimeSeries>
    </figure>
  );
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
