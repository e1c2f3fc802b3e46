import { css, cx } from '@emotion/css';
import type { GrafanaTheme2, NavModelItem } from '@grafana/data';
import { config } from '@grafana/runtime';
import { Icon, Link, ToolbarButton, useStyles2, useTheme2 } from '@grafana/ui';
import { useId, useState } from 'react';
import { useLocation } from 'react-router-dom-v5-compat';

/** The bar at the top: the pages of the installed apps, and the theme. On a narrow screen the pages fold away. */
export function Header() {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const menu = useId();
  const [open, setOpen] = useState(false);
  const entries = config.bootData.navTree.flatMap((item): NavModelItem[] =>
    item.children?.length ? item.children : [item]
  );
  return (
    <header className={styles.header}>
      <Link href="/" className={styles.brand}>
        <Icon name="fire" aria-hidden /> Burnline preview
      </Link>
      <ToolbarButton
        className={styles.toggle}
        icon="bars"
        variant="canvas"
        aria-label="Navigation"
        aria-expanded={open}
        aria-controls={menu}
        onClick={() => setOpen(!open)}
      />
      <nav aria-label="Main" id={menu} className={cx(styles.nav, !open && styles.folded)}>
        <ul>
          {entries.map((entry) => (
            <Entry key={entry.url} entry={entry} onOpen={() => setOpen(false)} />
          ))}
        </ul>
      </nav>
      <a className={styles.theme} href={themeSwitch(theme.isLight ? 'dark' : 'light')}>
        {theme.isLight ? 'Dark theme' : 'Light theme'}
      </a>
    </header>
  );
}

function Entry({ entry, onOpen }: { entry: NavModelItem; onOpen: () => void }) {
  const styles = useStyles2(getStyles);
  const { pathname } = useLocation();
  const current = pathname === entry.url;
  return (
    <li>
      <Link
        href={entry.url}
        className={cx(styles.entry, current && styles.current)}
        aria-current={current ? 'page' : undefined}
        onClick={onOpen}
      >
        {entry.text}
      </Link>
    </li>
  );
}

/** The theme is chosen when the page starts, so the switch loads it anew. */
function themeSwitch(theme: 'light' | 'dark'): string {
  const url = new URL(window.location.href);
  url.searchParams.set('theme', theme);
  return url.pathname + url.search;
}

const getStyles = (theme: GrafanaTheme2) => ({
  header: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(1, 2),
    padding: theme.spacing(1, 2),
    background: theme.colors.background.primary,
    borderBottom: `1px solid ${theme.colors.border.weak}`,
  }),
  brand: css({ fontWeight: theme.typography.fontWeightMedium, whiteSpace: 'nowrap' }),
  nav: css({
    flex: 1,
    ul: { display: 'flex', flexWrap: 'wrap', listStyle: 'none', margin: 0, gap: theme.spacing(1) },
    [theme.breakpoints.down('md')]: { order: 1, flexBasis: '100%', ul: { flexDirection: 'column' } },
  }),
  folded: css({ [theme.breakpoints.down('md')]: { display: 'none' } }),
  toggle: css({ display: 'none', [theme.breakpoints.down('md')]: { display: 'inline-flex', marginLeft: 'auto' } }),
  entry: css({
    padding: theme.spacing(0.5, 1),
    borderRadius: theme.shape.radius.default,
    '&:hover': { background: theme.colors.action.hover },
  }),
  current: css({ background: theme.colors.action.selected }),
  theme: css({ whiteSpace: 'nowrap', color: theme.colors.text.link }),
});
