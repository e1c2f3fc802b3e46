import { Alert, type ComboboxOption, InlineField, InlineFieldRow, MultiCombobox, TextLink } from '@grafana/ui';
import { useCallback, useId } from 'react';
import { APP_URL, type BurnlineQuery } from '../api';
import { type BurnlineDataSource } from './datasource';
import { type Choices, chosen, useChoices, withVariables } from './useChoices';

/** In units of the theme's grid. */
export const LABEL_WIDTH = 16;
const FIELD_WIDTH = 48;

interface FiltersProps {
  datasource: BurnlineDataSource;
  query: BurnlineQuery;
  onChange: (change: Partial<BurnlineQuery>) => void;
}

/** Which SLOs a query is about: by name, by service and by label. */
export function Filters({ datasource, query, onChange }: FiltersProps) {
  const { slos = [], services = [], labels = [] } = query;
  const serviceKey = services.join('\n');
  const loadServices = useCallback(() => datasource.choices({ kind: 'services' }), [datasource]);
  const loadSLOs = useCallback(
    () => datasource.choices({ kind: 'slos', services: serviceKey ? serviceKey.split('\n') : [] }),
    [datasource, serviceKey]
  );
  const serviceChoices = useChoices(loadServices);
  const sloChoices = useChoices(loadSLOs);
  const variables = datasource.variableNames();
  const error = sloChoices.error ?? serviceChoices.error;

  return (
    <>
      <InlineFieldRow>
        <FilterField
          label="SLOs"
          tooltip="The SLOs to show. None chosen means all of them. A dashboard variable may stand for one or several."
          placeholder="All SLOs"
          values={slos}
          source={sloChoices}
          variables={variables}
          onChange={(next) => onChange({ slos: next })}
        />
        <FilterField
          label="Services"
          tooltip="Only SLOs of these services. None chosen means all of them."
          placeholder="All services"
          values={services}
          source={serviceChoices}
          variables={variables}
          onChange={(next) => onChange({ services: next })}
        />
        <LabelsField datasource={datasource} values={labels} onChange={(next) => onChange({ labels: next })} />
      </InlineFieldRow>
      {error !== undefined && (
        <Alert severity="error" title="The SLOs could not be listed" bottomSpacing={1}>
          {error} The query can still be run: names may be typed in.
        </Alert>
      )}
      {!serviceChoices.loading && !error && serviceChoices.choices.length === 0 && (
        <Alert severity="info" title="There are no SLOs yet" bottomSpacing={1}>
          Put an OpenSLO file into the definitions folder; it appears here within seconds. Problems of files that do not
          load are listed{' '}
          <TextLink href={APP_URL} inline>
            on the SLOs page
          </TextLink>
          .
        </Alert>
      )}
    </>
  );
}

interface FilterFieldProps {
  label: string;
  tooltip: string;
  placeholder: string;
  values: string[];
  source: Choices;
  variables: string[];
  onChange: (values: string[]) => void;
}

function FilterField({ label, tooltip, placeholder, values, source, variables, onChange }: FilterFieldProps) {
  const id = useId();
  return (
    <InlineField label={label} labelWidth={LABEL_WIDTH} tooltip={tooltip} htmlFor={id}>
      <MultiCombobox
        id={id}
        width={FIELD_WIDTH}
        placeholder={placeholder}
        loading={source.loading}
        options={withVariables(source.choices, variables)}
        value={chosen(values, source.choices)}
        createCustomValue
        isClearable
        onChange={(options) => onChange(options.map((option) => option.value))}
      />
    </InlineField>
  );
}

interface LabelsFieldProps {
  datasource: BurnlineDataSource;
  values: string[];
  onChange: (values: string[]) => void;
}

/** Labels are only asked for when the list is opened: each key costs a request of its own. */
function LabelsField({ datasource, values, onChange }: LabelsFieldProps) {
  const id = useId();
  const load = useCallback(
    async (typed: string) => (await labelChoices(datasource)).filter(({ value }) => value.includes(typed)),
    [datasource]
  );
  return (
    <InlineField
      label="Labels"
      labelWidth={LABEL_WIDTH}
      tooltip="Only SLOs with these labels, written key=value. Values of one key are alternatives; different keys must all match."
      htmlFor={id}
    >
      <MultiCombobox
        id={id}
        width={FIELD_WIDTH}
        placeholder="Any labels"
        options={load}
        value={chosen(values, [])}
        createCustomValue
        customValueDescription="Use as key=value"
        isClearable
        onChange={(options) => onChange(options.map((option) => option.value))}
      />
    </InlineField>
  );
}

async function labelChoices(datasource: BurnlineDataSource): Promise<ComboboxOption[]> {
  const keys = await datasource.choices({ kind: 'labels' });
  const perKey = await Promise.all(
    keys.map(async ({ value: key }) => {
      const values = await datasource.choices({ kind: 'labelvalues', label: key });
      return values.map(({ value }) => ({ label: `${key}=${value}`, value: `${key}=${value}` }));
    })
  );
  return perKey.flat();
}
