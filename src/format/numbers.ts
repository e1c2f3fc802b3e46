/** Stands for a number that is not known; never a zero, which would be a claim. */
export const UNKNOWN = '–';

/** A number as the frames and resources carry it: null and NaN both mean "not known". */
export type Maybe = number | null | undefined;

export function isKnown(value: Maybe): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

const LOCALE = 'en-US';

const tenths = new Intl.NumberFormat(LOCALE, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
const objective = new Intl.NumberFormat(LOCALE, { style: 'percent', maximumFractionDigits: 10 });
const threeDigits = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 });
const wholes = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const share = new Intl.NumberFormat(LOCALE, { style: 'percent', maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });

/**
 * A share of the budget, "42.3%". Negative when overspent. What is not zero is never shown as zero, and a
 * budget of which something is spent never as whole.
 */
export function formatBudget(fraction: Maybe): string {
  if (!isKnown(fraction)) {
    return UNKNOWN;
  }
  if (fraction >= 0.9995 && fraction < 1) {
    return '>99.9%';
  }
  const shownAsZero = Math.abs(fraction) < 0.0005;
  if (!shownAsZero) {
    return tenths.format(fraction);
  }
  if (fraction === 0) {
    return '0%';
  }
  return fraction > 0 ? '<0.1%' : '>-0.1%';
}

/** An objective with all its digits and no more: "99.95%". */
export function formatObjective(fraction: Maybe): string {
  return isKnown(fraction) ? objective.format(fraction) : UNKNOWN;
}

/**
 * An SLI with two digits more than its objective, rounded down: 99.99996% against 99.9% reads "99.999%",
 * since "100%" would say that nothing failed.
 */
export function formatSLI(fraction: Maybe, target?: Maybe): string {
  if (!isKnown(fraction)) {
    return UNKNOWN;
  }
  const digits = decimalsOfPercent(target) + 2;
  return new Intl.NumberFormat(LOCALE, {
    style: 'percent',
    maximumFractionDigits: digits,
    roundingMode: 'floor',
  }).format(fraction);
}

function decimalsOfPercent(fraction: Maybe): number {
  return formatObjective(fraction).split('.')[1]?.replace('%', '').length ?? 0;
}

/** The backend's stand-in for an infinite burn rate: an objective of 100% that saw a bad event. */
export const ENDLESS_BURN = 1e6;

/** How it reads: the number itself would be mistaken for a measurement. */
export const ENDLESS = '∞';

/** A burn rate, "14.4×": how many times faster than sustainable the budget is spent. */
export function formatBurn(rate: Maybe): string {
  if (!isKnown(rate)) {
    return UNKNOWN;
  }
  if (rate >= ENDLESS_BURN) {
    return ENDLESS;
  }
  const text = Math.abs(rate) >= 100 ? wholes.format(rate) : threeDigits.format(rate);
  return `${text}×`;
}

/** A number of events: whole below ten thousand ("9,950"), compact above ("1.2M"). */
export function formatCount(events: Maybe): string {
  if (!isKnown(events)) {
    return UNKNOWN;
  }
  if (events !== 0 && Math.abs(events) < 1) {
    return threeDigits.format(events);
  }
  return Math.abs(events) < 10_000 ? wholes.format(events) : compact.format(events);
}

/** A share without a budget's care for its ends: "66.7%", "100%"; of alerts, incidents or a span. */
export function formatShare(fraction: Maybe): string {
  return isKnown(fraction) ? share.format(fraction) : UNKNOWN;
}

/** A number of alerts or how many a week, to one digit: "0.3", "12". What is not zero is not shown as zero. */
export function formatPerWeek(count: Maybe): string {
  if (!isKnown(count)) {
    return UNKNOWN;
  }
  return count > 0 && count < 0.05 ? '<0.1' : oneDigit.format(count);
}
