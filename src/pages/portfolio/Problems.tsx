import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Button, Icon, Text, useStyles2, useTheme2 } from '@grafana/ui';
import { useState } from 'react';
import { type Problem } from '../../api';
import { toneColor } from '../../format';

/** So many are shown at first; a broken template can make hundreds. */
const FIRST = 5;

export interface ProblemsProps {
  problems: Problem[];
  title?: string;
}

/** What is wrong with the definition files: place, what is wrong, what would be right. */
export function Problems({ problems, title = 'Problems in definition files' }: ProblemsProps) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const [all, setAll] = useState(false);
  const sorted = [...problems].sort(bySeverityThenPlace);
  const shown = all ? sorted : sorted.slice(0, FIRST);
  return (
    <section className={styles.section} aria-labelledby="burnline-problems">
      <Text element="h2" variant="h4" id="burnline-problems">
        {title} ({problems.length})
      </Text>
      <ul className={styles.list}>
        {shown.map((problem) => {
          const isError = problem.severity === 'error';
          return (
            <li key={keyOf(problem)} className={styles.problem}>
              <Icon
                name={isError ? 'exclamation-circle' : 'exclamation-triangle'}
                title={isError ? 'Error' : 'Warning'}
                style={{ color: toneColor(theme, isError ? 'bad' : 'warning'), flexShrink: 0 }}
              />
              <div className={styles.words}>
                <div>
                  {problem.file ? <code className={styles.place}>{placeText(problem)}</code> : null}{' '}
                  {subjectText(problem)}
                </div>
                <div>{problem.message}</div>
                {problem.remedy ? <div className={styles.remedy}>{problem.remedy}</div> : null}
              </div>
            </li>
          );
        })}
      </ul>
      {sorted.length > FIRST ? (
        <Button variant="secondary" size="sm" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? 'Show fewer' : `Show all ${sorted.length}`}
        </Button>
      ) : null}
    </section>
  );
}

/** "checkout.yaml:12". */
export function placeText({ file, line }: Problem): string {
  return line > 0 ? `${file}:${line}` : file;
}

/** "SLO checkout-availability, spec.objectives[0].target". */
export function subjectText({ kind, name, path }: Problem): string {
  const subject = [kind, name].filter(Boolean).join(' ');
  return [subject, path].filter(Boolean).join(', ');
}

function bySeverityThenPlace(a: Problem, b: Problem): number {
  return (
    Number(a.severity !== 'error') - Number(b.severity !== 'error') || a.file.localeCompare(b.file) || a.line - b.line
  );
}

function keyOf(problem: Problem): string {
  return [problem.file, problem.document, problem.line, problem.column, problem.path, problem.message].join(' ');
}

const getStyles = (theme: GrafanaTheme2) => ({
  section: css({
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'flex-start',
    gap: theme.spacing(1),
    padding: theme.spacing(2),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  list: css({ listStyle: 'none', margin: 0, padding: 0, width: '100%' }),
  problem: css({ display: 'flex', gap: theme.spacing(1), padding: theme.spacing(0.75, 0) }),
  words: css({ minWidth: 0, overflowWrap: 'anywhere' }),
  place: css({ whiteSpace: 'normal' }),
  remedy: css({ color: theme.colors.text.secondary }),
});
