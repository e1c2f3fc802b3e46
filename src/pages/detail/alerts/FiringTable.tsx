import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, Icon, Stack, useStyles2, useTheme2 } from '@grafana/ui';
import { useState } from 'react';
import { type Firing } from '../../../api';
import { formatBudget, formatDuration, formatTime, toneColor } from '../../../format';
import { SeverityBadge } from '../../alerting/SeverityBadge';
import { TableBox } from '../../alerting/TableBox';
import { conditionText } from '../../alerting/words';

/** So many are shown at first. */
const FIRST = 20;

export interface FiringTableProps {
  /** What is listed, for screen readers. */
  label: string;
  firings: Firing[];
  /** The end of the span, in ms since 1970. */
  to: number;
  timeZone: string;
}

/** Every alert that a policy would have sent: when, how long, what it would have cost, and whether it was right. */
export function FiringTable({ label, firings, to, timeZone }: FiringTableProps) {
  const styles = useStyles2(getStyles);
  const [all, setAll] = useState(false);
  if (firings.length === 0) {
    return <p className={styles.empty}>This policy would have sent no alert in this span.</p>;
  }
  return (
    <>
      <TableBox label={label} minWidth={1120}>
        <thead>
          <tr>
            <th scope="col">Would have fired at</th>
            <th scope="col">Condition</th>
            <th scope="col">Lasted</th>
            <th scope="col" className="number">
              Spent before
            </th>
            <th scope="col" className="number">
              Spent by its end
            </th>
            <th scope="col">Incident under it</th>
            <th scope="col">Delay</th>
          </tr>
        </thead>
        <tbody>
          {(all ? firings : firings.slice(0, FIRST)).map((firing) => (
            <tr key={`${firing.from} ${firing.severity} ${firing.key}`}>
              <th scope="row" className={styles.short}>
                {formatTime(firing.from, timeZone)}
              </th>
              <td className={styles.condition}>
                <Stack gap={1} alignItems="flex-start">
                  <SeverityBadge severity={firing.severity} />
                  <span>{conditionText({ title: firing.title, kind: firing.kind })}</span>
                </Stack>
              </td>
              <td className={styles.short}>
                {formatDuration(((firing.to ?? to) - firing.from) / 1000)}
                {firing.to === null ? ', still firing' : ''}
              </td>
              <td className="number">{formatBudget(firing.spentBefore)}</td>
              <td className="number">{formatBudget(firing.spentAfter)}</td>
              <td className={styles.incident}>
                <Verdict firing={firing} />
              </td>
              <td className={styles.short}>{formatDuration(firing.delaySeconds)}</td>
            </tr>
          ))}
        </tbody>
      </TableBox>
      {firings.length > FIRST ? (
        <div>
          <Button variant="secondary" size="sm" onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? 'Show fewer' : `Show all ${firings.length} alerts`}
          </Button>
        </div>
      ) : null}
    </>
  );
}

/** Whether an incident lies under the alert. Where none is labelled at all, nobody can say. */
function Verdict({ firing: { truePositive, incidents } }: { firing: Firing }) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  if (truePositive === null) {
    return 'not known';
  }
  const titles = (incidents ?? []).map(({ title }) => title).join(', ');
  return (
    <span className={styles.verdict}>
      <Icon
        name={truePositive ? 'check-circle' : 'times-circle'}
        size="sm"
        style={{ color: toneColor(theme, truePositive ? 'good' : 'warning'), flexShrink: 0 }}
      />
      {truePositive ? titles : titles || 'None labelled: counts as false'}
    </span>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  empty: css({ margin: 0, color: theme.colors.text.secondary }),
  short: css({ whiteSpace: 'nowrap' }),
  condition: css({ minWidth: '44ch' }),
  incident: css({ minWidth: '30ch' }),
  verdict: css({ display: 'inline-flex', alignItems: 'center', gap: theme.spacing(0.5) }),
});
