import { css } from '@emotion/css';
import { type GrafanaTheme2, locationUtil } from '@grafana/data';
import { Alert, TextLink, useStyles2 } from '@grafana/ui';
import { type AlertPlan, fetchAlertPlan, fetchAlertSettings, fetchPortfolio, sloUrl } from '../../../api';
import { Failure } from '../../Failure';
import { Section } from '../../Section';
import { Skeleton } from '../../Skeleton';
import { usePolled } from '../../usePolled';
import { policiesOf, type PolicyInfo, type Unpaged, unpagedSLOs } from './policies';
import { PolicyTable } from './PolicyTable';

const REFRESH_MS = 60_000;

async function load(signal: AbortSignal) {
  const [settings, portfolio, plan] = await Promise.all([
    fetchAlertSettings(signal),
    fetchPortfolio(signal),
    fetchAlertPlan(signal),
  ]);
  return { settings, portfolio, plan };
}

/** Every policy with its burn rates, who uses it, and whom nobody would be woken for. */
export function PoliciesTab() {
  const styles = useStyles2(getStyles);
  const { data, error, reload } = usePolled(load, REFRESH_MS);
  if (!data) {
    return error ? (
      <Failure title="The policies can't be loaded" error={error} onRetry={reload} />
    ) : (
      <Skeleton label="Loading the policies" heights={[80, 240, 240]} />
    );
  }
  const { settings, portfolio, plan } = data;
  const policies = policiesOf(settings.builtins, settings.settings.defaultPolicies, portfolio.slos);
  return (
    <>
      {error ? <Failure title="The policies can't be loaded" error={error} onRetry={reload} /> : null}
      <UnpagedList slos={unpagedSLOs(portfolio.slos, plan)} plan={plan} />
      <p className={styles.text}>
        A row fires when the budget burns faster than its rate over the long and the short window at once. The rate
        follows from the SLO&apos;s own window: share of the budget × SLO window ÷ long window.
      </p>
      {policies.map((policy) => (
        <Policy key={policy.name} policy={policy} isDefault={settings.settings.defaultPolicies.includes(policy.name)} />
      ))}
    </>
  );
}

function Policy({ policy, isDefault }: { policy: PolicyInfo; isDefault: boolean }) {
  const styles = useStyles2(getStyles);
  const { displayName, name, description, builtin, place, rows, beside, users } = policy;
  return (
    <Section title={displayName}>
      <p className={styles.text}>
        <code>{name}</code> {builtin ? 'Built in.' : `Declared in ${place ?? 'a definition file'}.`}
        {isDefault ? ' Default of SLOs that name none.' : ''} {description}
      </p>
      {rows.length > 0 ? <PolicyTable label={`Rows of ${displayName}`} rows={rows} /> : null}
      {beside.length > 0 ? <p className={styles.text}>{beside.join(' ')}</p> : null}
      <div>
        {users.length === 0 ? 'No SLO uses it.' : `Used by ${users.length === 1 ? '1 SLO' : `${users.length} SLOs`}: `}
        {users.map(({ id, name: user, byDefault }, index) => (
          <span key={id}>
            {index > 0 ? ', ' : ''}
            <TextLink href={locationUtil.assureBaseUrl(`${sloUrl(id)}?tab=alerts`)} inline>
              {user}
            </TextLink>
            {byDefault ? ' (by default)' : ''}
          </span>
        ))}
      </div>
    </Section>
  );
}

function UnpagedList({ slos, plan }: { slos: Unpaged[]; plan: AlertPlan }) {
  const styles = useStyles2(getStyles);
  if (plan.mode === 'off') {
    return (
      <Alert bottomSpacing={0} severity="warning" title="Rules are off: nobody is told of anything">
        The policies below are what backtests try.
      </Alert>
    );
  }
  if (plan.groups.length === 0 && plan.errors.length > 0) {
    return (
      <Alert bottomSpacing={0} severity="warning" title="It is not known which SLOs page">
        {plan.errors.join(' ')}
      </Alert>
    );
  }
  if (slos.length === 0) {
    return null;
  }
  const title = slos.length === 1 ? 'Nobody is woken for one SLO' : `Nobody is woken for ${slos.length} SLOs`;
  return (
    <Alert bottomSpacing={0} severity="warning" title={title}>
      <ul className={styles.list}>
        {slos.map(({ id, name, tickets }) => (
          <li key={id}>
            <TextLink href={locationUtil.assureBaseUrl(`${sloUrl(id)}?tab=alerts`)} inline>
              {name}
            </TextLink>
            {tickets ? ': tickets only' : ': no alert at all'}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  text: css({ margin: 0, color: theme.colors.text.secondary, maxWidth: '100ch' }),
  list: css({ margin: 0, paddingLeft: theme.spacing(2) }),
});
