import { config, getBackendSrv } from '@grafana/runtime';
import { Card, Stack, Text } from '@grafana/ui';
import { Failure } from '../chrome/Failure';
import { Page } from '../chrome/Page';
import { useLoaded } from '../chrome/useLoaded';

interface Hit {
  uid: string;
  title: string;
  url: string;
  tags: string[];
}

/** Everything that can be opened: pages of apps, dashboards, data sources. */
export function HomePage() {
  const dashboards = useLoaded('dashboards', () => getBackendSrv().get<Hit[]>('/api/search', { type: 'dash-db' }));
  const pages = config.bootData.navTree.flatMap((item) => item.children ?? []);
  const sources = Object.values(config.datasources);
  return (
    <Page title="Home" subTitle="The plugin as Grafana would show it, from its real build and its real backend.">
      <Section title="Pages" entries={pages.map(({ text, url }) => ({ text, href: url ?? '/' }))} />
      {dashboards.state === 'failed' && <Failure title="Dashboards were not listed" error={dashboards.error} />}
      {dashboards.state === 'done' && (
        <Section title="Dashboards" entries={dashboards.value.map(({ title, url }) => ({ text: title, href: url }))} />
      )}
      <Section
        title="Data sources"
        entries={sources.map(({ name, uid, type }) => ({
          text: name,
          note: type,
          href: `/connections/datasources/edit/${uid}`,
        }))}
      />
    </Page>
  );
}

function Section({ title, entries }: { title: string; entries: { text: string; note?: string; href: string }[] }) {
  return (
    <section aria-label={title}>
      <Stack direction="column" gap={1}>
        <Text element="h2" variant="h4">
          {title}
        </Text>
        {entries.map(({ text, note, href }) => (
          <Card key={href} href={href} noMargin>
            <Card.Heading>{text}</Card.Heading>
            {note && <Card.Meta>{note}</Card.Meta>}
          </Card>
        ))}
      </Stack>
    </section>
  );
}
