import { type DataFrame, dataFrameFromJSON } from '@grafana/data';
import { type BackendDataSourceResponse, type DataResponse } from '@grafana/runtime';
import { type BurnlineQuery } from './query';
import { request, RESOURCES } from './request';
import { type Portfolio, type SLO } from './resources';

/** What a page's chart asks for: queries over one time range, in ms since 1970. */
export interface SeriesRequest {
  from: number;
  to: number;
  /** About how many points fit into the chart's width. */
  maxDataPoints: number;
  queries: BurnlineQuery[];
}

/** The frames of all queries, each with its refId, and what went wrong with a query by its refId. */
export interface SeriesAnswer {
  frames: DataFrame[];
  errors: Record<string, string>;
}

/** All SLOs with their budgets, the problems of the definition files and the state of the evaluation. */
export function fetchPortfolio(signal?: AbortSignal): Promise<Portfolio> {
  return request<Portfolio>({ url: `${RESOURCES}/slos`, abortSignal: signal });
}

/** One SLO. Rejects with a text for the user when it does not exist. */
export function fetchSLO(id: string, signal?: AbortSignal): Promise<SLO> {
  return request<SLO>({ url: `${RESOURCES}/slos/${encodeURIComponent(id)}`, abortSignal: signal });
}

/** Runs queries through the app, so that its pages work without a configured data source. */
export async function fetchSeries(series: SeriesRequest, signal?: AbortSignal): Promise<SeriesAnswer> {
  const answer = await request<BackendDataSourceResponse>({
    url: `${RESOURCES}/query`,
    method: 'POST',
    data: series,
    abortSignal: signal,
  });
  const results = Object.entries(answer.results);
  return {
    frames: results.flatMap(([refId, result]) => framesOf(refId, result)),
    errors: Object.fromEntries(results.flatMap(([refId, { error }]) => (error ? [[refId, error]] : []))),
  };
}

function framesOf(refId: string, result: DataResponse): DataFrame[] {
  return (result.frames ?? []).map((json) => ({ ...dataFrameFromJSON(json), refId }));
}
