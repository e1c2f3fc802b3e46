import { rangeUtil, type RawTimeRange } from '@grafana/data';
import { Select, Stack, ToolbarButton } from '@grafana/ui';

interface Props {
  interval: string;
  intervals: string[];
  range: RawTimeRange;
  onInterval: (interval: string) => void;
  onRefresh: () => void;
}

const selectWidth = 10;

/** Reads the data again, now or at an interval. */
export function RefreshControl({ interval, intervals, range, onInterval, onRefresh }: Props) {
  const options = [{ label: 'Off', value: '' }, ...intervals.map((value) => ({ label: value, value }))];
  return (
    <Stack direction="row" gap={0.5}>
      <ToolbarButton
        icon="sync"
        variant="canvas"
        aria-label="Refresh"
        tooltip={`Refresh ${rangeUtil.describeTimeRange(range)}`}
        onClick={onRefresh}
      />
      <Select
        aria-label="Refresh interval"
        width={selectWidth}
        options={options}
        value={interval}
        onChange={({ value }) => onInterval(value ?? '')}
      />
    </Stack>
  );
}
