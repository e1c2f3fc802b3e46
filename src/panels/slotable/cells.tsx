import { css } from '@emotion/css';
import { type GrafanaTheme2, locationUtil } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { Icon, TextLink, Tooltip, useStyles2, useTheme2 } from '@grafana/ui';
import { type ReactNode } from 'react';
import { type StatusRow } from '../../api/frames';
import {
  formatBurn,
  formatForecastRange,
  formatObjective,
  formatSLI,
  formatTime,
  isKnown,
  type Maybe,
  toneColor,
  UNKNOWN,
} from '../../format';
import { headline, headlineTone, isCurrent, roughly } from '../budget/words';
import { StateBadge } from '../state/StateBadge';
import { type ColumnKey, COLUMNS } from './columns';
import { isSpent } from './sorting';
import { Trend } from './Trend';

/** The width in pixels of a cell's left and right padding together. */
export const CELL_PADDING = 16;

export interface CellContext {
  /** The present, in ms since 1970. */
  now: number;
  timeZone: TimeZone;
  /** Where a row's name leads. */
  href: (row: StatusRow) => string;
  /** The columns of the table. State and service stand below the name where they have none. */
  columns: readonly ColumnKey[];
}

/** What stands in a column of a row. */
export function cell(key: ColumnKey, row: StatusRow, context: CellContext): ReactNode {
  switch (key) {
    case 'state':
      return <StateBadge state={row.state} message={row.message} />;
    case 'name':
      return <Name row={row} context={context} />;
    case 'service':
      return row.serviceName;
    case 'objective':
      return formatObjective(row.objective);
    case 'sli':
      return headline(row) === UNKNOWN ? UNKNOWN : formatSLI(row.sli, row.objective);
    case 'remaining':
      return <Remaining row={row} />;
    case 'trend':
      return (
        <Trend trend={row.trend} tone={headlineTone(row)} width={COLUMNS.trend.width - CELL_PADDING} height={28} />
      );
    case 'burn1h':
      return <Burn rate={row.burn1h} />;
    case 'burn6h':
      return <Burn rate={row.burn6h} />;
    case 'exhaustion':
      return <Exhaustion row={row} context={context} />;
    case 'owner':
      return row.owner;
    case 'runbook':
      return row.runbook ? (
        <TextLink
          href={locationUtil.assureBaseUrl(row.runbook)}
          external
          inline={false}
          aria-label={`Open runbook of ${row.name}`}
        >
          Open
        </TextLink>
      ) : null;
  }
}

function Name({ row, context }: { row: StatusRow; context: CellContext }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.name}>
      <span className={styles.nameLine}>
        {row.critical ? <Icon name="star" size="sm" title="Critical user journey" className={styles.critical} /> : null}
        <TextLink href={context.href(row)} inline={false} className={styles.link}>
          {row.name}
        </TextLink>
      </span>
      {context.columns.includes('service') || !row.serviceName ? null : (
        <span className={styles.service}>{row.serviceName}</span>
      )}
      {context.columns.includes('state') ? null : <StateBadge state={row.state} message={row.message} />}
    </div>
  );
}

/** The remaining budget as number and bar. A negative budget has no bar, but it has its number. */
function Remaining({ row }: { row: StatusRow }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const text = headline(row);
  const color = toneColor(theme, headlineTone(row));
  const share = text !== UNKNOWN && isKnown(row.remaining) ? Math.max(0, Math.min(1, row.remaining)) : 0;
  return (
    <div>
      <span style={{ color }}>{text}</span>
      <div className={styles.track} aria-hidden="true">
        <div className={styles.bar} style={{ width: `${100 * share}%`, background: color }} />
      </div>
    </div>
  );
}

/** A burn rate above 1 spends the budget before its window ends: it stands out. */
function Burn({ rate }: { rate: Maybe }) {
  const styles = useStyles2(getStyles);
  return <span className={isKnown(rate) && rate > 1 ? styles.fast : undefined}>{formatBurn(rate)}</span>;
}

function Exhaustion({ row, context }: { row: StatusRow; context: CellContext }) {
  if (headline(row) === UNKNOWN) {
    return UNKNOWN;
  }
  if (isSpent(row)) {
    return 'exhausted';
  }
  if (!isKnown(row.exhaustedAt)) {
    return isCurrent(row.state) ? 'not in sight' : UNKNOWN;
  }
  const left = row.exhaustedAt - context.now;
  const forecast = { kind: 'at', lower: row.exhaustedLower, upper: row.exhaustedUpper } as const;
  const range = formatForecastRange(forecast, context.timeZone);
  return (
    <Tooltip content={range ? `Exhausted ${range}` : formatTime(row.exhaustedAt, context.timeZone)}>
      <span>{left <= 0 ? 'about now' : `in about ${roughly(left)}`}</span>
    </Tooltip>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  name: css({ display: 'flex', flexDirection: 'column', minWidth: 0 }),
  nameLine: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(0.5), minWidth: 0 }),
  critical: css({ color: theme.colors.warning.text, flexShrink: 0 }),
  link: css({ overflowWrap: 'anywhere' }),
  service: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  track: css({
    height: 4,
    marginTop: 2,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.border.weak,
    overflow: 'hidden',
  }),
  bar: css({ height: '100%' }),
  fast: css({ fontWeight: theme.typography.fontWeightBold }),
});
