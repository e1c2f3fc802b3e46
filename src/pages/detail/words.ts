import { type BudgetReport, type Definition, type Indicator, type SLO } from '../../api';
import { formatDuration, formatRelative, formatTime, isKnown, stateLook, UNKNOWN } from '../../format';
import { isCurrent, reportExhaustionText } from '../../panels/budget/words';

export interface NamedQuery {
  label: string;
  query: string;
}

/** The queries of an indicator, each with what it counts. */
export function queriesOf(indicator: Indicator): NamedQuery[] {
  const all = [
    { label: 'Good events', query: indicator.good },
    { label: 'Bad events', query: indicator.bad },
    { label: 'All events', query: indicator.total },
    { label: indicator.rawType === 'failure' ? 'Failure ratio' : 'Success ratio', query: indicator.raw },
    { label: thresholdLabel(indicator), query: indicator.value },
  ];
  return all.filter((named): named is NamedQuery => Boolean(named.query));
}

const OPERATORS = { lte: '≤', lt: '<', gte: '≥', gt: '>' };

function thresholdLabel({ op, limit }: Indicator): string {
  return op && limit !== undefined ? `Value, good while ${OPERATORS[op]} ${limit}` : 'Value';
}

/** How the indicator counts, in words. */
export function methodText({ method, indicator }: Definition): string {
  const kinds = {
    ratio: indicator.counter ? 'Ratio of counters' : 'Ratio of gauges',
    raw: 'Ratio computed by the source',
    threshold: 'Value against a limit',
  };
  return `${kinds[indicator.kind]}, ${method}`;
}

/** Where the definition is written: "checkout.yaml:12". */
export function originText({ origin }: Definition): string {
  return `${origin.file}:${origin.line}`;
}

/** The forecast as sentences: what, and what it rests on or why there is none. */
export function forecastText(report: BudgetReport, now: number): string {
  const { forecast, state } = report;
  const isWithheld = forecast.kind === 'not within horizon' && !isCurrent(state);
  const basis = isWithheld ? stateLook(state).description : (forecast.basis?.trim() ?? '');
  const what = reportExhaustionText(report, now);
  if (!basis) {
    return `${what}.`;
  }
  const because = /[.!?]$/.test(basis) ? basis : `${basis}.`;
  const isReason = isWithheld || forecast.kind === 'exhausted' || forecast.kind === 'unknown';
  return isReason ? `${what}: ${because}` : `${what}. Basis: ${because}`;
}

export interface Fact {
  label: string;
  text: string;
}

/** How fresh and how complete the measurements are. */
export function freshnessFacts({ report, status }: SLO, now: number, timeZone: string): Fact[] {
  const measured = report.lastMeasured;
  const facts: Fact[] = [
    {
      label: 'Last measured',
      text: isKnown(measured) ? `${formatTime(measured, timeZone)} (${formatRelative(measured, now)})` : 'never',
    },
    { label: 'Lag', text: isKnown(measured) ? formatDuration(Math.max(0, (now - measured) / 1000)) : UNKNOWN },
    { label: 'Known share of the window', text: percent(report.coverage) },
  ];
  if (isKnown(report.progress) && report.progress < 1) {
    facts.push({ label: 'History read', text: percent(report.progress) });
  }
  const settled = moment(status.settledUntil);
  if (settled !== undefined) {
    facts.push({ label: 'Final until', text: formatTime(settled, timeZone) });
  }
  const retention = moment(status.retentionFrom);
  if (retention !== undefined) {
    facts.push({
      label: 'Source holds data from',
      text: `${formatTime(retention, timeZone)}: younger than the window, which fills up as time passes`,
    });
  }
  return facts;
}

/** Rounded down, so that "100%" means all of it. */
function percent(fraction: number): string {
  return `${Math.floor(fraction * 1000) / 10}%`;
}

/** An RFC 3339 time in ms since 1970; undefined when it is absent or Go's zero time. */
export function moment(text: string | undefined): number | undefined {
  const ms = text ? Date.parse(text) : NaN;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
