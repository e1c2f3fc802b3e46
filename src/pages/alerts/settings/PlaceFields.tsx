import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Checkbox, Field, Input, RadioButtonGroup, TextArea, useStyles2 } from '@grafana/ui';
import { type ReactNode, useId } from 'react';
import { type AlertMode } from '../../../api';
import { Section } from '../../Section';
import { type PartProps } from './SettingsForm';

const MODES: { value: AlertMode; label: string; description: string }[] = [
  { value: 'api', label: 'Grafana API', description: 'Rules are kept up to date in this Grafana' },
  { value: 'file', label: 'Files', description: 'Rules are written as Grafana provisioning files' },
  { value: 'off', label: 'Off', description: 'Burnline keeps no rules' },
];
const FOLDERS = [
  { value: 'service' as const, label: 'Service' },
  { value: 'owner' as const, label: 'Owner' },
];

/** Where rules go and how they are named. */
export function PlaceFields({ answer, draft, faults, disabled, onChange }: PartProps) {
  const id = useId();
  const fixedMode = answer.fixed.includes('mode');
  const fixedDir = answer.fixed.includes('fileDir');
  return (
    <Section title="Where rules go">
      <Group id={`${id}-mode`} label="Mode" description={fixedMode ? fixedText('GF_PLUGIN_ALERTS_MODE') : undefined}>
        <RadioButtonGroup
          options={MODES}
          value={draft.mode}
          disabled={disabled || fixedMode}
          onChange={(mode) => onChange({ mode })}
        />
      </Group>
      {draft.mode === 'file' || fixedDir ? (
        <Field
          noMargin
          label="Folder of the files"
          description={
            fixedDir
              ? fixedText('GF_PLUGIN_ALERTS_DIR')
              : "Grafana's provisioning/alerting folder, or a checkout of it, as Burnline's process sees it"
          }
          htmlFor={`${id}-dir`}
        >
          <Input
            id={`${id}-dir`}
            value={draft.fileDir}
            disabled={disabled || fixedDir}
            placeholder="/etc/grafana/provisioning/alerting"
            onChange={({ currentTarget }) => onChange({ fileDir: currentTarget.value })}
          />
        </Field>
      ) : null}
      <div>
        <Checkbox
          label="Apply changes as they arise"
          description={'Otherwise somebody has to press "Apply" after a definition or a setting changed'}
          value={draft.automatic}
          disabled={disabled || draft.mode === 'off'}
          onChange={({ currentTarget }) => onChange({ automatic: currentTarget.checked })}
        />
      </div>
      <Group id={`${id}-folders`} label="A folder for each">
        <RadioButtonGroup
          options={FOLDERS}
          value={draft.folders}
          disabled={disabled}
          onChange={(folders) => onChange({ folders })}
        />
      </Group>
      <Field
        noMargin
        label="Labels of every rule"
        description="One a line, as name=value. Notification policies can match them."
        htmlFor={`${id}-labels`}
        invalid={Boolean(faults.labels)}
        error={faults.labels}
      >
        <TextArea
          id={`${id}-labels`}
          rows={3}
          value={draft.labels}
          disabled={disabled}
          placeholder="tier=1"
          onChange={({ currentTarget }) => onChange({ labels: currentTarget.value })}
        />
      </Field>
    </Section>
  );
}

function fixedText(variable: string): string {
  return `Fixed by the environment variable ${variable}; it can't be changed here.`;
}

interface GroupProps {
  id: string;
  label: string;
  description?: string;
  children: ReactNode;
}

/** A field whose control is a group, which a label cannot name. */
function Group({ id, label, description, children }: GroupProps) {
  const styles = useStyles2(getStyles);
  return (
    <div>
      <div id={id} className={styles.label}>
        {label}
      </div>
      {description ? <div className={styles.description}>{description}</div> : null}
      <div role="group" aria-labelledby={id} className={styles.control}>
        {children}
      </div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  label: css({
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  description: css({ fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.text.secondary }),
  control: css({ overflowX: 'auto', marginTop: theme.spacing(0.5) }),
});
