import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { QUERY_TYPES } from '../api';
import { DEFAULT_OPTIONS as BUDGET } from './budget/options';
import { DEFAULT_OPTIONS as BURN_RATE } from './burnrate/options';
import { DEFAULT_OPTIONS as SLO_TABLE } from './slotable/options';

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  options: object;
  fieldConfig: { defaults: { noValue?: string } };
  datasource: { type: string; uid: string };
  targets: { queryType: string; datasource: { type: string; uid: string } }[];
}

interface Dashboard {
  uid: string;
  panels: Panel[];
  templating: { list: { name: string }[] };
}

/** The panels of Grafana that dashboards may use, and ours with all of their options. */
const OPTIONS: Record<string, object | undefined> = {
  'burnline-budget-panel': BUDGET,
  'burnline-burnrate-panel': BURN_RATE,
  'burnline-slotable-panel': { ...SLO_TABLE, columns: [] },
};
const CORE = ['timeseries', 'stat', 'table'];

const FOLDER = 'dashboards';
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const load = (file: string) => JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as Dashboard;

it('are a portfolio and one SLO', () => {
  expect(files.map((file) => load(file).uid)).toEqual(['burnline-portfolio', 'burnline-slo']);
});

describe.each(files)('the bundled dashboard %s', (file) => {
  const { panels, templating } = load(file);

  it('has panels with ids, titles and places of their own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    for (const a of panels) {
      expect(a.gridPos.x + a.gridPos.w).toBeLessThanOrEqual(24);
      expect(panels.filter((b) => a !== b && overlap(a, b))).toEqual([]);
    }
  });

  it('uses panels that exist, with options that they have', () => {
    for (const { type, options } of panels) {
      const known = OPTIONS[type];
      expect(known !== undefined || CORE.includes(type)).toBe(true);
      if (known) {
        expect(Object.keys(known)).toEqual(expect.arrayContaining(Object.keys(options)));
      }
    }
  });

  it('asks the data source that the user chose, by query types that exist', () => {
    const chosen = { type: 'burnline-slo-datasource', uid: '${datasource}' };
    for (const { datasource, targets } of panels) {
      expect(datasource).toEqual(chosen);
      for (const target of targets) {
        expect(target.datasource).toEqual(chosen);
        expect(QUERY_TYPES).toContain(target.queryType);
      }
    }
  });

  it('shows no number where a query failed', () => {
    for (const { fieldConfig } of panels) {
      expect(fieldConfig.defaults.noValue ?? '').not.toMatch(/\d/);
    }
  });

  it('defines the variables that it uses', () => {
    const used = [...readFileSync(`${FOLDER}/${file}`, 'utf8').matchAll(/"\$(?:\{(\w+)[:}]|([a-z]\w*))/g)];
    const names = new Set(used.map(([, braced, bare]) => braced ?? bare));
    const defined = templating.list.map(({ name }) => name);
    expect(defined).toEqual(expect.arrayContaining([...names]));
  });
});

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
