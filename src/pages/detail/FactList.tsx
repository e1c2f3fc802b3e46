import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { type ReactNode } from 'react';

export interface FactItem {
  label: string;
  content: ReactNode;
}

/** Names and values side by side, as many as fit into a line. */
export function FactList({ items }: { items: FactItem[] }) {
  const styles = useStyles2(getStyles);
  return (
    <dl className={styles.list}>
      {items.map(({ label, content }) => (
        <div key={label} className={styles.item}>
          <dt>{label}</dt>
          <dd>{content}</dd>
        </div>
      ))}
    </dl>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1, 4),
    margin: 0,
    '& dt': {
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
      fontWeight: theme.typography.fontWeightRegular,
    },
    '& dd': { margin: 0, overflowWrap: 'anywhere' },
  }),
  item: css({ minWidth: 0 }),
});
