import {
  AppPlugin,
  type AppPluginMeta,
  type DataSourceApi,
  DataSourcePlugin,
  type DataSourcePluginMeta,
  PanelPlugin,
  type PanelPluginMeta,
} from '@grafana/data';
import { config, getBackendSrv } from '@grafana/runtime';
import { coreStat } from '../dashboard/core/stat';
import { coreTable } from '../dashboard/core/table';
import { coreText } from '../dashboard/core/text';
import { coreTimeSeries } from '../dashboard/core/timeseries';
import { loadModule } from './amd';

const corePanels = new Map<string, PanelPlugin>([
  ['timeseries', coreTimeSeries],
  ['stat', coreStat],
  ['table', coreTable],
  ['text', coreText],
]);
const panels = new Map<string, Promise<PanelPlugin>>();
const loadedPanels = new Map<string, PanelPlugin>(corePanels);

async function exported(path: string): Promise<unknown> {
  const module = await loadModule(path);
  return module.plugin;
}

/** The app's settings and its loaded module, initialised as Grafana does before its first page. */
export async function importApp(id: string): Promise<AppPlugin> {
  const meta: AppPluginMeta = await getBackendSrv().get(`/api/plugins/${id}/settings`);
  if (!meta.enabled) {
    throw new Error(`The app ${id} is not enabled. Enable it on its configuration page or provision it.`);
  }
  return importAppWithMeta(meta);
}

export async function importAppWithMeta(meta: AppPluginMeta): Promise<AppPlugin> {
  const plugin = await exported(meta.module);
  if (!(plugin instanceof AppPlugin)) {
    throw new Error(`${meta.module} exports no AppPlugin named "plugin"`);
  }
  plugin.init(meta);
  plugin.meta = meta;
  return plugin;
}

export async function importDataSource(meta: DataSourcePluginMeta): Promise<DataSourcePlugin<DataSourceApi>> {
  if (meta.module.startsWith('core:')) {
    throw new Error(
      `The data source type "${meta.id}" is part of Grafana itself; the preview can proxy to it but not query it.`
    );
  }
  const plugin = await exported(meta.module);
  if (!(plugin instanceof DataSourcePlugin)) {
    throw new Error(`${meta.module} exports no DataSourcePlugin named "plugin"`);
  }
  plugin.meta = meta;
  return plugin;
}

export function importPanel(id: string): Promise<PanelPlugin> {
  const core = corePanels.get(id);
  if (core) {
    return Promise.resolve(core);
  }
  const known = panels.get(id);
  if (known) {
    return known;
  }
  const fresh = loadPanel(id);
  panels.set(id, fresh);
  return fresh;
}

async function loadPanel(id: string): Promise<PanelPlugin> {
  const meta: PanelPluginMeta | undefined = config.panels[id];
  if (!meta) {
    throw new Error(`The panel type "${id}" is not installed, and the preview has none of that name.`);
  }
  const plugin = await exported(meta.module);
  if (!(plugin instanceof PanelPlugin)) {
    throw new Error(`${meta.module} exports no PanelPlugin named "plugin"`);
  }
  plugin.meta = meta;
  loadedPanels.set(id, plugin);
  return plugin;
}

export const loadedPanel = (id: string) => loadedPanels.get(id);
