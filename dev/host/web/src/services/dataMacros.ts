import {
  type DataContextScopedVar,
  formattedValueToString,
  getDisplayProcessor,
  getFieldDisplayName,
  type ScopedVars,
} from '@grafana/data';
import { config } from '@grafana/runtime';

interface Context {
  data: DataContextScopedVar['value']['data'];
  frame: DataContextScopedVar['value']['frame'];
  field: DataContextScopedVar['value']['field'];
  rowIndex?: number;
}

/** Grafana's macros about the data point that a link or title belongs to: ${__value.raw}, ${__field.labels.x}, ${__data.fields.y}. */
export function dataMacro(name: string, path: string | undefined, scoped?: ScopedVars): string | undefined {
  const context: Context | undefined = scoped?.__dataContext?.value;
  if (!context) {
    return undefined;
  }
  switch (name) {
    case '__value':
      return valueOf(context, path);
    case '__field':
      return fieldPart(context, path);
    case '__series':
      return context.frame.name ?? getFieldDisplayName(context.field, context.frame, context.data);
    case '__data':
      return dataPart(context, path);
    default:
      return undefined;
  }
}

function valueOf({ field, frame, rowIndex }: Context, path = ''): string {
  const at = rowIndex ?? field.values.length - 1;
  const value: unknown = field.values[at];
  switch (path) {
    case 'time':
      return String(frame.fields.find((candidate) => candidate.type === 'time')?.values[at] ?? '');
    case 'text': {
      const display = field.display ?? getDisplayProcessor({ field, theme: config.theme2 });
      return formattedValueToString(display(value));
    }
    default:
      return String(value);
  }
}

function fieldPart({ field, frame, data }: Context, path = 'name'): string {
  const label = /^labels[.[]"?([^"\]]+)"?\]?$/.exec(path);
  if (label) {
    return field.labels?.[label[1] ?? ''] ?? '';
  }
  return path === 'displayName' ? getFieldDisplayName(field, frame, data) : field.name;
}

function dataPart({ frame, data, rowIndex = 0 }: Context, path = ''): string | undefined {
  const match = /^fields(?:\.([\w\s-]+?)|\["?([^"\]]+)"?\])(?:\.(\w+))?$/.exec(path);
  const wanted = match?.[1] ?? match?.[2];
  if (wanted === undefined) {
    return undefined;
  }
  const found = frame.fields.find(
    (field, index) =>
      field.name === wanted || getFieldDisplayName(field, frame, data) === wanted || String(index) === wanted
  );
  if (!found) {
    return undefined;
  }
  const value: unknown = found.values[rowIndex];
  if (match?.[3] === 'text') {
    const display = found.display ?? getDisplayProcessor({ field: found, theme: config.theme2 });
    return formattedValueToString(display(value));
  }
  return String(value);
}
