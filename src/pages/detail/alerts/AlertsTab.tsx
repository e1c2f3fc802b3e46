import { useCallback, useState } from 'react';
import { fetchAlertRules, type SLO } from '../../../api';
import { Failure } from '../../Failure';
import { Skeleton } from '../../Skeleton';
import { usePolled } from '../../usePolled';
import { type DetailRange } from '../useDetailRange';
import { BacktestSection } from './BacktestSection';
import { HistorySection } from './HistorySection';
import { RulesSection } from './RulesSection';

/** How often the states of the rules are asked for, in ms: Grafana evaluates them once a minute. */
const RULES_REFRESH_MS = 30_000;

export interface AlertsTabProps {
  slo: SLO;
  range: DetailRange;
}

/** The SLO's alerts: what is in force, what fired, and what another policy or target would have done. */
export function AlertsTab({ slo, range }: AlertsTabProps) {
  const { id } = slo.definition;
  const load = useCallback(
    async (signal: AbortSignal) => ({ ...(await fetchAlertRules(id, signal)), now: Date.now() }),
    [id]
  );
  const { data, error, reload } = usePolled(load, RULES_REFRESH_MS);
  // What is labelled in one part of the tab counts in the others at once.
  const [labelled, setLabelled] = useState(0);
  const onLabelled = useCallback(() => setLabelled((old) => old + 1), []);

  return (
    <>
      {error ? <Failure title="The alert rules can't be loaded" error={error} onRetry={reload} /> : null}
      {data ? <RulesSection answer={data} now={data.now} timeZone={range.timeZone} onChanged={reload} /> : null}
      {!data && !error ? <Skeleton label="Loading the alert rules" heights={[220]} /> : null}
      <HistorySection slo={slo} range={range} labelled={labelled} onLabelled={onLabelled} />
      <BacktestSection slo={slo} timeZone={range.timeZone} labelled={labelled} onLabelled={onLabelled} />
    </>
  );
}
