import { dateTime, type PanelProps } from '@grafana/data';
import { screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { renderInGrafana } from '../../testing/render';
import { HOUR, LAST_30_DAYS, NOW, samplePanelData, sampleRow, sampleStatusFrame } from '../../testing/samples';
import { DEFAULT_OPTIONS, type SloTableOptions } from './options';
import { SloTablePanel } from './SloTablePanel';

// jsdom has no canvas to draw on.
vi.mock('@grafana/ui', async (original) => ({ ...(await original<object>()), Sparkline: () => null }));

it('counts the time to exhaustion from now where the time range ends in the future', () => {
  const tonight = { ...LAST_30_DAYS, to: dateTime(NOW + 12 * HOUR) };
  const series = [sampleStatusFrame([sampleRow({ exhaustedAt: NOW + 9 * HOUR })])];
  const request = { startTime: NOW } as PanelProps['data']['request'];
  const props = {
    data: samplePanelData(series, { timeRange: tonight, request }),
    width: 1600,
    height: 400,
    timeZone: 'utc',
    options: DEFAULT_OPTIONS,
  } as PanelProps<SloTableOptions>;
  renderInGrafana(<SloTablePanel {...props} />);
  expect(screen.getByText('in about 9 h')).toBeTruthy();
});
