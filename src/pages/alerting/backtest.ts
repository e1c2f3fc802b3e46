import { type BacktestResult } from '../../api';
import { type Maybe } from '../../format';

/** What one policy would have done, as one row of a comparison. Shares are 0 to 1, durations seconds. */
export interface BacktestRow {
  policy: string;
  pages: number;
  tickets: number;
  precision: Maybe;
  recall: Maybe;
  /** How many incidents are labelled and how many of them an alert found. */
  incidents: number;
  found: number;
  meanDelaySeconds: Maybe;
  alertsPerWeek: Maybe;
  meanResetSeconds: Maybe;
  /** The mean share of the budget that a burn spent before its alert fired. */
  spentBefore: Maybe;
}

/** The row of one SLO's result. */
export function rowOfResult(result: BacktestResult): BacktestRow {
  const firings = result.firings ?? [];
  const pages = firings.filter(({ severity }) => severity === 'page').length;
  return {
    policy: result.policy,
    pages,
    tickets: firings.length - pages,
    precision: result.precision,
    recall: result.recall,
    incidents: result.incidents,
    found: result.found,
    meanDelaySeconds: result.meanDelaySeconds,
    alertsPerWeek: result.alertsPerWeek,
    meanResetSeconds: result.meanResetSeconds,
    spentBefore: result.spentBefore,
  };
}
