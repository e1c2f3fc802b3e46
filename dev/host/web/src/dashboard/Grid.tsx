import { css, cx } from '@emotion/css';
import type { GrafanaTheme2, ScopedVars, TimeRange } from '@grafana/data';
import { Icon, Text, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { DashboardPanel } from './DashboardPanel';
import { type DashboardJSON, type PanelJSON, visiblePanels } from './model';
import { current, type DashboardVariable } from './variables';

// Grafana's grid: 24 columns, rows of 30 px with 8 px between them.
const rowHeight = 30;
const gap = 8;
const heightOf = (rows: number) => rows * rowHeight + (rows - 1) * gap;

interface Props {
  dashboard: DashboardJSON;
  variables: DashboardVariable[];
  range: TimeRange;
  revision: string;
}

interface Section {
  row?: PanelJSON;
  panels: PanelJSON[];
}

/** Lays the panels out as the dashboard's JSON says; on a narrow screen they stand below one another. */
export function Grid({ dashboard, variables, range, revision }: Props) {
  return sectionsOf(visiblePanels(dashboard)).map(({ row, panels }, index) => (
    <RowSection
      key={row?.id ?? `section ${index}`}
      row={row}
      panels={panels}
      {...{ dashboard, variables, range, revision }}
    />
  ));
}

/** Cuts the list at its row headings. */
function sectionsOf(panels: PanelJSON[]): Section[] {
  const sections: Section[] = [{ panels: [] }];
  for (const panel of panels) {
    if (panel.type === 'row') {
      sections.push({ row: panel, panels: panel.collapsed ? (panel.panels ?? []) : [] });
    } else {
      sections[sections.length - 1]?.panels.push(panel);
    }
  }
  return sections.filter((section) => section.row !== undefined || section.panels.length > 0);
}

function RowSection({ row, panels, dashboard, variables, range, revision }: Props & Section) {
  const styles = useStyles2(getStyles);
  const [open, setOpen] = useState(!row?.collapsed);
  const top = Math.min(...panels.map((panel) => panel.gridPos.y));
  return (
    <section aria-label={row?.title}>
      {row && (
        <button type="button" className={styles.heading} aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? 'angle-down' : 'angle-right'} aria-hidden />
          <Text element="h2" variant="h5">
            {row.title ?? ''}
          </Text>
        </button>
      )}
      {open && (
        <div className={styles.grid}>
          {panels.flatMap((panel) =>
            repeats(panel, variables).map(({ key, scopedVars }) => (
              <div
                key={key}
                className={cx(styles.cell, place(panel, top, key === String(panel.id)))}
                style={{ minHeight: heightOf(panel.gridPos.h) }}
              >
                <DashboardPanel
                  panel={panel}
                  dashboardUID={dashboard.uid}
                  range={range}
                  revision={revision}
                  height={heightOf(panel.gridPos.h)}
                  scopedVars={scopedVars}
                />
              </div>
            ))
          )}
        </div>
      )}
    </section>
  );
}

/** A panel that repeats stands once for each value of its variable. */
function repeats(panel: PanelJSON, variables: DashboardVariable[]): { key: string; scopedVars?: ScopedVars }[] {
  const variable = variables.find(({ json }) => json.name === panel.repeat);
  if (!variable) {
    return [{ key: String(panel.id) }];
  }
  const { value } = current(variable);
  return [value].flat().map((item) => ({
    key: `${panel.id} ${item}`,
    scopedVars: {
      [variable.json.name]: {
        value: item,
        text: variable.choices.find((choice) => choice.value === item)?.text ?? item,
      },
    },
  }));
}

function place({ gridPos: { x, y, w, h } }: PanelJSON, top: number, fixed: boolean): string {
  const rows = fixed ? `${y - top + 1} / span ${h}` : `span ${h}`;
  return css({
    '@media (min-width: 769px)': { gridColumn: fixed ? `${x + 1} / span ${w}` : `span ${w}`, gridRow: rows },
  });
}

const getStyles = (theme: GrafanaTheme2) => ({
  grid: css({
    display: 'grid',
    gap,
    gridTemplateColumns: 'minmax(0, 1fr)',
    '@media (min-width: 769px)': { gridTemplateColumns: 'repeat(24, minmax(0, 1fr))', gridAutoRows: rowHeight },
  }),
  cell: css({ minWidth: 0 }),
  heading: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    background: 'none',
    border: 'none',
    padding: theme.spacing(1, 0),
  }),
});
