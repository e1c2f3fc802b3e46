const DAY_MS = 86_400_000;

/** The spans that a backtest can look back over, by their name in the address. */
export const SPANS = [
  { value: '7d', label: '7 d', ms: 7 * DAY_MS },
  { value: '28d', label: '28 d', ms: 28 * DAY_MS },
  { value: '30d', label: '30 d', ms: 30 * DAY_MS },
  { value: '90d', label: '90 d', ms: 90 * DAY_MS },
] as const;

export type SpanName = (typeof SPANS)[number]['value'];

const DEFAULT_SPAN: SpanName = '30d';
/** What a span must show beyond the next shorter one to be worth choosing. */
const WORTH_MS = DAY_MS;

/** The span named in the address; for none or a wrong one 30 d, or the longest below for which there is history. */
export function spanNamed(name: string | null, beyond: SpanName[]): SpanName {
  const asked = SPANS.find(({ value }) => value === name)?.value ?? DEFAULT_SPAN;
  const upTo = SPANS.slice(0, SPANS.findIndex(({ value }) => value === asked) + 1);
  return upTo.findLast(({ value }) => !beyond.includes(value))?.value ?? asked;
}

/** Spans that would show no more than the next shorter one, since history does not reach back far enough. */
export function beyondHistory(historyStart: number | undefined, now: number): SpanName[] {
  if (historyStart === undefined) {
    return [];
  }
  return SPANS.filter(({ ms }, index) => {
    const shorter = SPANS[index - 1];
    // A span that history reaches the end of is whole, however little longer than its neighbour it is.
    return shorter !== undefined && historyStart > now - ms + WORTH_MS && historyStart > now - shorter.ms - WORTH_MS;
  }).map(({ value }) => value);
}

/** From when to when a span is tested, in ms since 1970: whole minutes, and nothing before history begins. */
export function testedRange(
  name: SpanName,
  historyStart: number | undefined,
  now: number
): { from: number; to: number } {
  const to = Math.floor(now / 60_000) * 60_000;
  const wanted = to - (SPANS.find(({ value }) => value === name)?.ms ?? 0);
  return { from: Math.min(to, Math.max(wanted, historyStart ?? wanted)), to };
}
