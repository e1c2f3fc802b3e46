import {
  type CoreApp,
  type DataQuery,
  type DataQueryRequest,
  type DataSourceApi,
  getDefaultTimeRange,
  LoadingState,
  type PanelData,
  rangeUtil,
  type ScopedVars,
  type TimeRange,
} from '@grafana/data';
import { config, getDataSourceSrv, toDataQueryError } from '@grafana/runtime';
import { useEffect, useState } from 'react';
import { catchError, combineLatest, defer, from, map, type Observable, of, switchMap } from 'rxjs';
import { runRequest } from '../services/runRequest';

interface Asked {
  targets: DataQuery[];
  range: TimeRange;
  maxDataPoints: number;
  /** Changes when the queries are to run again. */
  revision: string;
  app: CoreApp;
  scopedVars?: ScopedVars;
  dashboardUID?: string;
  panelId?: number;
  panelPluginId?: string;
}

const nothing: PanelData = { state: LoadingState.NotStarted, series: [], timeRange: getDefaultTimeRange() };
let lastRequest = 0;

/** Runs queries, one request a data source, and gives the newest data. While a new request runs the old data stay. */
export function useQueries(asked: Asked): PanelData {
  const [data, setData] = useState<PanelData>(nothing);
  const { revision, maxDataPoints } = asked;
  useEffect(() => {
    if (maxDataPoints <= 0) {
      return undefined;
    }
    const subscription = query(asked).subscribe((next) =>
      setData((previous) =>
        next.state === LoadingState.Loading && next.series.length === 0 ? { ...next, series: previous.series } : next
      )
    );
    return () => subscription.unsubscribe();
    // What is asked is a new object at every render; the revision says when it is a new question.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [revision, maxDataPoints > 0]);
  return data;
}

function query(asked: Asked): Observable<PanelData> {
  const targets = asked.targets.filter((target) => !target.hide);
  if (targets.length === 0) {
    return of({ ...nothing, state: LoadingState.Done, timeRange: asked.range });
  }
  const groups = new Map<string, DataQuery[]>();
  for (const target of targets) {
    const key = JSON.stringify(target.datasource ?? null);
    groups.set(key, [...(groups.get(key) ?? []), target]);
  }
  const answers = [...groups.values()].map((group) =>
    defer(() => from(getDataSourceSrv().get(group[0]?.datasource, asked.scopedVars))).pipe(
      switchMap((source) => runRequest(source, requestFor(source, group, asked))),
      catchError((error: unknown) => {
        const shown = toDataQueryError(error);
        return of<PanelData>({
          state: LoadingState.Error,
          series: [],
          timeRange: asked.range,
          error: shown,
          errors: [shown],
        });
      })
    )
  );
  return combineLatest(answers).pipe(map(merge));
}

function requestFor(source: DataSourceApi, targets: DataQuery[], asked: Asked): DataQueryRequest {
  const { range, maxDataPoints } = asked;
  const { interval, intervalMs } = rangeUtil.calculateInterval(range, maxDataPoints, source.interval);
  const scopedVars: ScopedVars = {
    ...asked.scopedVars,
    __interval: { text: interval, value: interval },
    __interval_ms: { text: String(intervalMs), value: intervalMs },
  };
  const wanted = targets.map((target) => ({ ...target, datasource: source.getRef() }));
  return {
    requestId: `Q${++lastRequest}`,
    app: asked.app,
    range,
    rangeRaw: range.raw,
    timezone: config.bootData.user.timezone,
    interval,
    intervalMs,
    maxDataPoints,
    scopedVars,
    targets: source.filterQuery ? wanted.filter((target) => source.filterQuery?.(target)) : wanted,
    startTime: Date.now(),
    dashboardUID: asked.dashboardUID,
    panelId: asked.panelId,
    panelPluginId: asked.panelPluginId,
  };
}

function merge(answers: PanelData[]): PanelData {
  const states = answers.map((answer) => answer.state);
  const errors = answers.flatMap((answer) => answer.errors ?? []);
  const [first = nothing] = answers;
  let state = LoadingState.Done;
  if (states.includes(LoadingState.Loading)) {
    state = LoadingState.Loading;
  } else if (states.includes(LoadingState.Error)) {
    state = LoadingState.Error;
  }
  return {
    ...first,
    state,
    series: answers.flatMap((answer) => answer.series),
    annotations: answers.flatMap((answer) => answer.annotations ?? []),
    error: errors[0],
    errors: errors.length > 0 ? errors : undefined,
  };
}
