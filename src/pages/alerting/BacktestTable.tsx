import { css, cx } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, useStyles2 } from '@grafana/ui';
import { formatBudget, formatDuration, formatPerWeek, formatShare, isKnown } from '../../format';
import { type BacktestRow } from './backtest';
import { TableBox } from './TableBox';
import { policyLabel } from './words';

export interface BacktestTableProps {
  /** What is compared, for screen readers. */
  label: string;
  rows: BacktestRow[];
  /** The policy that is looked at closely, where one can be chosen. */
  chosen?: string;
  onChoose?: (policy: string) => void;
}

/** Policies side by side: how often each would have alerted, how right it would have been, and how soon. */
export function BacktestTable({ label, rows, chosen, onChoose }: BacktestTableProps) {
  const styles = useStyles2(getStyles);
  return (
    <TableBox label={label} minWidth={860}>
      <thead>
        <tr>
          <th scope="col">Policy</th>
          <th scope="col" className="number">
            Alerts
          </th>
          <th scope="col" className="number">
            Pages
          </th>
          <th scope="col" className="number">
            Tickets
          </th>
          <th scope="col" className="number">
            Alerts a week
          </th>
          <th scope="col" className="number">
            Precision
          </th>
          <th scope="col" className="number">
            Recall
          </th>
          <th scope="col" className="number">
            Mean delay
          </th>
          <th scope="col" className="number">
            Mean reset
          </th>
          <th scope="col" className="number">
            Budget spent before
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.policy} className={cx(row.policy === chosen && styles.chosen)}>
            <th scope="row">
              {onChoose ? (
                <Button
                  variant="secondary"
                  fill="text"
                  size="sm"
                  icon={row.policy === chosen ? 'eye' : undefined}
                  aria-pressed={row.policy === chosen}
                  onClick={() => onChoose(row.policy)}
                >
                  {policyLabel(row.policy)}
                </Button>
              ) : (
                policyLabel(row.policy)
              )}
            </th>
            <td className="number">{row.pages + row.tickets}</td>
            <td className="number">{row.pages}</td>
            <td className="number">{row.tickets}</td>
            <td className="number">{formatPerWeek(row.alertsPerWeek)}</td>
            <td className="number">{formatShare(row.precision)}</td>
            <td className="number">{recallText(row)}</td>
            <td className="number">{formatDuration(row.meanDelaySeconds)}</td>
            <td className="number">{formatDuration(row.meanResetSeconds)}</td>
            <td className="number">{formatBudget(row.spentBefore)}</td>
          </tr>
        ))}
      </tbody>
    </TableBox>
  );
}

/** "75% (3 of 4)": a share of few incidents says little without their number. */
function recallText({ recall, found, incidents }: BacktestRow): string {
  const share = formatShare(recall);
  return isKnown(recall) ? `${share} (${found} of ${incidents})` : share;
}

const getStyles = (theme: GrafanaTheme2) => ({
  chosen: css({ background: theme.colors.background.secondary }),
});
