import { type DataQuery } from '@grafana/schema';
import { type ChoiceRequest } from './datasource';

/** The question behind a dashboard variable, as the dashboard keeps it. */
export interface VariableQuery extends DataQuery {
  schemaVersion?: number;
  kind: ChoiceRequest['kind'];
  /** SLOs only: the services, or variables, that they belong to. Empty means all. */
  services?: string[];
  /** Label values only: the label's key. */
  label?: string;
}

const DEFAULTS: VariableQuery = { refId: 'variable', kind: 'slos', schemaVersion: 1 };

/** The saved query with defaults for what is missing: a new variable's is an empty text, an untouched one's says nothing. */
export function toVariableQuery(saved: Partial<VariableQuery> | string | undefined): VariableQuery {
  return { ...DEFAULTS, ...(typeof saved === 'object' ? saved : {}) };
}

/** Whether the query says all that it must: the values of a label need the label. */
export function isComplete({ kind, label }: VariableQuery): boolean {
  return kind !== 'labelvalues' || Boolean(label);
}
