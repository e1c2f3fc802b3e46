import { type AlertRule } from '../../api';
import { formatDuration, formatRelative, formatShare, formatTime, isKnown } from '../../format';

const POLICY_LABELS: Record<string, string> = {
  own: 'In force',
  workbook: 'SRE workbook',
  'workbook-low-traffic': 'SRE workbook for low traffic',
  'fast-only': 'Fast burn only',
  none: 'No alerts',
};

/** What people call a policy: built-in ones have a name of their own, declared ones keep theirs. */
export function policyLabel(name: string): string {
  return POLICY_LABELS[name] ?? name;
}

/** What a condition says: "Burn rate above 14.4 over 1h and 5m: 2% of the budget". */
export function conditionText({ title, kind, share }: Pick<AlertRule, 'title' | 'kind' | 'share'>): string {
  const text = conditionTitle(title);
  const what = text.charAt(0).toUpperCase() + text.slice(1);
  return kind === 'burn' && isKnown(share) && share > 0 ? `${what}: ${formatShare(share)} of the budget` : what;
}

/** The title of a rule without the SLO's name that stands before it in Grafana. */
export function conditionTitle(title: string): string {
  return title.slice(title.lastIndexOf(': ') + 1).trim();
}

/** How long a condition must hold. */
export function forText(seconds: number): string {
  return seconds > 0 ? formatDuration(seconds) : 'at once';
}

/** Where a rule is evaluated, and what it therefore depends on. */
export function evaluatedText(direct: boolean): string {
  return direct ? 'Prometheus directly' : 'Burnline ledger';
}

/** How long an incident lasted by now. Times in ms since 1970; without an end it goes on. */
export function lastedText(from: number, to: number | undefined, now: number, timeZone?: string): string {
  if (to === undefined) {
    return `${formatDuration((now - from) / 1000)}, goes on`;
  }
  if (to <= now) {
    return formatDuration((to - from) / 1000);
  }
  const end = `until ${formatTime(to, timeZone)}`;
  return from < now ? `${formatDuration((now - from) / 1000)} so far, ${end}` : end;
}

/** Who is told. */
export function receiverText(contactPoint: string): string {
  return contactPoint || 'notification policies';
}

/** Since when a rule is in its state, or why. `stateError` is why no state is known. */
export function stateDetail(rule: AlertRule, now: number, timeZone: string, stateError?: string): string {
  switch (rule.state) {
    case 'firing':
    case 'pending':
      return [
        isKnown(rule.activeAt)
          ? `since ${formatTime(rule.activeAt, timeZone)} (${formatRelative(rule.activeAt, now)})`
          : '',
        rule.lastError ? `as far as is known; it can't be evaluated: ${rule.lastError}` : '',
      ]
        .filter(Boolean)
        .join(', ');
    case 'error':
      return rule.lastError ?? '';
    case 'unknown':
      return stateError ?? rule.lastError ?? '';
    default:
      return '';
  }
}
