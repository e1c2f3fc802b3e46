import { type NoiseCount, type NoiseReport, type NoiseSuggestion } from '../../../api';
import { formatPerWeek, formatShare } from '../../../format';
import { policyLabel } from '../../alerting/words';

/** "3 incidents": a number with its noun. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Why alerts count as worth it: "2 in an incident, 1 acknowledged, 3 spent budget". */
export function reasonsText({ reasons, idle, unknown }: NoiseCount): string {
  return [
    reasons.incident > 0 ? `${reasons.incident} in an incident` : '',
    reasons.acknowledged > 0 ? `${reasons.acknowledged} acknowledged` : '',
    reasons.spent > 0 ? `${reasons.spent} spent budget` : '',
    idle > 0 ? `${idle} for nothing` : '',
    unknown > 0 ? `${unknown} not known` : '',
  ]
    .filter(Boolean)
    .join(', ');
}

/** What a suggestion promises: "SRE workbook for low traffic: 41 alerts become 1, same incidents found". */
export function suggestionText(suggestion: NoiseSuggestion): string {
  const { policy, alertsBefore, alertsAfter, foundBefore, foundAfter } = suggestion;
  if (!policy) {
    return suggestion.text;
  }
  const found =
    foundAfter === foundBefore
      ? 'the same incidents are found'
      : `${foundAfter} incidents found instead of ${foundBefore}`;
  return `${policyLabel(policy)}: ${counted(alertsBefore, 'alert')} become ${alertsAfter}, ${found}.`;
}

/** The newest whole week against the one before: "2 fewer than the week before". */
export function trendText({ trend }: NoiseReport): string | undefined {
  const whole = trend.filter(({ partial }) => !partial);
  const [before, last] = whole.slice(-2);
  if (!before || !last) {
    return undefined;
  }
  const more = last.alerts - before.alerts;
  if (more === 0) {
    return `Last whole week: ${last.alerts}, as many as the week before`;
  }
  return `Last whole week: ${last.alerts}, ${Math.abs(more)} ${more > 0 ? 'more' : 'fewer'} than the week before`;
}

/** "2.5 a week, 40% actionable". */
export function comparisonText({ perWeek, actionableShare }: NoiseCount): string {
  return `${formatPerWeek(perWeek)} a week, ${formatShare(actionableShare)} actionable`;
}
