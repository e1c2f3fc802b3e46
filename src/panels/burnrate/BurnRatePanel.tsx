import { css } from '@emotion/css';
import { type PanelProps } from '@grafana/data';
import { useMemo } from 'react';
import { panelIssue } from '../frame/kinds';
import { PanelMessage } from '../frame/PanelMessage';
import { SCROLL_BAR } from '../frame/scrollBar';
import { BurnRateView } from './BurnRateView';
import { type BurnRateOptions } from './options';
import { burnRatesOf } from './policy';

/** The least height in pixels of one SLO's part when several share the panel. */
const MIN_HEIGHT = 180;

/** The "Burn rate" panel: one SLO fills it, several stand one below the other. */
export function BurnRatePanel(props: PanelProps<BurnRateOptions>) {
  const { data, width, height, timeRange, timeZone, options, onChangeTimeRange } = props;
  const all = useMemo(() => burnRatesOf(data.series), [data.series]);
  const issue = panelIssue(data, 'burnrate');
  if (issue) {
    return <PanelMessage {...issue} />;
  }
  const share = all.length === 1 ? height : Math.max(MIN_HEIGHT, Math.floor(height / all.length));
  const room = share * all.length > height ? width - SCROLL_BAR : width;
  return (
    <div className={styles.list} style={{ width, height }}>
      {all.map((rates) => (
        <BurnRateView
          key={`${rates.frame.refId ?? ''}/${rates.slo}`}
          rates={rates}
          width={room}
          height={share}
          timeRange={timeRange}
          timeZone={timeZone}
          options={options}
          onChangeTimeRange={onChangeTimeRange}
        />
      ))}
    </div>
  );
}

const styles = { list: css({ overflowX: 'hidden', overflowY: 'auto' }) };
