import { locationService } from '@grafana/runtime';
import { InlineField, Input, MultiSelect, Select, Stack } from '@grafana/ui';
import { type VariableJSON } from './model';
import { allValue, type DashboardVariable } from './variables';

const hidden = 2;
const labelOf = (json: VariableJSON) => json.label ?? json.name;
const controlWidth = 34;

/** The dashboard's variables with their choices. A choice goes into the url, from where the dashboard reads it. */
export function VariableBar({ variables }: { variables: DashboardVariable[] }) {
  const shown = variables.filter(({ json }) => json.hide !== hidden && json.type !== 'constant');
  if (shown.length === 0) {
    return null;
  }
  return (
    <Stack direction="row" wrap="wrap" gap={1}>
      {shown.map((variable) => (
        <InlineField key={variable.json.name} label={labelOf(variable.json)} tooltip={variable.json.description}>
          <Control variable={variable} />
        </InlineField>
      ))}
    </Stack>
  );
}

const choose = (name: string, values: string[]) =>
  locationService.partial({ [`var-${name}`]: values.length === 1 ? values[0] : values });

function Control({ variable }: { variable: DashboardVariable }) {
  const { json, choices, selected } = variable;
  const id = `var-${json.name}`;
  const label = labelOf(json);
  if (json.type === 'textbox') {
    return (
      <Input
        id={id}
        defaultValue={selected[0]}
        onBlur={({ currentTarget }) => choose(json.name, [currentTarget.value])}
      />
    );
  }
  const options = [
    ...(json.includeAll ? [{ label: 'All', value: allValue }] : []),
    ...choices.map(({ text, value }) => ({ label: text, value })),
  ];
  const value = selected.map((item) => options.find((option) => option.value === item) ?? { label: item, value: item });
  if (json.multi) {
    return (
      <MultiSelect
        inputId={id}
        aria-label={label}
        width={controlWidth}
        options={options}
        value={value}
        onChange={(picked) =>
          choose(
            json.name,
            withoutAll(
              picked.map((option) => option.value ?? ''),
              selected
            )
          )
        }
      />
    );
  }
  return (
    <Select
      inputId={id}
      aria-label={label}
      width={controlWidth}
      options={options}
      value={value[0]}
      onChange={(picked) => choose(json.name, [picked.value ?? ''])}
    />
  );
}

/** "All" and single values exclude each other; the newer choice wins. */
function withoutAll(picked: string[], before: string[]): string[] {
  if (picked.includes(allValue) && !before.includes(allValue)) {
    return [allValue];
  }
  const rest = picked.filter((value) => value !== allValue);
  return rest.length > 0 ? rest : [allValue];
}
