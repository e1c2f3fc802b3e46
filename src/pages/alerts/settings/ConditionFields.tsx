import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Checkbox, Field, Input, useStyles2 } from '@grafana/ui';
import { useId } from 'react';
import { Section } from '../../Section';
import { type PartProps } from './SettingsForm';

/** What is alerted on where an SLO says nothing of its own. */
export function ConditionFields({ answer, draft, faults, disabled, onChange }: PartProps) {
  const styles = useStyles2(getStyles);
  const id = useId();
  const toggle = (name: string, chosen: boolean) =>
    onChange({
      defaultPolicies: answer.builtins
        .map((policy) => policy.name)
        .filter((known) => (known === name ? chosen : draft.defaultPolicies.includes(known))),
    });
  return (
    <Section title="What is alerted on">
      <fieldset className={styles.policies}>
        <legend className={styles.legend}>Policies of SLOs that name none</legend>
        {answer.builtins.map(({ name, displayName, description }) => (
          <div key={name}>
            <Checkbox
              label={displayName}
              description={description}
              value={draft.defaultPolicies.includes(name)}
              disabled={disabled}
              onChange={({ currentTarget }) => toggle(name, currentTarget.checked)}
            />
          </div>
        ))}
      </fieldset>
      <div className={styles.fields}>
        <Field
          noMargin
          label="Tickets when this much is consumed"
          description="Percent of the budget, with commas; empty for none"
          htmlFor={`${id}-consumed`}
          invalid={Boolean(faults.consumedAt)}
          error={faults.consumedAt}
        >
          <Input
            id={`${id}-consumed`}
            value={draft.consumedAt}
            suffix="%"
            disabled={disabled}
            placeholder="50, 75, 90"
            onChange={({ currentTarget }) => onChange({ consumedAt: currentTarget.value })}
          />
        </Field>
        <Field
          noMargin
          label="Ticket when exhaustion is forecast within"
          description="Such as 3d, at least 1h; empty for none"
          htmlFor={`${id}-horizon`}
        >
          <Input
            id={`${id}-horizon`}
            value={draft.forecastHorizon}
            disabled={disabled}
            placeholder="3d"
            onChange={({ currentTarget }) => onChange({ forecastHorizon: currentTarget.value })}
          />
        </Field>
        <Field
          noMargin
          label="Least number of events"
          description="With fewer in the long window nothing fires; 0 for no minimum"
          htmlFor={`${id}-events`}
          invalid={Boolean(faults.minimumEvents)}
          error={faults.minimumEvents}
        >
          <Input
            id={`${id}-events`}
            value={draft.minimumEvents}
            inputMode="numeric"
            disabled={disabled}
            onChange={({ currentTarget }) => onChange({ minimumEvents: currentTarget.value })}
          />
        </Field>
      </div>
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  policies: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), margin: 0, padding: 0, border: 0 }),
  legend: css({
    margin: theme.spacing(0, 0, 0.5),
    border: 0,
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  fields: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 260px), 1fr))',
    gap: theme.spacing(2),
    alignItems: 'end',
  }),
});
