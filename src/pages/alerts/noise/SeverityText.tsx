import { SeverityBadge } from '../../alerting/SeverityBadge';

/** A severity; that of other people's rules in their own words. */
export function SeverityText({ severity }: { severity: string }) {
  return severity === 'page' || severity === 'ticket' ? <SeverityBadge severity={severity} /> : severity || 'not said';
}
