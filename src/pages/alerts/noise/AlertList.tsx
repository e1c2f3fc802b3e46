import { css } from '@emotion/css';
import { type GrafanaTheme2, locationUtil } from '@grafana/data';
import { Alert, TextLink, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { type AlertEvent, sloUrl } from '../../../api';
import { formatDuration, formatTime } from '../../../format';
import { AcknowledgeCell } from '../../alerting/AcknowledgeCell';
import { TableBox } from '../../alerting/TableBox';
import { Section } from '../../Section';
import { MoreButton } from '../MoreButton';
import { SeverityText } from './SeverityText';

const FIRST = 10;

export interface AlertListProps {
  /** Those of all rules of this Grafana. */
  events: AlertEvent[];
  /** Why there may be more. */
  error?: string;
  /** When they were asked for, in ms since 1970. */
  now: number;
  timeZone: string;
  onChanged: () => void;
}

/** The alerts themselves, newest first, and who took them on. */
export function AlertList({ events, error, now, timeZone, onChanged }: AlertListProps) {
  const styles = useStyles2(getStyles);
  const [all, setAll] = useState(false);
  const sorted = [...events].sort((a, b) => b.start - a.start);
  return (
    <Section title="Alerts that fired">
      {error ? (
        <Alert bottomSpacing={0} severity="warning" title="The list of alerts may be incomplete">
          {error}
        </Alert>
      ) : null}
      {events.length === 0 ? (
        <p className={styles.empty}>No alert is known to have fired in this span.</p>
      ) : (
        <TableBox label="Alerts that fired" minWidth={720}>
          <thead>
            <tr>
              <th scope="col">Fired at</th>
              <th scope="col">Severity</th>
              <th scope="col">Alert</th>
              <th scope="col">Lasted</th>
              <th scope="col">Acknowledged</th>
            </tr>
          </thead>
          <tbody>
            {(all ? sorted : sorted.slice(0, FIRST)).map((event) => (
              <Row key={event.id} event={event} now={now} timeZone={timeZone} onChanged={onChanged} />
            ))}
          </tbody>
        </TableBox>
      )}
      <MoreButton total={events.length} first={FIRST} all={all} onToggle={setAll} />
    </Section>
  );
}

interface RowProps {
  event: AlertEvent;
  now: number;
  timeZone: string;
  onChanged: () => void;
}

function Row({ event, now, timeZone, onChanged }: RowProps) {
  const styles = useStyles2(getStyles);
  const at = formatTime(event.start, timeZone);
  return (
    <tr>
      <td className={styles.short}>{at}</td>
      <td>
        <SeverityText severity={event.severity} />
      </td>
      <th scope="row">
        {event.slo && event.slo !== WATCHDOG ? (
          <TextLink
            href={locationUtil.assureBaseUrl(`${sloUrl(event.slo)}?tab=alerts`)}
            variant="bodySmall"
            inline={false}
          >
            {event.title}
          </TextLink>
        ) : (
          event.title
        )}
      </th>
      <td className={styles.short}>
        {formatDuration(((event.end ?? now) - event.start) / 1000)}
        {event.end === null ? ', still firing' : ''}
      </td>
      <td>
        <AcknowledgeCell event={event} name={`"${event.title}" of ${at}`} timeZone={timeZone} onDone={onChanged} />
      </td>
    </tr>
  );
}

/** The SLO that the watchdog's alerts name; it has no page. */
const WATCHDOG = 'burnline';

const getStyles = (theme: GrafanaTheme2) => ({
  empty: css({ margin: 0, color: theme.colors.text.secondary }),
  short: css({ whiteSpace: 'nowrap' }),
});
