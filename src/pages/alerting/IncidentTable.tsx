import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, ConfirmModal, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { deleteIncident, type SLO } from '../../api';
import { formatTime } from '../../format';
import { canEdit } from './canEdit';
import { expectedText, type IncidentSpan, touchedText } from './incidents';
import { TableBox } from './TableBox';
import { useAction } from './useAction';
import { lastedText } from './words';

export interface IncidentTableProps {
  /** In the order in which they are shown. */
  incidents: IncidentSpan[];
  /** Those that an incident may have touched; without them all touched the same, which is not shown. */
  slos?: SLO[];
  /** When they were asked for, in ms since 1970. */
  now: number;
  timeZone: string;
  /** Called with the incident that shall be changed. */
  onEdit: (incident: IncidentSpan) => void;
  onRemoved: () => void;
}

/** The incidents that people labelled, and the ways to change one and to take its label back. */
export function IncidentTable({ incidents, slos, now, timeZone, onEdit, onRemoved }: IncidentTableProps) {
  const styles = useStyles2(getStyles);
  const [asked, setAsked] = useState<IncidentSpan>();
  const { busy, error, run } = useAction();
  const editor = canEdit();
  return (
    <>
      <TableBox label="Labelled incidents" minWidth={slos ? 960 : 760}>
        <thead>
          <tr>
            <th scope="col">Began at</th>
            <th scope="col">Incident</th>
            {slos ? <th scope="col">Touched</th> : null}
            <th scope="col">Lasted</th>
            <th scope="col">Expected</th>
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
                {slos ? <td>{touchedText(incident, slos)}</td> : null}
                <td className={styles.short}>{lastedText(from, to, now, timeZone)}</td>
                <td className={styles.short}>{expectedText(incident)}</td>
                <td>{by || 'not said'}</td>
                {editor ? (
                  <td className={styles.short}>
                    <Button
                      variant="secondary"
                      fill="text"
                      size="sm"
                      icon="pen"
                      disabled={busy}
                      onClick={() => onEdit(incident)}
                      aria-label={`Edit the incident "${title}"`}
                    >
                      Edit
                    </Button>
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
  short: css({ whiteSpace: 'nowrap' }),
  name: css({ minWidth: '32ch' }),
  error: css({ color: theme.colors.error.text, overflowWrap: 'anywhere' }),
});
