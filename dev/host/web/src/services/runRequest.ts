import {
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceApi,
  LoadingState,
  type PanelData,
  toDataFrame,
} from '@grafana/data';
import { toDataQueryError } from '@grafana/runtime';
import { catchError, from, isObservable, map, type Observable, of, startWith } from 'rxjs';

/** Runs a request against a data source and keeps telling how far it is, as Grafana's panels expect. */
export function runRequest(dataSource: DataSourceApi, request: DataQueryRequest): Observable<PanelData> {
  const waiting: PanelData = { state: LoadingState.Loading, series: [], timeRange: request.range, request };
  if (request.targets.length === 0) {
    return of({ ...waiting, state: LoadingState.Done });
  }
  const answer = dataSource.query(request);
  const responses: Observable<DataQueryResponse> = isObservable(answer) ? answer : from(answer);
  return responses.pipe(
    map((response) => panelData(response, waiting)),
    catchError((error: unknown) => {
      const shown = toDataQueryError(error);
      return of({ ...waiting, state: LoadingState.Error, error: shown, errors: [shown] });
    }),
    startWith(waiting)
  );
}

function panelData(response: DataQueryResponse, base: PanelData): PanelData {
  const frames: DataFrame[] = response.data.map((item) => toDataFrame(item));
  const errors = response.errors ?? (response.error ? [response.error] : []);
  return {
    ...base,
    state: errors.length > 0 ? LoadingState.Error : (response.state ?? LoadingState.Done),
    series: frames.filter((frame) => frame.meta?.dataTopic !== 'annotations'),
    annotations: frames.filter((frame) => frame.meta?.dataTopic === 'annotations'),
    error: errors[0],
    errors: errors.length > 0 ? errors : undefined,
  };
}
