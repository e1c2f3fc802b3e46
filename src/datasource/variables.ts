import { CustomVariableSupport, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { from, map, type Observable, of } from 'rxjs';
import { type BurnlineDataSource } from './datasource';
import { VariableEditor } from './VariableEditor';
import { isComplete, toVariableQuery, type VariableQuery } from './variableQuery';

/** Variables that offer what the ledger knows: services, SLOs and labels. */
export class BurnlineVariableSupport extends CustomVariableSupport<BurnlineDataSource, VariableQuery> {
  editor = VariableEditor;

  constructor(private readonly datasource: BurnlineDataSource) {
    super();
  }

  override query(request: DataQueryRequest<VariableQuery>): Observable<DataQueryResponse> {
    const query = toVariableQuery(request.targets[0]);
    if (!isComplete(query)) {
      return of({ data: [] });
    }
    const { kind, services, label } = query;
    return from(this.datasource.choices({ kind, services, label }, request.scopedVars)).pipe(map((data) => ({ data })));
  }
}
