import { css } from '@emotion/css';
import { type GrafanaTheme2, locationUtil } from '@grafana/data';
import { TextLink, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { type NoiseGroup, sloUrl } from '../../../api';
import { formatPerWeek, formatShare } from '../../../format';
import { TableBox } from '../../alerting/TableBox';
import { Section } from '../../Section';
import { MoreButton } from '../MoreButton';
import { reasonsText } from './words';

const FIRST = 10;

export interface GroupTableProps {
  title: string;
  /** What a row is: "Service". */
  column: string;
  /** The noisiest first. */
  groups: NoiseGroup[];
  /** Whether ids are those of SLOs that have a page. */
  linked?: boolean;
}

/** Alerts of each SLO, service or team. */
export function GroupTable({ title, column, groups, linked = false }: GroupTableProps) {
  const styles = useStyles2(getStyles);
  const [all, setAll] = useState(false);
  return (
    <Section title={title}>
      {groups.length === 0 ? (
        <p className={styles.empty}>Nothing fired in this span.</p>
      ) : (
        <TableBox label={`Alerts ${title.toLowerCase().replace('slo', 'SLO')}`} minWidth={440}>
          <thead>
            <tr>
              <th scope="col">{column}</th>
              <th scope="col" className="number">
                Alerts
              </th>
              <th scope="col" className="number">
                A week
              </th>
              <th scope="col" className="number">
                Pages
              </th>
              <th scope="col" className="number">
                Actionable
              </th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {(all ? groups : groups.slice(0, FIRST)).map((group) => (
              <tr key={group.id}>
                <th scope="row">
                  {linked ? (
                    <TextLink
                      href={locationUtil.assureBaseUrl(`${sloUrl(group.id)}?tab=alerts`)}
                      variant="bodySmall"
                      inline={false}
                    >
                      {group.name || group.id}
                    </TextLink>
                  ) : (
                    group.name || group.id || 'not named'
                  )}
                </th>
                <td className="number">{group.alerts}</td>
                <td className="number">{formatPerWeek(group.perWeek)}</td>
                <td className="number">{group.pages}</td>
                <td className="number">{formatShare(group.actionableShare)}</td>
                <td>{reasonsText(group)}</td>
              </tr>
            ))}
          </tbody>
        </TableBox>
      )}
      <MoreButton total={groups.length} first={FIRST} all={all} onToggle={setAll} />
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  empty: css({ margin: 0, color: theme.colors.text.secondary }),
});
