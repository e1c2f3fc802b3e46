import { dateTimeFormat } from '@grafana/data';
import type { TimeZone } from '@grafana/schema';
import { isKnown, type Maybe, UNKNOWN } from './numbers';

const UNITS = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3_600 },
  { name: 'min', seconds: 60 },
  { name: 's', seconds: 1 },
] as const;

/** A span by its two largest units: "2 d 4 h", "43 min 12 s". Negative spans lose their sign. */
export function formatDuration(seconds: Maybe): string {
  if (!isKnown(seconds)) {
    return UNKNOWN;
  }
  const span = Math.abs(seconds);
  if (span < 1) {
    return span === 0 ? '0 s' : '<1 s';
  }
  const largest = UNITS.findIndex((unit) => span >= unit.seconds);
  const smallest = UNITS[Math.min(largest + 1, UNITS.length - 1)] ?? UNITS[3];
  let rest = Math.round(span / smallest.seconds) * smallest.seconds;
  return UNITS.slice(0, UNITS.indexOf(smallest) + 1)
    .map(({ name, seconds: size }) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return count > 0 ? `${count} ${name}` : '';
    })
    .filter(Boolean)
    .join(' ');
}

/** The seconds that an objective allows to be fully down, freed of what binary fractions add: 1 - 0.999 is not 0.001. */
export function allowedSeconds(objective: number, windowSeconds: number): number {
  return Math.round((1 - objective) * windowSeconds * 1e6) / 1e6;
}

/** The time that an objective allows to be fully down in its window: 99.9% of 30 d is "43 min 12 s". */
export function formatDowntime(objective: Maybe, windowSeconds: Maybe): string {
  if (!isKnown(objective) || !isKnown(windowSeconds)) {
    return UNKNOWN;
  }
  return formatDuration(allowedSeconds(objective, windowSeconds));
}

/** A moment (ms since 1970) in the user's time zone. */
export function formatTime(ms: Maybe, timeZone?: TimeZone): string {
  return isKnown(ms) ? dateTimeFormat(ms, { timeZone }) : UNKNOWN;
}

/** A moment seen from now (both ms since 1970): "in 3 d 4 h", "2 min ago", "now". */
export function formatRelative(ms: Maybe, now: number): string {
  if (!isKnown(ms)) {
    return UNKNOWN;
  }
  const seconds = Math.round((ms - now) / 1000);
  if (seconds === 0) {
    return 'now';
  }
  return seconds > 0 ? `in ${formatDuration(seconds)}` : `${formatDuration(seconds)} ago`;
}
