import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Checkbox, RadioButtonGroup, useStyles2 } from '@grafana/ui';
import { useCallback, useId, useState } from 'react';
import { type Backtest, fetchIncidents, runBacktest, type SLO } from '../../../api';
import { formatShare, formatTime } from '../../../format';
import { Sized } from '../../../panels/frame/Sized';
import { rowOfResult } from '../../alerting/backtest';
import { BacktestTable } from '../../alerting/BacktestTable';
import { canEdit } from '../../alerting/canEdit';
import { IncidentForm } from '../../alerting/IncidentForm';
import { type IncidentSpan } from '../../alerting/incidents';
import { TargetTable } from '../../alerting/TargetTable';
import { policyLabel } from '../../alerting/words';
import { Failure } from '../../Failure';
import { Section } from '../../Section';
import { Skeleton } from '../../Skeleton';
import { usePolled } from '../../usePolled';
import { useUrlState } from '../../useUrlState';
import { moment } from '../words';
import { FiringTable } from './FiringTable';
import { lanesOf } from './laneModel';
import { Lanes } from './Lanes';
import { incidentsOf, newIncident } from './marks';
import { beyondHistory, spanNamed, SPANS, testedRange } from './spans';

/** Targets that teams choose among. */
const TARGETS = ['0.99', '0.995', '0.999', '0.9995'];

export interface BacktestSectionProps {
  slo: SLO;
  timeZone: string;
  /** Counts what was labelled: the backtest is run anew with it. */
  labelled: number;
  onLabelled: () => void;
}

interface Loaded extends Backtest {
  labelled: number;
  incidents: IncidentSpan[];
}

/** What other policies and targets would have done to the past. */
export function BacktestSection({ slo, timeZone, labelled, onLabelled }: BacktestSectionProps) {
  const styles = useStyles2(getStyles);
  const [params, setParams] = useUrlState();
  const spanId = useId();
  const [now] = useState(() => Date.now());
  const { definition, status } = slo;
  const { id, name, service, target } = definition;
  const historyStart = moment(status.retentionFrom) ?? moment(status.backfilledTo);
  // In whole hours: the start moves on while history is still being read, and shall not ask anew each time.
  const start = historyStart === undefined ? undefined : Math.ceil(historyStart / 3_600_000) * 3_600_000;
  const beyond = beyondHistory(start, now);
  const span = spanNamed(params.get('span'), beyond);

  const load = useCallback(
    async (signal: AbortSignal): Promise<Loaded> => {
      const range = testedRange(span, start, Date.now());
      // An objective of 100% has no budget to try.
      const tried = target < 1 ? [...TARGETS, String(target)] : TARGETS;
      const targets = [...new Set(tried)].sort((a, b) => Number(a) - Number(b));
      const [answer, incidents] = await Promise.all([
        runBacktest({ slos: [id], ...range, targets }, signal),
        fetchIncidents(range.from, range.to, signal),
      ]);
      return { ...answer, labelled, incidents: incidentsOf(incidents, { id, name, service }) };
    },
    [span, start, id, name, service, target, labelled]
  );
  const { data, error, loading, reload } = usePolled(load, 0);

  return (
    <Section title="Backtest">
      <p className={styles.text}>
        What each policy would have sent, had it been in force. Nothing is changed by looking.
      </p>
      <div className={styles.controls}>
        <span id={spanId}>Span</span>
        <div role="group" aria-labelledby={spanId}>
          <RadioButtonGroup
            options={SPANS.map(({ value, label }) => ({ value, label, ariaLabel: `Last ${label}` }))}
            disabledOptions={beyond}
            value={span}
            onChange={(value) => setParams({ span: value })}
          />
        </div>
        <Button variant="secondary" icon="sync" onClick={reload} disabled={loading}>
          Run again
        </Button>
      </div>
      {error ? <Failure title="The backtest can't be run" error={error} onRetry={reload} /> : null}
      {!data && !error ? <Skeleton label="Running the backtest" heights={[180, 160, 160]} /> : null}
      {data ? <Outcome key={id} slo={slo} data={data} timeZone={timeZone} onLabelled={onLabelled} /> : null}
    </Section>
  );
}

interface OutcomeProps {
  slo: SLO;
  data: Loaded;
  timeZone: string;
  onLabelled: () => void;
}

function Outcome({ slo, data, timeZone, onLabelled }: OutcomeProps) {
  const styles = useStyles2(getStyles);
  const [params, setParams] = useUrlState();
  const own = data.slos[0];
  if (!own || own.results.length === 0) {
    return <p className={styles.text}>There is no policy to try, or nothing was measured in this span.</p>;
  }
  const hidden = (params.get('hide') ?? '').split(',');
  const shown = own.results.filter(({ policy }) => !hidden.includes(policy));
  const chosen = shown.find(({ policy }) => policy === params.get('policy')) ?? shown[0];
  const range = { from: data.from, to: data.to };
  const coverage = own.results[0]?.coverage ?? 1;
  const firings = [...(chosen?.firings ?? [])].sort((a, b) => b.from - a.from);

  return (
    <>
      <p className={styles.text}>
        {formatTime(range.from, timeZone)} to {formatTime(range.to, timeZone)}
        {coverage < 0.995
          ? `. Only ${formatShare(coverage)} of this span is known: what happened in the rest can't be tested.`
          : ''}
      </p>
      {own.results[0]?.incidents === 0 && data.incidents.length === 0 ? (
        <NoIncidents slo={slo} to={range.to} timeZone={timeZone} onLabelled={onLabelled} />
      ) : null}
      <fieldset className={styles.policies}>
        <legend className={styles.legend}>Policies to compare</legend>
        {own.results.map(({ policy }) => (
          <Checkbox
            key={policy}
            label={policyLabel(policy)}
            value={!hidden.includes(policy)}
            onChange={() => {
              const next = hidden.includes(policy) ? hidden.filter((one) => one !== policy) : [...hidden, policy];
              setParams({ hide: next.filter(Boolean).join(',') });
            }}
          />
        ))}
      </fieldset>
      {shown.length > 0 ? (
        <BacktestTable
          label="Policies compared"
          rows={shown.map(rowOfResult)}
          chosen={chosen?.policy}
          onChoose={(policy) => setParams({ policy })}
        />
      ) : (
        <p className={styles.text}>Choose a policy above.</p>
      )}
      {chosen ? (
        <>
          <h3 className={styles.title}>Alerts of &quot;{policyLabel(chosen.policy)}&quot;</h3>
          <Sized grow>
            {({ width }) => (
              <Lanes
                label={`${firings.length} alerts of ${policyLabel(chosen.policy)} and ${data.incidents.length} incidents over time`}
                lanes={lanesOf(chosen, data.incidents, range)}
                span={range}
                timeZone={timeZone}
                width={width}
              />
            )}
          </Sized>
          {chosen.missed && chosen.missed.length > 0 ? (
            <p className={styles.text}>No alert for: {chosen.missed.map(({ title }) => title).join(', ')}.</p>
          ) : null}
          <FiringTable
            label={`Alerts of ${policyLabel(chosen.policy)}`}
            firings={firings}
            to={range.to}
            timeZone={timeZone}
          />
        </>
      ) : null}
      <h3 className={styles.title}>What if the target were another one?</h3>
      <p className={styles.text}>The policy in force, over the same span.</p>
      <TargetTable label="Targets compared" targets={own.targets ?? []} present={slo.definition.target} />
    </>
  );
}

interface NoIncidentsProps {
  slo: SLO;
  /** The end of the span, in ms since 1970. */
  to: number;
  timeZone: string;
  onLabelled: () => void;
}

/** Says why precision and recall are missing, and what would give them. */
function NoIncidents({ slo, to, timeZone, onLabelled }: NoIncidentsProps) {
  const [open, setOpen] = useState(false);
  const editor = canEdit();
  return (
    <>
      <Alert
        bottomSpacing={0}
        severity="info"
        title="Precision and recall need labelled incidents"
        action={
          editor ? (
            <Button variant="secondary" icon="plus" onClick={() => setOpen(true)}>
              Label an incident
            </Button>
          ) : undefined
        }
      >
        No incident of this SLO is labelled in this span, so that nobody can say which of these alerts would have been
        right.
        {editor ? '' : ' An editor of this Grafana can label one.'}
      </Alert>
      {open ? (
        <IncidentForm
          draft={newIncident(slo.definition.id, { from: to - 3_600_000, to })}
          timeZone={timeZone}
          onDone={() => {
            setOpen(false);
            onLabelled();
          }}
          onDismiss={() => setOpen(false)}
        />
      ) : null}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  text: css({ margin: 0, color: theme.colors.text.secondary }),
  controls: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
  policies: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0.5, 2), margin: 0, padding: 0, border: 0 }),
  legend: css({
    margin: 0,
    border: 0,
    fontSize: theme.typography.bodySmall.fontSize,
    color: theme.colors.text.secondary,
  }),
  title: css({ margin: theme.spacing(1, 0, 0), fontSize: theme.typography.h6.fontSize }),
});
