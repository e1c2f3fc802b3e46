import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, ClipboardButton, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { type SLO } from '../../api';
import { Section } from '../Section';
import { FactList } from './FactList';
import { methodText, originText, queriesOf } from './words';

/** What the file says: how the SLI is counted, its queries, and where to change them. */
export function DefinitionSection({ slo }: { slo: SLO }) {
  const { definition, document } = slo;
  const [open, setOpen] = useState(false);
  return (
    <Section title="Definition">
      {definition.stale ? (
        <Alert bottomSpacing={0} severity="warning" title="This is the last good version, not what the file says now">
          {definition.stale}
        </Alert>
      ) : null}
      {definition.notEvaluated ? (
        <Alert bottomSpacing={0} severity="info" title="This SLO is not evaluated">
          {definition.notEvaluated}
        </Alert>
      ) : null}
      <FactList
        items={[
          { label: 'File', content: <code>{originText(definition)}</code> },
          { label: 'Id', content: <code>{definition.id}</code> },
          { label: 'Data source', content: `${definition.source.uid} (${definition.source.type})` },
          { label: 'Indicator', content: methodText(definition) },
          ...(definition.minimumEvents
            ? [{ label: 'Pages only from', content: `${definition.minimumEvents} events in a window` }]
            : []),
        ]}
      />
      {queriesOf(definition.indicator).map(({ label, query }) => (
        <Code key={label} label={label} text={query} />
      ))}
      {document ? (
        <>
          <div>
            <Button
              variant="secondary"
              size="sm"
              icon={open ? 'angle-up' : 'angle-down'}
              aria-expanded={open}
              onClick={() => setOpen(!open)}
            >
              {open ? 'Hide document' : 'Show document'}
            </Button>
          </div>
          {open ? <Code label="OpenSLO document" text={document} /> : null}
        </>
      ) : null}
    </Section>
  );
}

function Code({ label, text }: { label: string; text: string }) {
  const styles = useStyles2(getStyles);
  return (
    <div>
      <div className={styles.head}>
        <span className={styles.label}>{label}</span>
        <ClipboardButton
          variant="secondary"
          fill="text"
          size="sm"
          icon="copy"
          getText={() => text}
          aria-label={`Copy ${label.toLowerCase()}`}
        />
      </div>
      {/* Long lines scroll in here, which a keyboard must be able to do too. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={styles.code} tabIndex={0} aria-label={label}>
        {text}
      </pre>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  head: css({ display: 'flex', alignItems: 'center', justifyContent: 'space-between' }),
  label: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  code: css({ margin: 0, maxHeight: 360, whiteSpace: 'pre-wrap', overflow: 'auto', overflowWrap: 'anywhere' }),
});
