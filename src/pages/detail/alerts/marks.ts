import { type GrafanaTheme2 } from '@grafana/data';
import { type AlertEvent, type Definition, type Incident } from '../../../api';
import { type TimeBand } from '../../../panels/chart/ChartBands';
import { moment } from '../words';

/** A labelled incident as a span in ms since 1970. */
export interface IncidentSpan {
  id: string;
  title: string;
  from: number;
  /** Undefined while it goes on. */
  to?: number;
  by: string;
}

/** What an incident can name to concern an SLO. */
type Subject = Pick<Definition, 'id' | 'name' | 'service'>;

/** The labelled incidents that concern the SLO, oldest first. One that names no SLO and no service concerns all. */
export function incidentsOf(incidents: Incident[], { id, name, service }: Subject): IncidentSpan[] {
  return incidents
    .filter(({ slos = [], services = [] }) => {
      const all = slos.length === 0 && services.length === 0;
      return all || slos.includes(id) || slos.includes(name) || services.includes(service);
    })
    .flatMap(({ id: incident, title, start, end, by = '' }) => {
      const from = moment(start);
      return from === undefined ? [] : [{ id: incident, title, from, to: moment(end), by }];
    })
    .sort((a, b) => a.from - b.from);
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
