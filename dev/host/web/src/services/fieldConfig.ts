import {
  booleanOverrideProcessor,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  type FieldConfigPropertyItem,
  FieldType,
  identityOverrideProcessor,
  numberOverrideProcessor,
  type StandardEditorsRegistryItem,
  stringOverrideProcessor,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
} from '@grafana/data';

type Processor = FieldConfigPropertyItem['process'];

const property = (id: string, name: string, process: Processor, numeric = false): FieldConfigPropertyItem => ({
  id,
  path: id,
  name,
  process,
  // The preview shows dashboards; it has no editor for their options.
  editor: () => null,
  override: () => null,
  settings: {},
  shouldApply: numeric ? (field) => field.type === FieldType.number : () => true,
});

/** The field options that every panel of Grafana has. A panel's fieldConfig.defaults apply only to options listed here. */
export const standardFieldConfig = (): FieldConfigPropertyItem[] => [
  property('unit', 'Unit', unitOverrideProcessor),
  property('min', 'Min', numberOverrideProcessor, true),
  property('max', 'Max', numberOverrideProcessor, true),
  property('fieldMinMax', 'Field min/max', booleanOverrideProcessor, true),
  property('decimals', 'Decimals', numberOverrideProcessor),
  property('displayName', 'Display name', displayNameOverrideProcessor),
  property('color', 'Color scheme', identityOverrideProcessor),
  property('noValue', 'No value', stringOverrideProcessor),
  property('links', 'Data links', dataLinksOverrideProcessor),
  property('actions', 'Actions', identityOverrideProcessor),
  property('mappings', 'Value mappings', valueMappingsOverrideProcessor),
  property('thresholds', 'Thresholds', thresholdsOverrideProcessor),
  property('filterable', 'Ad-hoc filterable', booleanOverrideProcessor),
];

const editorNames = [
  'text',
  'number',
  'slider',
  'boolean',
  'radio',
  'select',
  'multi-select',
  'strings',
  'unit',
  'color',
  'fieldColor',
  'icon',
  'links',
  'actions',
  'mappings',
  'thresholds',
  'stats-picker',
  'timezone',
  'field-name',
  'dashboard-uid',
  'cell-options',
  'data-links-inline',
];

/** The kinds of input that a panel's options may ask for. The preview has no option editor, but plugins look them up. */
export const standardEditors = (): StandardEditorsRegistryItem[] =>
  editorNames.map((id) => ({ id, name: id, editor: () => null }));
