import { FieldConfigProperty, PanelPlugin, type SelectFieldConfigSettings } from '@grafana/data';
import { COLUMN_KEYS, type ColumnKey, COLUMNS } from './columns';
import { DEFAULT_OPTIONS, type SloTableOptions } from './options';
import { SloTablePanel } from './SloTablePanel';

export const plugin = new PanelPlugin<SloTableOptions>(SloTablePanel)
  .useFieldConfig({
    // The columns have their own units and colours; users' data links on the name are honoured.
    disableStandardOptions: Object.values(FieldConfigProperty).filter(
      (property) => property !== FieldConfigProperty.Links
    ),
  })
  .setPanelOptions((builder) =>
    builder
      .addMultiSelect<ColumnKey, SelectFieldConfigSettings<ColumnKey>>({
        path: 'columns',
        name: 'Columns',
        description: 'Empty shows as many as fit, the most important first',
        settings: { options: COLUMN_KEYS.map((key) => ({ value: key, label: COLUMNS[key].label })) },
      })
      .addBooleanSwitch({ path: 'showFilter', name: 'Filter box', defaultValue: DEFAULT_OPTIONS.showFilter })
      .addBooleanSwitch({
        path: 'criticalOnly',
        name: 'Critical journeys only',
        defaultValue: DEFAULT_OPTIONS.criticalOnly,
      })
      .addNumberInput({
        path: 'pageSize',
        name: 'Rows a page',
        defaultValue: DEFAULT_OPTIONS.pageSize,
        settings: { min: 5, max: 200, integer: true },
      })
  );
