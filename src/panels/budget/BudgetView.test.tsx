import { screen } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { type BudgetReport } from '../../api';
import { type State, stateLook, STATES } from '../../format';
import { renderInGrafana } from '../../testing/render';
import { HOUR, LAST_30_DAYS, NOW, sampleBudgetFrame, sampleReport } from '../../testing/samples';
import { BudgetView, layoutFor } from './BudgetView';
import { DEFAULT_OPTIONS } from './options';

// jsdom has no canvas to draw on.
vi.mock('@grafana/ui', async (original) => ({ ...(await original<object>()), TimeSeries: () => null }));

function show(report: BudgetReport, size = { width: 600, height: 400 }) {
  return renderInGrafana(
    <BudgetView
      budget={{ report, frame: sampleBudgetFrame(report) }}
      {...size}
      timeRange={LAST_30_DAYS}
      timeZone="utc"
      options={DEFAULT_OPTIONS}
      now={NOW}
    />
  );
}

describe('the budget view', () => {
  it('shows what is left as share, in events and in time, and the forecast', () => {
    show(
      sampleReport({
        remaining: 0.31,
        state: 'ticket',
        forecast: { kind: 'at', at: NOW + 9 * HOUR, lower: NOW + 6 * HOUR, upper: NOW + 14 * HOUR },
      })
    );
    expect(screen.getByTestId('remaining-budget').textContent).toBe('31.0%');
    expect(screen.getByText('1,240 of 4,000 bad events')).toBeTruthy();
    expect(screen.getByText('13 min 24 s of 43 min 12 s left')).toBeTruthy();
    expect(screen.getByText('Exhausted in about 9 h (6 h – 14 h)')).toBeTruthy();
    expect(screen.getByText('99.9% over 30d')).toBeTruthy();
  });

  it.each<State>([...STATES])('names the state "%s" in words', (state) => {
    show(sampleReport({ state }));
    expect(screen.getByText(stateLook(state).label)).toBeTruthy();
  });

  it('says why the state is what it is', () => {
    show(sampleReport({ state: 'error', message: 'Data source "prometheus": timeout.' }));
    expect(screen.getByText('Data source "prometheus": timeout.')).toBeTruthy();
  });

  it('links to the page of the SLO', () => {
    show(sampleReport({ slo: 'checkout/fast' }));
    const link = screen.getByRole('link', { name: 'Checkout availability' });
    // Grafana's links decode the slash; the route takes all that follows as the id.
    expect(link.getAttribute('href')).toBe('/a/burnline-slo-app/slos/checkout/fast');
  });

  it('keeps number and state in a tiny panel', () => {
    show(sampleReport(), { width: 120, height: 50 });
    expect(screen.getByTestId('remaining-budget').textContent).toBe('69.0%');
    expect(screen.getByText('Within budget')).toBeTruthy();
    expect(screen.queryByText('of budget left')).toBeNull();
  });
});

describe('the layout of the budget view', () => {
  it('grows from a number to facts and a chart', () => {
    expect(layoutFor(120, 50, DEFAULT_OPTIONS)).toMatchObject({ words: false, facts: 'none', chart: false });
    expect(layoutFor(240, 140, DEFAULT_OPTIONS)).toMatchObject({ words: true, facts: 'all', chart: false });
    expect(layoutFor(400, 280, DEFAULT_OPTIONS)).toMatchObject({ facts: 'some', chart: true, chartBeside: false });
    expect(layoutFor(400, 400, DEFAULT_OPTIONS)).toMatchObject({ facts: 'all', chart: true, chartBeside: false });
    expect(layoutFor(900, 200, DEFAULT_OPTIONS)).toMatchObject({ facts: 'all', chart: true, chartBeside: true });
  });

  it('keeps to the wish for a number or a chart', () => {
    expect(layoutFor(900, 600, { ...DEFAULT_OPTIONS, layout: 'number' }).chart).toBe(false);
    expect(layoutFor(200, 100, { ...DEFAULT_OPTIONS, layout: 'chart' }).chart).toBe(true);
  });
});
