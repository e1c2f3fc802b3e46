import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, ConfirmModal, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { deleteIncident } from '../../../api';
import { formatTime } from '../../../format';
import { canEdit } from '../../alerting/canEdit';
import { TableBox } from '../../alerting/TableBox';
import { useAction } from '../../alerting/useAction';
import { lastedText } from '../../alerting/words';
import { type IncidentSpan } from './marks';

export interface IncidentTableProps {
  incidents: IncidentSpan[];
  /** When they were asked for, in ms since 1970. */
  now: number;
  timeZone: string;
  onRemoved: () => void;
}

/** The incidents that people labelled, and a way to take a label back. */
export function IncidentTable({ incidents, now, timeZone, onRemoved }: IncidentTableProps) {
  const styles = useStyles2(getStyles);
  const { busy, error, run } = useAction();
  const [asked, setAsked] = useState<IncidentSpan>();
  const editor = canEdit();
  if (incidents.length === 0) {
    return (
      <p className={styles.empty}>
        None in this time range. Label what was a real incident, so that Burnline can say which alerts were right.
      </p>
    );
  }
  return (
    <>
      <TableBox label="Labelled incidents" minWidth={560}>
        <thead>
          <tr>
            <th scope="col">Began at</th>
            <th scope="col">Incident</th>
            <th scope="col">Lasted</th>
            <th scope="col">Labelled by</th>
            {editor ? <th scope="col">Change</th> : null}
          </tr>
        </thead>
        <tbody>
          {incidents.map((incident) => {
            const { id, title, from, to, by } = incident;
            return (
              <tr key={id}>
                <td className={styles.short}>{formatTime(from, timeZone)}</td>
                <th scope="row" className={styles.name}>
                  {title}
                </th>
                <td className={styles.short}>{lastedText(from, to, now, timeZone)}</td>
                <td>{by || 'not said'}</td>
                {editor ? (
                  <td>
                    <Button
                      variant="secondary"
                      fill="text"
                      size="sm"
                      icon="trash-alt"
                      disabled={busy}
                      onClick={() => setAsked(incident)}
                      aria-label={`Remove the label "${title}"`}
                    >
                      Remove
                    </Button>
                  </td>
                ) : null}
              </tr>
            );
          })}
        </tbody>
      </TableBox>
      {error ? (
        <div role="alert" className={styles.error}>
          The label can&apos;t be removed: {error}
        </div>
      ) : null}
      <ConfirmModal
        isOpen={asked !== undefined}
        title="Remove the label"
        body={`Backtests and noise figures will no longer know of "${asked?.title ?? ''}".`}
        confirmText="Remove"
        onConfirm={() => {
          if (asked) {
            void run(() => deleteIncident(asked.id), onRemoved);
          }
          setAsked(undefined);
        }}
        onDismiss={() => setAsked(undefined)}
      />
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  empty: css({ margin: 0, color: theme.colors.text.secondary }),
  short: css({ whiteSpace: 'nowrap' }),
  name: css({ minWidth: '32ch' }),
  error: css({ color: theme.colors.error.text, overflowWrap: 'anywhere' }),
});
