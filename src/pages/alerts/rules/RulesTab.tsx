import { getTimeZone } from '@grafana/data';
import { Alert } from '@grafana/ui';
import { useCallback, useState } from 'react';
import { type ApplyOutcome, errorText, fetchAlertPlan, fetchAlertSettings } from '../../../api';
import { Failure } from '../../Failure';
import { Problems } from '../../portfolio/Problems';
import { Section } from '../../Section';
import { Skeleton } from '../../Skeleton';
import { usePolled } from '../../usePolled';
import { FaultList } from '../FaultList';
import { ApplyBar } from './ApplyBar';
import { ChangeList } from './ChangeList';
import { ExportSection } from './ExportSection';
import { PlanFacts } from './PlanFacts';

const REFRESH_MS = 30_000;

async function load(signal: AbortSignal) {
  const settings = fetchAlertSettings(signal).catch((error: unknown) => ({ lacking: errorText(error) }));
  const plan = await fetchAlertPlan(signal);
  const known = await settings;
  return { plan, fileDir: 'settings' in known ? known.settings.fileDir : undefined, now: Date.now() };
}

/** The rules in Grafana against what the SLOs want, and what to do about the difference. */
export function RulesTab() {
  const { data, error, reload } = usePolled(load, REFRESH_MS);
  const [outcome, setOutcome] = useState<ApplyOutcome>();
  const onApplied = useCallback(
    (done: ApplyOutcome) => {
      setOutcome(done);
      reload();
    },
    [reload]
  );
  if (!data) {
    return error ? (
      <Failure title="The alert rules can't be compared" error={error} onRetry={reload} />
    ) : (
      <Skeleton label="Comparing the alert rules" heights={[120, 280]} />
    );
  }
  const { plan, fileDir, now } = data;
  const failed = outcome ? outcome.failed : plan.lastApplied.failed;
  return (
    <>
      {error ? <Failure title="The alert rules can't be compared" error={error} onRetry={reload} /> : null}
      {plan.errors.length > 0 ? (
        <Alert bottomSpacing={0} severity="error" title="Alerts do not work as they should">
          <FaultList texts={plan.errors} />
        </Alert>
      ) : null}
      {plan.lastApplied.error ? (
        <Alert bottomSpacing={0} severity="error" title="The rules could not be applied">
          <FaultList texts={[plan.lastApplied.error]} />
        </Alert>
      ) : null}
      {failed.length > 0 ? (
        <Alert
          bottomSpacing={0}
          severity="error"
          title={failed.length === 1 ? 'One rule could not be applied' : `${failed.length} rules could not be applied`}
        >
          <FaultList texts={failed.map((one) => `${one.title}: ${one.error}`)} />
        </Alert>
      ) : null}
      <Section title="Rules in Grafana">
        <PlanFacts plan={plan} fileDir={fileDir} now={now} timeZone={getTimeZone()} />
        <ApplyBar plan={plan} outcome={outcome} onApplied={onApplied} />
      </Section>
      {plan.problems.length > 0 ? <Problems problems={plan.problems} title="Problems with alerts" /> : null}
      <ChangeList plan={plan} onChanged={reload} />
      <ExportSection />
    </>
  );
}
