import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { renderInGrafana } from '../../testing/render';
import { samplePolicy, samplePolicyRow } from '../../testing/samples';
import { PolicyTable } from './PolicyTable';

describe('the policy table', () => {
  it('has a row a pair of windows with both rates and the threshold', () => {
    renderInGrafana(<PolicyTable name="Checkout" policy={samplePolicy()} width={800} />);
    const table = screen.getByRole('table', { name: 'Burn rates of Checkout now' });
    const rows = within(table).getAllByRole('row').slice(1);
    expect(rows.map((row) => row.textContent)).toEqual([
      'Page > 14.4×1h0.4×5m0.2×Below',
      'Page > 6×6h0.5×30m0.3×Below',
      'Ticket > 3×1d0.8×2h0.4×Below',
      'Ticket > 1×3d0.9×6h0.5×Below',
    ]);
  });

  it('shows unknown rates as unknown', () => {
    const policy = [samplePolicyRow({ longRate: null, shortRate: null })];
    renderInGrafana(<PolicyTable name="Checkout" policy={policy} width={300} />);
    expect(screen.getAllByText('–')).toHaveLength(2);
    expect(screen.getByText('Unknown')).toBeTruthy();
  });
});
