import { Alert, Button, Combobox, Field, Input, Modal } from '@grafana/ui';
import { useId, useState } from 'react';
import { labelIncident } from '../../api';
import { fieldsOf, type IncidentDraft, type IncidentFields, incidentOf, type scopeOptions } from './incidents';
import { useAction } from './useAction';

const SEVERITIES = [
  { value: 'unsaid' as const, label: 'Not said' },
  { value: 'page' as const, label: 'A page' },
  { value: 'ticket' as const, label: 'A ticket' },
  { value: 'none' as const, label: 'Nothing: nobody should be told' },
];

export interface IncidentFormProps {
  /** What the form begins with. One that has an id is changed, any other is new. */
  draft: IncidentDraft;
  /** What may be said to have been touched; without them it is what the draft says. */
  scopes?: ReturnType<typeof scopeOptions>;
  timeZone: string;
  onDone: () => void;
  onDismiss: () => void;
}

/** Asks for what was wrong and when, and for what the draft leaves open: where, and what an alert should have done. */
export function IncidentForm({ draft, scopes, timeZone, onDone, onDismiss }: IncidentFormProps) {
  const [fields, setFields] = useState(() => fieldsOf(draft, timeZone, scopes !== undefined));
  const [tried, setTried] = useState(false);
  const { busy, error, run } = useAction();
  const id = useId();
  const change = (changes: Partial<IncidentFields>) => setFields((old) => ({ ...old, ...changes }));
  const { incident, faults } = incidentOf(draft, fields, timeZone);
  const shown = tried ? faults : {};
  const save = () => {
    setTried(true);
    if (incident) {
      void run(() => labelIncident(incident), onDone);
    }
  };
  return (
    <Modal title={draft.id === undefined ? 'Label an incident' : 'Edit the incident'} isOpen onDismiss={onDismiss}>
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
            value={fields.title}
            placeholder="Card payments failed after the release of 4.2"
            onChange={({ currentTarget }) => change({ title: currentTarget.value })}
          />
        </Field>
        <Field
          label="Start"
          description={`When it began for users, in the time zone ${zoneName(timeZone)}`}
          htmlFor={`${id}-start`}
          invalid={Boolean(shown.start)}
          error={shown.start}
        >
          <Input
            id={`${id}-start`}
            type="datetime-local"
            value={fields.start}
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
            value={fields.end}
            onChange={({ currentTarget }) => change({ end: currentTarget.value })}
          />
        </Field>
        {scopes ? (
          <Field label="What it touched" htmlFor={`${id}-scope`}>
            <Combobox
              id={`${id}-scope`}
              options={scopes}
              value={fields.scope}
              onChange={({ value }) => change({ scope: value })}
            />
          </Field>
        ) : null}
        {fields.severity === undefined ? null : (
          <Field label="What should have come of it" htmlFor={`${id}-severity`}>
            <Combobox
              id={`${id}-severity`}
              options={SEVERITIES}
              value={fields.severity || 'unsaid'}
              onChange={({ value }) => change({ severity: value === 'unsaid' ? '' : value })}
            />
          </Field>
        )}
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

/** The zone as people know it: the browser's own has no name in Grafana's settings. */
function zoneName(timeZone: string): string {
  return timeZone === 'browser' ? Intl.DateTimeFormat().resolvedOptions().timeZone : timeZone;
}
