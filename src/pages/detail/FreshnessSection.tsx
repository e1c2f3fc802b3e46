import { Alert } from '@grafana/ui';
import { type SLO } from '../../api';
import { formatTime } from '../../format';
import { Section } from '../Section';
import { FactList } from './FactList';
import { freshnessFacts, moment } from './words';

export interface FreshnessSectionProps {
  slo: SLO;
  now: number;
  timeZone: string;
}

/** How far the numbers can be trusted: freshness, coverage, the source's warnings and its last error. */
export function FreshnessSection({ slo, now, timeZone }: FreshnessSectionProps) {
  const { lastError, lastErrorAt, warnings = [] } = slo.status;
  const failedAt = moment(lastErrorAt);
  return (
    <Section title="Measurements">
      <FactList items={freshnessFacts(slo, now, timeZone).map(({ label, text }) => ({ label, content: text }))} />
      {lastError ? (
        <Alert
          bottomSpacing={0}
          severity="error"
          title={
            failedAt === undefined
              ? 'The last reading failed'
              : `The reading of ${formatTime(failedAt, timeZone)} failed`
          }
        >
          {lastError}
        </Alert>
      ) : null}
      {warnings.length > 0 ? (
        <Alert bottomSpacing={0} severity="warning" title="The data source warns">
          <ul>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Alert>
      ) : null}
    </Section>
  );
}
