import { css } from '@emotion/css';
import { type GrafanaTheme2, locationUtil } from '@grafana/data';
import { TextLink, useStyles2 } from '@grafana/ui';
import { type AlertPlan, type RuleChange, sloUrl } from '../../../api';
import { canEdit } from '../../alerting/canEdit';
import { LookBadge } from '../../alerting/LookBadge';
import { conditionTitle } from '../../alerting/words';
import { DriftChoice } from '../../detail/alerts/DriftChoice';
import { Section } from '../../Section';
import { ACTIONS, differencesBySLO } from './plan';

export interface ChangeListProps {
  plan: AlertPlan;
  /** Called when a choice about a rule was made. */
  onChanged: () => void;
}

/** The dry run: per SLO and rule, what Grafana has and what it would have. */
export function ChangeList({ plan, onChanged }: ChangeListProps) {
  const styles = useStyles2(getStyles);
  const slos = differencesBySLO(plan.changes);
  if (plan.mode === 'file') {
    return null;
  }
  return (
    <Section title="Differences">
      {slos.length === 0 ? <p className={styles.text}>{noDifference(plan)}</p> : null}
      {slos.map(({ slo, changes }) => (
        <div key={slo} className={styles.slo}>
          <h3 className={styles.title}>
            {plan.groups.some((group) => group.slo === slo && group.name !== 'watchdog') ? (
              <TextLink href={locationUtil.assureBaseUrl(`${sloUrl(slo)}?tab=alerts`)} inline={false}>
                {nameOf(changes, slo)}
              </TextLink>
            ) : (
              nameOf(changes, slo)
            )}
            <span className={styles.folder}>{changes[0]?.folder}</span>
          </h3>
          <ul className={styles.list}>
            {changes.map((change) => (
              <li key={change.uid} className={styles.change}>
                <Change change={change} onChanged={onChanged} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </Section>
  );
}

function Change({ change, onChanged }: { change: RuleChange; onChanged: () => void }) {
  const styles = useStyles2(getStyles);
  const title = conditionTitle(change.title);
  const fields = change.fields ?? [];
  const table = fields.length > 0 ? <FieldTable title={title} change={change} /> : null;
  const choosable = change.action === 'drift' || change.action === 'conflict' || change.action === 'adopted';
  return (
    <>
      <div className={styles.head}>
        <LookBadge look={ACTIONS[change.action]} />
        <span className={styles.rule}>{title}</span>
        {choosable && canEdit() ? <DriftChoice uid={change.uid} title={title} onChanged={onChanged} /> : null}
      </div>
      {change.action === 'create' && table ? (
        <details>
          <summary className={styles.summary}>What will be created</summary>
          {table}
        </details>
      ) : (
        table
      )}
    </>
  );
}

/** Field by field. A new rule has nothing to compare with. */
function FieldTable({ title, change }: { title: string; change: RuleChange }) {
  const styles = useStyles2(getStyles);
  const isNew = change.action === 'create';
  return (
    <table className={styles.fields} aria-label={`Differences of "${title}"`}>
      <thead>
        <tr>
          <th scope="col">Field</th>
          {isNew ? null : <th scope="col">In Grafana</th>}
          <th scope="col">Wanted</th>
        </tr>
      </thead>
      <tbody>
        {(change.fields ?? []).map(({ path, have, want }) => (
          <tr key={path}>
            <th scope="row">{path}</th>
            {isNew ? null : <td>{have ? <code>{have}</code> : 'nothing'}</td>}
            <td>{want ? <code>{want}</code> : 'nothing'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The SLO's name, which stands before the condition in the title. */
function nameOf(changes: RuleChange[], slo: string): string {
  const title = changes[0]?.title ?? '';
  const end = title.lastIndexOf(': ');
  return end > 0 ? title.slice(0, end) : slo;
}

function noDifference({ mode, changes, errors }: AlertPlan): string {
  if (changes.length === 0 && errors.length > 0) {
    return 'The rules in Grafana are not known.';
  }
  if (mode === 'off') {
    return 'Rules are off, and none of Burnline is left in Grafana.';
  }
  return changes.length === 0 ? 'No SLO wants a rule.' : 'None: Grafana holds what the SLOs want.';
}

const getStyles = (theme: GrafanaTheme2) => ({
  text: css({ margin: 0, color: theme.colors.text.secondary }),
  slo: css({ borderTop: `1px solid ${theme.colors.border.weak}`, paddingTop: theme.spacing(1), minWidth: 0 }),
  title: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'baseline',
    gap: theme.spacing(0, 1),
    margin: 0,
    fontSize: theme.typography.h6.fontSize,
  }),
  folder: css({
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: theme.typography.fontWeightRegular,
    color: theme.colors.text.secondary,
  }),
  list: css({ listStyle: 'none', margin: 0, padding: 0 }),
  change: css({ padding: theme.spacing(0.75, 0), minWidth: 0 }),
  head: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(0.5, 1.5) }),
  rule: css({ overflowWrap: 'anywhere' }),
  summary: css({ cursor: 'pointer', color: theme.colors.text.secondary }),
  fields: css({
    width: '100%',
    marginTop: theme.spacing(0.5),
    fontSize: theme.typography.bodySmall.fontSize,
    tableLayout: 'fixed',
    '& th, & td': {
      padding: theme.spacing(0.25, 1, 0.25, 0),
      textAlign: 'left',
      verticalAlign: 'top',
      fontWeight: theme.typography.fontWeightRegular,
      overflowWrap: 'anywhere',
    },
    '& thead th': { color: theme.colors.text.secondary },
    '& th:first-of-type': { width: '24%' },
    '& code': { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', margin: 0 },
  }),
});
