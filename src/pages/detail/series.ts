import { type DataFrame, FieldColorModeId, FieldType, type GrafanaTheme2, ThresholdsMode } from '@grafana/data';
import { GraphDrawStyle, GraphThresholdsStyleMode, StackingMode, type TimeZone, VisibilityMode } from '@grafana/schema';
import { metaOfKind } from '../../api';
import { drawn, fieldNamed, frameOf } from '../../panels/chart/frames';

/** The SLI over time, with a dashed line at the objective. */
export function sliFrames(frames: DataFrame[], theme: GrafanaTheme2, timeZone: TimeZone): DataFrame[] {
  return frames.flatMap((frame) => {
    const meta = metaOfKind(frame, 'sli');
    const time = frame.fields.find((field) => field.type === FieldType.time);
    const sli = fieldNamed(frame, 'sli');
    if (!meta || !time || !sli) {
      return [];
    }
    const field = drawn(sli, theme, timeZone, {
      unit: 'percentunit',
      displayName: 'SLI',
      color: { mode: FieldColorModeId.Fixed, fixedColor: theme.colors.primary.text },
      thresholds: {
        mode: ThresholdsMode.Absolute,
        steps: [
          { value: -Infinity, color: theme.colors.text.disabled },
          { value: meta.objective, color: theme.colors.error.main },
        ],
      },
      custom: {
        axisSoftMax: 1,
        axisSoftMin: meta.objective,
        lineWidth: 1,
        fillOpacity: 0,
        showPoints: VisibilityMode.Auto,
        thresholdsStyle: { mode: GraphThresholdsStyleMode.Dashed },
      },
    });
    return [frameOf('sli', time, [field])];
  });
}

/** Good and bad events as stacked bars: their sum is the traffic. */
export function eventFrames(frames: DataFrame[], theme: GrafanaTheme2, timeZone: TimeZone): DataFrame[] {
  return frames.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === FieldType.time);
    if (!metaOfKind(frame, 'events') || !time) {
      return [];
    }
    const looks = [
      { name: 'bad', displayName: 'Bad events', color: theme.colors.error.main },
      { name: 'good', displayName: 'Good events', color: theme.visualization.getColorByName('semi-dark-green') },
    ];
    const fields = looks.flatMap(({ name, displayName, color }) => {
      const field = fieldNamed(frame, name);
      return field
        ? [
            drawn(field, theme, timeZone, {
              unit: 'short',
              displayName,
              color: { mode: FieldColorModeId.Fixed, fixedColor: color },
              custom: {
                drawStyle: GraphDrawStyle.Bars,
                fillOpacity: 80,
                lineWidth: 0,
                axisSoftMin: 0,
                stacking: { mode: StackingMode.Normal, group: 'events' },
              },
            }),
          ]
        : [];
    });
    return [frameOf('events', time, fields)];
  });
}
