import { dateTimeFormat } from '@grafana/data';
import { Alert, Button, Combobox, Field, Input, Modal } from '@grafana/ui';
import { useId, useState } from 'react';
import { labelIncident, type SLO } from '../../../api';
import { useAction } from '../../alerting/useAction';
import { FORMAT, incidentOf, scopeOptions } from './incidents';

const HOUR_MS = 3_600_000;

const SEVERITIES = [
  { value: 'unsaid' as const, label: 'Not said' },
  { value: 'page' as const, label: 'A page' },
  { value: 'ticket' as const, label: 'A ticket' },
  { value: 'none' as const, label: 'Nothing: nobody should be told' },
];

export interface IncidentDialogProps {
  slos: SLO[];
  /** In ms since 1970. */
  now: number;
  timeZone: string;
  onDone: () => void;
  onDismiss: () => void;
}

/** Asks for what was wrong, when, where, and what an alert should have done about it. */
export function IncidentDialog({ slos, now, timeZone, onDone, onDismiss }: IncidentDialogProps) {
  const [draft, setDraft] = useState({
    title: '',
    start: dateTimeFormat(now - HOUR_MS, { timeZone, format: FORMAT }),
    end: dateTimeFormat(now, { timeZone, format: FORMAT }),
    scope: 'all',
    severity: 'unsaid' as (typeof SEVERITIES)[number]['value'],
  });
  const [tried, setTried] = useState(false);
  const { busy, error, run } = useAction();
  const id = useId();
  const change = (changes: Partial<typeof draft>) => setDraft((old) => ({ ...old, ...changes }));
  const { incident, faults } = incidentOf(
    { ...draft, severity: draft.severity === 'unsaid' ? '' : draft.severity },
    timeZone
  );
  const shown = tried ? faults : {};
  const save = () => {
    setTried(true);
    if (incident) {
      void run(() => labelIncident(incident), onDone);
    }
  };
  const zone = timeZone === 'browser' ? Intl.DateTimeFormat().resolvedOptions().timeZone : timeZone;
  return (
    <Modal title="Label an incident" isOpen onDismiss={onDismiss}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Field label="Title" htmlFor={`${id}-title`} invalid={Boolean(shown.title)} error={shown.title}>
          <Input
            id={`${id}-title`}
            value={draft.title}
            placeholder="Card payments failed after the release of 4.2"
            onChange={({ currentTarget }) => change({ title: currentTarget.value })}
          />
        </Field>
        <Field
          label="Start"
          description={`When it began for users, in the time zone ${zone}`}
          htmlFor={`${id}-start`}
          invalid={Boolean(shown.start)}
          error={shown.start}
        >
          <Input
            id={`${id}-start`}
            type="datetime-local"
            value={draft.start}
            onChange={({ currentTarget }) => change({ start: currentTarget.value })}
          />
        </Field>
        <Field
          label="End"
          description="Leave it empty while the incident goes on"
          htmlFor={`${id}-end`}
          invalid={Boolean(shown.end)}
          error={shown.end}
        >
          <Input
            id={`${id}-end`}
            type="datetime-local"
            value={draft.end}
            onChange={({ currentTarget }) => change({ end: currentTarget.value })}
          />
        </Field>
        <Field label="What it touched" htmlFor={`${id}-scope`}>
          <Combobox
            id={`${id}-scope`}
            options={scopeOptions(slos)}
            value={draft.scope}
            onChange={({ value }) => change({ scope: value })}
          />
        </Field>
        <Field label="What should have come of it" htmlFor={`${id}-severity`}>
          <Combobox
            id={`${id}-severity`}
            options={SEVERITIES}
            value={draft.severity}
            onChange={({ value }) => change({ severity: value })}
          />
        </Field>
        {error ? (
          <Alert bottomSpacing={0} severity="error" title="The incident can't be saved">
            {error}
          </Alert>
        ) : null}
        <Modal.ButtonRow>
          <Button type="button" variant="secondary" fill="outline" onClick={onDismiss}>
            Cancel
          </Button>
          <Button type="submit" disabled={busy}>
            Save
          </Button>
        </Modal.ButtonRow>
      </form>
    </Modal>
  );
}
