import {
  type DataQueryRequest,
  type DataSourceApi,
  FieldType,
  type MetricFindValue,
  type StandardVariableSupport,
  type TimeRange,
  toDataFrame,
  type TypedVariableModel,
  VariableSupportType,
} from '@grafana/data';
import { config, getDataSourceSrv, locationService } from '@grafana/runtime';
import { from, isObservable, lastValueFrom } from 'rxjs';
import type { CurrentVariable, HostTemplateSrv } from '../services/templateSrv';
import type { VariableJSON } from './model';

export const allValue = '$__all';

export interface Choice {
  text: string;
  value: string;
}

/** A variable with what can be chosen and what is. */
export interface DashboardVariable {
  json: VariableJSON;
  choices: Choice[];
  selected: string[];
}

/** Loads variables one after another, since the query of one may use those before it. */
export async function loadVariables(
  list: VariableJSON[],
  range: TimeRange,
  templates: HostTemplateSrv
): Promise<DashboardVariable[]> {
  const loaded: DashboardVariable[] = [];
  for (const json of list) {
    const choices = await choicesOf(json, range);
    loaded.push({ json, choices, selected: selectionOf(json, choices) });
    templates.setVariables(loaded.map(current));
  }
  return loaded;
}

/** The variable as queries see it: "All" is the list of all choices, or the value that the dashboard gives for it. */
export function current({ json, choices, selected }: DashboardVariable): CurrentVariable {
  const all = selected.includes(allValue);
  const own = all && json.allValue ? [json.allValue] : undefined;
  const values = own ?? (all ? choices.map((choice) => choice.value) : selected);
  const texts = all
    ? ['All']
    : selected.map((value) => choices.find((choice) => choice.value === value)?.text ?? value);
  const single = !json.multi && !all;
  return {
    // Grafana's own model has many more fields, none of which matter to what a plugin asks of a variable.
    model: { ...json, current: { value: values, text: texts } } as unknown as TypedVariableModel,
    value: single ? (values[0] ?? '') : values,
    text: single ? (texts[0] ?? '') : texts,
  };
}

/** The url wins over the dashboard's saved choice; without either it is the first. */
function selectionOf(json: VariableJSON, choices: Choice[]): string[] {
  const fromUrl = locationService.getSearch().getAll(`var-${json.name}`);
  const saved = [json.current?.value ?? []].flat().filter((value) => value !== '');
  const wanted = (fromUrl.length > 0 ? fromUrl : saved).map((value) => (value === 'All' ? allValue : value));
  const known = wanted.filter(
    (value) => value === allValue || isFree(json) || choices.some((choice) => choice.value === value)
  );
  // A value from the url stays even when nothing lists it: a link to an SLO that was removed must say so.
  const kept = fromUrl.length > 0 ? wanted : known;
  if (kept.length > 0) {
    return kept;
  }
  if (json.includeAll && (json.multi || choices.length === 0)) {
    return [allValue];
  }
  return choices[0] ? [choices[0].value] : [];
}

/** The query of the kinds that are plain text. */
const queryText = ({ query }: VariableJSON) => (typeof query === 'string' ? query : '');

const isFree = (json: VariableJSON) => json.type === 'textbox' || json.type === 'constant';

async function choicesOf(json: VariableJSON, range: TimeRange): Promise<Choice[]> {
  switch (json.type) {
    case 'datasource':
      return dataSourceChoices(json);
    case 'query':
      return queryChoices(json, range);
    case 'custom':
      return queryText(json)
        .split(',')
        .map((part) => part.trim().split(/\s*:\s*/))
        .map(([text = '', value]) => ({ text, value: value ?? text }));
    case 'constant':
    case 'textbox':
      return [{ text: queryText(json), value: queryText(json) }];
    case 'interval':
      return queryText(json)
        .split(',')
        .map((text) => ({ text: text.trim(), value: text.trim() }));
    default:
      throw new Error(`The variable "${json.name}" is of the kind "${json.type}", which the preview does not show.`);
  }
}

function dataSourceChoices(json: VariableJSON): Choice[] {
  const pattern = json.regex ? toRegExp(json.regex) : undefined;
  return Object.values(config.datasources)
    .filter((settings) => settings.type === json.query && (!pattern || pattern.test(settings.name)))
    .map((settings) => ({ text: settings.name, value: settings.uid }));
}

async function queryChoices(json: VariableJSON, range: TimeRange): Promise<Choice[]> {
  const source = await getDataSourceSrv().get(json.datasource);
  const values = await findValues(source, json, range);
  const pattern = json.regex ? toRegExp(json.regex) : undefined;
  const choices = values
    .map(({ text, value }) => ({ text, value: String(value ?? text) }))
    .filter((choice) => !pattern || pattern.test(choice.text));
  const distinct = choices.filter(
    (choice, index) => choices.findIndex((other) => other.value === choice.value) === index
  );
  return json.sort ? distinct.sort((a, b) => (json.sort === 2 ? -1 : 1) * a.text.localeCompare(b.text)) : distinct;
}

/** A data source offers values in one of four ways; all of them are tried in Grafana's order. */
async function findValues(source: DataSourceApi, json: VariableJSON, range: TimeRange): Promise<MetricFindValue[]> {
  const support = source.variables;
  const request = variableRequest(json, range);
  switch (support?.getType()) {
    case VariableSupportType.Custom: {
      const custom = support as unknown as { query: (request: DataQueryRequest) => ReturnType<DataSourceApi['query']> };
      return valuesOf(custom.query(request));
    }
    case VariableSupportType.Datasource:
      return valuesOf(source.query(request));
    case VariableSupportType.Standard: {
      const standard = support as StandardVariableSupport<DataSourceApi>;
      const target = standard.toDataQuery({ query: queryText(json), refId: 'variable' });
      return valuesOf((standard.query ?? source.query.bind(source))({ ...request, targets: [target] }));
    }
  }
  if (!source.metricFindQuery) {
    throw new Error(
      `The data source ${source.name} can't fill the variable "${json.name}": it has no variable support.`
    );
  }
  return source.metricFindQuery(json.query, { range, scopedVars: {} });
}

function variableRequest(json: VariableJSON, range: TimeRange): DataQueryRequest {
  const query = typeof json.query === 'object' && json.query !== null ? json.query : { query: json.query };
  return {
    requestId: `variable ${json.name}`,
    app: 'dashboard',
    range,
    rangeRaw: range.raw,
    timezone: config.bootData.user.timezone,
    interval: '1m',
    intervalMs: 60_000,
    scopedVars: {},
    targets: [{ refId: 'variable', ...query }],
    startTime: Date.now(),
  };
}

async function valuesOf(answer: ReturnType<DataSourceApi['query']>): Promise<MetricFindValue[]> {
  const response = await lastValueFrom(isObservable(answer) ? answer : from(answer));
  if (response.error) {
    throw new Error(response.error.message ?? 'the variable query failed');
  }
  return response.data.flatMap((item): MetricFindValue[] => {
    if (!('fields' in item)) {
      return [item as MetricFindValue];
    }
    const { fields } = toDataFrame(item);
    const strings = fields.filter((field) => field.type === FieldType.string);
    const named = (name: string) => fields.find((field) => field.name === name);
    const text = named('text') ?? strings[0] ?? fields[0];
    const value = named('value') ?? strings[1] ?? text;
    return text
      ? text.values.map((shown: unknown, row) => ({ text: String(shown), value: String(value?.values[row]) }))
      : [];
  });
}

function toRegExp(text: string): RegExp {
  const match = /^\/(.*)\/([gimsuy]*)$/s.exec(text);
  return match ? new RegExp(match[1] ?? '', match[2]) : new RegExp(text);
}
