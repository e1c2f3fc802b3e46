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

export const DEFAULT_VARIABLE_QUERY: VariableQuery = { refId: 'variable', kind: 'slos', schemaVersion: 1 };

/** Whether the query says all that it must: the values of a label need the label. */
export function isComplete(query: Partial<VariableQuery>): query is VariableQuery {
  return query.kind !== undefined && (query.kind !== 'labelvalues' || Boolean(query.label));
}
