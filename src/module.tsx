import { AppPlugin, type AppPluginMeta, type PluginConfigPageProps } from '@grafana/data';
import { LoadingPlaceholder } from '@grafana/ui';
import { lazy, Suspense } from 'react';

// Grafana loads this module at start for its extensions; what only the pages need comes when a page is opened.
const App = lazy(() => import('./pages/App'));
const AppConfig = lazy(() => import('./pages/config/AppConfig'));

const loading = <LoadingPlaceholder text="Loading Burnline…" />;

function Root() {
  return (
    <Suspense fallback={loading}>
      <App />
    </Suspense>
  );
}

function Configuration(props: PluginConfigPageProps<AppPluginMeta>) {
  return (
    <Suspense fallback={loading}>
      <AppConfig {...props} />
    </Suspense>
  );
}

export const plugin = new AppPlugin().setRootPage(Root).addConfigPage({
  title: 'Configuration',
  icon: 'cog',
  id: 'configuration',
  body: Configuration,
});
