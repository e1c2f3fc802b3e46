import { css } from '@emotion/css';
import { type GrafanaTheme2, type NavModelItem, PluginContext } from '@grafana/data';
import { config, type PluginPageProps } from '@grafana/runtime';
import { Tab, TabsBar, TextLink, useStyles2 } from '@grafana/ui';
import { useContext } from 'react';
import { useLocation } from 'react-router-dom-v5-compat';
import { Page } from './Page';

/** What an app's page is wrapped in: breadcrumbs, heading, tabs. */
export function PluginPage({ pageNav, renderTitle, subTitle, info, actions, children }: PluginPageProps) {
  const styles = useStyles2(getStyles);
  const meta = useContext(PluginContext)?.meta;
  const { pathname } = useLocation();
  const own = meta?.includes?.find((include) => include.path === pathname);
  const title = pageNav?.text ?? own?.name ?? meta?.name ?? '';
  const tabs = pageNav?.children?.filter((child) => !child.hideFromTabs) ?? [];
  return (
    <Page
      title={title}
      heading={renderTitle?.(title)}
      above={<Breadcrumbs items={trail(meta?.id, pageNav)} />}
      subTitle={subTitle ?? pageNav?.subTitle}
      actions={actions}
    >
      {info && (
        <dl className={styles.info}>
          {info.map(({ label, value }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {tabs.length > 0 && (
        <TabsBar>
          {tabs.map((tab) => (
            <Tab key={tab.url ?? tab.text} label={tab.text} active={tab.active} href={tab.url} icon={tab.icon} />
          ))}
        </TabsBar>
      )}
      {children}
    </Page>
  );
}

/** From the app's own entry in the navigation down to the page's parent; the page itself is the heading. */
function trail(pluginId: string | undefined, pageNav: NavModelItem | undefined): NavModelItem[] {
  const items: NavModelItem[] = [];
  for (let item = pageNav?.parentItem; item; item = item.parentItem) {
    items.unshift(item);
  }
  const app = config.bootData.navTree.find((item) => item.pluginId === pluginId);
  return app ? [app, ...items] : items;
}

function Breadcrumbs({ items }: { items: NavModelItem[] }) {
  const styles = useStyles2(getStyles);
  return (
    <nav aria-label="Breadcrumbs">
      <ol className={styles.trail}>
        {items.map((item) => (
          <li key={item.url ?? item.text}>
            {item.url ? (
              <TextLink href={item.url} color="secondary" inline={false}>
                {item.text}
              </TextLink>
            ) : (
              item.text
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  trail: css({
    display: 'flex',
    flexWrap: 'wrap',
    listStyle: 'none',
    gap: theme.spacing(0.5),
    margin: 0,
    padding: 0,
    'li:not(:first-child)::before': { content: '"/"', marginRight: theme.spacing(0.5) },
    li: { display: 'flex' },
  }),
  info: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(3),
    margin: 0,
    dt: { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightRegular },
  }),
});
