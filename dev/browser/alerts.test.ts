import { type Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { address, api, browserForFile } from './browser';

/** What the demo's pager received of one alert. */
interface Received {
  at: string;
  status: string;
  alerts: {
    status: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
    startsAt: string;
    generatorURL: string;
    dashboardURL?: string;
  }[];
}

const slo = 'payment-availability';
const alerts = '/api/plugins/burnline-slo-app/resources/alerts';
const minute = 60_000;

const open = browserForFile();

/** Asks until there is an answer, every two seconds. */
async function until<T>(patience: number, what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + patience; Date.now() < end;) {
    const found = await ask();
    if (found !== undefined) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
  throw new Error(`${what}: nothing within ${patience / minute} minutes`);
}

function server(name: 'PAGER_URL' | 'SHOP_URL'): string {
  const url = process.env[name];
  if (!url) {
    throw new Error(`${name} is not set: run these tests with \`go tool mage test\`, or dev/bin/demo --exec.`);
  }
  return url;
}

/** The alert of an SLO that the pager has, if it came after a time. */
async function paged(id: string, status: string, since: number) {
  const received = (await (await fetch(`${server('PAGER_URL')}/notifications`)).json()) as Received[];
  return received
    .filter(({ at }) => Date.parse(at) >= since)
    .flatMap(({ alerts: list }) => list)
    .find((alert) => alert.labels.burnline_slo === id && alert.status === status);
}

async function ruleRow(page: Page, title: RegExp) {
  const row = page.getByRole('table', { name: 'Alert rules' }).getByRole('row', { name: title });
  await row.first().waitFor({ state: 'visible', timeout: 30_000 });
  return row.first();
}

describe('an incident that happens now', () => {
  it(
    'pages within the time of the policy, with links that lead to what the alert is about',
    { timeout: 6 * minute },
    async () => {
      const since = Date.now();
      const broken = await fetch(`${server('SHOP_URL')}/control`, {
        method: 'POST',
        body: JSON.stringify({ service: 'payment', errors: 0.9, for: '4m' }),
      });
      expect(broken.status, await broken.text()).toBe(200);

      // 14.4 times 0.05 % of an hour is reached after half a minute; then come a scrape, an evaluation and the group's wait.
      const alert = await until(4 * minute, 'a page', () => paged(slo, 'firing', since));
      expect(alert.labels).toMatchObject({ severity: 'page', burnline_service: 'payment', burnline_kind: 'burn' });
      expect(alert.annotations.summary).toMatch(/^Payment availability is consuming its error budget at [\d.]+x over/);
      expect(alert.annotations.description).toContain('Look first at');
      expect(alert.annotations.runbook_url).toMatch(/^https:\/\/runbooks\./);

      for (const link of [alert.generatorURL, alert.dashboardURL, alert.annotations.dashboard_url]) {
        expect(link, 'a link of the notification').toMatch(new RegExp(`^${address('/').replace(/[.?/]/g, '\\$&')}`));
        expect((await fetch(link ?? '')).status, link).toBe(200);
      }

      const { page, faults, screenshot } = await open({ theme: 'light', width: 1440 });
      await page.goto(alert.annotations.burnline_url ?? '');
      const row = await ruleRow(page, /14\.4/);
      await until(minute, 'a firing rule on the page', async () =>
        /firing/i.exec(await row.innerText()) ? true : undefined
      );
      await page.waitForLoadState('networkidle');
      await screenshot('alerts-firing');
      expect(faults.seen).toEqual([]);
      await page.close();

      // The second receiver of the contact point told the product.
      const now = Date.now();
      const told = await until(minute, 'an event in the history', async () => {
        const { events } = await api<{
          events: { title: string; severity: string; start: number; end: number | null }[];
        }>(`${alerts}/history?slo=${slo}&from=${since - minute}&to=${now + 10 * minute}`);
        return events.find(({ severity, start }) => severity === 'page' && start >= since - minute);
      });
      expect(told.end).toBeNull();
    }
  );

  it('sends a test alert to a contact point and takes its rule away again', { timeout: 6 * minute }, async () => {
    const since = Date.now();
    await api(`${alerts}/test`, { contactPoint: 'shop-pager', severity: 'page' });
    const alert = await until(3 * minute, 'the test alert', () => paged('test', 'firing', since));
    expect(alert.labels.severity).toBe('page');
    await until(4 * minute, 'the end of the test rule', async () => {
      const rules = await api<{ labels?: Record<string, string> }[]>('/api/v1/provisioning/alert-rules');
      return rules.some(({ labels }) => labels?.burnline_slo === 'test') ? undefined : true;
    });
  });
});
