import { type DataFrame } from '@grafana/data';
import { type BudgetReport, metaOfKind } from '../../api/frames';

/** One SLO of a budget query: its report, its burn-down and, where exhaustion is in sight, its projection. */
export interface Budget {
  report: BudgetReport;
  frame: DataFrame;
  projection?: DataFrame;
}

/** The SLOs of a budget query's frames, in their order. */
export function budgetsOf(frames: DataFrame[]): Budget[] {
  return frames.flatMap((frame) => {
    const report = metaOfKind(frame, 'budget')?.report;
    if (!report) {
      return [];
    }
    const projection = frames.find(
      (candidate) => metaOfKind(candidate, 'projection')?.slo === report.slo && candidate.refId === frame.refId
    );
    return [{ report, frame, projection }];
  });
}
