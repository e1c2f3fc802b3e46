import { Combobox, InlineField, MultiCombobox } from '@grafana/ui';
import { useId } from 'react';
import { BACKTEST_VIEWS, type BurnlineQuery, isTarget } from '../api';
import { LABEL_WIDTH } from './Filters';
import { POLICY_CHOICES, takesPolicies, takesTargets, VIEW_WORDS, viewOf } from './model';
import { chosen, withVariables } from './useChoices';

const VIEW_OPTIONS = BACKTEST_VIEWS.map((value) => ({ value, ...VIEW_WORDS[value] }));
const TARGET_OPTIONS = ['0.99', '0.995', '0.999', '0.9995'].map((value) => ({ value, label: value }));

export interface BacktestFieldsProps {
  query: BurnlineQuery;
  /** The dashboard's variables, "$policy". */
  variables: string[];
  onChange: (part: Partial<BurnlineQuery>) => void;
}

/** Asks what to try on the past, and what to show of it. */
export function BacktestFields({ query, variables, onChange }: BacktestFieldsProps) {
  const id = useId();
  return (
    <>
      <InlineField
        label="View"
        labelWidth={LABEL_WIDTH}
        tooltip="What to show of the backtest of the dashboard's time range"
        htmlFor={`${id}-view`}
      >
        <Combobox
          id={`${id}-view`}
          width={32}
          options={VIEW_OPTIONS}
          value={viewOf(query) ?? null}
          onChange={({ value }) => onChange({ view: value })}
        />
      </InlineField>
      {takesPolicies(query) && (
        <InlineField
          label="Policies"
          labelWidth={LABEL_WIDTH}
          tooltip="The alert policies to try: built-in ones, or any that a definition declares, by name. None chosen means what is in force, and for the comparison the built-in ones too."
          htmlFor={`${id}-policies`}
        >
          <MultiCombobox
            id={`${id}-policies`}
            width={48}
            placeholder={viewOf(query) === 'summary' ? 'In force and built-in ones' : 'In force'}
            options={withVariables(POLICY_CHOICES, variables)}
            value={chosen(query.policies ?? [], POLICY_CHOICES)}
            createCustomValue
            isClearable
            onChange={(options) => onChange({ policies: options.map((option) => option.value) })}
          />
        </InlineField>
      )}
      {takesTargets(query) && (
        <TargetsField
          values={query.targets ?? []}
          variables={variables}
          onChange={(targets) => onChange({ targets })}
        />
      )}
    </>
  );
}

interface TargetsFieldProps {
  values: string[];
  variables: string[];
  onChange: (targets: string[]) => void;
}

function TargetsField({ values, variables, onChange }: TargetsFieldProps) {
  const id = useId();
  const wrong = values.filter((value) => !value.includes('$') && !isTarget(value));
  return (
    <InlineField
      label="Targets"
      labelWidth={LABEL_WIDTH}
      tooltip="The targets to try, as fractions: 0.999 is 99.9%. None chosen means 0.99, 0.995, 0.999 and 0.9995."
      htmlFor={id}
      invalid={wrong.length > 0}
      error={wrong.length > 0 ? `${wrong.join(', ')}: write a fraction above 0 and below 1, such as 0.999` : undefined}
    >
      <MultiCombobox
        id={id}
        width={48}
        placeholder="The usual targets"
        options={withVariables(TARGET_OPTIONS, variables)}
        value={chosen(values, TARGET_OPTIONS)}
        createCustomValue
        isClearable
        onChange={(options) => onChange(options.map((option) => option.value))}
      />
    </InlineField>
  );
}
