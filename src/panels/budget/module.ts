import { FieldConfigProperty, PanelPlugin } from '@grafana/data';
import { BudgetPanel } from './BudgetPanel';
import { type BudgetOptions, DEFAULT_OPTIONS } from './options';

export const plugin = new PanelPlugin<BudgetOptions>(BudgetPanel)
  .useFieldConfig({
    // The lines have their own names and unit; nothing here is clicked or filtered.
    disableStandardOptions: [
      FieldConfigProperty.DisplayName,
      FieldConfigProperty.Unit,
      FieldConfigProperty.Links,
      FieldConfigProperty.NoValue,
      FieldConfigProperty.Filterable,
    ],
  })
  .setPanelOptions((builder) =>
    builder
      .addRadio({
        path: 'layout',
        name: 'Layout',
        description: 'Auto shows the burn-down chart where there is room for it',
        defaultValue: DEFAULT_OPTIONS.layout,
        settings: {
          options: [
            { value: 'auto', label: 'Auto' },
            { value: 'number', label: 'Number' },
            { value: 'chart', label: 'Chart' },
          ],
        },
      })
      .addBooleanSwitch({
        path: 'showFacts',
        name: 'Facts',
        description: 'Budget in events and in time, objective, SLI and forecast',
        defaultValue: DEFAULT_OPTIONS.showFacts,
      })
      .addBooleanSwitch({
        path: 'showProjection',
        name: 'Projection',
        description: 'Draws the forecast with its interval where exhaustion is in sight',
        defaultValue: DEFAULT_OPTIONS.showProjection,
      })
  );
