import { css } from '@emotion/css';
import { type GrafanaTheme2, locationUtil } from '@grafana/data';
import { TextLink, useStyles2 } from '@grafana/ui';
import { type NoiseGroup, sloUrl } from '../../../api';
import { Section } from '../../Section';
import { suggestionText } from './words';

const DAY_MS = 86_400_000;

export interface SuggestionsProps {
  slos: NoiseGroup[];
  /** The span in ms since 1970. */
  from: number;
  to: number;
}

/** What would be quieter for the noisiest SLOs, as backtests measured it. */
export function Suggestions({ slos, from, to }: SuggestionsProps) {
  const styles = useStyles2(getStyles);
  const tried = slos.filter(({ suggestions }) => suggestions && suggestions.length > 0);
  const days = Math.round((to - from) / DAY_MS);
  if (tried.length === 0) {
    return null;
  }
  return (
    <Section title="What would be quieter">
      <p className={styles.text}>
        Backtests of other policies over this span. They count what each policy would have sent, not what fired.
      </p>
      <ul className={styles.list}>
        {tried.map(({ id, name, suggestions = [] }) => (
          <li key={id} className={styles.slo}>
            <TextLink
              href={locationUtil.assureBaseUrl(`${sloUrl(id)}?tab=alerts&span=${days}d`)}
              inline={false}
              aria-label={`Backtest of ${name || id}`}
            >
              {name || id}
            </TextLink>
            {suggestions.map((suggestion) => (
              <div key={suggestion.text} className={suggestion.policy ? undefined : styles.text}>
                {suggestionText(suggestion)}
              </div>
            ))}
          </li>
        ))}
      </ul>
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  text: css({ margin: 0, color: theme.colors.text.secondary }),
  list: css({ listStyle: 'none', margin: 0, padding: 0 }),
  slo: css({ padding: theme.spacing(0.5, 0), overflowWrap: 'anywhere' }),
});
