import { dateTimeForTimeZone } from '@grafana/data';
import { type Incident, type SLO } from '../../../api';

/** What a browser's input of date and time writes. */
export const FORMAT = 'YYYY-MM-DDTHH:mm';

/** An incident as the form holds it. */
export interface IncidentDraft {
  title: string;
  /** Texts in FORMAT; the end is empty while the incident goes on. */
  start: string;
  end: string;
  /** What it touched: "" for everything, "service:<id>" or "slo:<id>". */
  scope: string;
  severity: NonNullable<Incident['severity']>;
}

export interface IncidentFaults {
  title?: string;
  start?: string;
  end?: string;
}

/** The incident of a draft, or what is missing of it. */
export function incidentOf(
  draft: IncidentDraft,
  timeZone: string
): { incident?: Omit<Incident, 'id' | 'by'>; faults: IncidentFaults } {
  const from = parse(draft.start, timeZone);
  const to = draft.end ? parse(draft.end, timeZone) : undefined;
  const title = draft.title.trim();
  const faults: IncidentFaults = {
    ...(!title && { title: 'Say in a few words what happened' }),
    ...(from === undefined && { start: 'Give the day and the time' }),
    ...(draft.end && to === undefined && { end: 'Give the day and the time, or leave it empty' }),
    ...(from !== undefined && to !== undefined && to <= from && { end: 'It must lie after the start' }),
  };
  if (from === undefined || Object.keys(faults).length > 0) {
    return { faults };
  }
  const [kind, ...rest] = draft.scope.split(':');
  const id = rest.join(':');
  return {
    faults,
    incident: {
      title,
      start: new Date(from).toISOString(),
      ...(to !== undefined && { end: new Date(to).toISOString() }),
      ...(kind === 'service' && { services: [id] }),
      ...(kind === 'slo' && { slos: [id] }),
      severity: draft.severity,
    },
  };
}

function parse(text: string, timeZone: string): number | undefined {
  const moment = dateTimeForTimeZone(timeZone, text, FORMAT);
  return moment.isValid() ? moment.valueOf() : undefined;
}

/** What an incident may be said to have touched. "all" stands for everything. */
export function scopeOptions(slos: SLO[]): { value: string; label: string; description?: string }[] {
  const present = slos.filter(({ removed }) => removed === undefined);
  const services = new Map(present.map(({ definition }) => [definition.service, definition.serviceDisplayName]));
  return [
    { value: 'all', label: 'Everything' },
    ...[...services].map(([id, name]) => ({ value: `service:${id}`, label: name || id, description: 'Service' })),
    ...present.map(({ definition: { id }, report: { name } }) => ({
      value: `slo:${id}`,
      label: name,
      description: 'SLO',
    })),
  ];
}

/** What an incident touched, in words. */
export function touchedText({ slos = [], services = [] }: Incident, known: SLO[]): string {
  const names = [
    ...services.map(
      (id) => known.find(({ definition }) => definition.service === id)?.definition.serviceDisplayName ?? id
    ),
    ...slos.map((id) => known.find(({ definition }) => definition.id === id)?.report.name ?? id),
  ];
  return names.length > 0 ? names.join(', ') : 'everything';
}

const EXPECTED: Record<NonNullable<Incident['severity']>, string> = {
  page: 'a page',
  ticket: 'a ticket',
  none: 'nothing',
  '': 'not said',
};

/** What a policy is expected to do about an incident. */
export function expectedText({ severity = '' }: Pick<Incident, 'severity'>): string {
  return EXPECTED[severity];
}
