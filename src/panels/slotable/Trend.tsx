import { FieldColorModeId, type FieldSparkline, FieldType } from '@grafana/data';
import { type GraphFieldConfig, GraphGradientMode, VisibilityMode } from '@grafana/schema';
import { Sparkline, useTheme2 } from '@grafana/ui';
import { memo, useMemo } from 'react';
import { formatBudget, isKnown, type Maybe, type Tone, toneColor } from '../../format';

export interface TrendProps {
  /** The remaining budget over the window, oldest first. */
  trend: Maybe[];
  tone: Tone;
  width: number;
  height: number;
}

/** The remaining budget over the window as a sparkline, on a scale that always holds 0 and 100 %. */
export const Trend = memo(function Trend({ trend, tone, width, height }: TrendProps) {
  const theme = useTheme2();
  const sparkline = useMemo(() => sparklineOf(trend, toneColor(theme, tone)), [trend, theme, tone]);
  if (!sparkline) {
    return null;
  }
  return (
    <div role="img" aria-label={trendText(trend)} style={{ width, height }}>
      <Sparkline theme={theme} sparkline={sparkline} width={width} height={height} config={sparkline.y.config} />
    </div>
  );
});

/** The trend in words: "Budget from 100% to 31.2%, lowest 12%". */
export function trendText(trend: Maybe[]): string {
  const known = trend.filter(isKnown);
  if (known.length === 0) {
    return 'No trend';
  }
  const ends = `Budget from ${formatBudget(known[0])} to ${formatBudget(known.at(-1))}`;
  return `${ends}, lowest ${formatBudget(Math.min(...known))}`;
}

function sparklineOf(trend: Maybe[], color: string): FieldSparkline | undefined {
  const known = trend.filter(isKnown);
  if (known.length < 2) {
    return undefined;
  }
  const min = Math.min(0, ...known);
  const max = Math.max(1, ...known);
  const custom: GraphFieldConfig = {
    lineWidth: 1,
    fillOpacity: 12,
    gradientMode: GraphGradientMode.None,
    showPoints: VisibilityMode.Never,
  };
  return {
    y: {
      name: 'remaining',
      type: FieldType.number,
      values: trend.map((value) => (isKnown(value) ? value : null)),
      config: { min, max, unit: 'percentunit', color: { mode: FieldColorModeId.Fixed, fixedColor: color }, custom },
      state: { range: { min, max, delta: max - min } },
    },
  };
}
