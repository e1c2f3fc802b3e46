import { formatTime } from './time';

/** When a budget will be spent, as the backend forecasts it. Moments are ms since 1970; an absent upper end is open. */
export interface Forecast {
  kind: 'exhausted' | 'at' | 'not within horizon' | 'unknown';
  at?: number | null;
  lower?: number | null;
  upper?: number | null;
  /** What the forecast rests on, in words. */
  basis?: string;
}

/** The forecast's interval for a tooltip: "between 2026-01-02 10:00 and 2026-01-04 12:00"; empty when there is none. */
export function formatForecastRange(forecast: Forecast | undefined, timeZone?: string): string {
  if (forecast?.kind !== 'at' || !forecast.lower) {
    return '';
  }
  const lower = formatTime(forecast.lower, timeZone);
  return forecast.upper ? `between ${lower} and ${formatTime(forecast.upper, timeZone)}` : `not before ${lower}`;
}
