import { type DataFrame, LoadingState, type PanelData } from '@grafana/data';
import { frameMeta, isStatusFrame } from '../../api/frames';
import { type SeriesQueryType } from '../../api/query';
import { QUERY_TYPE_WORDS } from '../../datasource/model';
import { type PanelMessageProps } from './PanelMessage';

/** Which query type made the frame; undefined for another data source's frame. */
function queryTypeOf(frame: DataFrame): SeriesQueryType | undefined {
  const kind = frameMeta(frame)?.kind;
  if (kind) {
    return kind === 'projection' ? 'budget' : kind;
  }
  return isStatusFrame(frame) ? 'status' : undefined;
}

/** Why a panel that shows `type` has nothing to show, and what to do; undefined when it has something. */
export function panelIssue(data: PanelData, type: SeriesQueryType): PanelMessageProps | undefined {
  // A status answer without rows matched no SLO; a series without points still has its report.
  if (data.series.some((frame) => queryTypeOf(frame) === type && (type !== 'status' || frame.length > 0))) {
    return undefined;
  }
  const failure = data.errors?.find((error) => error.message)?.message;
  if (data.state === LoadingState.Error || failure) {
    return {
      icon: 'exclamation-triangle',
      title: 'The query failed',
      text: failure ?? 'The data source gave no reason. Open the query inspector for its answer.',
    };
  }
  if (data.state === LoadingState.Loading || data.state === LoadingState.NotStarted) {
    return { icon: 'hourglass', title: 'Loading…', text: '' };
  }
  const filled = data.series.filter((frame) => frame.length > 0);
  if (filled.length === 0) {
    return {
      icon: 'search',
      title: 'No SLO matches this query',
      text: 'Choose a Burnline data source, and SLOs or services that exist. Definitions that do not load are listed on the SLOs page of the app.',
    };
  }
  const label = QUERY_TYPE_WORDS[type].label;
  const got = filled.map(queryTypeOf).find((found) => found !== undefined);
  return {
    icon: 'sliders-v-alt',
    title: `This panel shows the query type ${label}`,
    text: got
      ? `The query's type is ${QUERY_TYPE_WORDS[got].label}: set it to ${label} in the query editor.`
      : `The data is not from a Burnline query: choose a Burnline data source and set the query type to ${label}.`,
  };
}
