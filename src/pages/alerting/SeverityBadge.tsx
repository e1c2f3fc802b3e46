import { type Severity, severityLook } from '../../format';
import { LookBadge } from './LookBadge';

/** Whether an alert pages or writes a ticket. */
export function SeverityBadge({ severity }: { severity: Severity }) {
  return <LookBadge look={severityLook(severity)} />;
}
