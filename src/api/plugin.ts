// The names under which Grafana knows the parts of this plugin.

export const APP_ID = 'burnline-slo-app';

/** Where the app's pages begin. */
export const APP_URL = `/a/${APP_ID}`;

/** The page of the organisation's alerts. */
export const ALERTS_URL = `${APP_URL}/alerts`;

/** The app's page in Grafana's plugin administration. */
export const APP_CONFIG_URL = `/plugins/${APP_ID}`;

/** The detail page of an SLO. Ids may hold slashes, which the route must not see as such. */
export function sloUrl(id: string): string {
  return `${APP_URL}/slos/${encodeURIComponent(id)}`;
}
