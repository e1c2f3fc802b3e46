import { type AppPlugin, type AppPluginMeta, type KeyValue, PluginContextProvider } from '@grafana/data';
import { getBackendSrv, locationSearchToObject } from '@grafana/runtime';
import { Button, ErrorBoundaryAlert, Tab, TabContent, TabsBar, TextLink } from '@grafana/ui';
import { useLocation, useParams } from 'react-router-dom-v5-compat';
import { Failure } from '../chrome/Failure';
import { Loading } from '../chrome/Loading';
import { Page } from '../chrome/Page';
import { useLoaded } from '../chrome/useLoaded';
import { importAppWithMeta } from '../plugins/registry';

interface Installed {
  meta: AppPluginMeta;
  plugin: AppPlugin;
}

async function load(id: string): Promise<Installed> {
  const meta: AppPluginMeta = await getBackendSrv().get(`/api/plugins/${id}/settings`);
  return { meta, plugin: await importAppWithMeta(meta) };
}

/** A plugin's page in the catalogue of plugins, with the configuration pages that it brings. */
export function AppConfigPage() {
  const { pluginId = '' } = useParams();
  const installed = useLoaded(pluginId, () => load(pluginId));
  switch (installed.state) {
    case 'loading':
      return <Loading />;
    case 'failed':
      return (
        <Page title={pluginId}>
          <Failure title={`The plugin ${pluginId} was not loaded`} error={installed.error} />
        </Page>
      );
    case 'done':
      return <Configuration {...installed.value} />;
  }
}

function Configuration({ meta, plugin }: Installed) {
  const query: KeyValue = locationSearchToObject(useLocation().search);
  const pages = plugin.configPages ?? [];
  const chosen = pages.find((page) => page.id === query.page) ?? pages[0];
  const Body = chosen?.body;
  return (
    <Page title={meta.name} subTitle={meta.info.description} actions={<Toggle meta={meta} />}>
      {pages.length > 1 && (
        <TabsBar>
          {pages.map((page) => (
            <Tab
              key={page.id}
              label={page.title}
              icon={page.icon}
              active={page === chosen}
              href={`/plugins/${meta.id}?page=${page.id}`}
            />
          ))}
        </TabsBar>
      )}
      <TabContent>
        {Body ? (
          <PluginContextProvider meta={meta}>
            <ErrorBoundaryAlert title={`${chosen.title} failed`}>
              <Body plugin={plugin} query={query} />
            </ErrorBoundaryAlert>
          </PluginContextProvider>
        ) : (
          <TextLink href={meta.defaultNavUrl ?? '/'}>Open {meta.name}</TextLink>
        )}
      </TabContent>
    </Page>
  );
}

function Toggle({ meta }: { meta: AppPluginMeta }) {
  const set = async (enabled: boolean) => {
    await getBackendSrv().post(`/api/plugins/${meta.id}/settings`, {
      enabled,
      pinned: enabled,
      jsonData: meta.jsonData,
    });
    window.location.reload();
  };
  return (
    <Button variant={meta.enabled ? 'secondary' : 'primary'} onClick={() => void set(!meta.enabled)}>
      {meta.enabled ? 'Disable' : 'Enable'}
    </Button>
  );
}
