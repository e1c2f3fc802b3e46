import { type NoiseReport } from '../../../api';
import { formatDuration, formatPerWeek, formatShare } from '../../../format';
import { Facts } from '../Facts';
import { comparisonText, counted, reasonsText, trendText } from './words';

/** How many alerts there were, how many were worth it, and how SLO alerts stand against all others. */
export function NoiseFacts({ report }: { report: NoiseReport }) {
  const { total, slo, other } = report;
  return (
    <Facts
      facts={[
        { term: 'Alerts a week', value: formatPerWeek(total.perWeek), note: trendText(report) },
        {
          term: 'Alerts in this span',
          value: total.alerts,
          note: `${counted(total.pages, 'page')}, ${counted(total.tickets, 'ticket')}, ${total.other} other`,
        },
        {
          term: 'Actionable',
          value: formatShare(total.actionableShare),
          note: reasonsText(total) || 'Nothing fired',
        },
        { term: 'Alerts of SLOs', value: slo.alerts, note: comparisonText(slo) },
        { term: 'Other alerts of this Grafana', value: other.alerts, note: comparisonText(other) },
        {
          term: 'Fired again at once',
          value: total.flaps,
          note: `${formatDuration(total.firingSeconds)} of firing altogether`,
        },
      ]}
    />
  );
}
