import { css } from '@emotion/css';
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';

interface Size {
  width: number;
  height: number;
}

export interface SizedProps {
  /** A fixed height in pixels; without it the box takes what its flex parent leaves. */
  height?: number;
  /** Lets the box grow with its children, whose height then means nothing: only the width is given. */
  grow?: boolean;
  children: (size: Size) => ReactNode;
}

/** Hands its own measured size to its children: canvases need pixels where the layout around them is fluid. */
export function Sized({ height, grow = false, children }: SizedProps) {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) {
      return undefined;
    }
    const measure = () => {
      const next = { width: Math.floor(element.clientWidth), height: grow ? 0 : Math.floor(element.clientHeight) };
      setSize((old) => (old.width === next.width && old.height === next.height ? old : next));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [grow]);

  const known = size.width > 0 && (grow || size.height > 0);
  return (
    <div
      ref={box}
      className={grow ? styles.growing : styles.box}
      style={height === undefined ? undefined : { height, flex: 'none' }}
    >
      {known ? <div className={grow ? undefined : styles.content}>{children(size)}</div> : null}
    </div>
  );
}

// The content is taken out of the flow: a canvas of the old size must not keep the box from shrinking.
const styles = {
  box: css({ position: 'relative', flex: 1, minHeight: 0, minWidth: 0, width: '100%' }),
  growing: css({ minWidth: 0, width: '100%' }),
  content: css({ position: 'absolute', inset: 0 }),
};
