import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2, useTheme2 } from '@grafana/ui';
import { type Problem } from '../../../api';
import { toneColor } from '../../../format';

/** What of the SLO's alerts cannot work or lacks something, and what to do about it. */
export function AlertProblems({ problems }: { problems: Problem[] }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  if (problems.length === 0) {
    return null;
  }
  return (
    <ul className={styles.list} aria-label="Problems of these alerts">
      {problems.map(({ severity, message, remedy }) => {
        const isError = severity === 'error';
        return (
          <li key={message} className={styles.problem}>
            <Icon
              name={isError ? 'exclamation-circle' : 'exclamation-triangle'}
              title={isError ? 'Error' : 'Warning'}
              style={{ color: toneColor(theme, isError ? 'bad' : 'warning'), flexShrink: 0 }}
            />
            <div className={styles.words}>
              <div>{sentence(message)}</div>
              {remedy ? <div className={styles.remedy}>{sentence(remedy)}</div> : null}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

/** The backend's words as a sentence of their own. */
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ listStyle: 'none', margin: 0, padding: 0 }),
  problem: css({ display: 'flex', gap: theme.spacing(1), padding: theme.spacing(0.5, 0) }),
  words: css({ minWidth: 0, overflowWrap: 'anywhere' }),
  remedy: css({ color: theme.colors.text.secondary }),
});
