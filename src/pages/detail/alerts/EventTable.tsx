import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, Stack, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { acknowledgeAlert, type AlertEvent } from '../../../api';
import { formatBudget, formatDuration, formatTime } from '../../../format';
import { canEdit } from '../../alerting/canEdit';
import { SeverityBadge } from '../../alerting/SeverityBadge';
import { TableBox } from '../../alerting/TableBox';
import { useAction } from '../../alerting/useAction';
import { conditionText } from '../../alerting/words';
import { type Span } from './IncidentForm';
import { type IncidentSpan } from './marks';

/** So many are shown at first: a flapping rule makes hundreds. */
const FIRST = 20;

export interface EventTableProps {
  /** Newest first. */
  events: AlertEvent[];
  incidents: IncidentSpan[];
  /** When they were asked for, in ms since 1970. */
  now: number;
  timeZone: string;
  onAcknowledged: () => void;
  /** Called with the span of an alert that shall become an incident. */
  onLabel: (span: Span) => void;
}

/** The alerts that fired: when, how long, what they cost, and what people made of them. */
export function EventTable({ events, incidents, now, timeZone, onAcknowledged, onLabel }: EventTableProps) {
  const styles = useStyles2(getStyles);
  const [all, setAll] = useState(false);
  if (events.length === 0) {
    return <p className={styles.empty}>No alert of this SLO fired in this time range.</p>;
  }
  const titles = new Map(incidents.map(({ id, title }) => [id, title]));
  return (
    <>
      <TableBox label="Alerts that fired" minWidth={1040}>
        <thead>
          <tr>
            <th scope="col">Fired at</th>
            <th scope="col">Alert</th>
            <th scope="col">Lasted</th>
            <th scope="col" className="number">
              Budget spent
            </th>
            <th scope="col">Incident</th>
            <th scope="col">Acknowledged</th>
          </tr>
        </thead>
        <tbody>
          {(all ? events : events.slice(0, FIRST)).map((event) => {
            const at = formatTime(event.start, timeZone);
            return (
              <tr key={event.id}>
                <th scope="row" className={styles.short}>
                  {at}
                </th>
                <td className={styles.alert}>
                  <Stack gap={1} alignItems="flex-start">
                    <SeverityBadge severity={event.severity} />
                    <span>{conditionText({ title: event.title, kind: 'burn' })}</span>
                  </Stack>
                </td>
                <td className={styles.short}>
                  {formatDuration(((event.end ?? now) - event.start) / 1000)}
                  {event.end === null ? ', still firing' : ''}
                </td>
                <td className="number">{formatBudget(event.spent)}</td>
                <td>
                  {event.incident === null ? (
                    <LabelButton at={at} onClick={() => onLabel({ from: event.start, to: event.end ?? undefined })} />
                  ) : (
                    (titles.get(event.incident) ?? event.incident)
                  )}
                </td>
                <td>
                  <Acknowledged event={event} at={at} timeZone={timeZone} onDone={onAcknowledged} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </TableBox>
      {events.length > FIRST ? (
        <div>
          <Button variant="secondary" size="sm" onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? 'Show fewer' : `Show all ${events.length} alerts`}
          </Button>
        </div>
      ) : null}
    </>
  );
}

function LabelButton({ at, onClick }: { at: string; onClick: () => void }) {
  return canEdit() ? (
    <Button
      variant="secondary"
      fill="text"
      size="sm"
      icon="plus"
      onClick={onClick}
      aria-label={`Label as incident the alert of ${at}`}
    >
      Label as incident
    </Button>
  ) : (
    'None labelled'
  );
}

interface AcknowledgedProps {
  event: AlertEvent;
  /** When it fired, in words. */
  at: string;
  timeZone: string;
  onDone: () => void;
}

function Acknowledged({ event, at, timeZone, onDone }: AcknowledgedProps) {
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
        aria-label={`Acknowledge the alert of ${at}`}
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
  empty: css({ margin: 0, color: theme.colors.text.secondary }),
  short: css({ whiteSpace: 'nowrap' }),
  alert: css({ minWidth: '44ch' }),
  error: css({ color: theme.colors.error.text, overflowWrap: 'anywhere', maxWidth: '36ch' }),
});
