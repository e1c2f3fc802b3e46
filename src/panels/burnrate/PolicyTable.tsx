import { css, cx } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Icon, Tooltip, useStyles2, useTheme2 } from '@grafana/ui';
import { type PolicyRow } from '../../api/frames';
import { formatBurn, isKnown, type Maybe, toneColor, UNKNOWN } from '../../format';
import { barPosition, isOver, policyText, scaleMaximum, verdict, verdictText, verdictTone } from './policy';

/** Below this width in pixels the two windows of a pair stand one above the other. */
const NARROW = 520;
/** About how high a row is. Pixels. */
const ROW_HEIGHT = { wide: 30, narrow: 66 };

/** The room in pixels that the table of so many pairs needs. */
export function tableHeight(rows: number, width: number): number {
  return width < NARROW ? rows * ROW_HEIGHT.narrow : (rows + 1) * ROW_HEIGHT.wide;
}

export interface PolicyTableProps {
  /** Whose policy it is, for screen readers. */
  name: string;
  policy: PolicyRow[];
  width: number;
}

/** The pairs of windows that alert together: their burn rates now as bars against their threshold. */
export function PolicyTable({ name, policy, width }: PolicyTableProps) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const maximum = scaleMaximum(policy);
  return (
    <table className={cx(styles.table, width < NARROW && styles.narrow)} aria-label={`Burn rates of ${name} now`}>
      <thead>
        <tr>
          <th scope="col">Alert</th>
          <th scope="col">Long window</th>
          <th scope="col">Short window</th>
          <th scope="col">Now</th>
        </tr>
      </thead>
      <tbody>
        {policy.map((row) => (
          <tr key={`${row.severity} ${row.long} ${row.short}`} className={cx(row.firing && styles[row.severity])}>
            <th scope="row">
              <Tooltip content={policyText(row)}>
                <span className={styles.alert}>
                  <Icon name={row.severity === 'page' ? 'bell' : 'file-alt'} size="sm" />
                  {row.severity === 'page' ? 'Page' : 'Ticket'} &gt; {formatBurn(row.rate)}
                </span>
              </Tooltip>
            </th>
            <td>
              <RateBar window={row.long} rate={row.longRate} row={row} maximum={maximum} />
            </td>
            <td>
              <RateBar window={row.short} rate={row.shortRate} row={row} maximum={maximum} />
            </td>
            <td>
              <span className={cx(styles.verdict, row.firing && styles.over)}>
                <Icon
                  name={VERDICT_ICONS[verdict(row)]}
                  size="sm"
                  style={{ color: toneColor(theme, verdictTone(row)), flexShrink: 0 }}
                />
                {verdictText(row)}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const VERDICT_ICONS = {
  firing: 'fire',
  'long over': 'arrow-down',
  'short over': 'arrow-up',
  quiet: 'check',
  unknown: 'question-circle',
} as const;

interface RateBarProps {
  window: string;
  rate: Maybe;
  row: PolicyRow;
  maximum: number;
}

function RateBar({ window, rate, row, maximum }: RateBarProps) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const over = isOver(rate, row.rate);
  const color = over
    ? row.severity === 'page'
      ? theme.colors.error.main
      : theme.colors.warning.main
    : theme.colors.text.disabled;
  const share = isKnown(rate) ? barPosition(rate, maximum) : 0;
  return (
    <div className={styles.rate}>
      <span className={styles.window}>{window}</span>
      <span className={styles.track} aria-hidden="true">
        <span className={styles.bar} style={{ width: `${100 * share}%`, background: color }} />
        <span className={styles.threshold} style={{ left: `${100 * barPosition(row.rate, maximum)}%` }} />
      </span>
      <span className={cx(styles.value, over && styles.over)}>{isKnown(rate) ? formatBurn(rate) : UNKNOWN}</span>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({
    width: '100%',
    fontSize: theme.typography.bodySmall.fontSize,
    fontVariantNumeric: 'tabular-nums',
    '& th, & td': { padding: theme.spacing(0.5, 1), textAlign: 'left', fontWeight: theme.typography.fontWeightRegular },
    '& thead th': { color: theme.colors.text.secondary },
    '& tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
    '& td:nth-of-type(1), & td:nth-of-type(2)': { width: '30%' },
  }),
  // On a phone a pair is a block: its alert and verdict on a line, its windows below.
  narrow: css({
    '& thead': { position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' },
    '& tbody tr': { display: 'flex', flexWrap: 'wrap', justifyContent: 'space-between' },
    '& tbody td:nth-of-type(1), & tbody td:nth-of-type(2)': { width: '100%', order: 2 },
  }),
  page: css({ background: theme.colors.error.transparent }),
  ticket: css({ background: theme.colors.warning.transparent }),
  alert: css({ display: 'inline-flex', alignItems: 'center', gap: theme.spacing(0.5), whiteSpace: 'nowrap' }),
  verdict: css({ display: 'inline-flex', alignItems: 'center', gap: theme.spacing(0.5) }),
  rate: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1) }),
  window: css({ color: theme.colors.text.secondary, minWidth: '4ch' }),
  track: css({
    position: 'relative',
    flex: 1,
    minWidth: 40,
    height: 10,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
    border: `1px solid ${theme.colors.border.weak}`,
  }),
  bar: css({ display: 'block', height: '100%', borderRadius: theme.shape.radius.default }),
  threshold: css({ position: 'absolute', top: -4, bottom: -4, width: 2, background: theme.colors.text.primary }),
  value: css({ minWidth: '6ch', textAlign: 'right' }),
  over: css({ fontWeight: theme.typography.fontWeightBold }),
});
