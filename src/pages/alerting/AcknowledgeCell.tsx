import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, useStyles2 } from '@grafana/ui';
import { acknowledgeAlert, type AlertEvent } from '../../api';
import { formatTime } from '../../format';
import { canEdit } from './canEdit';
import { useAction } from './useAction';

export interface AcknowledgeCellProps {
  event: AlertEvent;
  /** What tells the alert from the others of its table, for screen readers: "the alert of 12:00". */
  name: string;
  timeZone: string;
  onDone: () => void;
}

/** Who took an alert on, or the way to do so. */
export function AcknowledgeCell({ event, name, timeZone, onDone }: AcknowledgeCellProps) {
  const styles = useStyles2(getStyles);
  const { busy, error, run } = useAction();
  if (event.acknowledged) {
    const when = formatTime(event.acknowledged.at, timeZone);
    return event.acknowledged.by ? `${event.acknowledged.by}, ${when}` : when;
  }
  if (!canEdit()) {
    return 'Not yet';
  }
  return (
    <>
      <Button
        variant="secondary"
        fill="text"
        size="sm"
        icon="check"
        disabled={busy}
        onClick={() => void run(() => acknowledgeAlert(event.id), onDone)}
        aria-label={`Acknowledge ${name}`}
      >
        Acknowledge
      </Button>
      {error ? (
        <div role="alert" className={styles.error}>
          {error}
        </div>
      ) : null}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  error: css({ color: theme.colors.error.text, overflowWrap: 'anywhere', maxWidth: '36ch' }),
});
