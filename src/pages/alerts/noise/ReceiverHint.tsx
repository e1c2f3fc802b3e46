import { css } from '@emotion/css';
import { type GrafanaTheme2, locationUtil } from '@grafana/data';
import { ClipboardButton, useStyles2 } from '@grafana/ui';
import { NOTIFICATIONS_URL } from '../../../api';
import { Section } from '../../Section';

/** How Burnline hears of what Grafana really sent, and whether it does. */
export function ReceiverHint({ heard }: { heard: boolean }) {
  const styles = useStyles2(getStyles);
  const url = new URL(locationUtil.assureBaseUrl(NOTIFICATIONS_URL), window.location.origin).toString();
  return (
    <Section title="Webhook receiver">
      <p className={styles.text}>
        {heard
          ? 'A contact point tells Burnline what it sent: these alerts count even after Grafana forgets its state history.'
          : 'No notification reached Burnline in this span. Without them it knows of alerts only as long as Grafana keeps its state history. A contact point can tell it what was sent:'}
      </p>
      {heard ? null : (
        <ol className={styles.steps}>
          <li>Create a service account with the role Editor, and a token of it.</li>
          <li>
            Add an integration of the type Webhook to the contact points that your alerts use, with the method POST and
            the URL <code className={styles.url}>{url}</code>{' '}
            <ClipboardButton variant="secondary" size="sm" icon="copy" getText={() => url}>
              Copy the URL
            </ClipboardButton>
          </li>
          <li>
            Under its optional settings choose the authorization scheme Bearer with that token as credentials, and let
            it send resolved alerts too.
          </li>
        </ol>
      )}
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  text: css({ margin: 0, color: theme.colors.text.secondary, maxWidth: '80ch' }),
  steps: css({ margin: 0, paddingLeft: theme.spacing(3), '& li': { paddingBottom: theme.spacing(0.5) } }),
  url: css({ whiteSpace: 'normal', overflowWrap: 'anywhere' }),
});
