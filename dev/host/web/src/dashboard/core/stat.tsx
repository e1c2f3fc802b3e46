import { css } from '@emotion/css';
import {
  type FieldDisplay,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  type GrafanaTheme2,
  PanelPlugin,
  type PanelProps,
  type ReduceDataOptions,
} from '@grafana/data';
import {
  BigValue,
  type BigValueColorMode,
  type BigValueGraphMode,
  type BigValueJustifyMode,
  type BigValueTextMode,
  DataLinksContextMenu,
  useStyles2,
  useTheme2,
  VizRepeater,
} from '@grafana/ui';

interface Options {
  reduceOptions: ReduceDataOptions;
  colorMode: BigValueColorMode;
  graphMode: BigValueGraphMode;
  justifyMode: BigValueJustifyMode;
  textMode: BigValueTextMode;
  orientation: 'auto' | 'horizontal' | 'vertical';
}

const defaults = {
  reduceOptions: { values: false, calcs: ['lastNotNull'] },
  colorMode: 'value',
  graphMode: 'area',
  justifyMode: 'auto',
  textMode: 'auto',
  orientation: 'auto',
};

/** Grafana's stat panel: a big number for each field or row. */
function StatPanel({ data, options, fieldConfig, replaceVariables, timeZone, width, height }: PanelProps<Options>) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const chosen = { ...defaults, ...options };
  const values = () =>
    getFieldDisplayValues({
      fieldConfig,
      reduceOptions: chosen.reduceOptions,
      replaceVariables,
      theme,
      data: data.series,
      sparkline: chosen.graphMode !== 'none',
      timeZone,
    });
  const alignment = getDisplayValueAlignmentFactors(values());
  const big = (
    value: FieldDisplay,
    size: { width: number; height: number },
    onClick?: React.MouseEventHandler<HTMLElement>
  ) => (
    <BigValue
      value={value.display}
      sparkline={value.sparkline}
      colorMode={chosen.colorMode}
      graphMode={chosen.graphMode}
      justifyMode={chosen.justifyMode}
      textMode={chosen.textMode}
      alignmentFactors={alignment}
      theme={theme}
      onClick={onClick}
      {...size}
    />
  );
  if (data.series.length === 0) {
    return <p>No data</p>;
  }
  return (
    <VizRepeater
      source={data}
      width={width}
      height={height}
      renderCounter={0}
      orientation={chosen.orientation as never}
      getValues={values}
      itemSpacing={4}
      renderValue={({ value, width: itemWidth, height: itemHeight }) => {
        const size = { width: itemWidth, height: itemHeight };
        return value.hasLinks && value.getLinks ? (
          <DataLinksContextMenu links={value.getLinks}>
            {({ openMenu }) => big(value, size, openMenu)}
          </DataLinksContextMenu>
        ) : (
          <div className={styles.value}>{big(value, size)}</div>
        );
      }}
    />
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  value: css({ fontVariantNumeric: 'tabular-nums', color: theme.colors.text.primary }),
});

export const coreStat = new PanelPlugin<Options>(StatPanel).useFieldConfig();
