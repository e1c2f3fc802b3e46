import type { AppPluginMeta, PluginConfigPageProps } from '@grafana/data';

export default function AppConfig({ plugin }: PluginConfigPageProps<AppPluginMeta>) {
  return <p>{plugin.meta.info.description}</p>;
}
