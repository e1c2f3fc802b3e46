import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Icon, Tooltip, useStyles2 } from '@grafana/ui';
import { type State, stateLook, type Tone, toneColor } from '../../format';

export interface StateBadgeProps {
  state: State;
  /** Why the state is what it is; the tooltip shows it below the state's own description. */
  message?: string;
  /** Shows the icon alone, where there is no room for words. Its name stays for screen readers. */
  iconOnly?: boolean;
}

/** A state as colour, icon and words: no reader has to tell colours apart. */
export function StateBadge({ state, message, iconOnly = false }: StateBadgeProps) {
  const look = stateLook(state);
  const styles = useStyles2(getStyles, look.tone);
  const tooltip = message ? `${look.description} ${message}` : look.description;
  return (
    <Tooltip content={tooltip} placement="top">
      <span className={styles.badge}>
        <Icon name={look.icon} className={styles.icon} />
        <span className={iconOnly ? styles.unseen : undefined}>{look.label}</span>
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
    verticalAlign: 'middle',
    color: toneColor(theme, tone),
    fontWeight: theme.typography.fontWeightMedium,
  }),
  icon: css({ flexShrink: 0 }),
  unseen: css({ position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' }),
});
