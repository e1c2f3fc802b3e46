import {
  type DataSourceApi,
  type DataSourceInstanceSettings,
  type DataSourceRef,
  type ScopedVars,
} from '@grafana/data';
import {
  config,
  type DataSourceSrv,
  getBackendSrv,
  type GetDataSourceListFilters,
  getTemplateSrv,
  type RuntimeDataSourceRegistration,
} from '@grafana/runtime';
import { importDataSource } from '../plugins/registry';

type Reference = DataSourceRef | string | null;

/** Data source instances by uid, name or reference, each made once. */
export class HostDataSourceSrv implements DataSourceSrv {
  private readonly instances = new Map<string, Promise<DataSourceApi>>();
  private readonly runtime = new Map<string, DataSourceApi>();

  async get(ref?: Reference, scopedVars?: ScopedVars): Promise<DataSourceApi> {
    const settings = this.getInstanceSettings(ref, scopedVars);
    if (!settings) {
      const name = typeof ref === 'string' ? ref : (ref?.uid ?? ref?.type ?? 'default');
      throw new Error(`Datasource ${name} was not found. Provision it, or choose another.`);
    }
    const known = this.runtime.get(settings.uid) ?? this.instances.get(settings.uid);
    if (known) {
      return known;
    }
    const fresh = create(settings);
    this.instances.set(settings.uid, fresh);
    return fresh;
  }

  getList(filters: GetDataSourceListFilters = {}): DataSourceInstanceSettings[] {
    const listed = Object.values(config.datasources).filter((settings) => matches(settings, filters));
    return listed.sort((a, b) => a.name.localeCompare(b.name));
  }

  getInstanceSettings(ref?: Reference, scopedVars?: ScopedVars): DataSourceInstanceSettings | undefined {
    const all = Object.values(config.datasources);
    const asked = typeof ref === 'string' ? ref : ref?.uid;
    const name = getTemplateSrv().replace(asked, scopedVars);
    if (name && name !== 'default') {
      return all.find((settings) => settings.uid === name || settings.name === name);
    }
    if (typeof ref === 'object' && ref?.type) {
      return all.find((settings) => settings.type === ref.type);
    }
    return all.find((settings) => settings.name === config.defaultDatasource);
  }

  async reload(): Promise<void> {
    const settings: Pick<typeof config, 'datasources' | 'defaultDatasource'> =
      await getBackendSrv().get('/api/frontend/settings');
    config.datasources = settings.datasources;
    config.defaultDatasource = settings.defaultDatasource;
    this.instances.clear();
  }

  registerRuntimeDataSource({ dataSource }: RuntimeDataSourceRegistration): void {
    this.runtime.set(dataSource.uid, dataSource);
  }
}

async function create(settings: DataSourceInstanceSettings): Promise<DataSourceApi> {
  const plugin = await importDataSource(settings.meta);
  const instance = new plugin.DataSourceClass(settings);
  instance.components = plugin.components;
  return instance;
}

function matches(settings: DataSourceInstanceSettings, filters: GetDataSourceListFilters): boolean {
  const types = filters.type === undefined ? undefined : [filters.type].flat();
  const { meta } = settings;
  return (
    (types === undefined || types.includes(settings.type)) &&
    (filters.pluginId === undefined || filters.pluginId === meta.id) &&
    (!filters.metrics || Boolean(meta.metrics)) &&
    (!filters.logs || Boolean(meta.logs)) &&
    (!filters.tracing || Boolean(meta.tracing)) &&
    (!filters.annotations || Boolean(meta.annotations)) &&
    (!filters.alerting || Boolean(meta.alerting)) &&
    (filters.filter === undefined || filters.filter(settings))
  );
}
