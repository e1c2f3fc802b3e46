import { css } from '@emotion/css';
import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';

interface Size {
  width: number;
  height: number;
}

export interface SizedProps {
  /** A fixed height in pixels; without it the box takes what its flex parent leaves. */
  height?: number;
  children: (size: Size) => ReactNode;
}

/** Hands its own measured size to its children: canvases need pixels where the layout around them is fluid. */
export function Sized({ height, children }: SizedProps) {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) {
      return undefined;
    }
    const measure = () => {
      const next = { width: Math.floor(element.clientWidth), height: Math.floor(element.clientHeight) };
      setSize((old) => (old.width === next.width && old.height === next.height ? old : next));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  return (
    <div ref={box} className={styles.box} style={height === undefined ? undefined : { height, flex: 'none' }}>
      {size.width > 0 && size.height > 0 ? <div className={styles.content}>{children(size)}</div> : null}
    </div>
  );
}

// The content is taken out of the flow: a canvas of the old size must not keep the box from shrinking.
const styles = {
  box: css({ position: 'relative', flex: 1, minHeight: 0, minWidth: 0, width: '100%' }),
  content: css({ position: 'absolute', inset: 0 }),
};
