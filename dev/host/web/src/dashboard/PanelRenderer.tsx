import {
  applyFieldOverrides,
  type FieldConfigSource,
  type InterpolateFunction,
  LoadingState,
  type PanelData,
  type PanelPlugin,
  PluginContextProvider,
} from '@grafana/data';
import { config, getAppEvents, getTemplateSrv, type PanelRendererProps as RuntimeProps } from '@grafana/runtime';
import { Alert, ErrorBoundaryAlert, PanelContextProvider, useTheme2 } from '@grafana/ui';
import { useMemo, useState } from 'react';
import { asError, useLoaded } from '../chrome/useLoaded';
import { importPanel } from '../plugins/registry';

interface Props extends Omit<RuntimeProps, 'options'> {
  id?: number;
  options?: object;
  replaceVariables?: InterpolateFunction;
}

const empty: FieldConfigSource = { defaults: {}, overrides: [] };
const ignore = () => undefined;

function getEvents() {
  return getAppEvents();
}

/** Renders a panel plugin with data, options and field configuration, as Grafana does below a panel's title. */
export function PanelRenderer(props: Props) {
  const plugin = useLoaded(props.pluginId, () => importPanel(props.pluginId));
  switch (plugin.state) {
    case 'loading':
      return null;
    case 'failed':
      return (
        <Alert severity="error" title={`The panel ${props.pluginId} was not loaded`}>
          {asError(plugin.error).message}
        </Alert>
      );
    case 'done':
      return <Loaded {...props} plugin={plugin.value} />;
  }
}

function Loaded({ plugin, ...props }: Props & { plugin: PanelPlugin }) {
  const {
    data,
    options,
    fieldConfig = empty,
    timeZone = config.bootData.user.timezone,
    width,
    height,
    title,
    id = 1,
  } = props;
  const replaceVariables: InterpolateFunction =
    props.replaceVariables ?? ((text, scoped, format) => getTemplateSrv().replace(text, scoped, format));
  const [ownOptions, setOwnOptions] = useState<object>();
  const [ownFieldConfig, setOwnFieldConfig] = useState<FieldConfigSource>();
  const theme = useTheme2();
  const effective = useMemo(
    () => withDefaults(plugin, ownFieldConfig ?? fieldConfig),
    [plugin, fieldConfig, ownFieldConfig]
  );
  const shown = useMemo<PanelData | undefined>(
    () =>
      data && {
        ...data,
        series: applyFieldOverrides({
          data: data.series,
          fieldConfig: effective,
          fieldConfigRegistry: plugin.fieldConfigRegistry,
          replaceVariables,
          theme,
          timeZone,
        }),
      },
    // replaceVariables is a fresh closure at every render; what it replaces comes with fresh data.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [data, effective, plugin, theme, timeZone]
  );
  const Panel = plugin.panel;
  if (!Panel || !shown || shown.state === LoadingState.NotStarted || width <= 0 || height <= 0) {
    return null;
  }
  return (
    <PanelContextProvider value={{ eventsScope: 'preview', eventBus: getEvents() }}>
      <ErrorBoundaryAlert title={`The panel ${title} failed`}>
        <PluginContextProvider meta={plugin.meta}>
          <Panel
            id={id}
            data={shown}
            title={title}
            timeRange={shown.timeRange}
            timeZone={timeZone}
            options={{ ...(plugin.defaults as object | undefined), ...options, ...ownOptions }}
            onOptionsChange={setOwnOptions}
            fieldConfig={effective}
            onFieldConfigChange={setOwnFieldConfig}
            transparent={false}
            width={width}
            height={height}
            renderCounter={0}
            replaceVariables={replaceVariables}
            onChangeTimeRange={props.onChangeTimeRange ?? ignore}
            eventBus={getEvents()}
          />
        </PluginContextProvider>
      </ErrorBoundaryAlert>
    </PanelContextProvider>
  );
}

/** A panel plugin's own defaults lie below what the dashboard says. */
function withDefaults(plugin: PanelPlugin, given: FieldConfigSource): FieldConfigSource {
  const own = plugin.fieldConfigDefaults.defaults;
  return {
    defaults: { ...own, ...given.defaults, custom: { ...own.custom, ...given.defaults.custom } },
    overrides: given.overrides,
  };
}
