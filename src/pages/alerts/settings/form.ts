import { type AlertRoute, type AlertSettings, type ContactPoint } from '../../../api';

/** A route as the form holds it: every field a text. */
export interface RouteDraft {
  /** Empty for the notification policies. */
  contactPoint: string;
  groupBy: string;
  groupWait: string;
  groupInterval: string;
  repeatInterval: string;
  muteTimings: string;
}

/** The settings as the form holds them. */
export interface Draft {
  mode: AlertSettings['mode'];
  automatic: boolean;
  fileDir: string;
  defaultPolicies: string[];
  page: RouteDraft;
  ticket: RouteDraft;
  /** Percentages, "50, 75, 90". */
  consumedAt: string;
  forecastHorizon: string;
  minimumEvents: string;
  folders: AlertSettings['folders'];
  /** One "name=value" a line. */
  labels: string;
}

export function draftOf(settings: AlertSettings): Draft {
  return {
    mode: settings.mode,
    automatic: settings.automatic,
    fileDir: settings.fileDir ?? '',
    defaultPolicies: settings.defaultPolicies,
    page: routeDraft(settings.page),
    ticket: routeDraft(settings.ticket),
    consumedAt: (settings.consumedAt ?? []).map(percent).join(', '),
    forecastHorizon: settings.forecastHorizon,
    minimumEvents: String(settings.minimumEvents),
    folders: settings.folders,
    labels: Object.entries(settings.labels ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
  };
}

function routeDraft(route: AlertRoute): RouteDraft {
  return {
    contactPoint: route.contactPoint ?? '',
    groupBy: (route.groupBy ?? []).join(', '),
    groupWait: route.groupWait ?? '',
    groupInterval: route.groupInterval ?? '',
    repeatInterval: route.repeatInterval ?? '',
    muteTimings: (route.muteTimings ?? []).join(', '),
  };
}

/** 0.333 as "33.3", without what binary fractions add. */
function percent(share: number): string {
  return String(Number((share * 100).toFixed(6)));
}

/** What of the draft cannot be sent: the backend checks all the rest. */
export interface Faults {
  consumedAt?: string;
  minimumEvents?: string;
  labels?: string;
}

/** The settings that the draft stands for, over the ones that it began with. */
export function settingsOf(draft: Draft, began: AlertSettings): { settings: AlertSettings; faults: Faults } {
  const faults: Faults = {};
  const consumedAt = words(draft.consumedAt).map((text) => Number(text.replace(/\s*%$/, '')));
  if (consumedAt.some((number) => !Number.isFinite(number))) {
    faults.consumedAt = 'Write percentages with commas between them, such as 50, 75, 90';
  }
  const minimumEvents = Number(draft.minimumEvents.trim());
  if (!Number.isFinite(minimumEvents)) {
    faults.minimumEvents = 'Write a number; 0 is no minimum';
  }
  const lines = draft.labels
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  if (lines.some((line) => line.indexOf('=') < 1)) {
    faults.labels = 'Write one label a line as name=value';
  }
  const settings: AlertSettings = {
    ...began,
    mode: draft.mode,
    automatic: draft.automatic,
    fileDir: draft.fileDir.trim(),
    defaultPolicies: draft.defaultPolicies,
    page: routeOf(draft.page),
    ticket: routeOf(draft.ticket),
    consumedAt: consumedAt.map((number) => Number((number / 100).toFixed(8))),
    forecastHorizon: draft.forecastHorizon.trim(),
    minimumEvents,
    folders: draft.folders,
    labels: Object.fromEntries(
      lines.map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      })
    ),
  };
  return { settings, faults };
}

function routeOf(draft: RouteDraft): AlertRoute {
  return {
    contactPoint: draft.contactPoint,
    groupBy: words(draft.groupBy),
    groupWait: draft.groupWait.trim(),
    groupInterval: draft.groupInterval.trim(),
    repeatInterval: draft.repeatInterval.trim(),
    muteTimings: words(draft.muteTimings),
  };
}

function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
}

/** Stands for "no contact point" where a choice needs a value. No contact point can have this name. */
export const NOTIFICATION_POLICIES = '\u0000';

/** The contact points to choose from; one that is chosen and not there any more stays visible. */
export function contactPointOptions(points: ContactPoint[], chosen: string) {
  const options = points.map(({ name, types }) => ({
    value: name,
    label: name,
    description: (types ?? []).join(', ') || undefined,
  }));
  const missing =
    chosen !== '' && !points.some(({ name }) => name === chosen)
      ? [{ value: chosen, label: chosen, description: 'Not among the contact points of this Grafana' }]
      : [];
  return [
    {
      value: NOTIFICATION_POLICIES,
      label: 'Notification policies',
      description: "Wherever the organisation's own policies send it",
    },
    ...missing,
    ...options,
  ];
}
