import type { HostTemplateSrv } from '../services/templateSrv';
import { Page } from '../chrome/Page';

export function DashboardPage({ templates: _ }: { templates: HostTemplateSrv }) {
  return <Page title="Dashboard" />;
}
