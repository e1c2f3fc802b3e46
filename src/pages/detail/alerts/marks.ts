import { type GrafanaTheme2 } from '@grafana/data';
import { type AlertEvent, type Definition, type Incident } from '../../../api';
import { type TimeBand } from '../../../panels/chart/ChartBands';
import { type IncidentDraft, type IncidentSpan, spansOf } from '../../alerting/incidents';

const MINUTE_MS = 60_000;

/** What an incident can name to concern an SLO. */
type Subject = Pick<Definition, 'id' | 'name' | 'service'>;

/** The labelled incidents that concern the SLO, oldest first. One that names no SLO and no service concerns all. */
export function incidentsOf(incidents: Incident[], { id, name, service }: Subject): IncidentSpan[] {
  const own = incidents.filter(({ slos = [], services = [] }) => {
    const all = slos.length === 0 && services.length === 0;
    return all || slos.includes(id) || slos.includes(name) || services.includes(service);
  });
  return spansOf(own).sort((a, b) => a.from - b.from);
}

/** A new incident of an SLO, to the next whole minute: the end of the alert that it is about must lie inside. */
export function newIncident(slo: string, { from, to }: Pick<IncidentDraft, 'from' | 'to'>): IncidentDraft {
  return { from, to: to === undefined ? undefined : to + MINUTE_MS - 1, slos: [slo] };
}

/** The colours of what is marked on a chart or lane. */
export function markColors(theme: GrafanaTheme2) {
  return {
    page: theme.colors.error.main,
    ticket: theme.colors.warning.main,
    incident: theme.visualization.getColorByName(theme.isDark ? 'light-purple' : 'dark-purple'),
  };
}

/** How strongly a band behind the lines is coloured: the lines must stay readable on it. */
const BAND_ALPHA = '40';

/** What a burn rate chart marks: alerts behind the lines, incidents along the top. What has no end goes on to `now`. */
export function bandsOf(
  events: AlertEvent[],
  incidents: IncidentSpan[],
  theme: GrafanaTheme2,
  now: number
): TimeBand[] {
  const colors = markColors(theme);
  // Pages last, so that a ticket's band does not cover them.
  const alerts = [...events].sort((a, b) => Number(a.severity === 'page') - Number(b.severity === 'page'));
  return [
    ...alerts.map(({ severity, start, end }): TimeBand => {
      return { from: start, to: end ?? now, color: colors[severity] + BAND_ALPHA, place: 'behind' };
    }),
    ...incidents.map(({ from, to }): TimeBand => ({ from, to: to ?? now, color: colors.incident, place: 'head' })),
  ];
}
