import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, ConfirmModal, Stack, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { decideDrift } from '../../../api';
import { useAction } from '../../alerting/useAction';

export interface DriftChoiceProps {
  uid: string;
  /** What the rule is called. */
  title: string;
  onChanged: () => void;
}

/** Asks what shall happen to a rule that somebody edited in Grafana. */
export function DriftChoice({ uid, title, onChanged }: DriftChoiceProps) {
  const styles = useStyles2(getStyles);
  const [asking, setAsking] = useState(false);
  const { busy, error, run } = useAction();
  const decide = (choice: 'adopt' | 'restore') => run(() => decideDrift(uid, choice), onChanged);
  return (
    <>
      <Stack gap={0.5}>
        <Button
          variant="secondary"
          size="sm"
          disabled={busy}
          onClick={() => void decide('adopt')}
          tooltip="Burnline leaves the rule as it was edited until the SLO's own alerts change."
          aria-label={`Adopt the edit of "${title}"`}
        >
          Adopt
        </Button>
        <Button
          variant="secondary"
          size="sm"
          disabled={busy}
          onClick={() => setAsking(true)}
          tooltip="Burnline writes its rule again; the edit is lost."
          aria-label={`Restore "${title}"`}
        >
          Restore
        </Button>
      </Stack>
      {error ? (
        <div role="alert" className={styles.error}>
          {error}
        </div>
      ) : null}
      <ConfirmModal
        isOpen={asking}
        title="Restore the rule"
        body={`What was edited in Grafana in "${title}" will be lost.`}
        confirmText="Restore"
        onConfirm={() => {
          setAsking(false);
          void decide('restore');
        }}
        onDismiss={() => setAsking(false)}
      />
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  error: css({ color: theme.colors.error.text, overflowWrap: 'anywhere', maxWidth: '36ch' }),
});
