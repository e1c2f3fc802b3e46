import { OrgRole } from '@grafana/data';
import { config, type PluginPageProps } from '@grafana/runtime';
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { Route, Routes, useLocation } from 'react-router';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type AlertRules, APP_URL, type BacktestResult, type Incident, sloUrl } from '../../../api';
import { fakeBackend, type Request } from '../../../testing/backend';
import { renderInGrafana } from '../../../testing/render';
import { NOW, sampleSLO } from '../../../testing/samples';
import { sampleEvent, sampleFiring, sampleResult, sampleRule, sampleTarget } from '../../../testing/samplesAlerts';
import { DetailPage } from '../DetailPage';

vi.mock('@grafana/runtime', async (original) => ({
  ...(await original<object>()),
  PluginPage: ({ pageNav, children }: PluginPageProps) => (
    <main>
      <h1>{pageNav?.text}</h1>
      {children}
    </main>
  ),
}));
// jsdom has no canvas to draw on.
vi.mock('@grafana/ui', async (original) => ({ ...(await original<object>()), TimeSeries: () => null }));

beforeEach(() => {
  config.bootData.user.orgRole = OrgRole.Editor;
});

interface Answers {
  rules?: Partial<AlertRules>;
  events?: unknown;
  historyError?: string;
  results?: BacktestResult[];
  incidents?: Incident[];
  /** Answers a request before all others; may throw. */
  first?: (request: Request) => unknown;
}

/** The backend of one SLO, "checkout". */
function serve({ rules, events = [sampleEvent()], historyError, results, incidents = [], first }: Answers = {}) {
  const answers: Record<string, unknown> = {
    query: { results: {} },
    'alerts/rules': { rules: [sampleRule()], policies: ['workbook'], problems: [], stateError: '', ...rules },
    'alerts/history': { events, error: historyError },
    'alerts/incidents': { incidents },
    'alerts/backtest': {
      from: NOW - 30 * 86_400_000,
      to: NOW,
      slos: [
        {
          slo: 'checkout',
          name: 'Checkout',
          service: 'checkout',
          results: results ?? [sampleResult(), sampleResult({ policy: 'fast-only' })],
          targets: [sampleTarget({ target: '0.99', remaining: 0.97 }), sampleTarget({ alertsPerWeek: 1.6 })],
        },
      ],
    },
  };
  return fakeBackend((request) => {
    const found = first?.(request);
    const path = request.url.split('/resources/')[1] ?? '';
    return found ?? answers[path] ?? (path.startsWith('slos/') ? sampleSLO('checkout') : {});
  });
}

function Address() {
  const { search } = useLocation();
  return <output data-testid="address">{search}</output>;
}

function open(search = '?tab=alerts') {
  return renderInGrafana(
    <>
      <Routes>
        <Route path={`${APP_URL}/slos/*`} element={<DetailPage />} />
      </Routes>
      <Address />
    </>,
    sloUrl('checkout') + search
  );
}

const table = (name: string) => screen.findByRole('table', { name });
const bodyRows = async (name: string) =>
  within(await table(name))
    .getAllByRole('row')
    .slice(1)
    .map((row) => row.textContent);

async function expectNoViolations(element: Element) {
  const { violations } = await axe.run(element, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
}

describe('the tabs of an SLO', () => {
  it('open by their address and keep it', async () => {
    serve();
    open('');
    expect(await screen.findByRole('heading', { name: 'Definition' })).toBeTruthy();
    expect(screen.queryByRole('heading', { name: 'In force' })).toBeNull();
    await userEvent.click(screen.getByRole('tab', { name: 'Alerts' }));
    expect(await screen.findByRole('heading', { name: 'In force' })).toBeTruthy();
    expect(screen.queryByRole('heading', { name: 'Definition' })).toBeNull();
    expect(screen.getByTestId('address').textContent).toBe('?tab=alerts');
  });

  it('show whom a notification leads here the state and the runbook at once', async () => {
    serve();
    const { container } = open();
    expect(await screen.findByText('Within budget')).toBeTruthy();
    await table('Policies compared');
    await table('Alert rules');
    await table('Alerts that fired');
    await expectNoViolations(container);
  });
});

describe('what is in force', () => {
  it('is a row a condition, in words', async () => {
    const ticket = sampleRule({
      uid: '2',
      severity: 'ticket',
      for: 900,
      direct: false,
      contactPoint: '',
      kind: 'forecast',
    });
    serve({ rules: { rules: [sampleRule(), { ...ticket, title: 'Checkout: budget exhausted within 3d' }] } });
    open();
    expect(await bodyRows('Alert rules')).toEqual([
      'PageBurn rate above 14.4 over 1h and 5m: 2% of the budgetNormalat oncePrometheus directlyon-callOpen rule',
      'TicketBudget exhausted within 3dNormal15 minBurnline ledgernotification policiesOpen rule',
    ]);
    expect(screen.getByText('Policy: SRE workbook')).toBeTruthy();
  });

  it('is never called normal when Grafana cannot be asked', async () => {
    serve({ rules: { rules: [sampleRule({ state: 'unknown' })], stateError: 'no service account: save a token.' } });
    open();
    expect((await bodyRows('Alert rules'))[0]).toContain('Unknownno service account: save a token.');
    expect(screen.getByText("Grafana can't be asked where the rules stand")).toBeTruthy();
    expect(screen.queryByText('Normal')).toBeNull();
  });

  it('shows why a rule fails, and one that is missing without a link', async () => {
    const missing = sampleRule({ uid: '2', state: 'missing', url: undefined });
    serve({ rules: { rules: [sampleRule({ state: 'error', lastError: 'timeout after 30 s' }), missing] } });
    open();
    const [first, second] = await bodyRows('Alert rules');
    expect(first).toContain('Errortimeout after 30 s');
    expect(second).toMatch(/budgetNot in Grafana.*No rule yet$/);
  });

  it('lists what is wrong with what to do', async () => {
    const place = { file: 'checkout.yaml', line: 1, document: 1, severity: 'warning' as const };
    const problems = [{ ...place, message: 'pages somebody without a runbook', remedy: 'add the annotation' }];
    serve({ rules: { problems } });
    open();
    expect(await screen.findByText('Pages somebody without a runbook.')).toBeTruthy();
    expect(screen.getByText('Add the annotation.')).toBeTruthy();
  });

  it('says when nobody is told of anything', async () => {
    serve({ rules: { rules: [], policies: ['none'], problems: null } });
    open();
    expect(await screen.findByText(/^No condition is in force/)).toBeTruthy();
  });

  it('lets editors adopt an edit, or restore after a question', async () => {
    const requests = serve({ rules: { rules: [sampleRule({ drift: true })] } });
    open();
    const decisions = () => requests.filter(({ url }) => url.endsWith('/drift')).map(({ data }) => data as unknown);
    await userEvent.click(await screen.findByRole('button', { name: /^Adopt the edit/ }));
    expect(decisions()).toEqual([{ uid: 'bl-checkout-page', choice: 'adopt' }]);
    await userEvent.click(screen.getByRole('button', { name: /^Restore "burn/ }));
    expect(decisions()).toHaveLength(1);
    await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Restore' }));
    expect(decisions()[1]).toEqual({ uid: 'bl-checkout-page', choice: 'restore' });
  });

  it('shows viewers the edit without the choice', async () => {
    config.bootData.user.orgRole = OrgRole.Viewer;
    serve({ rules: { rules: [sampleRule({ drift: true })] } });
    open();
    expect(await screen.findByText('Edited in Grafana')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /^Restore/ })).toBeNull();
    expect(await screen.findByText('None labelled')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /Acknowledge|Label/ })).toBeNull();
  });

  it('can be loaded again after a failure, while the rest stays', async () => {
    let fails = true;
    serve({
      first: ({ url }) => {
        if (fails && url.endsWith('/rules')) {
          throw new Error('The ledger is locked.');
        }
        return undefined;
      },
    });
    open();
    expect(await screen.findByText('The ledger is locked.')).toBeTruthy();
    expect(await table('Policies compared')).toBeTruthy();
    fails = false;
    await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(await table('Alert rules')).toBeTruthy();
  });
});

describe('the history', () => {
  it('lists what fired, what it cost and what people made of it', async () => {
    const acknowledged = sampleEvent({
      id: '2',
      end: null,
      acknowledged: { by: 'ada', at: NOW },
      incident: 'i1',
      spent: null,
    });
    const incidents = [{ id: 'i1', title: 'Payments down', start: '2026-02-27T12:00:00Z', by: 'ada' }];
    serve({ events: [sampleEvent(), { ...acknowledged, start: NOW }], incidents });
    open();
    const [newest, older] = await bodyRows('Alerts that fired');
    expect(newest).toContain('still firing–Payments downada, ');
    expect(older).toContain('30 min12.0%Label as incidentAcknowledge');
    expect((await bodyRows('Labelled incidents'))[0]).toMatch(/Payments down.*goes on.*ada/);
  });

  it('acknowledges an alert and shows it anew', async () => {
    const requests = serve();
    open();
    await userEvent.click(await screen.findByRole('button', { name: /^Acknowledge the alert of/ }));
    const asked = requests.filter(({ url }) => url.endsWith('/acknowledge'));
    expect(asked.map(({ data }) => data as unknown)).toEqual([{ event: 'event-1' }]);
    await waitFor(() => expect(requests.filter(({ url }) => url.endsWith('/history'))).toHaveLength(2));
  });

  it('makes an incident of an alert, to the minute', async () => {
    const requests = serve();
    open();
    await userEvent.click(await screen.findByRole('button', { name: /^Label as incident/ }));
    const dialog = screen.getByRole('dialog');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(within(dialog).getByText('Say in a few words what happened')).toBeTruthy();
    await userEvent.type(within(dialog).getByLabelText('Title'), 'Payments down');
    await expectNoViolations(dialog);
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
    const post = requests.find(({ url, method }) => url.endsWith('/incidents') && method === 'POST');
    expect(post?.data).toEqual({
      title: 'Payments down',
      start: '2026-02-27T12:00:00.000Z',
      end: '2026-02-27T12:30:00.000Z',
      slos: ['checkout'],
    });
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await waitFor(() => expect(requests.filter(({ url }) => url.endsWith('/backtest'))).toHaveLength(2));
  });

  it('changes a labelled incident, and leaves the seconds of its times alone', async () => {
    const labelled = { id: 'i1', title: 'Payments down', start: '2026-02-27T12:00:30Z', slos: ['checkout'] };
    const requests = serve({ incidents: [labelled] });
    open();
    await userEvent.click(await screen.findByRole('button', { name: 'Edit the incident "Payments down"' }));
    const dialog = screen.getByRole('dialog');
    await expectNoViolations(dialog);
    await userEvent.type(within(dialog).getByLabelText('Title'), ' again');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
    const post = requests.find(({ url, method }) => url.endsWith('/incidents') && method === 'POST');
    expect(post?.data).toEqual({
      ...labelled,
      title: 'Payments down again',
      start: '2026-02-27T12:00:30.000Z',
      severity: '',
    });
  });

  it('takes a label away after a question only', async () => {
    const incidents = [{ id: 'i1', title: 'Payments down', start: '2026-02-27T12:00:00Z', by: 'ada' }];
    const requests = serve({ incidents });
    open();
    await userEvent.click(await screen.findByRole('button', { name: 'Remove the label "Payments down"' }));
    const deleted = () =>
      requests.filter(({ method }) => method === 'DELETE').map(({ url }) => url.split('/alerts/')[1]);
    expect(deleted()).toEqual([]);
    await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Remove' }));
    await waitFor(() => expect(deleted()).toEqual(['incidents/i1']));
  });

  it('says so when it is not complete, and then claims nothing about the rest', async () => {
    serve({ events: [], historyError: 'Grafana answered 403.' });
    open();
    expect(await screen.findByText('Grafana answered 403.')).toBeTruthy();
    expect(screen.queryByText(/^No alert of this SLO fired/)).toBeNull();
  });

  it('says that nothing fired', async () => {
    serve({ events: null });
    open();
    expect(await screen.findByText(/^No alert of this SLO fired/)).toBeTruthy();
  });
});

describe('the backtest', () => {
  const scored = sampleResult({
    firings: [
      sampleFiring({ truePositive: true, incidents: [{ id: 'i1', title: 'Payments down' }], delaySeconds: 120 }),
    ],
    precision: 1,
    recall: 0.5,
    incidents: 2,
    found: 1,
    missed: [{ id: 'i2', title: 'Search slow' }],
    meanDelaySeconds: 120,
    meanResetSeconds: 3600,
  });

  it('sets policies side by side and shows the alerts of the chosen one', async () => {
    serve({ results: [scored, sampleResult({ policy: 'fast-only', firings: [] })] });
    open();
    expect(await bodyRows('Policies compared')).toEqual([
      'In force1100.2100%50% (1 of 2)2 min1 h2.0%',
      'Fast burn only0000.2––––2.0%',
    ]);
    expect((await bodyRows('Alerts of In force'))[0]).toContain('30 min2.0%14.0%Payments down2 min');
    expect(screen.getByText('No alert for: Search slow.')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Fast burn only' }));
    expect(screen.getByText(/^This policy would have sent no alert/)).toBeTruthy();
    expect(screen.getByTestId('address').textContent).toBe('?tab=alerts&policy=fast-only');
  });

  it('compares the chosen policies only', async () => {
    serve();
    open();
    await table('Policies compared');
    await userEvent.click(screen.getByRole('checkbox', { name: 'Fast burn only' }));
    expect(await bodyRows('Policies compared')).toHaveLength(1);
    expect(screen.getByTestId('address').textContent).toBe('?tab=alerts&hide=fast-only');
  });

  it('asks for the span of the address and for the usual targets with the present one', async () => {
    const requests = serve();
    open('?tab=alerts&span=7d');
    await table('Policies compared');
    const { from, to, targets } = requests.find(({ url }) => url.endsWith('/backtest'))?.data as {
      from: number;
      to: number;
      targets: string[];
    };
    expect(to - from).toBe(7 * 86_400_000);
    expect(targets).toEqual(['0.99', '0.995', '0.999', '0.9995']);
  });

  it('says what is missing for precision, and offers to label an incident', async () => {
    serve();
    open();
    expect(await screen.findByText('Precision and recall need labelled incidents')).toBeTruthy();
    await userEvent.click(screen.getAllByRole('button', { name: 'Label an incident' }).at(-1)!);
    expect(screen.getByRole('dialog')).toBeTruthy();
  });

  it('marks the present target and says which conditions another one makes impossible', async () => {
    serve();
    open();
    expect(await bodyRows('Targets compared')).toEqual([
      '99%4,00031.0%97.0%0.20.5',
      '99.9% (present)4,00031.0%69.0%0.51.1',
    ]);
  });

  it('says how little of the span is known', async () => {
    serve({ results: [sampleResult({ coverage: 0.4 })] });
    open();
    expect(await screen.findByText(/Only 40% of this span is known/)).toBeTruthy();
  });
});
