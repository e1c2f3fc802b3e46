import {
  type DataFrame,
  dateTime,
  type Field,
  FieldColorModeId,
  type FieldConfig,
  FieldType,
  type GrafanaTheme2,
  type ThresholdsConfig,
  ThresholdsMode,
  type TimeRange,
} from '@grafana/data';
import { type GraphFieldConfig, GraphGradientMode, type TimeZone, VisibilityMode } from '@grafana/schema';
import { formatObjective, isKnown } from '../../format';
import { drawn, fieldNamed, frameOf, lastKnown, numbersOf } from '../chart/frames';
import { type Budget } from './report';

/** How much of the chart's width the future may take, as a share of the shown past. */
const LARGEST_FUTURE = 0.33;
/** A range that ends this share of itself before now shows the past only. */
const NOW_TOLERANCE = 0.05;

/** All fields of the chart share one scale: 0 and 100 % are always in sight, negative budgets stretch it. */
const SCALE: FieldConfig<GraphFieldConfig> = {
  unit: 'percentunit',
  custom: { axisSoftMin: 0, axisSoftMax: 1, showPoints: VisibilityMode.Never },
};

const HIDDEN = { legend: true, tooltip: true, viz: false };

export interface BurnDown {
  frames: DataFrame[];
  timeRange: TimeRange;
}

/** The burn-down chart: remaining budget, the line at which the objective is missed, and the projection. */
export function burnDown(
  budget: Budget,
  theme: GrafanaTheme2,
  timeZone: TimeZone,
  range: TimeRange,
  showProjection: boolean
): BurnDown {
  const time = budget.frame.fields.find((field) => field.type === FieldType.time);
  const remaining = fieldNamed(budget.frame, 'remaining');
  if (!time || lastKnown(remaining) === undefined || !remaining) {
    return { frames: [], timeRange: range };
  }
  const color = remaining.config.color ?? { mode: FieldColorModeId.Thresholds };
  // Only thresholds colour a line by its height; a colour that the user chose is one colour.
  const byHeight = color.mode === (FieldColorModeId.Thresholds as string);
  const frames = [
    frameOf('burn-down', time, [
      drawn(remaining, theme, timeZone, {
        ...SCALE,
        displayName: 'Remaining budget',
        color,
        thresholds: remaining.config.thresholds ?? thresholdsOf(theme),
        custom: {
          ...SCALE.custom,
          lineWidth: 2,
          fillOpacity: 12,
          gradientMode: byHeight ? GraphGradientMode.Scheme : GraphGradientMode.None,
        },
      }),
      spentLine(budget, time, theme, timeZone),
    ]),
  ];
  if (!showProjection || !isUpToNow(range, budget.report.at)) {
    return { frames, timeRange: range };
  }
  const projection = projectionFrame(budget, theme, timeZone);
  if (!projection) {
    return { frames, timeRange: range };
  }
  frames.push(projection);
  return { frames, timeRange: withFuture(range, projection) };
}

/** What the backend's frames carry too; a transformation may have taken it away. */
function thresholdsOf(theme: GrafanaTheme2): ThresholdsConfig {
  const steps = [
    { value: -Infinity, color: 'red' },
    { value: 0, color: 'orange' },
    { value: 0.25, color: 'yellow' },
    { value: 0.5, color: 'green' },
  ];
  return {
    mode: ThresholdsMode.Absolute,
    steps: steps.map(({ value, color }) => ({ value, color: theme.visualization.getColorByName(color) })),
  };
}

/** Zero budget is where the SLI equals the objective. */
function spentLine({ report }: Budget, time: Field, theme: GrafanaTheme2, timeZone: TimeZone): Field {
  const zero: Field = { name: 'spent', type: FieldType.number, config: {}, values: time.values.map(() => 0) };
  return drawn(zero, theme, timeZone, {
    ...SCALE,
    displayName: `Objective ${formatObjective(report.objective)} missed`,
    color: { mode: FieldColorModeId.Fixed, fixedColor: theme.colors.error.main },
    custom: {
      ...SCALE.custom,
      lineWidth: 1,
      lineStyle: { fill: 'dash', dash: [6, 4] },
      hideFrom: { legend: false, tooltip: true, viz: false },
    },
  });
}

/** The projection starts at the present point, so that its line continues the burn-down's. */
function projectionFrame(budget: Budget, theme: GrafanaTheme2, timeZone: TimeZone): DataFrame | undefined {
  const { report, projection } = budget;
  const time = projection?.fields.find((field) => field.type === FieldType.time);
  const projected = fieldNamed(projection, 'projected');
  if (!projection || !time || !projected || !isKnown(report.remaining)) {
    return undefined;
  }
  const now = report.remaining;
  const color = { mode: FieldColorModeId.Fixed, fixedColor: theme.colors.text.secondary };
  const fromNow = (field: Field): Field => ({ ...field, values: [now, ...numbersOf(field)] });
  const fields = [
    drawn(fromNow(projected), theme, timeZone, {
      ...SCALE,
      displayName: 'Projection',
      color,
      custom: { ...SCALE.custom, lineWidth: 2, lineStyle: { fill: 'dash', dash: [4, 6] } },
    }),
  ];
  const lower = fieldNamed(projection, 'lower');
  const upper = fieldNamed(projection, 'upper');
  if (lower && upper) {
    const edge = { ...SCALE.custom, lineWidth: 0, hideFrom: HIDDEN };
    fields.push(
      drawn(fromNow(upper), theme, timeZone, {
        ...SCALE,
        displayName: 'Projection, upper',
        color,
        custom: { ...edge, fillBelowTo: 'Projection, lower', fillOpacity: 18 },
      }),
      drawn(fromNow(lower), theme, timeZone, { ...SCALE, displayName: 'Projection, lower', color, custom: edge })
    );
  }
  return frameOf('projection', { ...time, values: [report.at, ...numbersOf(time)] }, fields);
}

function isUpToNow(range: TimeRange, now: number): boolean {
  const span = range.to.valueOf() - range.from.valueOf();
  return range.to.valueOf() >= now - NOW_TOLERANCE * span;
}

function withFuture(range: TimeRange, projection: DataFrame): TimeRange {
  const from = range.from.valueOf();
  const to = range.to.valueOf();
  const end = lastKnown(projection.fields[0]) ?? to;
  const shown = dateTime(Math.max(to, Math.min(end, to + LARGEST_FUTURE * (to - from))));
  return { from: range.from, to: shown, raw: { from: range.from, to: shown } };
}
