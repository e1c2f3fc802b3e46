import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, useStyles2 } from '@grafana/ui';
import { type AlertPlan, applyAlertPlan, type ApplyOutcome } from '../../../api';
import { canEdit } from '../../alerting/canEdit';
import { useAction } from '../../alerting/useAction';
import { FaultList } from '../FaultList';
import { applyHindrance, pendingOf } from './plan';

export interface ApplyBarProps {
  plan: AlertPlan;
  /** What the last press did. */
  outcome?: ApplyOutcome;
  onApplied: (outcome: ApplyOutcome) => void;
}

/** The button that writes the rules, why it can't be pressed, and what pressing it did. */
export function ApplyBar({ plan, outcome, onApplied }: ApplyBarProps) {
  const styles = useStyles2(getStyles);
  const { busy, error, run } = useAction();
  const hindrance = applyHindrance(plan, canEdit());
  const pending = pendingOf(plan.changes);
  const apply = () => {
    let done: ApplyOutcome | undefined;
    void run(
      async () => {
        done = await applyAlertPlan();
      },
      () => {
        if (done) {
          onApplied(done);
        }
      }
    );
  };
  return (
    <>
      <div className={styles.bar}>
        <Button icon="check" disabled={busy || hindrance !== undefined} onClick={apply}>
          {applyLabel(plan, pending, busy)}
        </Button>
        {hindrance ? <span className={styles.why}>{hindrance}</span> : null}
      </div>
      {error ? (
        <Alert bottomSpacing={0} severity="error" title="Not applied">
          <FaultList texts={[error]} />
        </Alert>
      ) : null}
      {outcome && !error ? (
        <p role="status" className={styles.why}>
          {outcomeText(plan, outcome)}
        </p>
      ) : null}
      {outcome && outcome.problems.length > 0 ? (
        <Alert bottomSpacing={0} severity="warning" title="What stands in the way">
          <FaultList texts={outcome.problems} />
        </Alert>
      ) : null}
    </>
  );
}

function applyLabel({ mode }: AlertPlan, pending: number, busy: boolean): string {
  if (busy) {
    return 'Applying…';
  }
  if (mode === 'file') {
    return 'Write files';
  }
  return pending > 1 ? `Apply ${pending} changes` : 'Apply';
}

function outcomeText({ mode }: AlertPlan, { applied, failed }: ApplyOutcome): string {
  if (mode === 'file') {
    return 'The files are written.';
  }
  const done = `${applied.length} ${applied.length === 1 ? 'change is' : 'changes are'} applied`;
  return failed.length > 0 ? `${done}, ${failed.length} failed.` : `${done}.`;
}

const getStyles = (theme: GrafanaTheme2) => ({
  bar: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
  why: css({ margin: 0, color: theme.colors.text.secondary }),
});
