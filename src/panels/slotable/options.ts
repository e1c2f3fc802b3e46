import { type ColumnKey } from './columns';

/** What the panel editor lets users choose. */
export interface SloTableOptions {
  /** The columns to show; none shows as many as fit, the most important first. */
  columns?: ColumnKey[];
  showFilter: boolean;
  /** Leaves out what is not marked as a critical user journey. */
  criticalOnly: boolean;
  /** Rows a page. */
  pageSize: number;
}

export const DEFAULT_OPTIONS: SloTableOptions = { showFilter: true, criticalOnly: false, pageSize: 50 };
