import { type PluginPageProps } from '@grafana/runtime';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import axe from 'axe-core';
import { Route, Routes, useLocation } from 'react-router';
import { describe, expect, it, vi } from 'vitest';
import { APP_URL, type Portfolio, type SLO } from '../api';
import { fakeBackend } from '../testing/backend';
import { renderInGrafana } from '../testing/render';
import { NOW, sampleReport, sampleSLO } from '../testing/samples';
import App from './App';

// Grafana puts a plugin's pages into its own frame of title and navigation.
vi.mock('@grafana/runtime', async (original) => ({
  ...(await original<object>()),
  PluginPage: ({ pageNav, actions, children }: PluginPageProps) => (
    <main>
      <h1>{pageNav?.text ?? 'SLOs'}</h1>
      {actions}
      {children}
    </main>
  ),
}));
// jsdom has no canvas to draw on.
vi.mock('@grafana/ui', async (original) => ({
  ...(await original<object>()),
  Sparkline: () => null,
  TimeSeries: () => null,
}));

function Address() {
  const { pathname, search } = useLocation();
  return <output data-testid="address">{pathname + search}</output>;
}

function open(path: string) {
  return renderInGrafana(
    <>
      <Routes>
        <Route path={`${APP_URL}/*`} element={<App />} />
      </Routes>
      <Address />
    </>,
    APP_URL + path
  );
}

function portfolio(changes: Partial<Portfolio> = {}): Portfolio {
  const slos = [sampleSLO('checkout', 'ok'), sampleSLO('payment', 'exhausted'), sampleSLO('search', 'stale')];
  return { slos, problems: [], evaluator: { running: true, message: '', heartbeat: NOW }, now: NOW, ...changes };
}

/** Colours need a real browser: the browser tests check contrast. */
async function expectNoViolations(element: Element) {
  const { violations } = await axe.run(element, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
}

const rowNames = () =>
  within(screen.getByRole('table', { name: 'SLOs' }))
    .getAllByRole('rowheader')
    .map((cell) => within(cell).getByRole('link').textContent);

describe('the portfolio', () => {
  it('lists all SLOs, worst first, and counts their states', async () => {
    fakeBackend(() => portfolio());
    const { container } = open('');
    expect(await screen.findByText('3 SLOs')).toBeTruthy();
    expect(rowNames()).toEqual(['payment', 'search', 'checkout']);
    expect(screen.getByTestId('state exhausted').textContent).toBe('1Exhausted');
    await expectNoViolations(container);
  });

  it('holds the place while it is loading', () => {
    fakeBackend(() => portfolio());
    open('');
    expect(screen.getByRole('status', { name: 'Loading SLOs' })).toBeTruthy();
  });

  it('keeps its filters in the address', async () => {
    fakeBackend(() => portfolio());
    open('?service=checkout');
    await screen.findByText('3 SLOs');
    fireEvent.click(screen.getByTestId('state stale'));
    expect(screen.getByTestId('address').textContent).toBe(`${APP_URL}?service=checkout&state=stale`);
    expect(rowNames()).toEqual(['search']);
    fireEvent.click(screen.getByTestId('state stale'));
    fireEvent.change(screen.getByLabelText('Filter SLOs'), { target: { value: 'sear' } });
    expect(screen.getByTestId('address').textContent).toBe(`${APP_URL}?service=checkout&q=sear`);
    expect(rowNames()).toEqual(['search']);
  });

  it('offers to show all when nothing passes the filters', async () => {
    fakeBackend(() => portfolio());
    open('?q=nothing');
    fireEvent.click(await screen.findByRole('button', { name: 'Show all' }));
    expect(rowNames()).toHaveLength(3);
  });

  it('says that budgets are not kept up to date, why, and since when', async () => {
    const evaluator = {
      running: false,
      message: 'No token: save one on the configuration page.',
      heartbeat: NOW - 3_600_000,
    };
    fakeBackend(() => portfolio({ evaluator }));
    open('');
    const banner = await screen.findByText('Budgets are not being kept up to date');
    expect(banner.closest('[role]')?.textContent).toContain(
      'No token: save one on the configuration page. The ledger was last written 1 h ago.'
    );
  });

  it('shows how far the reading of history is', async () => {
    const slos = [sampleSLO('a', 'backfilling', { report: sampleReport({ progress: 0.4 }) }), sampleSLO('b')];
    fakeBackend(() => portfolio({ slos }));
    const { container } = open('');
    expect(await screen.findByText(/Reading history: 70%, 1 of 2 SLOs to go/)).toBeTruthy();
    await expectNoViolations(container);
  });

  it('lists what is wrong with definition files: place, message, remedy', async () => {
    const problem = {
      file: 'cart.yaml',
      line: 7,
      document: 1,
      severity: 'error',
      message: 'target is 110%',
      remedy: 'Use 0 to 1.',
    } as const;
    const problems = Array.from({ length: 7 }, (_, index) => ({ ...problem, line: index + 1 }));
    fakeBackend(() => portfolio({ problems }));
    const { container } = open('');
    expect(await screen.findByText('Problems in definition files (7)')).toBeTruthy();
    expect(screen.getByText('cart.yaml:1')).toBeTruthy();
    expect(screen.getAllByText('Use 0 to 1.')).toHaveLength(5);
    fireEvent.click(screen.getByRole('button', { name: 'Show all 7' }));
    expect(screen.getByText('cart.yaml:7')).toBeTruthy();
    await expectNoViolations(container);
  });

  it('tells a new user what to do first', async () => {
    fakeBackend(() => portfolio({ slos: [] }));
    open('');
    expect(await screen.findByText('There are no SLOs yet')).toBeTruthy();
  });

  it('shows a failure with a way to retry', async () => {
    const answers = [new Error('The ledger cannot be read.'), portfolio()];
    fakeBackend(() => {
      const answer = answers.shift();
      if (answer instanceof Error) {
        throw answer;
      }
      return answer;
    });
    open('');
    expect(await screen.findByText('The ledger cannot be read.')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('3 SLOs')).toBeTruthy();
    expect(screen.queryByText('The ledger cannot be read.')).toBeNull();
  });
});

describe('the page of an SLO', () => {
  function serve(slo: SLO) {
    return fakeBackend(({ url }) => (url.endsWith('/query') ? { results: {} } : slo));
  }

  it('shows who and what, the measurements and the definition', async () => {
    serve(sampleSLO('checkout', 'page', { document: 'kind: SLO' }));
    const { container } = open('/slos/checkout');
    expect(await screen.findByRole('heading', { name: 'checkout', level: 1 })).toBeTruthy();
    expect(screen.getByText('Fast burn')).toBeTruthy();
    expect(screen.getByText('99.9% over 30d')).toBeTruthy();
    expect(await screen.findByText(/^As of 2026-03-01 .*: Not exhausted at the present pace/)).toBeTruthy();
    expect(screen.getByText('checkout.yaml:12')).toBeTruthy();
    expect(screen.getByText('sum(good)')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Show document' }));
    expect(screen.getByText('kind: SLO')).toBeTruthy();
    await expectNoViolations(container);
  });

  it('asks for the id with its slash, and for the four charts over the window', async () => {
    const requests = serve(sampleSLO('checkout/fast'));
    open('/slos/checkout%2Ffast');
    await waitFor(() => expect(requests.some(({ url }) => url.endsWith('/query'))).toBe(true));
    expect(requests[0]?.url).toBe('/api/plugins/burnline-slo-app/resources/slos/checkout%2Ffast');
    const { from, to, queries } = requests.find(({ url }) => url.endsWith('/query'))!.data as {
      from: number;
      to: number;
      queries: { queryType: string; slos: string[] }[];
    };
    expect(to - from).toBe(30 * 86_400_000);
    expect(queries.map(({ queryType }) => queryType)).toEqual(['budget', 'burnrate', 'sli', 'events']);
    expect(queries.every(({ slos }) => slos[0] === 'checkout/fast')).toBe(true);
  });

  it("shows the source's last error and warnings, and a definition that went stale", async () => {
    const slo = sampleSLO('checkout', 'error', {
      status: { lastError: 'timeout after 30 s', warnings: ['partial answer'] },
    });
    slo.definition.stale = 'the target is 110%';
    serve(slo);
    open('/slos/checkout');
    expect(await screen.findByText('timeout after 30 s')).toBeTruthy();
    expect(screen.getByText('partial answer')).toBeTruthy();
    expect(screen.getByText('the target is 110%')).toBeTruthy();
  });

  it('shows which chart failed and keeps the rest', async () => {
    fakeBackend(({ url }) =>
      url.endsWith('/query') ? { results: { C: { status: 500, error: 'no such SLO' } } } : sampleSLO('checkout')
    );
    open('/slos/checkout');
    expect(await screen.findByText('no such SLO')).toBeTruthy();
    // Of the SLI nothing is known, not even that there are no measurements; the events' query was answered.
    expect(screen.getAllByText('No measurements in this time range')).toHaveLength(1);
    expect(screen.getByRole('heading', { name: 'Definition' })).toBeTruthy();
  });

  it('leads back when there is no such page', () => {
    open('/nowhere');
    expect(screen.getByRole('link', { name: 'All SLOs' }).getAttribute('href')).toBe(APP_URL);
  });
});
