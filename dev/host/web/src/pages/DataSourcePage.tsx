import {
  type DataSourceApi,
  type DataSourcePlugin,
  type DataSourceSettings,
  PluginContextProvider,
} from '@grafana/data';
import { getBackendSrv, getDataSourceSrv } from '@grafana/runtime';
import { Alert, type AlertVariant, Button, ErrorBoundaryAlert, Field, Input, LinkButton } from '@grafana/ui';
import { useState } from 'react';
import { useParams } from 'react-router-dom-v5-compat';
import { Failure } from '../chrome/Failure';
import { Loading } from '../chrome/Loading';
import { Page } from '../chrome/Page';
import { asError, useLoaded } from '../chrome/useLoaded';
import { importDataSource } from '../plugins/registry';

type Settings = DataSourceSettings;

interface Source {
  settings: Settings;
  /** Absent for a type whose code is Grafana's own. */
  plugin?: DataSourcePlugin<DataSourceApi>;
}

async function load(uid: string): Promise<Source> {
  const settings: Settings = await getBackendSrv().get(`/api/datasources/uid/${uid}`);
  const meta = getDataSourceSrv().getInstanceSettings(uid)?.meta;
  if (!meta || meta.module.startsWith('core:')) {
    return { settings };
  }
  return { settings, plugin: await importDataSource(meta) };
}

/** A data source's settings, with the editor that its plugin brings. */
export function DataSourcePage() {
  const { uid = '' } = useParams();
  const source = useLoaded(uid, () => load(uid));
  switch (source.state) {
    case 'loading':
      return <Loading />;
    case 'failed':
      return (
        <Page title="Data source">
          <Failure title="The data source was not loaded" error={source.error} />
        </Page>
      );
    case 'done':
      return <Editor {...source.value} />;
  }
}

function Editor({ settings, plugin }: Source) {
  const [options, setOptions] = useState(settings);
  const [result, setResult] = useState<{ severity: AlertVariant; text: string }>();
  const ConfigEditor = plugin?.components.ConfigEditor;
  const save = async () => {
    setResult(undefined);
    try {
      if (!options.readOnly) {
        await getBackendSrv().put(`/api/datasources/uid/${options.uid}`, options);
        await getDataSourceSrv().reload();
      }
      const instance = await getDataSourceSrv().get(options.uid);
      const { message } = await instance.testDatasource();
      setResult({ severity: 'success', text: message });
    } catch (error) {
      setResult({ severity: 'error', text: error instanceof Error ? error.message : reason(error) });
    }
  };
  return (
    <Page
      title={settings.name}
      subTitle={`Type: ${plugin?.meta.name ?? settings.type}`}
      actions={
        plugin && (
          <LinkButton variant="secondary" href={`/explore?ds=${settings.uid}`}>
            Explore data
          </LinkButton>
        )
      }
    >
      {settings.readOnly && (
        <Alert severity="info" title="Provisioned data source">
          This data source was added by config and cannot be modified using the UI.
        </Alert>
      )}
      <Field label="Name" noMargin>
        <Input
          id="name"
          value={options.name}
          disabled={options.readOnly}
          onChange={({ currentTarget }) => setOptions({ ...options, name: currentTarget.value })}
        />
      </Field>
      {plugin && ConfigEditor ? (
        <PluginContextProvider meta={plugin.meta}>
          <ErrorBoundaryAlert title="The settings editor failed">
            <ConfigEditor options={options} onOptionsChange={setOptions} />
          </ErrorBoundaryAlert>
        </PluginContextProvider>
      ) : (
        <p>This type&apos;s editor is part of Grafana. Its address is {settings.url || 'not set'}.</p>
      )}
      {result && <Alert severity={result.severity} title={result.text} />}
      {plugin && (
        <div>
          <Button onClick={() => void save()}>{options.readOnly ? 'Test' : 'Save & test'}</Button>
        </div>
      )}
    </Page>
  );
}

/** testDatasource rejects with an object that carries a message. */
const reason = (error: unknown) => {
  const { message } = error as { message?: string };
  return message ?? asError(error).message;
};
