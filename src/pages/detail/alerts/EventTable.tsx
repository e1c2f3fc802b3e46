import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, Stack, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { type AlertEvent } from '../../../api';
import { formatBudget, formatDuration, formatTime } from '../../../format';
import { AcknowledgeCell } from '../../alerting/AcknowledgeCell';
import { canEdit } from '../../alerting/canEdit';
import { type IncidentDraft, type IncidentSpan } from '../../alerting/incidents';
import { SeverityBadge } from '../../alerting/SeverityBadge';
import { TableBox } from '../../alerting/TableBox';
import { conditionText } from '../../alerting/words';

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
  onLabel: (span: Pick<IncidentDraft, 'from' | 'to'>) => void;
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
                  <AcknowledgeCell
                    event={event}
                    name={`the alert of ${at}`}
                    timeZone={timeZone}
                    onDone={onAcknowledged}
                  />
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

const getStyles = (theme: GrafanaTheme2) => ({
  empty: css({ margin: 0, color: theme.colors.text.secondary }),
  short: css({ whiteSpace: 'nowrap' }),
  alert: css({ minWidth: '44ch' }),
});
