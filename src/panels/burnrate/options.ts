/** What the panel editor lets users choose. */
export interface BurnRateOptions {
  /** `both` drops the chart where there is no room for it. */
  show: 'both' | 'windows' | 'chart';
  /** Burn rates span decades: `log` keeps 1× and 100× readable in one chart, and is linear around zero. */
  scale: 'log' | 'linear';
  /** Draws the short windows too; they only decide when an alert ends. */
  showShortWindows: boolean;
}

export const DEFAULT_OPTIONS: BurnRateOptions = { show: 'both', scale: 'log', showShortWindows: false };
