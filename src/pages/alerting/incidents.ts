import { dateTimeFormat, dateTimeForTimeZone } from '@grafana/data';
import { type Incident, type SLO } from '../../api';
import { moment } from '../detail/words';

/** What a browser's input of date and time writes. */
const FORMAT = 'YYYY-MM-DDTHH:mm';

/** What an incident may be expected to bring about; "" is not said. */
type Expected = NonNullable<Incident['severity']>;

/** An incident as a form begins with it; times in ms since 1970. */
export interface IncidentDraft {
  /** That of the labelled incident to change; a new one has none. */
  id?: string;
  title?: string;
  from: number;
  /** Undefined while it goes on. */
  to?: number;
  /** Ids of what it touched; both empty for everything. */
  slos?: string[];
  services?: string[];
  /** Undefined where it is not asked for. */
  severity?: Expected;
}

/** A labelled incident as a span in ms since 1970. */
export interface IncidentSpan extends IncidentDraft {
  id: string;
  title: string;
  severity: Expected;
  /** Who labelled it; "" if not said. */
  by: string;
}

/** Those whose start can be read. */
export function spansOf(incidents: Incident[]): IncidentSpan[] {
  return incidents.flatMap(({ start, end, severity = '', by = '', ...rest }) => {
    const from = moment(start);
    return from === undefined ? [] : [{ ...rest, from, to: moment(end), severity, by }];
  });
}

/** The fields of the form. */
export interface IncidentFields {
  title: string;
  /** Texts in FORMAT; the end is empty while the incident goes on. */
  start: string;
  end: string;
  /** What a new one touched: "all", "service:<id>" or "slo:<id>"; undefined for what the draft says. */
  scope?: string;
  severity?: Expected;
}

export interface IncidentFaults {
  title?: string;
  start?: string;
  end?: string;
}

/** What the form shows of a draft. `asksScope` is whether one says there what it touched. */
export function fieldsOf(draft: IncidentDraft, timeZone: string, asksScope: boolean): IncidentFields {
  const { title = '', from, to, severity } = draft;
  return {
    title,
    start: textOf(from, timeZone),
    end: textOf(to, timeZone),
    scope: asksScope ? 'all' : undefined,
    severity,
  };
}

/** The incident that the fields make of a draft, or what is missing of it. */
export function incidentOf(
  draft: IncidentDraft,
  fields: IncidentFields,
  timeZone: string
): { incident?: Omit<Incident, 'id' | 'by'> & { id?: string }; faults: IncidentFaults } {
  const from = timeOf(fields.start, draft, draft.from, timeZone);
  const to = fields.end ? timeOf(fields.end, draft, draft.to, timeZone) : undefined;
  const title = fields.title.trim();
  const faults: IncidentFaults = {
    ...(!title && { title: 'Say in a few words what happened' }),
    ...(from === undefined && { start: 'Give the day and the time' }),
    ...(fields.end && to === undefined && { end: 'Give the day and the time, or leave it empty' }),
    ...(from !== undefined && to !== undefined && to <= from && { end: 'It must lie after the start' }),
  };
  if (from === undefined || Object.keys(faults).length > 0) {
    return { faults };
  }
  return {
    faults,
    incident: {
      ...(draft.id !== undefined && { id: draft.id }),
      title,
      start: new Date(from).toISOString(),
      ...(to !== undefined && { end: new Date(to).toISOString() }),
      ...(fields.scope === undefined ? { slos: draft.slos, services: draft.services } : touchedBy(fields.scope)),
      ...(fields.severity !== undefined && { severity: fields.severity }),
    },
  };
}

function textOf(time: number | undefined, timeZone: string): string {
  return time === undefined ? '' : dateTimeFormat(time, { timeZone, format: FORMAT });
}

/** The time that a text means. One that nobody changed keeps the seconds, which the form does not show. */
function timeOf(text: string, { id }: IncidentDraft, before: number | undefined, timeZone: string): number | undefined {
  if (id !== undefined && text === textOf(before, timeZone)) {
    return before;
  }
  const parsed = dateTimeForTimeZone(timeZone, text, FORMAT);
  return parsed.isValid() ? parsed.valueOf() : undefined;
}

function touchedBy(scope: string): Pick<Incident, 'slos' | 'services'> {
  const [kind, ...rest] = scope.split(':');
  const id = rest.join(':');
  return { ...(kind === 'service' && { services: [id] }), ...(kind === 'slo' && { slos: [id] }) };
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
export function touchedText({ slos = [], services = [] }: Pick<Incident, 'slos' | 'services'>, known: SLO[]): string {
  const names = [
    ...services.map(
      (id) => known.find(({ definition }) => definition.service === id)?.definition.serviceDisplayName ?? id
    ),
    ...slos.map((id) => known.find(({ definition }) => definition.id === id)?.report.name ?? id),
  ];
  return names.length > 0 ? names.join(', ') : 'everything';
}

const EXPECTED: Record<Expected, string> = {
  page: 'a page',
  ticket: 'a ticket',
  none: 'nothing',
  '': 'not said',
};

/** What a policy is expected to do about an incident. */
export function expectedText({ severity }: Pick<IncidentSpan, 'severity'>): string {
  return EXPECTED[severity];
}
