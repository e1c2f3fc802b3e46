import { css } from '@emotion/css';
import { type GrafanaTheme2, type IconName } from '@grafana/data';
import { Icon, useStyles2 } from '@grafana/ui';

export interface PanelMessageProps {
  icon: IconName;
  title: string;
  /** What the reader can do about it. */
  text: string;
}

/** Stands in a panel's place when there is nothing to draw, and says what to do. */
export function PanelMessage({ icon, title, text }: PanelMessageProps) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.box} role="status">
      <Icon name={icon} size="xl" className={styles.icon} />
      <strong>{title}</strong>
      <span className={styles.text}>{text}</span>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  box: css({
    height: '100%',
    overflow: 'auto',
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    justifyContent: 'safe center',
    gap: theme.spacing(0.5),
    padding: theme.spacing(1),
    textAlign: 'center',
  }),
  icon: css({ color: theme.colors.text.secondary, flexShrink: 0 }),
  text: css({ color: theme.colors.text.secondary, maxWidth: '60ch' }),
});
