import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { markColors } from './marks';

/** Which colour marks what on a chart of alerts. */
export function MarkLegend() {
  const styles = useStyles2(getStyles);
  const colors = markColors(useTheme2());
  const marks = [
    { label: 'Page', color: colors.page },
    { label: 'Ticket', color: colors.ticket },
    { label: 'Labelled incident', color: colors.incident },
  ];
  return (
    <div className={styles.legend}>
      {marks.map(({ label, color }) => (
        <span key={label} className={styles.entry}>
          <span className={styles.swatch} style={{ background: color }} aria-hidden="true" />
          {label}
        </span>
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  legend: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(0, 2),
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
  }),
  entry: css({ display: 'inline-flex', alignItems: 'center', gap: theme.spacing(0.75) }),
  swatch: css({ width: 12, height: 12, borderRadius: theme.shape.radius.default }),
});
