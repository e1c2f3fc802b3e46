import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, ConfirmModal, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { deleteIncident, type Incident, type SLO } from '../../../api';
import { formatTime } from '../../../format';
import { canEdit } from '../../alerting/canEdit';
import { TableBox } from '../../alerting/TableBox';
import { useAction } from '../../alerting/useAction';
import { lastedText } from '../../alerting/words';
import { expectedText, touchedText } from './incidents';

export interface IncidentListProps {
  /** Newest first. */
  incidents: Incident[];
  slos: SLO[];
  /** When they were asked for, in ms since 1970. */
  now: number;
  timeZone: string;
  onRemoved: () => void;
}

/** The labelled incidents of all SLOs, and a way to take a label back. */
export function IncidentList({ incidents, slos, now, timeZone, onRemoved }: IncidentListProps) {
  const styles = useStyles2(getStyles);
  const [asked, setAsked] = useState<Incident>();
  const { busy, error, run } = useAction();
  const editor = canEdit();
  return (
    <>
      <TableBox label="Labelled incidents" minWidth={760}>
        <thead>
          <tr>
            <th scope="col">Began at</th>
            <th scope="col">Incident</th>
            <th scope="col">Touched</th>
            <th scope="col">Lasted</th>
            <th scope="col">Expected</th>
            <th scope="col">Labelled by</th>
            {editor ? <th scope="col">Change</th> : null}
          </tr>
        </thead>
        <tbody>
          {incidents.map((incident) => {
            const from = Date.parse(incident.start);
            const to = incident.end ? Date.parse(incident.end) : undefined;
            return (
              <tr key={incident.id}>
                <td className={styles.short}>{formatTime(from, timeZone)}</td>
                <th scope="row">{incident.title}</th>
                <td>{touchedText(incident, slos)}</td>
                <td className={styles.short}>{lastedText(from, to, now, timeZone)}</td>
                <td className={styles.short}>{expectedText(incident)}</td>
                <td>{incident.by ?? 'not said'}</td>
                {editor ? (
                  <td>
                    <Button
                      variant="secondary"
                      fill="text"
                      size="sm"
                      icon="trash-alt"
                      disabled={busy}
                      onClick={() => setAsked(incident)}
                      aria-label={`Remove the label "${incident.title}"`}
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
  error: css({ color: theme.colors.error.text, overflowWrap: 'anywhere' }),
});
