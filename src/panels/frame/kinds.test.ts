import { LoadingState, toDataFrame } from '@grafana/data';
import { describe, expect, it } from 'vitest';
import { sampleBudgetFrame, samplePanelData, sampleReport, sampleRow, sampleStatusFrame } from '../../testing/samples';
import { panelIssue } from './kinds';

describe('what a panel says when it has nothing to show', () => {
  it('is nothing when the data is of its type', () => {
    expect(panelIssue(samplePanelData([sampleBudgetFrame(sampleReport())]), 'budget')).toBeUndefined();
    expect(panelIssue(samplePanelData([sampleStatusFrame([sampleRow()])]), 'status')).toBeUndefined();
  });

  it('names the query type to choose when another was chosen', () => {
    const issue = panelIssue(samplePanelData([sampleStatusFrame([sampleRow()])]), 'budget');
    expect(issue?.text).toBe("The query's type is Status: set it to Error budget in the query editor.");
  });

  it('names data source and query type for data of another source', () => {
    const other = toDataFrame({ fields: [{ name: 'value', values: [1] }] });
    expect(panelIssue(samplePanelData([other]), 'burnrate')?.text).toBe(
      'The data is not from a Burnline query: choose a Burnline data source and set the query type to Burn rate.'
    );
  });

  it('says that no SLO matches', () => {
    expect(panelIssue(samplePanelData([]), 'status')?.title).toBe('No SLO matches this query');
    expect(panelIssue(samplePanelData([sampleStatusFrame([])]), 'status')?.title).toBe('No SLO matches this query');
  });

  it('waits while the first answer is awaited', () => {
    expect(panelIssue(samplePanelData([], { state: LoadingState.Loading }), 'status')?.title).toBe('Loading…');
  });

  it('gives the reason of a failed query', () => {
    const data = samplePanelData([], { state: LoadingState.Error, errors: [{ message: 'more than 50 SLOs' }] });
    expect(panelIssue(data, 'budget')).toMatchObject({ title: 'The query failed', text: 'more than 50 SLOs' });
  });
});
