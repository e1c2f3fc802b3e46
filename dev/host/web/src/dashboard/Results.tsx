import { type DataFrame, FieldType, LoadingState, type PanelData, type QueryResultMetaNotice } from '@grafana/data';
import { Alert, LoadingBar, Text } from '@grafana/ui';
import { PanelRenderer } from './PanelRenderer';
import { useWidth } from './useWidth';

const chartHeight = 320;
const tableHeight = 320;

/** What a query brought back: errors and notices, then time series as a chart and everything else as a table. */
export function Results({ data }: { data: PanelData }) {
  const [ref, width] = useWidth<HTMLElement>();
  const series = data.series.filter(isTimeSeries);
  const others = data.series.filter((frame) => !isTimeSeries(frame));
  return (
    <section ref={ref} aria-label="Query result" aria-busy={data.state === LoadingState.Loading}>
      {data.state === LoadingState.Loading && <LoadingBar width={width} />}
      {data.errors?.map((error, index) => (
        <Alert key={index} severity="error" title="Query error">
          {error.message ?? error.data?.message ?? error.statusText}
        </Alert>
      ))}
      {noticesOf(data.series).map(({ severity, text }) => (
        <Alert key={text} severity={severity} title={text} />
      ))}
      {data.state === LoadingState.Done && data.series.length === 0 && <p>The query returned no frames.</p>}
      {width > 0 && series.length > 0 && (
        <PanelRenderer
          pluginId="timeseries"
          title="Graph"
          width={width}
          height={chartHeight}
          data={{ ...data, series }}
        />
      )}
      {width > 0 &&
        others.map((frame, index) => (
          <div key={`${frame.refId} ${index}`}>
            <Text element="h2" variant="h5">
              {frame.name ?? `Table ${index + 1}`} ({frame.length} rows)
            </Text>
            <PanelRenderer
              pluginId="table"
              title="Table"
              width={width}
              height={tableHeight}
              data={{ ...data, series: [frame] }}
            />
          </div>
        ))}
    </section>
  );
}

const isTimeSeries = (frame: DataFrame) =>
  frame.fields.some((field) => field.type === FieldType.time) &&
  frame.fields.some((field) => field.type === FieldType.number) &&
  frame.meta?.type?.startsWith('numeric') !== true &&
  frame.fields.every((field) => field.type !== FieldType.string);

function noticesOf(frames: DataFrame[]): QueryResultMetaNotice[] {
  const all = frames.flatMap((frame) => frame.meta?.notices ?? []);
  return all.filter((notice, index) => all.findIndex((other) => other.text === notice.text) === index);
}
