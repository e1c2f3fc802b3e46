export type VariableValue = string | string[];

const asList = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [String(value)]);
const escapeRegex = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

type Format = (values: string[], texts: string[], name: string) => string;

const glob: Format = (values) => (values.length > 1 ? `{${values.join(',')}}` : values.join(','));

const formats: Record<string, Format> = {
  glob,
  raw: (values) => values.join(','),
  csv: (values) => values.join(','),
  pipe: (values) => values.join('|'),
  text: (_, texts) => texts.join(' + '),
  json: (values) => JSON.stringify(values.length > 1 ? values : values[0]),
  regex: (values) => (values.length > 1 ? `(${values.map(escapeRegex).join('|')})` : values.map(escapeRegex).join('')),
  doublequote: (values) => values.map((value) => `"${value.replaceAll('"', '\\"')}"`).join(','),
  singlequote: (values) => values.map((value) => `'${value.replaceAll("'", "\\'")}'`).join(','),
  sqlstring: (values) => values.map((value) => `'${value.replaceAll("'", "''")}'`).join(','),
  percentencode: (values, texts, name) => encodeURIComponent(glob(values, texts, name)),
  uriencode: (values, texts, name) => encodeURI(glob(values, texts, name)),
  queryparam: (values, _, name) =>
    values.map((value) => `var-${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&'),
};

/** A variable's value in one of Grafana's variable formats; the default is glob, as for most data sources. */
export function formatValue(
  value: unknown,
  text: unknown,
  format: string | Function | undefined,
  name: string
): string {
  if (typeof format === 'function') {
    const plain = Array.isArray(value) && value.length === 1 ? value[0] : value;
    return String(format(plain, { name, multi: Array.isArray(value), includeAll: false }, formatValue));
  }
  const chosen = formats[format ?? ''] ?? glob;
  return chosen(asList(value), asList(text), name);
}
