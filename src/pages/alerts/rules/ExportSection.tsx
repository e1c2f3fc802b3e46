import { css } from '@emotion/css';
import { type GrafanaTheme2, locationUtil } from '@grafana/data';
import { Checkbox, LinkButton, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { EXPORT_FORMATS, exportUrl } from '../../../api';
import { Section } from '../../Section';

const LABELS: Record<(typeof EXPORT_FORMATS)[number], string> = {
  grafana: 'Grafana provisioning',
  prometheus: 'Prometheus rules',
  mimir: 'Mimir rules',
  loki: 'Loki rules',
};

/** The rules as files, for other places than this Grafana. */
export function ExportSection() {
  const styles = useStyles2(getStyles);
  const [sloth, setSloth] = useState(false);
  return (
    <Section title="Export">
      <p className={styles.text}>
        The rules of all SLOs as YAML: Grafana provisioning for GitOps, or ruler files with their recording rules. Each
        ruler file holds the SLOs whose source it can read.
      </p>
      <div>
        <Checkbox
          label="Names as Sloth has them"
          description="Ruler files then record what existing Sloth dashboards ask for"
          value={sloth}
          onChange={({ currentTarget }) => setSloth(currentTarget.checked)}
        />
      </div>
      <div className={styles.links}>
        {EXPORT_FORMATS.map((format) => (
          <LinkButton
            key={format}
            variant="secondary"
            icon="download-alt"
            href={locationUtil.assureBaseUrl(exportUrl(format, sloth && format !== 'grafana'))}
            download={`burnline-${format}.yaml`}
            target="_self"
          >
            {LABELS[format]}
          </LinkButton>
        ))}
      </div>
    </Section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  text: css({ margin: 0, color: theme.colors.text.secondary, maxWidth: '80ch' }),
  links: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1) }),
});
