import { type TypedVariableModel } from '@grafana/data';
import { type TemplateSrv } from '@grafana/runtime';

/** Grafana's variable service over fixed values, for the formats that plugins of ours use: a function and csv. */
export function fakeTemplates(values: Record<string, string | string[]>): TemplateSrv {
  return {
    getVariables: () => Object.keys(values).map((name) => ({ name }) as TypedVariableModel),
    containsTemplate: (text = '') => text.includes('$'),
    updateTimeRange: () => undefined,
    replace: (text = '', _scope, format) =>
      text.replace(/\$(?:\{(\w+)(?::(\w+))?\}|(\w+))/g, (match, braced?: string, own?: string, bare?: string) => {
        const value = values[braced ?? bare ?? ''];
        if (value === undefined) {
          return match;
        }
        const custom = typeof format === 'function' && !own;
        return custom ? (format as (value: string | string[]) => string)(value) : String(value);
      }),
  };
}
