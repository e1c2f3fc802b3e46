import { formatBurn, formatDuration, formatShare, UNKNOWN } from '../../../format';
import { TableBox } from '../../alerting/TableBox';
import { SeverityText } from '../noise/SeverityText';
import { type PolicyRowInfo, WINDOWS } from './policies';

/** The rows of a policy with the burn rate that each asks for in windows of usual lengths. */
export function PolicyTable({ label, rows }: { label: string; rows: PolicyRowInfo[] }) {
  return (
    <TableBox label={label} minWidth={620}>
      <thead>
        <tr>
          <th scope="col">Severity</th>
          <th scope="col" className="number">
            Share of budget
          </th>
          <th scope="col">Long window</th>
          <th scope="col">Short window</th>
          {WINDOWS.map((days) => (
            <th key={days} scope="col" className="number">
              Rate at {days} d
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ severity, share, long, short, rates }) => (
          <tr key={`${severity} ${long} ${short}`}>
            <th scope="row">
              <SeverityText severity={severity} />
            </th>
            <td className="number">{share === undefined ? 'fixed rate' : formatShare(share)}</td>
            <td>{formatDuration(long)}</td>
            <td>{formatDuration(short)}</td>
            {rates.map((rate, index) => (
              <td key={WINDOWS[index]} className="number">
                {rate === undefined ? UNKNOWN : formatBurn(rate)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </TableBox>
  );
}
