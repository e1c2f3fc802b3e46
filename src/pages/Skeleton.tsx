import { css, keyframes } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';

export interface SkeletonProps {
  /** What is being loaded, for screen readers. */
  label: string;
  /** The heights in pixels of the blocks that will come. */
  heights: number[];
}

/** Holds the place of what is being loaded, so that the page does not jump when it comes. */
export function Skeleton({ label, heights }: SkeletonProps) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.blocks} role="status" aria-label={label}>
      {heights.map((height, index) => (
        <div key={index} className={styles.block} style={{ height }} />
      ))}
    </div>
  );
}

const pulse = keyframes({ '50%': { opacity: 0.5 } });

const getStyles = (theme: GrafanaTheme2) => ({
  blocks: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(2) }),
  block: css({
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
    [theme.transitions.handleMotion('no-preference')]: { animation: `${pulse} 1.6s ease-in-out infinite` },
  }),
});
