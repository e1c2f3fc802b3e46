import { css } from '@emotion/css';
import { type GrafanaTheme2, locationUtil } from '@grafana/data';
import { TextLink, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { type NoisyRule } from '../../../api';
import { formatPerWeek, formatShare } from '../../../format';
import { TableBox } from '../../alerting/TableBox';
import { Section } from '../../Section';
import { MoreButton } from '../MoreButton';
import { SeverityText } from './SeverityText';

const FIRST = 5;

/** The rules that most often fired for nothing. */
export function NoisyRules({ rules }: { rules: NoisyRule[] }) {
  const styles = useStyles2(getStyles);
  const [all, setAll] = useState(false);
  if (rules.length === 0) {
    return null;
  }
  return (
    <Section title="Noisiest rules">
      <TableBox label="Noisiest rules" minWidth={640}>
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">Severity</th>
            <th scope="col" className="number">
              Alerts
            </th>
            <th scope="col" className="number">
              A week
            </th>
            <th scope="col" className="number">
              For nothing
            </th>
            <th scope="col" className="number">
              Actionable
            </th>
          </tr>
        </thead>
        <tbody>
          {(all ? rules : rules.slice(0, FIRST)).map((rule) => (
            <tr key={`${rule.folder ?? ''} ${rule.slo ?? ''} ${rule.title}`}>
              <th scope="row" className={styles.rule}>
                {rule.uid ? (
                  <TextLink
                    href={locationUtil.assureBaseUrl(`/alerting/grafana/${encodeURIComponent(rule.uid)}/view`)}
                    variant="bodySmall"
                    inline={false}
                  >
                    {rule.title}
                  </TextLink>
                ) : (
                  rule.title
                )}
                {rule.folder ? <div className={styles.folder}>{rule.folder}</div> : null}
              </th>
              <td>
                <SeverityText severity={rule.severity} />
              </td>
              <td className="number">{rule.alerts}</td>
              <td className="number">{formatPerWeek(rule.perWeek)}</td>
              <td className="number">{rule.idle}</td>
              <td className="number">{formatShare(rule.actionableShare)}</td>
            </tr>
          ))}
        </tbody>
      </TableBox>
      <MoreButton total={rules.length} first={FIRST} all={all} onToggle={setAll} />
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  rule: css({ overflowWrap: 'anywhere' }),
  folder: css({ color: theme.colors.text.secondary }),
});
