import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { type AlertState, alertStateLook } from '../../format';
import { LookBadge } from './LookBadge';

export interface AlertStateBadgeProps {
  state: AlertState;
  /** Since when or why, in a few words: shown beside the badge. */
  detail?: string;
}

/** Where an alert rule stands, and since when or why. */
export function AlertStateBadge({ state, detail }: AlertStateBadgeProps) {
  const styles = useStyles2(getStyles);
  return (
    <span className={styles.state}>
      <LookBadge look={alertStateLook(state)} />
      {detail ? <span className={styles.detail}>{detail}</span> : null}
    </span>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  state: css({ display: 'flex', flexDirection: 'column', alignItems: 'flex-start' }),
  detail: css({
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    overflowWrap: 'anywhere',
  }),
});
