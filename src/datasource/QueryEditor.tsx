import { CoreApp, type QueryEditorProps } from '@grafana/data';
import { Alert, Combobox, InlineField, InlineFieldRow, MultiCombobox } from '@grafana/ui';
import { useId } from 'react';
import { type BurnlineQuery, isWindow, QUERY_TYPES, SCHEMA_VERSION, WORKBOOK_WINDOWS } from '../api';
import { BacktestFields } from './BacktestFields';
import { type BurnlineDataSource } from './datasource';
import { Filters, LABEL_WIDTH } from './Filters';
import { ALERT_VALUES, isSeriesQueryType, normalize, QUERY_TYPE_WORDS, takesOneWindow, toSaved } from './model';
import { chosen, withVariables } from './useChoices';

type Props = QueryEditorProps<BurnlineDataSource, BurnlineQuery>;

const TYPE_OPTIONS = QUERY_TYPES.map((value) => ({ value, ...QUERY_TYPE_WORDS[value] }));
const WINDOW_OPTIONS = WORKBOOK_WINDOWS.map((window) => ({ label: window, value: window }));

/** Asks which numbers are wanted and of which SLOs. */
export function QueryEditor({ datasource, query: saved, app, onChange, onRunQuery }: Props) {
  const query = normalize(saved);
  const wantsNumber = app === CoreApp.UnifiedAlerting || query.queryType === 'alert';
  const alertValues = wantsNumber && query.queryType ? ALERT_VALUES[query.queryType] : undefined;
  const change = (part: Partial<BurnlineQuery>) => {
    onChange(toSaved({ ...query, ...part }));
    onRunQuery();
  };
  return (
    <>
      {(saved.schemaVersion ?? 0) > SCHEMA_VERSION && (
        <Alert severity="warning" title="This query was written by a newer version of Burnline" bottomSpacing={1}>
          Changing it here may lose settings that this version does not know. Update the plugin first.
        </Alert>
      )}
      <InlineFieldRow>
        <TypeField query={query} onChange={change} />
        {query.queryType === 'burnrate' && (
          <WindowsField values={query.windows ?? []} variables={datasource.variableNames()} onChange={change} />
        )}
        {alertValues && <ValueField value={query.value} options={alertValues} onChange={change} />}
        {takesOneWindow({ ...query, value: query.value ?? alertValues?.[0]?.value }) && (
          <WindowField value={query.windows?.[0]} onChange={change} />
        )}
        {query.queryType === 'alert' && query.value === 'absence' && (
          <AbsenceField value={query.absence} onChange={change} />
        )}
        {query.queryType === 'backtest' && (
          <BacktestFields query={query} variables={datasource.variableNames()} onChange={change} />
        )}
      </InlineFieldRow>
      {query.queryType === 'backtest' && app === CoreApp.UnifiedAlerting && (
        <Alert severity="error" title="No alert rule can be about a backtest" bottomSpacing={1}>
          Choose another kind of number, such as &quot;Alert number&quot;.
        </Alert>
      )}
      <Filters datasource={datasource} query={query} onChange={change} />
    </>
  );
}

interface FieldProps {
  onChange: (part: Partial<BurnlineQuery>) => void;
}

function TypeField({ query, onChange }: FieldProps & { query: BurnlineQuery }) {
  const id = useId();
  const known = isSeriesQueryType(query.queryType);
  return (
    <InlineField
      label="Show"
      labelWidth={LABEL_WIDTH}
      tooltip="Which numbers of the SLOs are wanted"
      htmlFor={id}
      invalid={!known}
      error={known ? undefined : `"${query.queryType ?? ''}" is no query type: choose one of the list`}
    >
      <Combobox
        id={id}
        width={48}
        options={TYPE_OPTIONS}
        value={known ? query.queryType : null}
        onChange={({ value }) => onChange({ queryType: value })}
      />
    </InlineField>
  );
}

function ValueField({
  value,
  options,
  onChange,
}: FieldProps & { value: string | undefined; options: { value: string; label: string }[] }) {
  const id = useId();
  return (
    <InlineField
      label="Number"
      labelWidth={LABEL_WIDTH}
      tooltip="Which number the rule is about: an alert rule takes one of each SLO"
      htmlFor={id}
    >
      <Combobox
        id={id}
        width={32}
        options={options}
        value={value ?? options[0]?.value}
        onChange={(option) => onChange({ value: option.value })}
      />
    </InlineField>
  );
}

const ABSENCE_OPTIONS: { value: NonNullable<BurnlineQuery['absence']>; label: string; description: string }[] = [
  { value: 'traffic', label: 'Traffic or source', description: 'No event at all, or a source that cannot be read' },
  { value: 'source', label: 'Source only', description: 'For services with quiet hours' },
];

function AbsenceField({ value, onChange }: FieldProps & { value: BurnlineQuery['absence'] }) {
  const id = useId();
  return (
    <InlineField label="Missing" labelWidth={LABEL_WIDTH} tooltip="What counts as missing" htmlFor={id}>
      <Combobox
        id={id}
        width={24}
        options={ABSENCE_OPTIONS}
        value={value ?? 'traffic'}
        onChange={(option) => onChange({ absence: option.value })}
      />
    </InlineField>
  );
}

function WindowField({ value, onChange }: FieldProps & { value: string | undefined }) {
  const id = useId();
  const wrong = value !== undefined && !isWindow(value);
  return (
    <InlineField
      label="Window"
      labelWidth={LABEL_WIDTH}
      tooltip="How far the number looks back, such as 5m, 6h or 3d"
      htmlFor={id}
      invalid={wrong}
      error={wrong ? `${value}: write a number and one of m, h, d, w, such as 6h` : undefined}
    >
      <Combobox
        id={id}
        width={24}
        options={WINDOW_OPTIONS}
        value={value ?? null}
        placeholder="Choose a window"
        createCustomValue
        onChange={(option) => onChange({ windows: [option.value] })}
      />
    </InlineField>
  );
}

function WindowsField({ values, variables, onChange }: FieldProps & { values: string[]; variables: string[] }) {
  const id = useId();
  const wrong = values.filter((value) => !value.includes('$') && !isWindow(value));
  return (
    <InlineField
      label="Windows"
      labelWidth={LABEL_WIDTH}
      tooltip="How far each burn rate looks back, such as 5m, 6h or 3d. None chosen means those of the usual alerts."
      htmlFor={id}
      invalid={wrong.length > 0}
      error={wrong.length > 0 ? `${wrong.join(', ')}: write a number and one of m, h, d, w, such as 6h` : undefined}
    >
      <MultiCombobox
        id={id}
        width={48}
        placeholder="Windows of the usual alerts"
        options={withVariables(WINDOW_OPTIONS, variables)}
        value={chosen(values, WINDOW_OPTIONS)}
        createCustomValue
        isClearable
        onChange={(options) => onChange({ windows: options.map((option) => option.value) })}
      />
    </InlineField>
  );
}
