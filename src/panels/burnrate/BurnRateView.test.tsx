import { screen } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { renderInGrafana } from '../../testing/render';
import { LAST_30_DAYS, sampleBurnFrame } from '../../testing/samples';
import { BurnRateView } from './BurnRateView';
import { type BurnRateOptions, DEFAULT_OPTIONS } from './options';
import { burnRatesOf } from './policy';

// jsdom has no canvas to draw on.
vi.mock('@grafana/ui', async (original) => ({ ...(await original<object>()), TimeSeries: () => null }));

function show(options: Partial<BurnRateOptions>, frame = sampleBurnFrame()) {
  return renderInGrafana(
    <BurnRateView
      rates={burnRatesOf([frame])[0]!}
      width={600}
      height={400}
      timeRange={LAST_30_DAYS}
      timeZone="utc"
      options={{ ...DEFAULT_OPTIONS, ...options }}
    />
  );
}

const table = () => screen.queryByRole('table');
const chart = () => screen.queryByRole('figure', { name: 'Burn rates of Checkout availability over time' });

describe('the burn rate view', () => {
  it('shows what was asked for', () => {
    show({ show: 'windows' });
    expect(table()).toBeTruthy();
    expect(chart()).toBeNull();
  });

  it('shows the chart of an SLO whose window is too short for the policy, whatever was asked for', () => {
    show({ show: 'windows' }, sampleBurnFrame([]));
    expect(table()).toBeNull();
    expect(chart()).toBeTruthy();
  });
});
