import { FieldConfigProperty, PanelPlugin } from '@grafana/data';
import { BurnRatePanel } from './BurnRatePanel';
import { type BurnRateOptions, DEFAULT_OPTIONS } from './options';

export const plugin = new PanelPlugin<BurnRateOptions>(BurnRatePanel)
  .useFieldConfig({
    // The lines have their own names, unit and thresholds, and begin at zero; nothing here is clicked or filtered.
    disableStandardOptions: [
      FieldConfigProperty.DisplayName,
      FieldConfigProperty.Unit,
      FieldConfigProperty.Min,
      FieldConfigProperty.Links,
      FieldConfigProperty.NoValue,
      FieldConfigProperty.Filterable,
      FieldConfigProperty.Thresholds,
    ],
  })
  .setPanelOptions((builder) =>
    builder
      .addRadio({
        path: 'show',
        name: 'Show',
        defaultValue: DEFAULT_OPTIONS.show,
        settings: {
          options: [
            { value: 'both', label: 'Both' },
            { value: 'windows', label: 'Windows' },
            { value: 'chart', label: 'Chart' },
          ],
        },
      })
      .addRadio({
        path: 'scale',
        name: 'Scale',
        description: 'Logarithmic keeps 1× and 100× readable in one chart',
        defaultValue: DEFAULT_OPTIONS.scale,
        settings: {
          options: [
            { value: 'log', label: 'Logarithmic' },
            { value: 'linear', label: 'Linear' },
          ],
        },
      })
      .addBooleanSwitch({
        path: 'showShortWindows',
        name: 'Short windows',
        description: 'Draws the short windows too, which only decide when an alert ends',
        defaultValue: DEFAULT_OPTIONS.showShortWindows,
      })
  );
