import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { type ReactNode } from 'react';

export interface TableBoxProps {
  /** What the table lists, for screen readers. */
  label: string;
  /** Below this width in pixels the table scrolls in its box. */
  minWidth: number;
  /** thead and tbody. */
  children: ReactNode;
}

/** A table that scrolls inside its own box where the page is too narrow for it. */
export function TableBox({ label, minWidth, children }: TableBoxProps) {
  const styles = useStyles2(getStyles);
  return (
    // What scrolls must do so by keyboard too.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.box} role="region" aria-label={`${label}, scrollable`} tabIndex={0}>
      <table className={styles.table} style={{ minWidth }} aria-label={label}>
        {children}
      </table>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  // Of its own stacking, so that what a cell takes out of the flow scrolls with it.
  box: css({ position: 'relative', overflowX: 'auto', minWidth: 0, maxWidth: '100%' }),
  table: css({
    width: '100%',
    fontSize: theme.typography.bodySmall.fontSize,
    fontVariantNumeric: 'tabular-nums',
    '& th, & td': {
      padding: theme.spacing(0.75, 1),
      textAlign: 'left',
      verticalAlign: 'middle',
      fontWeight: theme.typography.fontWeightRegular,
    },
    '& thead th': { color: theme.colors.text.secondary, verticalAlign: 'bottom', whiteSpace: 'nowrap' },
    '& tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
    '& .number': { textAlign: 'right', whiteSpace: 'nowrap' },
  }),
});
