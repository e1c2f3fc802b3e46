import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Icon, Tooltip, useStyles2 } from '@grafana/ui';
import { type AlertLook, type Tone, toneColor } from '../../format';

export interface LookBadgeProps {
  look: AlertLook;
  /** Shown in the tooltip below the look's own description. */
  detail?: string;
}

/** A state or severity as colour, icon and words: no reader has to tell colours apart. */
export function LookBadge({ look, detail }: LookBadgeProps) {
  const styles = useStyles2(getStyles, look.tone);
  return (
    <Tooltip content={detail ? `${look.description} ${detail}` : look.description} placement="top">
      <span className={styles.badge}>
        <Icon name={look.icon} size="sm" className={styles.icon} />
        {look.label}
      </span>
    </Tooltip>
  );
}

const getStyles = (theme: GrafanaTheme2, tone: Tone) => ({
  badge: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    whiteSpace: 'nowrap',
    color: toneColor(theme, tone),
    fontWeight: theme.typography.fontWeightMedium,
  }),
  icon: css({ flexShrink: 0 }),
});
