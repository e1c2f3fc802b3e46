import { type TooltipPlugin2 } from '@grafana/ui';
import { type ComponentProps, useLayoutEffect, useRef } from 'react';

/** A marked span of a time chart, in ms since 1970. */
export interface TimeBand {
  from: number;
  to: number;
  color: string;
  /** Behind the lines over the whole height, or a strip along the top, where lines seldom are. */
  place: 'behind' | 'head';
}

type Config = ComponentProps<typeof TooltipPlugin2>['config'];
/** What is needed of the plot; the chart library itself is none of our dependencies. */
interface Plot {
  ctx: CanvasRenderingContext2D;
  bbox: { left: number; top: number; width: number; height: number };
  valToPos: (value: number, scale: string, inCanvasPixels: boolean) => number;
  redraw: (rebuildPaths?: boolean) => void;
}

/** A short alert in a long range is still to be seen. Pixels. */
const MIN_WIDTH = 3;
const HEAD_HEIGHT = 8;

export interface ChartBandsProps {
  config: Config;
  bands: TimeBand[];
}

/** Draws spans into a chart of @grafana/ui. */
export function ChartBands({ config, bands }: ChartBandsProps) {
  const newest = useRef(bands);
  const plot = useRef<Plot>(undefined);

  // The plot takes its hooks when it is made, which is after the effects of what is inside of the chart.
  useLayoutEffect(() => {
    const drawn = (place: TimeBand['place']) => newest.current.filter((band) => band.place === place);
    config.addHook('init', (self) => {
      plot.current = self;
    });
    config.addHook('drawClear', (self) => drawBands(self, drawn('behind')));
    config.addHook('draw', (self) => drawBands(self, drawn('head')));
  }, [config]);

  useLayoutEffect(() => {
    newest.current = bands;
    plot.current?.redraw(false);
  }, [bands]);

  return null;
}

function drawBands(plot: Plot, bands: TimeBand[]) {
  const { ctx, bbox } = plot;
  const scale = globalThis.devicePixelRatio || 1;
  ctx.save();
  for (const { from, to, color, place } of bands) {
    const left = Math.max(bbox.left, plot.valToPos(from, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, 'x', true));
    if (right < bbox.left || left > bbox.left + bbox.width) {
      continue;
    }
    const height = place === 'head' ? HEAD_HEIGHT * scale : bbox.height;
    ctx.fillStyle = color;
    ctx.fillRect(left, bbox.top, Math.max(MIN_WIDTH * scale, right - left), height);
  }
  ctx.restore();
}
