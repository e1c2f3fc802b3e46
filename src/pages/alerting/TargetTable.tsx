import { css, cx } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2, useTheme2 } from '@grafana/ui';
import { type TargetResult } from '../../api';
import { budgetTone, formatBudget, formatCount, formatObjective, formatPerWeek, toneColor } from '../../format';
import { TableBox } from './TableBox';

export interface TargetTableProps {
  /** What is compared, for screen readers. */
  label: string;
  targets: TargetResult[];
  /** The target in force, a fraction. */
  present: number;
}

/** Targets side by side: the budget that each would give, and the alerts. */
export function TargetTable({ label, targets, present }: TargetTableProps) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  return (
    <TableBox label={label} minWidth={640}>
      <thead>
        <tr>
          <th scope="col">Target</th>
          <th scope="col" className="number">
            Allowed bad events
          </th>
          <th scope="col" className="number">
            Budget consumed
          </th>
          <th scope="col" className="number">
            Budget remaining
          </th>
          <th scope="col" className="number">
            Pages a week
          </th>
          <th scope="col" className="number">
            Tickets a week
          </th>
        </tr>
      </thead>
      <tbody>
        {targets.map((row) => {
          const isPresent = Number(row.target) === present;
          return (
            <tr key={row.target} className={cx(isPresent && styles.present)}>
              <th scope="row">
                {formatObjective(Number(row.target))}
                {isPresent ? ' (present)' : ''}
                {row.conditionsSkipped?.map((text) => (
                  <div key={text} className={styles.note}>
                    <Icon name="info-circle" size="xs" /> {text}
                  </div>
                ))}
              </th>
              <td className="number">{formatCount(row.allowed)}</td>
              <td className="number">{formatBudget(row.consumed)}</td>
              <td className="number" style={{ color: toneColor(theme, budgetTone(row.remaining)) }}>
                {formatBudget(row.remaining)}
              </td>
              <td className="number">{formatPerWeek(weekly(row.pages, row))}</td>
              <td className="number">{formatPerWeek(weekly(row.tickets, row))}</td>
            </tr>
          );
        })}
      </tbody>
    </TableBox>
  );
}

/** Of so many alerts a week these: the backend knows the part of the span that is in the ledger. */
function weekly(count: number, { pages, tickets, alertsPerWeek }: TargetResult): number {
  return count > 0 ? (alertsPerWeek * count) / (pages + tickets) : 0;
}

const getStyles = (theme: GrafanaTheme2) => ({
  present: css({ background: theme.colors.background.secondary }),
  note: css({ color: theme.colors.text.secondary, whiteSpace: 'normal', maxWidth: '44ch' }),
});
