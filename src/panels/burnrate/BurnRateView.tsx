import { css } from '@emotion/css';
import { type AbsoluteTimeRange, type GrafanaTheme2, type TimeRange } from '@grafana/data';
import { type TimeZone } from '@grafana/schema';
import { TextLink, useStyles2, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import { sloUrl } from '../../api/plugin';
import { TimeChart } from '../chart/TimeChart';
import { Sized } from '../frame/Sized';
import { type BurnRateOptions } from './options';
import { type BurnRates } from './policy';
import { PolicyTable, tableHeight } from './PolicyTable';
import { rateFrames } from './rates';

/** What must be left below the table for a chart to be worth drawing. Pixels. */
const CHART_MIN_HEIGHT = 120;

export interface BurnRateViewProps {
  rates: BurnRates;
  width: number;
  height: number;
  timeRange: TimeRange;
  timeZone: TimeZone;
  options: BurnRateOptions;
  showName?: boolean;
  onChangeTimeRange?: (range: AbsoluteTimeRange) => void;
}

/** One SLO's burn rates: each pair of windows now against its threshold, and how the rates got there. */
export function BurnRateView(props: BurnRateViewProps) {
  const { rates, width, height, timeRange, timeZone, options, showName = true, onChangeTimeRange } = props;
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const frames = useMemo(() => rateFrames(rates, theme, timeZone, options), [rates, theme, timeZone, options]);

  const showTable = options.show !== 'chart' && rates.policy.length > 0;
  const left = height - (showTable ? tableHeight(rates.policy.length, width) : 0);
  // A window too short for any pair of the policy has its chart only.
  const showChart = !showTable || (options.show === 'both' && left >= CHART_MIN_HEIGHT);

  return (
    <div role="group" className={styles.view} style={{ width, height }} aria-label={`Burn rates of ${rates.name}`}>
      {showName ? (
        <TextLink href={sloUrl(rates.slo)} inline={false} variant="bodySmall" color="secondary">
          {rates.name}
        </TextLink>
      ) : null}
      {showTable ? (
        <div className={styles.table}>
          <PolicyTable name={rates.name} policy={rates.policy} width={width} />
        </div>
      ) : null}
      {showChart ? (
        <Sized>
          {(size) => (
            <TimeChart
              label={`Burn rates of ${rates.name} over time`}
              frames={frames}
              width={size.width}
              height={size.height}
              timeRange={timeRange}
              timeZone={timeZone}
              empty="No burn rate in this time range: no events, or nothing measured"
              onChangeTimeRange={onChangeTimeRange}
            />
          )}
        </Sized>
      ) : null}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  view: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), minWidth: 0, overflow: 'hidden' }),
  table: css({ overflow: 'auto', flexShrink: 1 }),
});
