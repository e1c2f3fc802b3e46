import { css } from '@emotion/css';
import { CoreApp, type DataQuery, type DataSourceApi, type PanelData, PluginContextProvider } from '@grafana/data';
import { getDataSourceSrv, locationService } from '@grafana/runtime';
import { ErrorBoundaryAlert, TimeRangePicker } from '@grafana/ui';
import { useRef, useState } from 'react';
import { useLocation } from 'react-router-dom-v5-compat';
import { Failure } from '../chrome/Failure';
import { Loading } from '../chrome/Loading';
import { Page } from '../chrome/Page';
import { useLoaded } from '../chrome/useLoaded';
import { Results } from '../dashboard/Results';
import { useQueries } from '../dashboard/useQueries';
import { rawRange } from '../services/templateSrv';
import { timeRangeOfUrl } from '../services/timeRange';

/** One query of one data source, with its editor and what comes back. */
export function ExplorePage() {
  const uid = new URLSearchParams(useLocation().search).get('ds') ?? undefined;
  const source = useLoaded(uid ?? '', () => getDataSourceSrv().get(uid));
  switch (source.state) {
    case 'loading':
      return <Loading />;
    case 'failed':
      return (
        <Page title="Explore">
          <Failure title="The data source was not loaded" error={source.error} />
        </Page>
      );
    case 'done':
      return <Explorer key={source.value.uid} source={source.value} />;
  }
}

const ignore = () => undefined;
/** Query editors have fixed widths; in Grafana they scroll within their row. */
const scrolling = css({ overflowX: 'auto', padding: 2 });

function Explorer({ source }: { source: DataSourceApi }) {
  useLocation();
  const range = timeRangeOfUrl();
  const [query, setQuery] = useState<DataQuery>(() => ({
    refId: 'A',
    ...source.getDefaultQuery?.(CoreApp.Explore),
    datasource: source.getRef(),
  }));
  const [asked, setAsked] = useState({ query, at: 0 });
  const data: PanelData = useQueries({
    targets: [asked.query],
    range,
    maxDataPoints: 1000,
    revision: `${asked.at} ${JSON.stringify(rawRange(range))}`,
    app: CoreApp.Explore,
  });
  const QueryEditor = source.components?.QueryEditor;
  // An editor changes the query and runs it in one go, before the change has been rendered.
  const latest = useRef(query);
  const change = (next: DataQuery) => {
    latest.current = next;
    setQuery(next);
  };
  const run = () => setAsked((previous) => ({ query: latest.current, at: previous.at + 1 }));
  return (
    <Page
      title="Explore"
      subTitle={source.name}
      actions={
        <TimeRangePicker
          value={range}
          onChange={(next) => locationService.partial(rawRange(next))}
          onChangeTimeZone={ignore}
          onMoveBackward={ignore}
          onMoveForward={ignore}
          onZoom={ignore}
        />
      }
    >
      {QueryEditor ? (
        <PluginContextProvider meta={source.meta}>
          <ErrorBoundaryAlert title="The query editor failed">
            <div className={scrolling}>
              <QueryEditor
                datasource={source}
                query={query}
                onChange={change}
                onRunQuery={run}
                data={data}
                range={range}
                queries={[query]}
                app={CoreApp.Explore}
              />
            </div>
          </ErrorBoundaryAlert>
        </PluginContextProvider>
      ) : (
        <p>This data source has no query editor.</p>
      )}
      <Results data={data} />
    </Page>
  );
}
