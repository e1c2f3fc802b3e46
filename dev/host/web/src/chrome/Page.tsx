import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { type ReactNode, useEffect } from 'react';

interface Props {
  title: string;
  /** Replaces the title's text, such as with an icon beside it. */
  heading?: ReactNode;
  above?: ReactNode;
  subTitle?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
}

/** A page's heading, its actions and its content. */
export function Page({ title, heading, above, subTitle, actions, children }: Props) {
  const styles = useStyles2(getStyles);
  useEffect(() => {
    document.title = `${title} - Burnline preview`;
  }, [title]);
  return (
    <div className={styles.page}>
      {above}
      <div className={styles.head}>
        <div>
          {heading ?? <h1 className={styles.title}>{title}</h1>}
          {subTitle && <div className={styles.subTitle}>{subTitle}</div>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(2), minWidth: 0 }),
  head: css({
    display: 'flex',
    flexWrap: 'wrap',
    justifyContent: 'space-between',
    alignItems: 'flex-start',
    gap: theme.spacing(2),
  }),
  title: css({ ...theme.typography.h2, margin: 0 }),
  subTitle: css({ color: theme.colors.text.secondary }),
  actions: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), alignItems: 'center' }),
});
