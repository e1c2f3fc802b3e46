import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';

/** What went wrong, one line each; the backend separates several mistakes by line breaks. */
export function FaultList({ texts }: { texts: string[] }) {
  const styles = useStyles2(getStyles);
  const lines = [...new Set(texts.flatMap((text) => text.split('\n')).filter((line) => line.trim() !== ''))];
  return lines.length === 1 ? (
    lines[0]
  ) : (
    <ul className={styles.list}>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ margin: 0, paddingLeft: theme.spacing(2), overflowWrap: 'anywhere' }),
});
