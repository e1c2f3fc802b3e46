import { describe, expect, it } from 'vitest';
import { tileSize } from './BudgetPanel';

const GAP = 8;

describe('the tiles of several budgets', () => {
  it('is the whole panel for one', () => {
    expect(tileSize(1, 800, 300)).toMatchObject({ width: 800, height: 300 });
  });

  it.each([2, 4, 7, 12, 50])('fit side by side, beside the scroll bar where %d need one', (count) => {
    const width = 1000;
    const height = 400;
    const tile = tileSize(count, width, height);
    const columns = Math.ceil(count / tile.rows);
    const scrolls = tile.rows * (tile.height + GAP) - GAP > height;
    expect(columns * (tile.width + GAP) - GAP).toBeLessThanOrEqual(scrolls ? width - 16 : width);
    expect(tile.height).toBeGreaterThanOrEqual(108);
  });
});
