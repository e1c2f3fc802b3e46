import { type DataSourceInstanceSettings, type ScopedVars } from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv, type TemplateSrv } from '@grafana/runtime';
import { type BurnlineQuery } from '../api';
import { annotationSupport } from './annotations';
import { DEFAULT_QUERY, displayText, expandVariables, interpolate } from './model';
import { BurnlineVariableSupport } from './variables';

/** What can be chosen from: services, SLOs (of some services), label keys, and a label's values. */
export interface ChoiceRequest {
  kind: 'services' | 'slos' | 'labels' | 'labelvalues';
  /** SLOs only: service ids or variables; empty means all. */
  services?: string[];
  /** Label values only: the label's key. */
  label?: string;
}

/** A thing to choose: its name for people and its value for queries. */
export interface NamedValue {
  text: string;
  value: string;
}

/** The nested data source: asks the plugin's backend, which answers from the app's ledger. */
export class BurnlineDataSource extends DataSourceWithBackend<BurnlineQuery> {
  constructor(
    settings: DataSourceInstanceSettings,
    private readonly templates: TemplateSrv = getTemplateSrv()
  ) {
    super(settings);
    this.annotations = annotationSupport;
    this.variables = new BurnlineVariableSupport(this);
  }

  override getDefaultQuery(): Partial<BurnlineQuery> {
    return DEFAULT_QUERY;
  }

  override filterQuery(query: BurnlineQuery): boolean {
    return query.hide !== true;
  }

  override getQueryDisplayText(query: BurnlineQuery): string {
    return displayText(query);
  }

  override applyTemplateVariables(query: BurnlineQuery, scope: ScopedVars): BurnlineQuery {
    return interpolate(query, this.templates, scope);
  }

  /** The names of the dashboard's variables as queries refer to them, "$slo". */
  variableNames(): string[] {
    return this.templates.getVariables().map((variable) => `$${variable.name}`);
  }

  /** What there is to choose from, each value once. Variables in the request are replaced. */
  async choices(request: ChoiceRequest, scope: ScopedVars = {}): Promise<NamedValue[]> {
    const expand = (list: string[]) => expandVariables(list, this.templates, scope);
    const services = expand(request.services ?? []);
    const [label] = expand([request.label ?? '']);
    const perService = request.kind === 'slos' && services.length > 0 ? services : [undefined];
    const answers = await Promise.all(perService.map((service) => this.ask({ kind: request.kind, service, label })));
    return [...new Map(answers.flat().map((choice) => [choice.value, choice])).values()];
  }

  private ask({ kind, service, label }: { kind: string; service?: string; label?: string }): Promise<NamedValue[]> {
    const parameters = { kind, ...(service && { service }), ...(label && { label }) };
    return this.getResource<NamedValue[]>('variables', parameters, { showErrorAlert: false });
  }
}
