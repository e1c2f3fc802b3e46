import { type DataFrame, dateTime, getFieldDisplayName } from '@grafana/data';
import { describe, expect, it } from 'vitest';
import {
  HOUR,
  LAST_30_DAYS,
  NOW,
  sampleBudgetFrame,
  sampleProjectionFrame,
  sampleReport,
  THEME,
} from '../../testing/samples';
import { burnDown } from './burndown';
import { type Budget, budgetsOf } from './report';

function budget(): Budget {
  const report = sampleReport();
  const [first] = budgetsOf([sampleProjectionFrame(report.slo), sampleBudgetFrame(report)]);
  return first!;
}

const names = (frames: DataFrame[]) =>
  frames.flatMap((frame) => frame.fields.slice(1).map((field) => getFieldDisplayName(field, frame, frames)));

describe('the budgets of a query', () => {
  it('find their projection', () => {
    expect(budget().projection).toBeDefined();
  });

  it("leave another SLO's projection alone", () => {
    const [first] = budgetsOf([sampleBudgetFrame(sampleReport()), sampleProjectionFrame('other')]);
    expect(first?.projection).toBeUndefined();
  });
});

describe('the burn-down chart', () => {
  it('has the remaining budget, the missed objective and the projection with its interval', () => {
    const { frames } = burnDown(budget(), THEME, 'utc', LAST_30_DAYS, true);
    expect(names(frames)).toEqual([
      'Remaining budget',
      'Objective 99.9% missed',
      'Projection',
      'Projection, upper',
      'Projection, lower',
    ]);
  });

  it('has its colours even when the frame lost its thresholds', () => {
    const [frame] = burnDown(budget(), THEME, 'utc', LAST_30_DAYS, false).frames;
    expect(frame?.fields[1]?.config.thresholds?.steps).toHaveLength(4);
  });

  it('keeps gaps as gaps', () => {
    const { frames } = burnDown(budget(), THEME, 'utc', LAST_30_DAYS, true);
    expect(frames[0]?.fields[1]?.values).toEqual([0.8, null, 0.69]);
  });

  it('lets the projection start at the present budget', () => {
    const [, projection] = burnDown(budget(), THEME, 'utc', LAST_30_DAYS, true).frames;
    expect(projection?.fields[0]?.values[0]).toBe(NOW);
    expect(projection?.fields.slice(1).map((field) => field.values[0] as unknown)).toEqual([0.69, 0.69, 0.69]);
  });

  it('makes room for the future', () => {
    const { timeRange } = burnDown(budget(), THEME, 'utc', LAST_30_DAYS, true);
    expect(timeRange.to.valueOf()).toBe(NOW + 10 * HOUR);
    expect(timeRange.from.valueOf()).toBe(LAST_30_DAYS.from.valueOf());
  });

  it('gives the future no more than a third of the past', () => {
    const from = dateTime(NOW - 6 * HOUR);
    const to = dateTime(NOW);
    const { timeRange } = burnDown(budget(), THEME, 'utc', { from, to, raw: { from, to } }, true);
    expect(timeRange.to.valueOf() - NOW).toBeLessThanOrEqual(2 * HOUR);
  });

  it('shows no future in a range that lies in the past or when it is not wanted', () => {
    const from = dateTime(NOW - 20 * HOUR);
    const to = dateTime(NOW - 10 * HOUR);
    expect(burnDown(budget(), THEME, 'utc', { from, to, raw: { from, to } }, true).frames).toHaveLength(1);
    expect(burnDown(budget(), THEME, 'utc', LAST_30_DAYS, false).frames).toHaveLength(1);
  });
});
