import { dateTime, rangeUtil, type RawTimeRange, type TimeRange } from '@grafana/data';
import { getBackendSrv, locationService } from '@grafana/runtime';
import { Stack, TextLink, TimeRangePicker } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { useLocation, useParams } from 'react-router-dom-v5-compat';
import { Failure } from '../chrome/Failure';
import { Loading } from '../chrome/Loading';
import { Page } from '../chrome/Page';
import { useLoaded } from '../chrome/useLoaded';
import { Grid } from '../dashboard/Grid';
import type { DashboardJSON, DashboardLink } from '../dashboard/model';
import { RefreshControl } from '../dashboard/RefreshControl';
import { VariableBar } from '../dashboard/VariableBar';
import { current, type DashboardVariable, loadVariables } from '../dashboard/variables';
import { type HostTemplateSrv, rawRange } from '../services/templateSrv';
import { timeRangeOfUrl } from '../services/timeRange';

const fallbackRange: RawTimeRange = { from: 'now-6h', to: 'now' };
const defaultIntervals = ['5s', '10s', '30s', '1m', '5m', '15m', '30m', '1h'];

/** A dashboard as it is saved: variables, time range, refresh and panels. */
export function DashboardPage({ templates }: { templates: HostTemplateSrv }) {
  const { uid = '' } = useParams();
  const loaded = useLoaded(
    uid,
    async () => (await getBackendSrv().get<{ dashboard: DashboardJSON }>(`/api/dashboards/uid/${uid}`)).dashboard
  );
  switch (loaded.state) {
    case 'loading':
      return <Loading />;
    case 'failed':
      return (
        <Page title="Dashboard">
          <Failure title={`The dashboard ${uid} was not loaded`} error={loaded.error} />
        </Page>
      );
    case 'done':
      return <Dashboard key={uid} dashboard={loaded.value} templates={templates} />;
  }
}

function Dashboard({ dashboard, templates }: { dashboard: DashboardJSON; templates: HostTemplateSrv }) {
  const { search } = useLocation();
  const [ticks, setTicks] = useState(0);
  const range = timeRangeOfUrl(dashboard.time ?? fallbackRange);
  templates.updateTimeRange(range);
  const refresh =
    locationService.getSearch().get('refresh') ?? (dashboard.refresh === false ? '' : (dashboard.refresh ?? ''));
  useRefresh(refresh, () => setTicks((count) => count + 1));
  const list = dashboard.templating?.list ?? [];
  const asked = list.map(({ name }) => [name, new URLSearchParams(search).getAll(`var-${name}`)]);
  const variables = useLoaded(JSON.stringify(asked), () => loadVariables(list, range, templates));
  return (
    <Page
      title={dashboard.title}
      subTitle={dashboard.description}
      actions={<Controls dashboard={dashboard} range={range} refresh={refresh} onRefresh={() => setTicks(ticks + 1)} />}
    >
      <Links links={dashboard.links} templates={templates} />
      {variables.state === 'failed' && <Failure title="A variable was not loaded" error={variables.error} />}
      {variables.state === 'loading' && <Loading />}
      {variables.state === 'done' && (
        <>
          <VariableBar variables={variables.value} />
          <Grid
            dashboard={dashboard}
            variables={variables.value}
            range={range}
            revision={[ticks, JSON.stringify(rawRange(range)), valuesOf(variables.value)].join(' ')}
          />
        </>
      )}
    </Page>
  );
}

const valuesOf = (variables: DashboardVariable[]) =>
  JSON.stringify(variables.map((variable) => current(variable).value));

function useRefresh(interval: string, tick: () => void) {
  useEffect(() => {
    if (!interval) {
      return undefined;
    }
    const timer = window.setInterval(tick, rangeUtil.intervalToMs(interval));
    return () => window.clearInterval(timer);
    // The callback only counts; a new closure at each render must not restart the clock.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [interval]);
}

interface ControlsProps {
  dashboard: DashboardJSON;
  range: TimeRange;
  refresh: string;
  onRefresh: () => void;
}

function Controls({ dashboard, range, refresh, onRefresh }: ControlsProps) {
  if (dashboard.timepicker?.hidden) {
    return null;
  }
  const set = (next: RawTimeRange) => locationService.partial(rawRange({ ...range, raw: next }));
  const shift = (direction: -1 | 1) => {
    const half = (range.to.valueOf() - range.from.valueOf()) / 2;
    set({
      from: dateTime(range.from.valueOf() + direction * half),
      to: dateTime(range.to.valueOf() + direction * half),
    });
  };
  const zoom = () => {
    const half = (range.to.valueOf() - range.from.valueOf()) / 2;
    set({ from: dateTime(range.from.valueOf() - half), to: dateTime(range.to.valueOf() + half) });
  };
  return (
    <Stack direction="row" wrap="wrap" gap={1}>
      <TimeRangePicker
        value={range}
        onChange={(next) => set(next.raw)}
        onChangeTimeZone={() => undefined}
        onMoveBackward={() => shift(-1)}
        onMoveForward={() => shift(1)}
        onZoom={zoom}
        isOnCanvas
      />
      <RefreshControl
        interval={refresh}
        intervals={dashboard.timepicker?.refresh_intervals ?? defaultIntervals}
        range={range.raw}
        onInterval={(interval) => locationService.partial({ refresh: interval === '' ? null : interval })}
        onRefresh={onRefresh}
      />
    </Stack>
  );
}

function Links({ links, templates }: { links?: DashboardLink[]; templates: HostTemplateSrv }) {
  const shown = links?.filter((link) => link.type === 'link' && link.url) ?? [];
  if (shown.length === 0) {
    return null;
  }
  const address = (link: DashboardLink) => {
    const parts = [link.keepTime && '${__url_time_range}', link.includeVars && '${__all_variables}']
      .filter(Boolean)
      .join('&');
    const url = link.url ?? '';
    return templates.replace(parts ? `${url}${url.includes('?') ? '&' : '?'}${parts}` : url);
  };
  return (
    <nav aria-label="Dashboard links">
      <Stack direction="row" wrap="wrap" gap={2}>
        {shown.map((link) => (
          <TextLink key={link.title} href={address(link)} external={link.targetBlank} inline={false}>
            {link.title}
          </TextLink>
        ))}
      </Stack>
    </nav>
  );
}
