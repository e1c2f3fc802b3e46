import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Checkbox, Combobox, FilterInput, useStyles2 } from '@grafana/ui';
import { shownText } from '../../panels/slotable/sorting';
import { type Filters } from './summary';

export interface FilterBarProps {
  filters: Filters;
  services: { value: string; label: string }[];
  /** How many SLOs pass the filters, of all. */
  shown: number;
  total: number;
  onChange: (changes: Partial<Filters>) => void;
}

/** Narrows the list by text, service and criticality. */
export function FilterBar({ filters, services, shown, total, onChange }: FilterBarProps) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.bar}>
      <div className={styles.text}>
        <FilterInput
          value={filters.text}
          onChange={(text) => onChange({ text })}
          escapeRegex={false}
          placeholder="Filter by name, service, owner or state"
          aria-label="Filter SLOs"
        />
      </div>
      <div className={styles.service}>
        <Combobox
          options={services}
          value={filters.service || null}
          onChange={(option) => onChange({ service: option?.value ?? '' })}
          placeholder="All services"
          aria-label="Service"
          isClearable
        />
      </div>
      <Checkbox
        value={filters.critical}
        onChange={(event) => onChange({ critical: event.currentTarget.checked })}
        label="Critical journeys only"
      />
      <span className={styles.count} role="status">
        {shownText(shown, total)}
      </span>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  bar: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1, 2) }),
  text: css({ flex: '1 1 240px', maxWidth: 480 }),
  service: css({ flex: '0 1 220px', minWidth: 160 }),
  count: css({ color: theme.colors.text.secondary, marginLeft: 'auto', whiteSpace: 'nowrap' }),
});
