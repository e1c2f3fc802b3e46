import { css } from '@emotion/css';
import { type GrafanaTheme2, locationUtil } from '@grafana/data';
import { PluginPage } from '@grafana/runtime';
import { Tab, TabsBar, useStyles2 } from '@grafana/ui';
import { useId } from 'react';
import { ALERTS_URL, APP_URL } from '../../api';
import { useUrlState } from '../useUrlState';
import { IncidentsTab } from './incidents/IncidentsTab';
import { NoiseTab } from './noise/NoiseTab';
import { PoliciesTab } from './policies/PoliciesTab';
import { RulesTab } from './rules/RulesTab';
import { SettingsTab } from './settings/SettingsTab';

const TABS = [
  { name: 'rules', label: 'Rules', Content: RulesTab },
  { name: 'noise', label: 'Noise', Content: NoiseTab },
  { name: 'settings', label: 'Settings', Content: SettingsTab },
  { name: 'policies', label: 'Policies', Content: PoliciesTab },
  { name: 'incidents', label: 'Incidents', Content: IncidentsTab },
] as const;

/** The organisation's alerts: rules in Grafana, how noisy they are, choices, policies and known incidents. */
export function AlertsPage() {
  const styles = useStyles2(getStyles);
  const [params, setParams] = useUrlState();
  const panel = useId();
  const open = TABS.find(({ name }) => name === params.get('tab')) ?? TABS[0];
  return (
    <PluginPage pageNav={{ text: 'Alerts', parentItem: { text: 'SLOs', url: locationUtil.assureBaseUrl(APP_URL) } }}>
      <div className={styles.page}>
        <div className={styles.tabs}>
          <TabsBar>
            {TABS.map(({ name, label }) => (
              <Tab
                key={name}
                label={label}
                active={name === open.name}
                href={locationUtil.assureBaseUrl(name === 'rules' ? ALERTS_URL : `${ALERTS_URL}?tab=${name}`)}
                aria-controls={name === open.name ? panel : undefined}
                onChangeTab={(event) => {
                  // As a link it can be opened elsewhere; here it must not load the page anew.
                  if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
                    event.preventDefault();
                    setParams({ tab: name === 'rules' ? '' : name });
                  }
                }}
              />
            ))}
          </TabsBar>
        </div>
        <div className={styles.page} role="tabpanel" id={panel} aria-label={open.label}>
          <open.Content />
        </div>
      </div>
    </PluginPage>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(2), minWidth: 0 }),
  tabs: css({ minWidth: 0, overflowX: 'auto' }),
});
