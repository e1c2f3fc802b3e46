import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Combobox, Field, Input, useStyles2 } from '@grafana/ui';
import { useId, useState } from 'react';
import { sendTestAlert } from '../../../api';
import { type Severity } from '../../../format';
import { useAction } from '../../alerting/useAction';
import { Section } from '../../Section';
import { FaultList } from '../FaultList';
import { contactPointOptions, NOTIFICATION_POLICIES, type RouteDraft } from './form';
import { type PartProps } from './SettingsForm';

const TIMINGS = [
  { name: 'groupWait', label: 'Group wait', placeholder: '30s' },
  { name: 'groupInterval', label: 'Group interval', placeholder: '5m' },
  { name: 'repeatInterval', label: 'Repeat interval', placeholder: '4h' },
] as const;

export interface RouteFieldsProps extends PartProps {
  severity: Severity;
  title: string;
}

/** Whom one severity tells, how often, and a way to try it out. */
export function RouteFields({ answer, draft, disabled, onChange, severity, title }: RouteFieldsProps) {
  const styles = useStyles2(getStyles);
  const id = useId();
  const route = draft[severity];
  const change = (changes: Partial<RouteDraft>) => onChange({ [severity]: { ...route, ...changes } });
  const toPolicies = route.contactPoint === '';
  return (
    <Section title={title}>
      <Field
        noMargin
        label="Contact point"
        description="An existing one of this Grafana; it is set on the rules, and no policy tree is touched"
        htmlFor={`${id}-point`}
      >
        <Combobox
          id={`${id}-point`}
          options={contactPointOptions(answer.contactPoints, route.contactPoint)}
          value={route.contactPoint || NOTIFICATION_POLICIES}
          disabled={disabled}
          onChange={({ value }) => change({ contactPoint: value === NOTIFICATION_POLICIES ? '' : value })}
        />
      </Field>
      <div className={styles.timings}>
        {TIMINGS.map(({ name, label, placeholder }) => (
          <Field key={name} noMargin label={label} htmlFor={`${id}-${name}`}>
            <Input
              id={`${id}-${name}`}
              value={route[name]}
              placeholder={placeholder}
              disabled={disabled || (toPolicies && route[name] === '')}
              onChange={({ currentTarget }) => change({ [name]: currentTarget.value })}
            />
          </Field>
        ))}
      </div>
      <Field
        noMargin
        label="Group by"
        description="Labels, with commas; alertname and grafana_folder must be among them. Empty for Grafana's own."
        htmlFor={`${id}-groupBy`}
      >
        <Input
          id={`${id}-groupBy`}
          value={route.groupBy}
          placeholder="alertname, grafana_folder"
          disabled={disabled || (toPolicies && route.groupBy === '')}
          onChange={({ currentTarget }) => change({ groupBy: currentTarget.value })}
        />
      </Field>
      <Field
        noMargin
        label="Mute timings"
        description="Names of mute timings of this Grafana, with commas"
        htmlFor={`${id}-mute`}
      >
        <Input
          id={`${id}-mute`}
          value={route.muteTimings}
          disabled={disabled || (toPolicies && route.muteTimings === '')}
          onChange={({ currentTarget }) => change({ muteTimings: currentTarget.value })}
        />
      </Field>
      {toPolicies ? <p className={styles.text}>The notification policies decide on grouping and timing.</p> : null}
      {disabled ? null : <TestAlert contactPoint={route.contactPoint} severity={severity} />}
    </Section>
  );
}

function TestAlert({ contactPoint, severity }: { contactPoint: string; severity: Severity }) {
  const [message, setMessage] = useState<string>();
  const { busy, error, run } = useAction();
  const send = () => {
    setMessage(undefined);
    void run(
      async () => setMessage(await sendTestAlert(contactPoint, severity)),
      () => undefined
    );
  };
  return (
    <>
      <div>
        <Button
          variant="secondary"
          icon="message"
          disabled={busy}
          onClick={send}
          aria-label={`Send test alert as ${severity}`}
        >
          {busy ? 'Sending…' : 'Send test alert'}
        </Button>
      </div>
      {message ? (
        <Alert bottomSpacing={0} severity="success" title="On its way">
          {message}
        </Alert>
      ) : null}
      {error ? (
        <Alert bottomSpacing={0} severity="error" title="The test alert was not sent">
          <FaultList texts={[error]} />
        </Alert>
      ) : null}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  text: css({ margin: 0, color: theme.colors.text.secondary }),
  timings: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(96px, 1fr))',
    gap: theme.spacing(1),
  }),
});
