/** What the panel editor lets users choose. */
export interface BudgetOptions {
  /** `auto` shows the chart where there is room for it. */
  layout: 'auto' | 'number' | 'chart';
  /** Draws the forecast behind the present, where exhaustion is in sight. */
  showProjection: boolean;
  /** Objective, SLI, budget in events and in time, forecast. */
  showFacts: boolean;
}

export const DEFAULT_OPTIONS: BudgetOptions = { layout: 'auto', showProjection: true, showFacts: true };
