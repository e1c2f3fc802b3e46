import { css } from '@emotion/css';
import { type GrafanaTheme2, type RawTimeRange, type TimeRange } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { RefreshPicker, TimeRangePicker, useStyles2 } from '@grafana/ui';
import { shifted, zoomedOut } from './timeRange';

export interface RangeToolbarProps {
  range: TimeRange;
  timeZone: TimeZone;
  loading: boolean;
  onChange: (range: RawTimeRange) => void;
  onChangeTimeZone: (timeZone: TimeZone) => void;
  onRefresh: () => void;
}

/** Chooses the time range of the charts and renews them. */
export function RangeToolbar({ range, timeZone, loading, onChange, onChangeTimeZone, onRefresh }: RangeToolbarProps) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.toolbar}>
      <TimeRangePicker
        value={range}
        timeZone={timeZone}
        onChange={(next) => onChange(next.raw)}
        onChangeTimeZone={onChangeTimeZone}
        onMoveBackward={() => onChange(shifted(range, -1))}
        onMoveForward={() => onChange(shifted(range, 1))}
        onZoom={() => onChange(zoomedOut(range, Date.now()))}
      />
      <RefreshPicker
        noIntervalPicker
        onIntervalChanged={noInterval}
        onRefresh={onRefresh}
        isLoading={loading}
        text="Refresh"
      />
    </div>
  );
}

/** The page renews itself at a fixed pace, so that there is no interval to choose. */
function noInterval() {
  return undefined;
}

const getStyles = (theme: GrafanaTheme2) => ({
  toolbar: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), justifyContent: 'flex-end' }),
});
