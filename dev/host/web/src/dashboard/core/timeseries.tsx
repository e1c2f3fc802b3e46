import { type DataFrame, FieldType, PanelPlugin, type PanelProps } from '@grafana/data';
import { LegendDisplayMode, type OptionsWithLegend, type VizLegendOptions } from '@grafana/schema';
import { TimeSeries } from '@grafana/ui';
import { useMemo } from 'react';

const legendDefaults: VizLegendOptions = {
  displayMode: LegendDisplayMode.List,
  placement: 'bottom',
  showLegend: true,
  calcs: [],
};

/** Grafana's time series panel, as far as its public component goes. */
function TimeSeriesPanel({
  data,
  options,
  width,
  height,
  timeRange,
  timeZone,
}: PanelProps<Partial<OptionsWithLegend>>) {
  const frames = useMemo(() => data.series.filter(isPlottable), [data.series]);
  if (frames.length === 0) {
    return <p>No data</p>;
  }
  return (
    <TimeSeries
      frames={frames}
      structureRev={data.structureRev}
      timeRange={timeRange}
      timeZone={timeZone}
      width={width}
      height={height}
      legend={{ ...legendDefaults, ...options.legend }}
    />
  );
}

const isPlottable = (frame: DataFrame) =>
  frame.length > 0 &&
  frame.fields.some((field) => field.type === FieldType.time) &&
  frame.fields.some((field) => field.type === FieldType.number);

const graphOptions = [
  'drawStyle',
  'lineInterpolation',
  'lineWidth',
  'fillOpacity',
  'gradientMode',
  'lineStyle',
  'spanNulls',
  'showPoints',
  'pointSize',
  'stacking',
  'axisPlacement',
  'axisLabel',
  'axisSoftMin',
  'axisSoftMax',
  'axisCenteredZero',
  'scaleDistribution',
  'hideFrom',
  'thresholdsStyle',
  'barAlignment',
  'barMaxWidth',
  'barWidthFactor',
  'axisWidth',
  'axisGridShow',
  'axisColorMode',
  'axisBorderShow',
  'insertNulls',
  'lineColor',
  'fillColor',
  'pointColor',
  'fillBelowTo',
];

export const coreTimeSeries = new PanelPlugin(TimeSeriesPanel).useFieldConfig({
  useCustomConfig: (builder) => {
    for (const path of graphOptions) {
      builder.addCustomEditor({
        id: path,
        path,
        name: path,
        editor: () => null,
        override: () => null,
        process: (value) => value,
        shouldApply: () => true,
      });
    }
  },
});
