import { css } from '@emotion/css';
import {
  CoreApp,
  type DataFrame,
  type DataTransformerConfig,
  dateMath,
  LoadingState,
  type PanelData,
  type ScopedVars,
  type TimeRange,
  transformDataFrame,
} from '@grafana/data';
import { config, getTemplateSrv, locationService } from '@grafana/runtime';
import { PanelChrome, TextLink, useStyles2 } from '@grafana/ui';
import { useEffect, useState } from 'react';
import type { PanelJSON } from './model';
import { PanelRenderer } from './PanelRenderer';
import { useQueries } from './useQueries';
import { useWidth } from './useWidth';

interface Props {
  panel: PanelJSON;
  dashboardUID: string;
  range: TimeRange;
  /** Changes with the time range, the variables and every refresh. */
  revision: string;
  height: number;
  scopedVars?: ScopedVars;
}

/** One panel of a dashboard with its frame, its queries and its data. */
export function DashboardPanel({ panel, dashboardUID, range: given, revision, height, scopedVars }: Props) {
  const styles = useStyles2(getStyles);
  const [ref, width] = useWidth<HTMLDivElement>();
  const range = panel.timeFrom ? shorterRange(given, panel.timeFrom) : given;
  const raw = useQueries({
    targets: (panel.targets ?? []).map((target) => ({
      ...target,
      datasource: target.datasource ?? panel.datasource ?? undefined,
    })) as never,
    range,
    // Grafana asks for a point a pixel.
    maxDataPoints: panel.maxDataPoints ?? width,
    revision,
    app: CoreApp.Dashboard,
    scopedVars,
    dashboardUID,
    panelId: panel.id,
    panelPluginId: panel.type,
  });
  const data = useTransformed(raw, panel.transformations);
  const replace = (text: string, extra?: ScopedVars, format?: string | Function) =>
    getTemplateSrv().replace(text, { ...scopedVars, ...extra }, format);
  const title = replace(panel.title ?? '');
  return (
    <div ref={ref} className={styles.panel} data-panelid={panel.id}>
      {width > 0 && (
        <PanelChrome
          title={title}
          description={panel.description ? () => replace(panel.description ?? '') : undefined}
          width={width}
          height={height}
          loadingState={data.state}
          statusMessage={data.errors?.map((error) => error.message ?? error.data?.message).join('\n')}
          displayMode={panel.transparent ? 'transparent' : 'default'}
          padding={panel.type === 'text' ? 'md' : undefined}
          titleItems={panel.links?.map((link) => (
            <TextLink key={link.url} href={replace(link.url)} external={link.targetBlank} inline={false}>
              {replace(link.title)}
            </TextLink>
          ))}
        >
          {(innerWidth, innerHeight) => (
            <PanelRenderer
              id={panel.id}
              pluginId={panel.type}
              title={title}
              width={innerWidth}
              height={innerHeight}
              data={data}
              options={panel.options}
              fieldConfig={panel.fieldConfig}
              timeZone={config.bootData.user.timezone}
              replaceVariables={replace}
              onChangeTimeRange={({ from, to }) => locationService.partial({ from: String(from), to: String(to) })}
            />
          )}
        </PanelChrome>
      )}
    </div>
  );
}

/** A panel may look at less than the dashboard does, such as the last hour up to the dashboard's end. */
function shorterRange(range: TimeRange, timeFrom: string): TimeRange {
  const from = dateMath.toDateTime(`now-${timeFrom}`, { roundUp: false }) ?? range.from;
  return { from, to: range.to, raw: { from: `now-${timeFrom}`, to: 'now' } };
}

function useTransformed(data: PanelData, transformations: DataTransformerConfig[] | undefined): PanelData {
  const active = transformations?.filter((transformation) => !transformation.disabled) ?? [];
  const [transformed, setTransformed] = useState<{ of: DataFrame[]; series: DataFrame[] }>();
  useEffect(() => {
    if (active.length === 0) {
      return undefined;
    }
    const subscription = transformDataFrame(active, data.series, {
      interpolate: (text) => getTemplateSrv().replace(text),
    }).subscribe((series) => setTransformed({ of: data.series, series }));
    return () => subscription.unsubscribe();
    // The list is the dashboard's own and does not change while it is shown.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [data.series]);
  if (active.length === 0) {
    return data;
  }
  return transformed?.of === data.series
    ? { ...data, series: transformed.series }
    : { ...data, state: LoadingState.Loading, series: [] };
}

const getStyles = () => ({ panel: css({ width: '100%', height: '100%', minWidth: 0 }) });
