import { getFieldDisplayName, PanelPlugin, type PanelProps } from '@grafana/data';
import { Select, Table } from '@grafana/ui';
import { useState } from 'react';

interface Options {
  sortBy?: { displayName: string; desc?: boolean }[];
}

const choiceHeight = 40;

/** Grafana's table panel: a frame as a table, with a choice when there are several. */
function TablePanel({ data, options, width, height, title }: PanelProps<Options>) {
  const [chosen, setChosen] = useState(0);
  const frame = data.series[Math.min(chosen, data.series.length - 1)];
  if (!frame || frame.fields.length === 0) {
    return <p>No data</p>;
  }
  const several = data.series.length > 1;
  return (
    <>
      <Table
        ariaLabel={title}
        data={frame}
        width={width}
        height={several ? height - choiceHeight : height}
        initialSortBy={options.sortBy}
      />
      {several && (
        <Select
          aria-label="Frame"
          menuPlacement="top"
          value={chosen}
          options={data.series.map((series, value) => ({
            value,
            label: series.name ?? getFieldDisplayName(series.fields[1] ?? series.fields[0]!, series),
          }))}
          onChange={({ value }) => setChosen(value ?? 0)}
        />
      )}
    </>
  );
}

const cellOptions = [
  'align',
  'cellOptions',
  'width',
  'minWidth',
  'filterable',
  'hidden',
  'inspect',
  'hideFrom',
  'displayMode',
];

export const coreTable = new PanelPlugin<Options>(TablePanel).useFieldConfig({
  useCustomConfig: (builder) => {
    for (const path of cellOptions) {
      builder.addCustomEditor({
        id: path,
        path,
        name: path,
        editor: () => null,
        override: () => null,
        process: (value) => value,
        shouldApply: () => true,
      });
    }
  },
});
