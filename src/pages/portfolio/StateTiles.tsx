import { css, cx } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2, useTheme2 } from '@grafana/ui';
import { type State, stateLook, toneColor } from '../../format';
import { type StateCount } from './summary';

export interface StateTilesProps {
  counts: StateCount[];
  selected: State | '';
  /** Called with the state to show, or '' for all. */
  onSelect: (state: State | '') => void;
}

/** How many SLOs are in each state. A tile shows only those, a second click all again. */
export function StateTiles({ counts, selected, onSelect }: StateTilesProps) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  return (
    <div className={styles.tiles} role="group" aria-label="SLOs by state">
      {counts.map(({ state, count }) => {
        const look = stateLook(state);
        const pressed = state === selected;
        return (
          <button
            key={state}
            type="button"
            className={cx(styles.tile, pressed && styles.pressed)}
            aria-pressed={pressed}
            title={look.description}
            onClick={() => onSelect(pressed ? '' : state)}
            data-testid={`state ${state}`}
          >
            <span className={styles.count} style={{ color: count > 0 ? toneColor(theme, look.tone) : undefined }}>
              {count}
            </span>
            <span className={styles.label}>
              <Icon name={look.icon} size="sm" />
              {look.label}
            </span>
          </button>
        );
      })}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  tiles: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(124px, 1fr))',
    gap: theme.spacing(1),
  }),
  tile: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(0.25),
    padding: theme.spacing(1),
    textAlign: 'left',
    color: theme.colors.text.secondary,
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    '&:hover': { borderColor: theme.colors.border.strong },
  }),
  pressed: css({
    borderColor: theme.colors.primary.border,
    boxShadow: `inset 0 0 0 1px ${theme.colors.primary.border}`,
  }),
  count: css({ fontSize: theme.typography.h2.fontSize, lineHeight: 1.2, fontVariantNumeric: 'tabular-nums' }),
  label: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(0.5), whiteSpace: 'nowrap' }),
});
