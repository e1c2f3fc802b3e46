import { type IconName } from '@grafana/data';
import { type BudgetReport } from '../../api/frames';
import {
  allowedSeconds,
  budgetTone,
  type Forecast,
  formatBudget,
  formatCount,
  formatDowntime,
  formatDuration,
  formatObjective,
  formatRelative,
  formatSLI,
  isKnown,
  type Maybe,
  type State,
  stateLook,
  type Tone,
  toState,
  UNKNOWN,
} from '../../format';

/** From this share of the window on, what is missing cannot turn a good budget into a bad one unnoticed. */
const ENOUGH_COVERAGE = 0.99;

/** States in which the number on screen is not the truth of now, so that it must not look like good news. */
const UNTRUSTED: readonly State[] = ['no traffic', 'no data', 'stale', 'error', 'not evaluated', 'backfilling'];

/** States that have no number at all. */
const WITHOUT_NUMBER: readonly State[] = ['no traffic', 'no data', 'not evaluated'];

/** What decides how far a remaining budget can be trusted: a part of both reports and table rows. */
export interface Standing {
  state: State;
  remaining?: Maybe;
  /** The known share of the window. */
  coverage?: Maybe;
}

/** The remaining budget for the headline; a dash where a number would be a claim that nothing supports. */
export function headline(standing: Standing): string {
  return WITHOUT_NUMBER.includes(standing.state) ? UNKNOWN : formatBudget(standing.remaining);
}

/** The word after the headline. */
export function headlineUnit(standing: Standing): string {
  if (headline(standing) === UNKNOWN) {
    return 'budget unknown';
  }
  return isKnown(standing.remaining) && standing.remaining < 0 ? 'of budget, overspent' : 'of budget left';
}

/** The headline's tone: green only for a budget that is fresh and measured over the whole window. */
export function headlineTone(standing: Standing): Tone {
  const tone = headline(standing) === UNKNOWN ? 'neutral' : budgetTone(standing.remaining);
  const trusted = isCurrent(standing.state) && isFullyCovered(standing);
  return trusted || tone === 'bad' ? tone : 'neutral';
}

function isFullyCovered({ coverage }: Standing): boolean {
  return isKnown(coverage) && coverage >= ENOUGH_COVERAGE;
}

/** "1,240 of 4,000 bad events". */
export function eventsText(report: BudgetReport): string {
  if (!isKnown(report.bad) || !isKnown(report.allowed) || WITHOUT_NUMBER.includes(report.state)) {
    return UNKNOWN;
  }
  return `${formatCount(report.bad)} of ${formatCount(report.allowed)} bad events`;
}

/** The budget as time fully down at the window's average traffic: "13 min 24 s of 43 min 12 s left". */
export function downtimeText(report: BudgetReport): string {
  if (!isKnown(report.remaining) || WITHOUT_NUMBER.includes(report.state)) {
    return UNKNOWN;
  }
  const whole = formatDowntime(report.objective, report.windowSeconds);
  const part = formatDuration(allowedSeconds(report.objective, report.windowSeconds) * report.remaining);
  return report.remaining < 0 ? `${part} over the ${whole}` : `${part} of ${whole} left`;
}

/** "99.9% over 30d". */
export function objectiveText(report: BudgetReport): string {
  return `${formatObjective(report.objective)} over ${report.window}`;
}

/** "99.93%", a dash where nothing supports a number. */
export function sliText(report: BudgetReport): string {
  return WITHOUT_NUMBER.includes(report.state) ? UNKNOWN : formatSLI(report.sli, report.objective);
}

/** "Exhausted in about 9 h (6 h – 14 h)". */
export function exhaustionText(forecast: Forecast | undefined, now: number): string {
  switch (forecast?.kind) {
    case 'exhausted':
      return 'Exhausted';
    case 'not within horizon':
      return 'Not exhausted at the present pace';
    case 'at':
      return isKnown(forecast.at) ? atText(forecast, forecast.at, now) : NO_FORECAST;
    default:
      return NO_FORECAST;
  }
}

/**
 * The forecast of a report. That the budget lasts is said of numbers that are true now only: with a source
 * that fails it would calm without reason.
 */
export function reportExhaustionText({ forecast, state }: BudgetReport, now: number): string {
  return forecast.kind === 'not within horizon' && !isCurrent(state) ? NO_FORECAST : exhaustionText(forecast, now);
}

/** Whether a state's numbers are the truth of now. */
export function isCurrent(state: State): boolean {
  return !UNTRUSTED.includes(state);
}

const NO_FORECAST = 'No forecast';

function atText(forecast: Forecast, at: number, now: number): string {
  if (at <= now) {
    return 'Exhausted about now';
  }
  const about = `Exhausted in about ${roughly(at - now)}`;
  if (!isKnown(forecast.lower) || forecast.lower <= 0) {
    return about;
  }
  const lower = roughly(Math.max(0, forecast.lower - now));
  if (!isKnown(forecast.upper) || forecast.upper <= 0) {
    return `${about} (${lower} or later)`;
  }
  return `${about} (${lower} – ${roughly(forecast.upper - now)})`;
}

const ROUGH_UNITS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
];

/** A span in one unit: a forecast knows no more than that. */
export function roughly(ms: number): string {
  const unit = ROUGH_UNITS.find((candidate) => ms >= 2 * candidate.ms) ?? { name: 'min', ms: 60_000 };
  return `${Math.round(ms / unit.ms)} ${unit.name}`;
}

/** Something that limits what the numbers mean. */
export interface Caveat {
  icon: IconName;
  tone: Tone;
  text: string;
}

/** What the reader must know before trusting the numbers: the backend's words where it has some. */
export function caveats(report: BudgetReport, now: number): Caveat[] {
  const { icon, tone } = stateLook(toState(report.state));
  if (report.message) {
    return [
      { icon: tone === 'good' ? 'info-circle' : icon, tone: tone === 'good' ? 'neutral' : tone, text: report.message },
    ];
  }
  const found: Caveat[] = [];
  const text = stateCaveat(report, now);
  if (text) {
    found.push({ icon, tone, text });
  }
  if (isKnown(report.coverage) && !isFullyCovered(report) && !WITHOUT_NUMBER.includes(report.state)) {
    const share = `${Math.floor(report.coverage * 100)}%`;
    found.push({ icon: 'info-circle', tone: 'warning', text: `Only ${share} of the window is known.` });
  }
  return found;
}

function stateCaveat(report: BudgetReport, now: number): string {
  const asOf = isKnown(report.lastMeasured)
    ? `last measured ${formatRelative(report.lastMeasured, now)}`
    : 'nothing was ever measured';
  switch (report.state) {
    case 'error':
      return `The source cannot be read: ${asOf}.`;
    case 'stale':
      return `Not fresh: ${asOf}.`;
    case 'no data':
    case 'no traffic':
    case 'backfilling':
    case 'not evaluated':
      return stateLook(report.state).description;
    default:
      return '';
  }
}
