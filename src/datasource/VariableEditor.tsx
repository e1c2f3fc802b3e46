import { type DataSourceJsonData, type QueryEditorProps } from '@grafana/data';
import { Alert, Combobox, Field, MultiCombobox } from '@grafana/ui';
import { useCallback, useId } from 'react';
import { type BurnlineQuery } from '../api';
import { type BurnlineDataSource } from './datasource';
import { chosen, useChoices, withVariables } from './useChoices';
import { toVariableQuery, type VariableQuery } from './variableQuery';

type Props = QueryEditorProps<BurnlineDataSource, BurnlineQuery, DataSourceJsonData, VariableQuery>;

const KINDS: { value: VariableQuery['kind']; label: string; description: string }[] = [
  { value: 'services', label: 'Services', description: 'All services that have an SLO' },
  { value: 'slos', label: 'SLOs', description: 'All SLOs, or those of some services' },
  { value: 'labels', label: 'Label keys', description: 'The keys of the labels of all SLOs' },
  { value: 'labelvalues', label: 'Label values', description: 'The values of one label' },
];

const WIDTH = 48;

/** Asks what a dashboard variable shall offer. */
export function VariableEditor({ datasource, query: saved, onChange }: Props) {
  const query = toVariableQuery(saved);
  const change = (part: Partial<VariableQuery>) => onChange({ ...query, ...part });
  const id = useId();
  return (
    <>
      <Field label="Values" description="What the variable offers to choose from" htmlFor={id} noMargin>
        <Combobox
          id={id}
          width={WIDTH}
          options={KINDS}
          value={query.kind}
          // The services and the label belong to one kind each; nothing of them may stay behind in another.
          onChange={({ value }) => change({ kind: value, services: undefined, label: undefined })}
        />
      </Field>
      {query.kind === 'slos' && <ServicesField datasource={datasource} query={query} onChange={change} />}
      {query.kind === 'labelvalues' && <LabelField datasource={datasource} query={query} onChange={change} />}
    </>
  );
}

interface FieldProps {
  datasource: BurnlineDataSource;
  query: VariableQuery;
  onChange: (part: Partial<VariableQuery>) => void;
}

function ServicesField({ datasource, query, onChange }: FieldProps) {
  const id = useId();
  const load = useCallback(() => datasource.choices({ kind: 'services' }), [datasource]);
  const { choices, loading, error } = useChoices(load);
  return (
    <>
      <Field label="Services" description="Only the SLOs of these services" htmlFor={id} noMargin>
        <MultiCombobox
          id={id}
          width={WIDTH}
          placeholder="All services"
          loading={loading}
          options={withVariables(choices, datasource.variableNames())}
          value={chosen(query.services ?? [], choices)}
          createCustomValue
          isClearable
          onChange={(options) => onChange({ services: options.map((option) => option.value) })}
        />
      </Field>
      <LoadError what="services" error={error} />
    </>
  );
}

function LabelField({ datasource, query, onChange }: FieldProps) {
  const id = useId();
  const load = useCallback(() => datasource.choices({ kind: 'labels' }), [datasource]);
  const { choices, loading, error } = useChoices(load);
  return (
    <>
      <Field
        label="Label"
        description="The label whose values are offered"
        htmlFor={id}
        required
        noMargin
        invalid={!query.label}
        error="Choose a label"
      >
        <Combobox
          id={id}
          width={WIDTH}
          placeholder="Choose a label"
          loading={loading}
          options={withVariables(choices, datasource.variableNames())}
          value={query.label ? { label: query.label, value: query.label } : null}
          createCustomValue
          onChange={({ value }) => onChange({ label: value })}
        />
      </Field>
      <LoadError what="labels" error={error} />
    </>
  );
}

function LoadError({ what, error }: { what: string; error: string | undefined }) {
  return error === undefined ? null : (
    <Alert severity="error" title={`The ${what} could not be listed`} topSpacing={1}>
      {error}
    </Alert>
  );
}
