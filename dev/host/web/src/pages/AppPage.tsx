import { type AppPlugin, PluginContextProvider } from '@grafana/data';
import { locationSearchToObject } from '@grafana/runtime';
import { ErrorBoundaryAlert } from '@grafana/ui';
import { useLocation, useParams } from 'react-router-dom-v5-compat';
import { Failure } from '../chrome/Failure';
import { Loading } from '../chrome/Loading';
import { Page } from '../chrome/Page';
import { useLoaded } from '../chrome/useLoaded';
import { importApp } from '../plugins/registry';

const ignoreNav = () => undefined;

/** An app's own pages: everything below /a/<id>. */
export function AppPage() {
  const { pluginId = '' } = useParams();
  const app = useLoaded(pluginId, () => importApp(pluginId));
  if (app.state === 'loading') {
    return <Loading />;
  }
  if (app.state === 'failed') {
    return (
      <Page title={pluginId}>
        <Failure title={`The app ${pluginId} was not loaded`} error={app.error} />
      </Page>
    );
  }
  return <Root plugin={app.value} />;
}

function Root({ plugin }: { plugin: AppPlugin }) {
  const { pathname, search } = useLocation();
  const Component = plugin.root;
  if (!Component) {
    return <Page title={plugin.meta.name}>This app has no pages.</Page>;
  }
  return (
    <PluginContextProvider meta={plugin.meta}>
      <ErrorBoundaryAlert title={`${plugin.meta.name} failed`}>
        <Component
          meta={plugin.meta}
          basename={`/a/${plugin.meta.id}`}
          path={pathname}
          query={locationSearchToObject(search)}
          onNavChanged={ignoreNav}
        />
      </ErrorBoundaryAlert>
    </PluginContextProvider>
  );
}
