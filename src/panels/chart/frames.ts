import {
  type DataFrame,
  type Field,
  type FieldConfig,
  FieldType,
  getDisplayProcessor,
  type GrafanaTheme2,
} from '@grafana/data';
import { type GraphFieldConfig, type TimeZone } from '@grafana/schema';

/** Whether a chart can draw the frame: it has a time field and at least one known number. */
export function isPlottable(frame: DataFrame): boolean {
  const hasTime = frame.fields.some((field) => field.type === FieldType.time);
  return hasTime && frame.fields.some((field) => field.type === FieldType.number && lastKnown(field) !== undefined);
}

/** The frame's field with this name, undefined when it has none. */
export function fieldNamed(frame: DataFrame | undefined, name: string): Field | undefined {
  return frame?.fields.find((field) => field.name === name);
}

/** The newest known value of a numeric field, undefined when every point is a gap. */
export function lastKnown(field: Field | undefined): number | undefined {
  return field ? (numbersOf(field).findLast((value) => value !== null) ?? undefined) : undefined;
}

/** The values of a numeric or time field; what is not a number is a gap. */
export function numbersOf(field: Field): (number | null)[] {
  const values: unknown[] = field.values;
  return values.map((value) => (typeof value === 'number' && Number.isFinite(value) ? value : null));
}

/**
 * A copy of the field with drawing options, over which the field's own custom options win;
 * the display text is made anew, since it depends on unit and colour.
 */
export function drawn(
  field: Field,
  theme: GrafanaTheme2,
  timeZone: TimeZone,
  { custom, ...config }: FieldConfig<GraphFieldConfig>
): Field {
  const copy: Field = {
    ...field,
    config: {
      ...field.config,
      ...config,
      custom: { ...custom, ...(field.config.custom as GraphFieldConfig | undefined) },
    },
    state: {},
  };
  copy.display = getDisplayProcessor({ field: copy, theme, timeZone });
  return copy;
}

/** A frame of the time field and the given ones. */
export function frameOf(name: string, time: Field, fields: Field[]): DataFrame {
  return { name, fields: [{ ...time, state: {} }, ...fields], length: time.values.length };
}
