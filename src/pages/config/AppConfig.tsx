import { css } from '@emotion/css';
import { type AppPluginMeta, type GrafanaTheme2, locationUtil, type PluginConfigPageProps } from '@grafana/data';
import { getBackendSrv } from '@grafana/runtime';
import { Alert, Button, Field, LinkButton, SecretInput, Text, useStyles2 } from '@grafana/ui';
import { type SyntheticEvent, useCallback, useState } from 'react';
import { APP_ID, APP_URL, errorText } from '../../api';
import { Skeleton } from '../Skeleton';
import { usePolled } from '../usePolled';

const STATUS_REFRESH_MS = 15_000;

interface Health {
  status: string;
  message: string;
}

/** Asks the plugin's process how it is. An unhealthy answer comes as an HTTP error with the same body. */
async function fetchHealth(): Promise<Health> {
  try {
    return await getBackendSrv().get<Health>(`/api/plugins/${APP_ID}/health`, undefined, undefined, {
      showErrorAlert: false,
    });
  } catch (error) {
    return { status: 'ERROR', message: errorText(error) };
  }
}

/** The app's page in Grafana's plugin administration: how the app is, and a token for where Grafana gives it none. */
export default function AppConfig({ plugin }: PluginConfigPageProps<AppPluginMeta>) {
  const { enabled = false, pinned = true, jsonData, secureJsonFields } = plugin.meta;
  const styles = useStyles2(getStyles);
  const health = usePolled(fetchHealth, STATUS_REFRESH_MS);
  const [isEnabled, setEnabled] = useState(enabled);
  const [hasToken, setHasToken] = useState(Boolean(secureJsonFields?.token));
  const [token, setToken] = useState('');
  const [saving, setSaving] = useState(false);
  const [outcome, setOutcome] = useState<{ failed: boolean; text: string }>();
  const { reload } = health;

  const save = useCallback(
    async (settings: { enabled: boolean; token?: string }, done: string) => {
      setSaving(true);
      try {
        await getBackendSrv().post(
          `/api/plugins/${APP_ID}/settings`,
          {
            enabled: settings.enabled,
            pinned,
            jsonData: jsonData ?? {},
            ...(settings.token !== undefined && { secureJsonData: { token: settings.token } }),
          },
          { showErrorAlert: false, showSuccessAlert: false }
        );
        setEnabled(settings.enabled);
        if (settings.token !== undefined) {
          setHasToken(settings.token !== '');
          setToken('');
        }
        setOutcome({ failed: false, text: done });
        reload();
      } catch (error) {
        setOutcome({ failed: true, text: errorText(error) });
      } finally {
        setSaving(false);
      }
    },
    [pinned, jsonData, reload]
  );

  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    void save(
      { enabled: isEnabled, token: token.trim() },
      'The token is saved. The evaluator starts with it within a minute.'
    );
  };

  return (
    <div className={styles.page}>
      <section className={styles.section} aria-labelledby="burnline-status">
        <Text element="h2" variant="h4" id="burnline-status">
          Status
        </Text>
        <Status health={health.data} enabled={isEnabled} />
        <div className={styles.buttons}>
          {isEnabled ? (
            <LinkButton href={locationUtil.assureBaseUrl(APP_URL)} icon="list-ul">
              All SLOs
            </LinkButton>
          ) : (
            <Button disabled={saving} onClick={() => void save({ enabled: true }, 'The app is enabled.')}>
              Enable
            </Button>
          )}
          <Button variant="secondary" icon="sync" onClick={reload}>
            Check again
          </Button>
        </div>
      </section>
      <section className={styles.section} aria-labelledby="burnline-token">
        <Text element="h2" variant="h4" id="burnline-token">
          Service account token
        </Text>
        <p className={styles.text}>
          Burnline reads your data sources through Grafana, as a service account. With managed service accounts
          (managed_service_accounts_enabled in the section [auth] of Grafana&apos;s configuration) Grafana creates that
          account itself and nothing is needed here. Without them, create a service account that may query the data
          sources (role Viewer is enough where viewers may) and paste a token of it.
        </p>
        <form onSubmit={onSubmit} className={styles.form}>
          <Field label="Token" htmlFor="burnline-token-input" noMargin>
            <SecretInput
              id="burnline-token-input"
              value={token}
              isConfigured={hasToken}
              placeholder="glsa_…"
              autoComplete="off"
              onChange={(event) => setToken(event.currentTarget.value)}
              onReset={() => setHasToken(false)}
            />
          </Field>
          <Button type="submit" disabled={saving || hasToken || token.trim() === ''}>
            {saving ? 'Saving…' : 'Save token'}
          </Button>
        </form>
        {outcome ? (
          <Alert
            bottomSpacing={0}
            severity={outcome.failed ? 'error' : 'success'}
            title={outcome.failed ? 'Not saved' : 'Saved'}
          >
            {outcome.text}
          </Alert>
        ) : null}
      </section>
    </div>
  );
}

function Status({ health, enabled }: { health?: Health; enabled: boolean }) {
  if (!enabled) {
    return (
      <Alert bottomSpacing={0} severity="info" title="The app is not enabled">
        Its pages and its evaluation start when it is enabled.
      </Alert>
    );
  }
  if (!health) {
    return <Skeleton label="Asking for the status" heights={[56]} />;
  }
  const ok = health.status === 'OK';
  return (
    <Alert
      bottomSpacing={0}
      severity={ok ? 'success' : 'error'}
      title={ok ? 'Burnline works' : 'Burnline does not work'}
    >
      {health.message}
    </Alert>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(4), maxWidth: 800 }),
  section: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1) }),
  buttons: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1) }),
  text: css({ margin: 0, color: theme.colors.text.secondary }),
  form: css({
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'flex-start',
    gap: theme.spacing(2),
    '& > :first-child': { width: '100%' },
  }),
});
