import {
  dateTime,
  getDefaultTimeRange,
  rangeUtil,
  type ScopedVars,
  type TimeRange,
  type TypedVariableModel,
  urlUtil,
} from '@grafana/data';
import type { TemplateSrv, VariableInterpolation } from '@grafana/runtime';
import { dataMacro } from './dataMacros';
import { formatValue, type VariableValue } from './formats';

/** A dashboard variable as far as the preview shows it: the chosen values and how the variable is to be sent to a source. */
export interface CurrentVariable {
  model: TypedVariableModel;
  value: VariableValue;
  text: VariableValue;
}

// $name, ${name}, ${name.path}, ${name:format} and [[name:format]]
const expression = /\$(\w+)|\$\{(\w+)((?:\.[^:^}]+|\[[^\]]*\][^:}]*))?(?::([^}]+))?\}|\[\[(\w+?)(?::(\w+))?\]\]/g;

/** Replaces variables in text: those of the dashboard on screen, scoped ones, and Grafana's built-in ones. */
export class HostTemplateSrv implements TemplateSrv {
  private variables = new Map<string, CurrentVariable>();
  private timeRange: TimeRange = getDefaultTimeRange();

  setVariables(variables: CurrentVariable[]) {
    this.variables = new Map(variables.map((variable) => [variable.model.name, variable]));
  }

  getVariables(): TypedVariableModel[] {
    return [...this.variables.values()].map((variable) => variable.model);
  }

  updateTimeRange(timeRange: TimeRange) {
    this.timeRange = timeRange;
  }

  containsTemplate(target?: string): boolean {
    return target !== undefined && target.search(expression) >= 0;
  }

  replace(
    target?: string,
    scopedVars?: ScopedVars,
    format?: string | Function,
    interpolations?: VariableInterpolation[]
  ): string {
    if (!target) {
      return target ?? '';
    }
    return target.replace(expression, (match, plain, braced, path, bracedFormat, square, squareFormat) => {
      const name: string = plain ?? braced ?? square;
      const asked: string | Function | undefined = bracedFormat ?? squareFormat ?? format;
      const fieldPath: string | undefined = path?.replace(/^\./, '');
      const value = this.lookup(name, fieldPath, asked, scopedVars);
      interpolations?.push({
        match,
        variableName: name,
        fieldPath,
        format: typeof asked === 'string' ? asked : undefined,
        value: value ?? match,
        found: value !== undefined,
      });
      return value ?? match;
    });
  }

  /** The variables as url parameters, for links between dashboards. */
  urlParameters(): Record<string, VariableValue> {
    return Object.fromEntries([...this.variables.values()].map(({ model, value }) => [`var-${model.name}`, value]));
  }

  private lookup(name: string, path: string | undefined, format: string | Function | undefined, scoped?: ScopedVars) {
    const fromData = dataMacro(name, path, scoped);
    if (fromData !== undefined) {
      return formatValue(fromData, fromData, format, name);
    }
    const own = scoped?.[name];
    if (own?.value !== null && own?.value !== undefined) {
      return formatValue(own.value, own.text ?? own.value, format, name);
    }
    const builtIn = this.builtIn(name, format);
    if (builtIn !== undefined) {
      return builtIn;
    }
    const variable = this.variables.get(name);
    return variable && formatValue(variable.value, variable.text, format, name);
  }

  private builtIn(name: string, format: string | Function | undefined): string | undefined {
    switch (name) {
      case '__from':
        return formatTime(this.timeRange.from.valueOf(), format);
      case '__to':
        return formatTime(this.timeRange.to.valueOf(), format);
      case '__url_time_range':
        return urlUtil.toUrlParams(rawRange(this.timeRange));
      case '__all_variables':
        return urlUtil.toUrlParams(this.urlParameters());
      case '__interval':
        return rangeUtil.calculateInterval(this.timeRange, 1000).interval;
      case '__interval_ms':
        return String(rangeUtil.calculateInterval(this.timeRange, 1000).intervalMs);
      default:
        return undefined;
    }
  }
}

/** The range as Grafana writes it into a url: relative times stay relative. */
export function rawRange({ raw }: TimeRange): { from: string; to: string } {
  const text = (value: TimeRange['raw']['from']) => (typeof value === 'string' ? value : String(value.valueOf()));
  return { from: text(raw.from), to: text(raw.to) };
}

function formatTime(milliseconds: number, format: string | Function | undefined): string {
  if (typeof format !== 'string') {
    return String(milliseconds);
  }
  if (format === 'date:seconds') {
    return String(Math.round(milliseconds / 1000));
  }
  if (format.startsWith('date')) {
    const [, pattern] = format.split(/:(.*)/s);
    return pattern === undefined || pattern === 'iso'
      ? dateTime(milliseconds).toISOString()
      : dateTime(milliseconds).format(pattern);
  }
  return String(milliseconds);
}
