import { css } from '@emotion/css';
import { type DataFrame, type GrafanaTheme2, type PanelData, type PanelProps } from '@grafana/data';
import { FilterInput, useStyles2 } from '@grafana/ui';
import { useMemo, useState } from 'react';
import { isStatusFrame, type StatusRow, statusRows } from '../../api/frames';
import { sloUrl } from '../../api/plugin';
import { panelIssue } from '../frame/kinds';
import { PanelMessage } from '../frame/PanelMessage';
import { SCROLL_BAR } from '../frame/scrollBar';
import { type SloTableOptions } from './options';
import { SloTable } from './SloTable';
import { matches, shownText } from './sorting';

/** The "SLO table" panel. */
export function SloTablePanel({ data, width, height, timeZone, options }: PanelProps<SloTableOptions>) {
  const styles = useStyles2(getStyles);
  const [filter, setFilter] = useState('');
  const { rows, links } = useMemo(() => readRows(data.series), [data.series]);
  const shown = useMemo(
    () => rows.filter((row) => (!options.criticalOnly || row.critical) && matches(row, filter)),
    [rows, filter, options.criticalOnly]
  );
  const issue = panelIssue(data, 'status');
  if (issue) {
    return <PanelMessage {...issue} />;
  }
  return (
    <div className={styles.panel} style={{ width, height }}>
      {options.showFilter ? (
        <div className={styles.bar}>
          <FilterInput
            value={filter}
            onChange={setFilter}
            escapeRegex={false}
            placeholder="Filter by name, service, owner or state"
            aria-label="Filter SLOs"
          />
          <span className={styles.count} role="status">
            {shownText(shown.length, rows.length)}
          </span>
        </div>
      ) : null}
      {shown.length > 0 ? (
        <SloTable
          fill
          rows={shown}
          width={width - SCROLL_BAR}
          now={presentOf(data)}
          timeZone={timeZone}
          columns={options.columns}
          pageSize={options.pageSize}
          href={(row) => links.get(row) ?? sloUrl(row.slo)}
        />
      ) : (
        <PanelMessage
          icon="filter"
          title="No SLO passes the filter"
          text={filter ? 'Clear the filter to see all.' : 'No SLO of this query is marked as a critical user journey.'}
        />
      )}
    </div>
  );
}

/** The present, or the end of a range in the past: "today" ends tonight, from where every forecast looks near. */
function presentOf({ timeRange, request }: PanelData): number {
  const end = timeRange.to.valueOf();
  return Math.min(end, request?.startTime ?? end);
}

interface Rows {
  rows: StatusRow[];
  /** The name's data link, which users may override. */
  links: Map<StatusRow, string>;
}

function readRows(frames: DataFrame[]): Rows {
  const links = new Map<StatusRow, string>();
  const rows = frames.filter(isStatusFrame).flatMap((frame) => {
    const name = frame.fields.find((field) => field.name === 'name');
    const own = statusRows(frame);
    own.forEach((row, index) => {
      const href = name?.getLinks?.({ valueRowIndex: index })[0]?.href;
      if (href) {
        links.set(row, href);
      }
    });
    return own;
  });
  return { rows, links };
}

const getStyles = (theme: GrafanaTheme2) => ({
  panel: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), minWidth: 0, overflow: 'hidden' }),
  bar: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1), flexShrink: 0 }),
  count: css({ color: theme.colors.text.secondary, whiteSpace: 'nowrap' }),
});
