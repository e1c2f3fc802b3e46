import { css } from '@emotion/css';
import { type GrafanaTheme2, locationUtil } from '@grafana/data';
import { Alert, Badge, TextLink, useStyles2 } from '@grafana/ui';
import { type AlertRule, type AlertRules } from '../../../api';
import { AlertStateBadge } from '../../alerting/AlertStateBadge';
import { canEdit } from '../../alerting/canEdit';
import { SeverityBadge } from '../../alerting/SeverityBadge';
import { TableBox } from '../../alerting/TableBox';
import {
  conditionText,
  conditionTitle,
  evaluatedText,
  forText,
  policyLabel,
  receiverText,
  stateDetail,
} from '../../alerting/words';
import { Section } from '../../Section';
import { AlertProblems } from './AlertProblems';
import { DriftChoice } from './DriftChoice';

export interface RulesSectionProps {
  answer: AlertRules;
  /** When the states were asked for, in ms since 1970. */
  now: number;
  timeZone: string;
  /** Called when a rule was changed in Grafana. */
  onChanged: () => void;
}

/** What is in force: each condition, whom it tells, and where it stands. */
export function RulesSection({ answer, now, timeZone, onChanged }: RulesSectionProps) {
  const styles = useStyles2(getStyles);
  const { rules, policies, problems, stateError } = answer;
  return (
    <Section title="In force">
      {stateError ? (
        <Alert bottomSpacing={0} severity="warning" title="Grafana can't be asked where the rules stand">
          {stateError}
        </Alert>
      ) : null}
      <p className={styles.policies}>
        {policies.length === 1 ? 'Policy: ' : 'Policies: '}
        {policies.length > 0 ? policies.map(policyLabel).join(', ') : 'none'}
      </p>
      {rules.length > 0 ? (
        <TableBox label="Alert rules" minWidth={980}>
          <thead>
            <tr>
              <th scope="col">Severity</th>
              <th scope="col">Condition</th>
              <th scope="col">State now</th>
              <th scope="col">Must hold for</th>
              <th scope="col">Evaluated by</th>
              <th scope="col">Tells</th>
              <th scope="col">In Grafana</th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule) => (
              <tr key={rule.uid}>
                <td>
                  <SeverityBadge severity={rule.severity} />
                </td>
                <th scope="row" className={styles.condition}>
                  {conditionText(rule)}
                </th>
                <td className={styles.state}>
                  <AlertStateBadge state={rule.state} detail={stateDetail(rule, now, timeZone, stateError)} />
                </td>
                <td className={styles.short}>{forText(rule.for)}</td>
                <td className={styles.short}>{evaluatedText(rule.direct)}</td>
                <td>{receiverText(rule.contactPoint)}</td>
                <td>
                  <RuleLink rule={rule} />
                  {rule.drift ? <Drift rule={rule} onChanged={onChanged} /> : null}
                </td>
              </tr>
            ))}
          </tbody>
        </TableBox>
      ) : (
        <p className={styles.policies}>
          No condition is in force: nobody is told when this budget burns. Name a policy in the SLO&apos;s
          alertPolicies, or choose a default one for the organisation.
        </p>
      )}
      <AlertProblems problems={problems ?? []} />
    </Section>
  );
}

function RuleLink({ rule }: { rule: AlertRule }) {
  return rule.url ? (
    <TextLink
      href={locationUtil.assureBaseUrl(rule.url)}
      inline={false}
      variant="bodySmall"
      aria-label={`Open rule "${conditionTitle(rule.title)}" in Grafana`}
    >
      Open rule
    </TextLink>
  ) : (
    'No rule yet'
  );
}

function Drift({ rule, onChanged }: { rule: AlertRule; onChanged: () => void }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.drift}>
      <Badge text="Edited in Grafana" icon="exclamation-triangle" color="orange" />
      {canEdit() ? <DriftChoice uid={rule.uid} title={conditionTitle(rule.title)} onChanged={onChanged} /> : null}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  policies: css({ margin: 0, color: theme.colors.text.secondary }),
  condition: css({ minWidth: '22ch' }),
  short: css({ whiteSpace: 'nowrap' }),
  state: css({ minWidth: '18ch', maxWidth: '40ch' }),
  drift: css({ display: 'flex', flexDirection: 'column', alignItems: 'flex-start', gap: theme.spacing(0.5) }),
});
