import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Checkbox, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { EXPORT_FORMATS, type ExportFormat, exportRules } from '../../../api';
import { useAction } from '../../alerting/useAction';
import { Section } from '../../Section';
import { saveText } from './saveText';

const LABELS: Record<ExportFormat, string> = {
  grafana: 'Grafana provisioning',
  prometheus: 'Prometheus rules',
  mimir: 'Mimir rules',
  loki: 'Loki rules',
};

/** The names of Sloth are series of Prometheus. */
const WITH_SLOTH: ExportFormat[] = ['prometheus', 'mimir'];

/** The rules as files, for other places than this Grafana. */
export function ExportSection() {
  const styles = useStyles2(getStyles);
  const [sloth, setSloth] = useState(false);
  const { busy, error, run } = useAction();
  const load = (format: ExportFormat) =>
    run(
      async () => saveText(`burnline-${format}.yaml`, await exportRules(format, sloth && WITH_SLOTH.includes(format))),
      () => undefined
    );
  return (
    <Section title="Export">
      <p className={styles.text}>
        The rules of all SLOs as YAML: Grafana provisioning for GitOps, or ruler files with their recording rules. Each
        ruler file holds the SLOs whose source it can read.
      </p>
      <div>
        <Checkbox
          label="Names as Sloth has them"
          description="Prometheus and Mimir rules then record what existing Sloth dashboards ask for"
          value={sloth}
          onChange={({ currentTarget }) => setSloth(currentTarget.checked)}
        />
      </div>
      <div className={styles.links}>
        {EXPORT_FORMATS.map((format) => (
          <Button
            key={format}
            variant="secondary"
            icon="download-alt"
            disabled={busy}
            onClick={() => void load(format)}
          >
            {LABELS[format]}
          </Button>
        ))}
      </div>
      {error ? (
        <Alert bottomSpacing={0} severity="error" title="Not exported">
          {error}
        </Alert>
      ) : null}
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  text: css({ margin: 0, color: theme.colors.text.secondary, maxWidth: '80ch' }),
  links: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1) }),
});
