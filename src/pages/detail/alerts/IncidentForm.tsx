import { dateTimeFormat, dateTimeForTimeZone } from '@grafana/data';
import { Alert, Button, Field, Input, Modal } from '@grafana/ui';
import { useId, useState } from 'react';
import { labelIncident } from '../../../api';
import { useAction } from '../../alerting/useAction';

/** A span in ms since 1970; without an end it goes on. */
export interface Span {
  from: number;
  to?: number;
}

export interface IncidentFormProps {
  /** The id of the SLO that the incident touched. */
  slo: string;
  /** What the form begins with. */
  span: Span;
  timeZone: string;
  onDone: () => void;
  onDismiss: () => void;
}

/** What a browser's input of date and time writes. */
const FORMAT = 'YYYY-MM-DDTHH:mm';

/** Asks for title, start and end of what was a real incident. */
export function IncidentForm({ slo, span, timeZone, onDone, onDismiss }: IncidentFormProps) {
  const [title, setTitle] = useState('');
  const [start, setStart] = useState(dateTimeFormat(span.from, { timeZone, format: FORMAT }));
  const [end, setEnd] = useState(
    // Up to the next minute: the alert's own end must lie inside.
    span.to === undefined ? '' : dateTimeFormat(span.to + 59_999, { timeZone, format: FORMAT })
  );
  const [tried, setTried] = useState(false);
  const { busy, error, run } = useAction();
  const id = useId();

  const from = parse(start, timeZone);
  const to = end ? parse(end, timeZone) : undefined;
  const faults = {
    title: title.trim() ? undefined : 'Say in a few words what happened',
    start: from === undefined ? 'Give the day and the time' : undefined,
    end: endFault(end, from, to),
  };
  const save = () => {
    setTried(true);
    if (from === undefined || faults.title || faults.end) {
      return;
    }
    const incident = {
      title: title.trim(),
      start: new Date(from).toISOString(),
      ...(to !== undefined && { end: new Date(to).toISOString() }),
      slos: [slo],
    };
    void run(() => labelIncident(incident), onDone);
  };

  const shown: Partial<typeof faults> = tried ? faults : {};
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
            value={title}
            placeholder="Card payments failed after the release of 4.2"
            onChange={({ currentTarget }) => setTitle(currentTarget.value)}
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
            value={start}
            onChange={({ currentTarget }) => setStart(currentTarget.value)}
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
            value={end}
            onChange={({ currentTarget }) => setEnd(currentTarget.value)}
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

function endFault(text: string, from: number | undefined, to: number | undefined): string | undefined {
  if (!text) {
    return undefined;
  }
  if (to === undefined) {
    return 'Give the day and the time, or leave it empty';
  }
  return from !== undefined && to <= from ? 'It must lie after the start' : undefined;
}

function parse(text: string, timeZone: string): number | undefined {
  const moment = dateTimeForTimeZone(timeZone, text, FORMAT);
  return moment.isValid() ? moment.valueOf() : undefined;
}

/** The zone as people know it: the browser's own has no name in Grafana's settings. */
function zoneName(timeZone: string): string {
  return timeZone === 'browser' ? Intl.DateTimeFormat().resolvedOptions().timeZone : timeZone;
}
