import { css, cx } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { Icon, Pagination, useStyles2 } from '@grafana/ui';
import { useMemo, useState } from 'react';
import { type StatusRow } from '../../api/frames';
import { sloUrl } from '../../api/plugin';
import { cell, CELL_PADDING, type CellContext } from './cells';
import { COLUMN_KEYS, type ColumnKey, COLUMNS, fittingColumns } from './columns';
import { type Sorting, sortRows, toggled, WORST_FIRST } from './sorting';

export interface SloTableProps {
  rows: StatusRow[];
  /** The room in pixels; columns that do not fit are left out. */
  width: number;
  /** The present, in ms since 1970. */
  now: number;
  timeZone: TimeZone;
  /** Exactly these columns, scrolling sideways where they do not fit. Empty shows those that fit. */
  columns?: readonly ColumnKey[];
  pageSize?: number;
  /** Where a row's name leads; by default to the SLO's page. */
  href?: (row: StatusRow) => string;
  /** Fills its parent and scrolls in itself, as panels do; without it the page scrolls. */
  fill?: boolean;
}

/** SLOs as a table, worst first: the one list of SLOs that panels and pages share. */
export function SloTable(props: SloTableProps) {
  const { rows, width, now, timeZone, columns = ALL_THAT_FIT, pageSize = 50, href = defaultHref, fill = false } = props;
  const styles = useStyles2(getStyles);
  const [sorting, setSorting] = useState<Sorting>(WORST_FIRST);
  const [wantedPage, setPage] = useState(1);

  const keys = useMemo(() => shownColumns(rows, width, columns), [rows, width, columns]);
  const sorted = useMemo(() => sortRows(rows, sorting), [rows, sorting]);
  const pages = Math.max(1, Math.ceil(sorted.length / pageSize));
  const page = Math.min(wantedPage, pages);
  const shown = sorted.slice((page - 1) * pageSize, page * pageSize);
  const context: CellContext = { now, timeZone, href, columns: keys };
  const least = keys.reduce((sum, key) => sum + COLUMNS[key].width, 0);

  return (
    <div className={cx(fill && styles.fill)}>
      <div className={cx(styles.scroll, fill && styles.scrollInside)}>
        <table className={styles.table} style={{ minWidth: least }} aria-label="SLOs">
          <colgroup>
            {keys.map((key) => (
              <col key={key} style={key === 'name' ? undefined : { width: COLUMNS[key].width }} />
            ))}
          </colgroup>
          <thead>
            <tr>
              {keys.map((key) => (
                <Header
                  key={key}
                  column={key}
                  sorting={sorting}
                  onSort={() => {
                    setSorting(toggled(sorting, key));
                    setPage(1);
                  }}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.slo} data-slo={row.slo}>
                {keys.map((key) =>
                  key === 'name' ? (
                    <th key={key} scope="row">
                      {cell(key, row, context)}
                    </th>
                  ) : (
                    <td key={key} className={cx(COLUMNS[key].align === 'right' && styles.right)}>
                      {cell(key, row, context)}
                    </td>
                  )
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pages > 1 ? (
        <div className={styles.pages}>
          <Pagination currentPage={page} numberOfPages={pages} onNavigate={setPage} showSmallVersion={width < 600} />
        </div>
      ) : null}
    </div>
  );
}

interface HeaderProps {
  column: ColumnKey;
  sorting: Sorting;
  onSort: () => void;
}

function Header({ column, sorting, onSort }: HeaderProps) {
  const styles = useStyles2(getStyles);
  const { label, sortable, align } = COLUMNS[column];
  const className = cx(align === 'right' && styles.right);
  if (!sortable) {
    return (
      <th scope="col" className={className}>
        {label}
      </th>
    );
  }
  const active = sorting.key === column;
  const direction = sorting.descending ? 'descending' : 'ascending';
  return (
    <th scope="col" className={className} aria-sort={active ? direction : undefined}>
      <button type="button" className={styles.sort} onClick={onSort}>
        {label}
        {active ? <Icon name={sorting.descending ? 'arrow-down' : 'arrow-up'} size="sm" /> : null}
      </button>
    </th>
  );
}

const ALL_THAT_FIT: readonly ColumnKey[] = [];
const defaultHref = (row: StatusRow) => sloUrl(row.slo);

/** The columns that fit, or those chosen; a column that would be empty in every row is left out. */
function shownColumns(rows: StatusRow[], width: number, chosen: readonly ColumnKey[]): ColumnKey[] {
  if (chosen.length > 0) {
    return COLUMN_KEYS.filter((key) => chosen.includes(key) || key === 'name');
  }
  const filled = COLUMN_KEYS.filter(
    (key) =>
      (key !== 'owner' || rows.some((row) => row.owner)) &&
      (key !== 'runbook' || rows.some((row) => row.runbook)) &&
      (key !== 'trend' || rows.some((row) => row.trend.length > 0))
  );
  return fittingColumns(width, filled);
}

const getStyles = (theme: GrafanaTheme2) => ({
  fill: css({ display: 'flex', flexDirection: 'column', height: '100%', minHeight: 0 }),
  scroll: css({ overflowX: 'auto' }),
  scrollInside: css({ flex: 1, minHeight: 0, overflowY: 'auto' }),
  table: css({
    width: '100%',
    tableLayout: 'fixed',
    fontVariantNumeric: 'tabular-nums',
    '& th, & td': {
      padding: theme.spacing(0.75, `${CELL_PADDING / 2}px`),
      textAlign: 'left',
      verticalAlign: 'middle',
      overflowWrap: 'break-word',
      fontWeight: theme.typography.fontWeightRegular,
    },
    '& thead th': {
      position: 'sticky',
      top: 0,
      zIndex: 1,
      whiteSpace: 'nowrap',
      background: theme.colors.background.primary,
      color: theme.colors.text.secondary,
      fontWeight: theme.typography.fontWeightMedium,
      boxShadow: `inset 0 -1px 0 ${theme.colors.border.weak}`,
    },
    '& tbody tr': { borderBottom: `1px solid ${theme.colors.border.weak}` },
    '& tbody tr:hover': { background: theme.colors.action.hover },
  }),
  right: css({ '&&': { textAlign: 'right' } }),
  sort: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(0.25),
    padding: 0,
    border: 'none',
    background: 'none',
    color: 'inherit',
    font: 'inherit',
    '&:hover': { color: theme.colors.text.primary },
  }),
  pages: css({
    paddingTop: theme.spacing(1),
    flexShrink: 0,
    '&::after': { content: '""', display: 'block', clear: 'both' },
  }),
});
