import {
  type DataFrame,
  type Field,
  FieldColorModeId,
  FieldType,
  type GrafanaTheme2,
  MappingType,
  type ThresholdsConfig,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/data';
import {
  type GraphFieldConfig,
  GraphThresholdsStyleMode,
  ScaleDistribution,
  type TimeZone,
  VisibilityMode,
} from '@grafana/schema';
import { type PolicyRow } from '../../api/frames';
import { ENDLESS, ENDLESS_BURN } from '../../format';
import { drawn, frameOf, lastKnown } from '../chart/frames';
import { type BurnRateOptions } from './options';
import { type BurnRates, windowSeconds } from './policy';

const UNIT = 'suffix:×';

const ENDLESS_RATE: ValueMapping = {
  type: MappingType.ValueToText,
  options: { [ENDLESS_BURN]: { text: ENDLESS, index: 0 } },
};

/** The chart of burn rates: a line a window, a dashed line a threshold. */
export function rateFrames(
  rates: BurnRates,
  theme: GrafanaTheme2,
  timeZone: TimeZone,
  options: BurnRateOptions
): DataFrame[] {
  const time = rates.frame.fields.find((field) => field.type === FieldType.time);
  if (!time) {
    return [];
  }
  const shown = shownFields(rates, options.showShortWindows);
  if (shown.every((field) => lastKnown(field) === undefined)) {
    return [];
  }
  const thresholds = thresholdLines(rates.policy, theme);
  const custom = scaleOf(options.scale);
  const lines = shown.map((field, index) =>
    drawn(field, theme, timeZone, {
      unit: UNIT,
      displayName: `${windowOf(field)} window`,
      color: isChosen(field)
        ? field.config.color
        : { mode: FieldColorModeId.Fixed, fixedColor: LINE_COLORS[index % LINE_COLORS.length] },
      mappings: [...(field.config.mappings ?? []), ENDLESS_RATE],
      min: 0,
      // One field carries the lines; each field drawing them would only darken them.
      thresholds: index === 0 ? thresholds : undefined,
      custom: {
        ...custom,
        lineWidth: 2,
        showPoints: VisibilityMode.Never,
        thresholdsStyle: { mode: index === 0 ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off },
      },
    })
  );
  const fields = options.scale === 'log' ? [...lines, headroom(rates.policy, time, theme, timeZone, custom)] : lines;
  return [frameOf('burn rates', time, fields)];
}

/** Lines of their own colours: red and orange are the thresholds'. */
const LINE_COLORS = ['blue', 'purple', 'green', 'dark-yellow', 'light-blue', 'light-purple', 'light-green'];

/** Whether the user gave the field a colour in the panel editor. */
function isChosen(field: Field): boolean {
  return field.config.color?.mode === FieldColorModeId.Fixed;
}

function windowOf(field: Field): string {
  return field.labels?.window ?? field.name.replace(/^burn_/, '');
}

function shownFields({ frame, policy }: BurnRates, withShort: boolean): Field[] {
  const fields = frame.fields
    .filter((field) => field.type === FieldType.number)
    .sort((a, b) => windowSeconds(windowOf(a)) - windowSeconds(windowOf(b)));
  const long = new Set(policy.map((row) => row.long));
  const shown = fields.filter((field) => withShort || long.has(windowOf(field)));
  return shown.length > 0 ? shown : fields;
}

/** An unseen line at the highest threshold: such a scale has no soft maximum, and all thresholds are to be in sight. */
function headroom(
  policy: PolicyRow[],
  time: Field,
  theme: GrafanaTheme2,
  timeZone: TimeZone,
  custom: GraphFieldConfig
): Field {
  const highest = 1.2 * Math.max(1, ...policy.map((row) => row.rate));
  const field: Field = { name: 'headroom', type: FieldType.number, config: {}, values: time.values.map(() => highest) };
  return drawn(field, theme, timeZone, {
    unit: UNIT,
    min: 0,
    custom: {
      ...custom,
      lineWidth: 0,
      showPoints: VisibilityMode.Never,
      hideFrom: { legend: true, tooltip: true, viz: false },
    },
  });
}

function thresholdLines(policy: PolicyRow[], theme: GrafanaTheme2): ThresholdsConfig {
  const colors = { page: theme.colors.error.main, ticket: theme.colors.warning.main };
  const lines = [...policy]
    .sort((a, b) => a.rate - b.rate)
    .map((row) => ({ value: row.rate, color: colors[row.severity] }));
  // The first step is the base, for which no line is drawn; "transparent" would shift the others' colours.
  return { mode: ThresholdsMode.Absolute, steps: [{ value: -Infinity, color: theme.colors.text.disabled }, ...lines] };
}

function scaleOf(scale: BurnRateOptions['scale']): GraphFieldConfig {
  return scale === 'linear'
    ? {}
    : { scaleDistribution: { type: ScaleDistribution.Symlog, log: 10, linearThreshold: 1 } };
}
