import { fireEvent, screen, within } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { describe, expect, it, vi } from 'vitest';
import { type State, stateLook, STATES } from '../../format';
import { renderInGrafana } from '../../testing/render';
import { HOUR, NOW, sampleRow } from '../../testing/samples';
import { SloTable, type SloTableProps } from './SloTable';
import { trendText } from './Trend';

// jsdom has no canvas to draw on.
vi.mock('@grafana/ui', async (original) => ({ ...(await original<object>()), Sparkline: () => null }));

function show(props: Partial<SloTableProps>) {
  return renderInGrafana(<SloTable rows={[sampleRow()]} width={1600} now={NOW} timeZone="utc" {...props} />);
}

const bodyRows = () => screen.getAllByRole('row').slice(1);

describe('the SLO table', () => {
  it('shows a row with state, numbers, owner and links', () => {
    show({});
    const row = bodyRows()[0]!;
    const texts = within(row)
      .getAllByRole('cell')
      .map((cell) => cell.textContent);
    expect(texts).toEqual(
      expect.arrayContaining([
        'Within budget',
        'Checkout',
        '99.9%',
        '99.969%',
        '69.0%',
        '0.4×',
        '0.5×',
        'team-payments',
      ])
    );
    expect(within(row).getByRole('link', { name: 'Checkout availability' }).getAttribute('href')).toBe(
      '/a/burnline-slo-app/slos/checkout-availability'
    );
    expect(within(row).getByRole('link', { name: 'Open runbook of Checkout availability' })).toBeTruthy();
  });

  it.each<State>([...STATES])('names the state "%s" in words', (state) => {
    show({ rows: [sampleRow({ state })] });
    expect(screen.getByText(stateLook(state).label)).toBeTruthy();
  });

  it('claims no numbers where nothing is known', () => {
    show({ rows: [sampleRow({ state: 'no data', remaining: 1, sli: 1, burn1h: null, burn6h: null })] });
    expect(screen.queryByText('100.0%')).toBeNull();
    expect(screen.getAllByText('–').length).toBeGreaterThanOrEqual(4);
  });

  it('shows an overspent budget as negative and exhausted', () => {
    show({ rows: [sampleRow({ state: 'exhausted', remaining: -0.144 })] });
    expect(screen.getByText('-14.4%')).toBeTruthy();
    expect(screen.getByText('exhausted')).toBeTruthy();
  });

  it('says about when a budget will be spent', () => {
    show({ rows: [sampleRow({ exhaustedAt: NOW + 9 * HOUR, exhaustedLower: NOW + 6 * HOUR })] });
    expect(screen.getByText('in about 9 h')).toBeTruthy();
  });

  it.each<State>(['error', 'stale', 'backfilling'])(
    'does not promise that a budget lasts in the state "%s"',
    (state) => {
      show({ rows: [sampleRow({ state })], columns: ['exhaustion'] });
      expect(screen.queryByText('not in sight')).toBeNull();
      expect(screen.getByText('–')).toBeTruthy();
    }
  );

  it('sorts by a column when its header is clicked, and says so', () => {
    const rows = [sampleRow({ slo: 'b', name: 'b', burn1h: 2 }), sampleRow({ slo: 'a', name: 'a', burn1h: 1 })];
    show({ rows });
    const names = () => bodyRows().map((row) => row.getAttribute('data-slo'));
    const header = () => screen.getByRole('columnheader', { name: 'Burn 1 h' });
    fireEvent.click(within(header()).getByRole('button'));
    expect(names()).toEqual(['a', 'b']);
    expect(header().getAttribute('aria-sort')).toBe('ascending');
    fireEvent.click(within(header()).getByRole('button'));
    expect(names()).toEqual(['b', 'a']);
    expect(header().getAttribute('aria-sort')).toBe('descending');
  });

  it('keeps state and service with the name where they have no column', () => {
    show({ width: 330 });
    expect(screen.getAllByRole('columnheader').map((header) => header.textContent)).toEqual(['SLO', 'Budget left']);
    expect(screen.getByText('Within budget')).toBeTruthy();
    expect(screen.getByText('Checkout')).toBeTruthy();
  });

  it('shows exactly the chosen columns', () => {
    show({ columns: ['state', 'remaining'], width: 100 });
    expect(screen.getAllByRole('columnheader').map((header) => header.textContent)).toEqual([
      'State',
      'SLO',
      'Budget left',
    ]);
  });

  it('turns pages of a thousand rows and stays in range when the list shrinks', () => {
    const rows = Array.from({ length: 1000 }, (_, index) => sampleRow({ slo: `${index}`, name: `slo ${index}` }));
    const { rerender } = show({ rows, pageSize: 50 });
    expect(bodyRows()).toHaveLength(50);
    fireEvent.click(screen.getByRole('button', { name: '20' }));
    expect(bodyRows()[0]?.getAttribute('data-slo')).toBe('950');
    rerender(
      <MemoryRouter>
        <SloTable rows={rows.slice(0, 60)} width={1600} now={NOW} timeZone="utc" pageSize={50} />
      </MemoryRouter>
    );
    expect(bodyRows()).toHaveLength(10);
  });
});

describe('the trend in words', () => {
  it('has both ends and the lowest point', () => {
    expect(trendText([null, 1, -0.1, 0.5])).toBe('Budget from 100.0% to 50.0%, lowest -10.0%');
    expect(trendText([null])).toBe('No trend');
  });
});
