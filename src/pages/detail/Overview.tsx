import { locationUtil } from '@grafana/data';
import { Badge, Icon, Stack, TextLink } from '@grafana/ui';
import { type ReactNode } from 'react';
import { APP_URL, type SLO } from '../../api';
import { formatObjective } from '../../format';
import { StateBadge } from '../../panels/state/StateBadge';
import { FactList } from './FactList';

/** Who and what: state, service, objective, owner, and where to go from here. */
export function Overview({ slo }: { slo: SLO }) {
  const { definition, report, state, message } = slo;
  const labels = Object.entries(definition.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  const items: { label: string; content: ReactNode }[] = [
    { label: 'State', content: <StateBadge state={state} message={message} /> },
    {
      label: 'Service',
      content: (
        <TextLink href={`${APP_URL}?service=${encodeURIComponent(definition.service)}`} inline={false}>
          {definition.serviceDisplayName || definition.service}
        </TextLink>
      ),
    },
    { label: 'Objective', content: `${formatObjective(report.objective)} over ${report.window}` },
  ];
  if (definition.owner) {
    items.push({ label: 'Owner', content: definition.owner });
  }
  if (definition.criticalJourney) {
    items.push({
      label: 'Critical journey',
      content: (
        <Stack gap={0.5} alignItems="center">
          <Icon name="star" size="sm" /> Yes
        </Stack>
      ),
    });
  }
  if (definition.runbookUrl) {
    items.push({
      label: 'Runbook',
      content: (
        <TextLink href={locationUtil.assureBaseUrl(definition.runbookUrl)} external inline={false}>
          Open runbook
        </TextLink>
      ),
    });
  }
  items.push({ label: 'Dashboard', content: <DashboardLink slo={slo} /> });
  if (labels.length > 0) {
    items.push({
      label: 'Labels',
      content: (
        <Stack gap={0.5} wrap="wrap">
          {labels.map((label) => (
            <Badge key={label} text={label} color="darkgrey" />
          ))}
        </Stack>
      ),
    });
  }
  return <FactList items={items} />;
}

/** The service's own dashboard where the definition names one, else the bundled one of this SLO. */
function DashboardLink({ slo: { definition } }: { slo: SLO }) {
  const own = definition.dashboardUid;
  const href = own ? `/d/${encodeURIComponent(own)}` : `/d/burnline-slo?var-slo=${encodeURIComponent(definition.id)}`;
  return (
    <TextLink href={href} inline={false}>
      {own ? 'Service dashboard' : 'SLO dashboard'}
    </TextLink>
  );
}
