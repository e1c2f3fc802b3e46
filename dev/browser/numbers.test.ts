import { expect, it } from 'vitest';
import { api, browserForFile } from './browser';
import {
  DataSourceScreen,
  DetailScreen,
  ExploreScreen,
  PortfolioDashboard,
  PortfolioScreen,
  SLODashboard,
} from './models/screens';

interface Listed {
  slos: { definition: { id: string }; report?: { remaining: number | null } }[];
}

const view = { theme: 'dark', width: 1440 } as const;
const open = browserForFile();

/** The ledger's remaining budget of each SLO, in percent. */
async function ledger(): Promise<Map<string, number>> {
  const { slos } = await api<Listed>('/api/plugins/burnline-slo-app/resources/slos');
  return new Map(slos.map(({ definition, report }) => [definition.id, (report?.remaining ?? Number.NaN) * 100]));
}

/** Reads numbers from a screen between two readings of the ledger, since a bucket may settle meanwhile. */
async function expectLedgersNumbers(read: () => Promise<Map<string, string>>) {
  const before = await ledger();
  const shown = await read();
  const after = await ledger();
  expect(before.size).toBeGreaterThan(0);
  const wrong = [...shown].flatMap(([slo, text]) => {
    const low = Math.min(before.get(slo) ?? Number.NaN, after.get(slo) ?? Number.NaN);
    const high = Math.max(before.get(slo) ?? Number.NaN, after.get(slo) ?? Number.NaN);
    const { value, half } = percentage(text);
    return value >= low - half && value <= high + half
      ? []
      : [`${slo}: shown ${text}, in the ledger ${low} to ${high}`];
  });
  expect(wrong).toEqual([]);
  return { shown, ledger: after };
}

/** A written percentage and how far it may be off: half of its last digit, or all of it where it is a bound (">99.9%"). */
function percentage(text: string): { value: number; half: number } {
  const digits = /([-−]?)(\d+)(?:\.(\d+))?\s*%/.exec(text.replaceAll(/[\s,]/g, ''));
  if (!digits) {
    return { value: Number.NaN, half: 0 };
  }
  const [, sign, whole, fraction = ''] = digits;
  const value = Number(`${whole ?? ''}.${fraction}`) * (sign ? -1 : 1);
  const share = /[<>]/.test(text) ? 1 : 0.5001;
  return { value, half: share * 10 ** -fraction.length };
}

it('lists each SLO of the ledger with its remaining budget on the portfolio page', async () => {
  const { page } = await open(view);
  const screen = new PortfolioScreen(page);
  const { shown, ledger: known } = await expectLedgersNumbers(async () => {
    await screen.open();
    return screen.table().column('Budget left');
  });
  expect([...shown.keys()].sort()).toEqual([...known.keys()].sort());
});

it('shows the same numbers on the portfolio dashboard', async () => {
  const { page } = await open(view);
  const screen = new PortfolioDashboard(page);
  const { shown, ledger: known } = await expectLedgersNumbers(async () => {
    await screen.open();
    return screen.table().column('Budget left');
  });
  expect([...shown.keys()].sort()).toEqual([...known.keys()].sort());
});

it('shows the same number on the SLO dashboard and on the page of an SLO', async () => {
  const worst = [...(await ledger())].sort(([, a], [, b]) => a - b)[0]?.[0] ?? '';
  const { page } = await open(view);
  const dashboard = new SLODashboard(page, worst);
  await expectLedgersNumbers(async () => {
    await dashboard.open();
    return new Map([[worst, await dashboard.stat('Budget left')]]);
  });
  const detail = new DetailScreen(page, worst);
  await expectLedgersNumbers(async () => {
    await detail.open();
    return new Map([[worst, await detail.remaining().innerText()]]);
  });
});

it('leads from the list to the page of an SLO and back', async () => {
  const { page, faults } = await open(view);
  const { slos } = await api<Listed>('/api/plugins/burnline-slo-app/resources/slos');
  const [first] = slos;
  const screen = new PortfolioScreen(page);
  await screen.open();
  await screen.openSLO(first!.definition.id);
  await page.waitForURL(`**/slos/${encodeURIComponent(first!.definition.id)}*`);
  await page.getByRole('heading', { name: 'Error budget' }).waitFor();
  await page.goBack();
  await screen.table().rows().first().waitFor();
  expect(faults.seen).toEqual([]);
});

it('says that the data source is well', async () => {
  const { page, faults } = await open(view);
  const screen = new DataSourceScreen(page);
  await screen.open();
  expect(await screen.test()).toMatch(/SLO/);
  expect(await screen.alerts()).toEqual([]);
  expect(faults.seen).toEqual([]);
});

it.each(['Error budget', 'Burn rate', 'SLI', 'Events'])('charts the query type %s', async (kind) => {
  const { page, faults, screenshot } = await open(view);
  const screen = new ExploreScreen(page);
  await screen.open();
  await screen.show(kind);
  await screen.charted();
  await screenshot(`explore-${kind.toLowerCase().replaceAll(' ', '-')}`);
  expect(await screen.alerts()).toEqual([]);
  expect(faults.seen).toEqual([]);
});
