import { css } from '@emotion/css';
import { getTimeZone, type GrafanaTheme2 } from '@grafana/data';
import { Button, EmptyState, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { fetchIncidents, fetchPortfolio, type SLO } from '../../../api';
import { canEdit } from '../../alerting/canEdit';
import { IncidentForm } from '../../alerting/IncidentForm';
import { type IncidentDraft, scopeOptions, spansOf } from '../../alerting/incidents';
import { IncidentTable } from '../../alerting/IncidentTable';
import { Failure } from '../../Failure';
import { Section } from '../../Section';
import { Skeleton } from '../../Skeleton';
import { usePolled } from '../../usePolled';

const HOUR_MS = 3_600_000;
const REFRESH_MS = 60_000;
/** As far back as the backend looks in one request. */
const LOOK_BACK_MS = 400 * 86_400_000;

async function load(signal: AbortSignal) {
  const now = Date.now();
  // Names are a comfort: the incidents are shown without them too.
  const slos: Promise<SLO[]> = fetchPortfolio(signal).then(
    (portfolio) => portfolio.slos,
    () => []
  );
  const incidents = await fetchIncidents(now - LOOK_BACK_MS + 60_000, now, signal);
  return { incidents: spansOf(incidents).sort((a, b) => b.from - a.from), slos: await slos, now };
}

/** What people know to have been incidents: what backtests and noise figures hold alerts against. */
export function IncidentsTab() {
  const styles = useStyles2(getStyles);
  const { data, error, reload } = usePolled(load, REFRESH_MS);
  const [draft, setDraft] = useState<IncidentDraft>();
  const editor = canEdit();
  if (!data) {
    return error ? (
      <Failure title="The incidents can't be loaded" error={error} onRetry={reload} />
    ) : (
      <Skeleton label="Loading the incidents" heights={[240]} />
    );
  }
  const { now } = data;
  const add = editor ? (
    <Button icon="plus" onClick={() => setDraft({ from: now - HOUR_MS, to: now, severity: '' })}>
      Label an incident
    </Button>
  ) : null;
  return (
    <>
      {error ? <Failure title="The incidents can't be loaded" error={error} onRetry={reload} /> : null}
      <Section title="Labelled incidents">
        <p className={styles.text}>
          Spans in which something was really wrong, of the last 400 days. Backtests and noise figures say with them
          which alerts were right, which were not, and what no alert found.
          {editor ? '' : ' Editors and admins of this organisation can label them.'}
        </p>
        {data.incidents.length > 0 ? (
          <>
            {add ? <div>{add}</div> : null}
            <IncidentTable
              incidents={data.incidents}
              slos={data.slos}
              now={now}
              timeZone={getTimeZone()}
              onEdit={setDraft}
              onRemoved={reload}
            />
          </>
        ) : (
          <EmptyState
            variant="call-to-action"
            hideImage
            message="No incident is labelled yet"
            button={add ?? undefined}
          />
        )}
      </Section>
      {draft ? (
        <IncidentForm
          draft={draft}
          scopes={draft.id === undefined ? scopeOptions(data.slos) : undefined}
          timeZone={getTimeZone()}
          onDone={() => {
            setDraft(undefined);
            reload();
          }}
          onDismiss={() => setDraft(undefined)}
        />
      ) : null}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  text: css({ margin: 0, color: theme.colors.text.secondary, maxWidth: '80ch' }),
});
