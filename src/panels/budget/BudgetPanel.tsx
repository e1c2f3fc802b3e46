import { css } from '@emotion/css';
import { type PanelProps } from '@grafana/data';
import { useMemo } from 'react';
import { panelIssue } from '../frame/kinds';
import { PanelMessage } from '../frame/PanelMessage';
import { SCROLL_BAR } from '../frame/scrollBar';
import { BudgetView } from './BudgetView';
import { type BudgetOptions } from './options';
import { budgetsOf } from './report';

/** The smallest tile in which a budget is still readable, and the room between tiles. Pixels. */
const TILE = { width: 230, height: 108, gap: 8 };

/** The "Error budget" panel: one SLO fills it, several share it as tiles. */
export function BudgetPanel({
  data,
  width,
  height,
  timeRange,
  timeZone,
  options,
  onChangeTimeRange,
}: PanelProps<BudgetOptions>) {
  const budgets = useMemo(() => budgetsOf(data.series), [data.series]);
  const issue = panelIssue(data, 'budget');
  if (issue || budgets.length === 0) {
    return <PanelMessage {...(issue ?? NOTHING)} />;
  }
  const tile = tileSize(budgets.length, width, height);
  return (
    <div className={styles.tiles} style={{ width, height, gap: TILE.gap }}>
      {budgets.map((budget) => (
        <BudgetView
          key={`${budget.frame.refId ?? ''}/${budget.report.slo}`}
          budget={budget}
          width={tile.width}
          height={tile.height}
          timeRange={timeRange}
          timeZone={timeZone}
          options={options}
          now={budget.report.at}
          onChangeTimeRange={onChangeTimeRange}
        />
      ))}
    </div>
  );
}

const NOTHING = {
  icon: 'question-circle',
  title: 'The answer holds no budget',
  text: 'The data source and this panel may be of different versions: update the app.',
} as const;

/** Tiles of equal size that fill the panel; where they would get too small they keep their size and scroll. */
export function tileSize(count: number, width: number, height: number): Tile {
  const tile = tileIn(count, width, height);
  const fits = tile.rows * (tile.height + TILE.gap) - TILE.gap <= height;
  return fits ? tile : tileIn(count, width - SCROLL_BAR, height);
}

interface Tile {
  width: number;
  height: number;
  rows: number;
}

function tileIn(count: number, width: number, height: number): Tile {
  const widest = Math.max(1, Math.floor((width + TILE.gap) / (TILE.width + TILE.gap)));
  // As many columns as keep the tiles wider than tall.
  const columns = Math.min(widest, Math.max(1, Math.round(Math.sqrt((count * width) / (2 * height)))), count);
  const rows = Math.ceil(count / columns);
  return {
    width: Math.floor((width - TILE.gap * (columns - 1)) / columns),
    rows,
    height: count === 1 ? height : Math.max(TILE.height, Math.floor((height - TILE.gap * (rows - 1)) / rows)),
  };
}

const styles = {
  tiles: css({ display: 'flex', flexWrap: 'wrap', alignContent: 'flex-start', overflowX: 'hidden', overflowY: 'auto' }),
};
