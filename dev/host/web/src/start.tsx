import {
  EventBusSrv,
  type GrafanaConfig,
  locationUtil,
  setTimeZoneResolver,
  setWeekStart,
  standardEditorsRegistry,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
} from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import {
  config,
  FakeEchoSrv,
  locationService,
  setAppEvents,
  setBackendSrv,
  setChromeHeaderHeightHook,
  setCurrentUser,
  setDataSourceSrv,
  setEchoSrv,
  setLocationSrv,
  setPluginComponentHook,
  setPluginComponentsHook,
  setPluginFunctionsHook,
  setPluginImportUtils,
  setPluginLinksHook,
  setReturnToPreviousHook,
  setRunRequest,
  setTemplateSrv,
} from '@grafana/runtime';
import { initializeLoggersRegistry } from '@grafana/runtime/unstable';
import { setPanelRenderer } from 'grafana-runtime/components/PanelRenderer';
import { setPluginPage } from 'grafana-runtime/components/PluginPage';
import { setDataSourcePluginImporter } from 'grafana-runtime/services/dataSource/dataSource';
import { initDataSourceInstanceSettings } from 'grafana-runtime/services/dataSource/settings';
import { createRoot } from 'react-dom/client';
import { PluginPage } from './chrome/PluginPage';
import { PanelRenderer } from './dashboard/PanelRenderer';
import { importDataSource, importPanel, loadedPanel } from './plugins/registry';
import { HostBackendSrv } from './services/backendSrv';
import { HostDataSourceSrv } from './services/dataSourceSrv';
import { standardEditors, standardFieldConfig } from './services/fieldConfig';
import { runRequest } from './services/runRequest';
import { HostTemplateSrv, rawRange } from './services/templateSrv';
import { timeRangeOfUrl } from './services/timeRange';
import { Shell } from './Shell';

const events = new EventBusSrv();
const templates = new HostTemplateSrv();

/** Sets up what Grafana sets up before its first page, in @grafana/runtime and @grafana/data, then renders. */
export async function start() {
  await initPluginTranslations('grafana');
  initializeLoggersRegistry();
  setServices();
  setRegistries();
  setExtensions();
  setTimeZoneResolver(() => config.bootData.user.timezone);
  setWeekStart(config.bootData.user.weekStart);
  locationUtil.initialize({
    // The package's two types of the same settings differ in a few fields that links do not use.
    config: config as unknown as GrafanaConfig,
    getVariablesUrlParams: () => templates.urlParameters(),
    getTimeRangeForUrl: () => rawRange(timeRangeOfUrl()),
  });
  const place = document.getElementById('reactRoot');
  if (!place) {
    throw new Error('the page has no element "reactRoot"');
  }
  createRoot(place).render(<Shell events={events} templates={templates} />);
}

function setServices() {
  setEchoSrv(new FakeEchoSrv());
  setAppEvents(events);
  setBackendSrv(new HostBackendSrv(events));
  setTemplateSrv(templates);

  setLocationSrv(locationService);
  setDataSourceSrv(new HostDataSourceSrv());
  initDataSourceInstanceSettings(config.datasources, config.defaultDatasource);
  setDataSourcePluginImporter(importDataSource);
  setRunRequest(runRequest);
  setCurrentUser(config.bootData.user);
  setPluginPage(PluginPage);
  setPanelRenderer(PanelRenderer);
  setPluginImportUtils({ importPanelPlugin: importPanel, getPanelPluginFromCache: loadedPanel });
}

function setRegistries() {
  standardEditorsRegistry.setInit(standardEditors);
  standardFieldConfigEditorRegistry.setInit(standardFieldConfig);
  // Some transformations are listed under two names.
  const byID = new Map(
    Object.values(standardTransformers).map((transformation) => [transformation.id, transformation])
  );
  standardTransformersRegistry.setInit(() =>
    [...byID.values()].map((transformation) => ({
      id: transformation.id,
      name: transformation.name,
      transformation: () => Promise.resolve(transformation),
      editor: () => null,
      imageDark: '',
      imageLight: '',
    }))
  );
}

/** No other plugin is installed that could extend a page. */
function setExtensions() {
  setPluginLinksHook(() => ({ links: [], isLoading: false }));
  setPluginComponentsHook(() => ({ components: [], isLoading: false }));
  setPluginComponentHook(() => ({ component: null, isLoading: false }));
  setPluginFunctionsHook(() => ({ functions: [], isLoading: false }));
  setReturnToPreviousHook(() => () => undefined);
  setChromeHeaderHeightHook(() => 0);
}
