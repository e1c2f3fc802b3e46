import { css } from '@emotion/css';
import { dateTimeFormat, type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { type NoiseWeek } from '../../../api';
import { formatShare } from '../../../format';
import { TableBox } from '../../alerting/TableBox';

/** Alerts week by week, newest first, each with a bar. */
export function TrendTable({ weeks }: { weeks: NoiseWeek[] }) {
  const styles = useStyles2(getStyles);
  const most = Math.max(1, ...weeks.map(({ alerts }) => alerts));
  if (weeks.length === 0) {
    return null;
  }
  return (
    <TableBox label="Alerts by week" minWidth={420}>
      <thead>
        <tr>
          <th scope="col">Week from (UTC)</th>
          <th scope="col" className="number">
            Alerts
          </th>
          <td className={styles.bars} />
          <th scope="col" className="number">
            Pages
          </th>
          <th scope="col" className="number">
            Actionable
          </th>
        </tr>
      </thead>
      <tbody>
        {[...weeks].reverse().map(({ from, partial, alerts, pages, actionableShare }) => (
          <tr key={from}>
            <th scope="row" className={styles.week}>
              {dateTimeFormat(from, { timeZone: 'utc', format: 'YYYY-MM-DD' })}
              {partial ? ' (in part)' : ''}
            </th>
            <td className="number">{alerts}</td>
            <td className={styles.bars} aria-hidden>
              <div className={styles.bar} style={{ width: `${(100 * alerts) / most}%` }}>
                <div className={styles.pages} style={{ width: `${alerts > 0 ? (100 * pages) / alerts : 0}%` }} />
              </div>
            </td>
            <td className="number">{pages}</td>
            <td className="number">{formatShare(actionableShare)}</td>
          </tr>
        ))}
      </tbody>
    </TableBox>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  week: css({ whiteSpace: 'nowrap' }),
  bars: css({ width: '50%' }),
  bar: css({ height: 14, borderRadius: 2, overflow: 'hidden', background: theme.visualization.getColorByName('blue') }),
  pages: css({ height: '100%', background: theme.visualization.getColorByName('red') }),
});
