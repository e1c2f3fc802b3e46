import type { DataQuery, DataSourceRef, DataTransformerConfig, FieldConfigSource } from '@grafana/data';

/** The parts of a dashboard's JSON that the preview shows. */
export interface DashboardJSON {
  uid: string;
  title: string;
  description?: string;
  refresh?: string | false;
  time?: { from: string; to: string };
  timepicker?: { hidden?: boolean; refresh_intervals?: string[] };
  timezone?: string;
  links?: DashboardLink[];
  panels: PanelJSON[];
  templating?: { list: VariableJSON[] };
}

export interface DashboardLink {
  type: 'link' | 'dashboards';
  title: string;
  url?: string;
  tooltip?: string;
  targetBlank?: boolean;
  includeVars?: boolean;
  keepTime?: boolean;
}

export interface PanelJSON {
  id: number;
  type: string;
  title?: string;
  description?: string;
  transparent?: boolean;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: DataSourceRef | string | null;
  targets?: DataQuery[];
  options?: object;
  fieldConfig?: FieldConfigSource;
  transformations?: DataTransformerConfig[];
  links?: { title: string; url: string; targetBlank?: boolean }[];
  maxDataPoints?: number;
  interval?: string;
  timeFrom?: string;
  repeat?: string;
  collapsed?: boolean;
  panels?: PanelJSON[];
}

export interface VariableJSON {
  name: string;
  type: string;
  label?: string;
  description?: string;
  hide?: number;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  datasource?: DataSourceRef | string | null;
  query?: unknown;
  regex?: string;
  sort?: number;
  current?: { text?: string | string[]; value?: string | string[] };
  options?: { text: string; value: string; selected?: boolean }[];
}

/** Panels in reading order; a collapsed row hides those that it holds, as in Grafana. */
export const visiblePanels = (dashboard: DashboardJSON): PanelJSON[] =>
  [...dashboard.panels].sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x);
