import { OrgRole } from '@grafana/data';
import { config, type PluginPageProps } from '@grafana/runtime';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { Route, Routes, useLocation } from 'react-router';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ALERTS_URL, APP_URL } from '../../api';
import { fakeBackend, type Request } from '../../testing/backend';
import { renderInGrafana } from '../../testing/render';
import { HOUR, NOW, sampleSLO } from '../../testing/samples';
import { sampleEvent } from '../../testing/samplesAlerts';
import { sampleChange, sampleCount, sampleNoise, samplePlan, sampleSettings } from '../../testing/samplesAlertsOrg';
import App from '../App';

vi.mock('@grafana/runtime', async (original) => ({
  ...(await original<object>()),
  PluginPage: ({ pageNav, children }: PluginPageProps) => (
    <main>
      <h1>{pageNav?.text}</h1>
      {children}
    </main>
  ),
}));

beforeEach(() => {
  config.bootData.user.orgRole = OrgRole.Editor;
});

/** The backend with these answers in the place of the quiet ones; a function answers itself and may throw. */
function serve(changes: Record<string, unknown> = {}) {
  const answers: Record<string, unknown> = {
    slos: { slos: [sampleSLO('checkout'), sampleSLO('search')], problems: [], evaluator: { running: true }, now: NOW },
    'alerts/plan': samplePlan(),
    'alerts/settings': sampleSettings(),
    'alerts/noise': sampleNoise(),
    'alerts/history': { events: [] },
    'alerts/incidents': { incidents: [] },
    ...changes,
  };
  return fakeBackend((request) => {
    const answer = answers[request.url.split('/resources/')[1] ?? ''] ?? {};
    return typeof answer === 'function' ? (answer as (request: Request) => unknown)(request) : answer;
  });
}

function Address() {
  const { search } = useLocation();
  return <output data-testid="address">{search}</output>;
}

function open(tab = '') {
  return renderInGrafana(
    <>
      <Routes>
        <Route path={`${APP_URL}/*`} element={<App />} />
      </Routes>
      <Address />
    </>,
    tab ? `${ALERTS_URL}?tab=${tab}` : ALERTS_URL
  );
}

const sent = (requests: Request[], path: string, method: string) =>
  requests
    .filter((request) => request.url.endsWith(path) && request.method === method)
    .map(({ data }) => data as unknown);

async function expectNoViolations(element: Element) {
  const { violations } = await axe.run(element, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
}

/** The number below a name. */
const fact = async (term: string) =>
  (await screen.findByText(term, { selector: 'dt' })).parentElement?.querySelector('dd')?.textContent;

describe('the tabs', () => {
  it('keep which one is open in the address', async () => {
    serve();
    open();
    expect(await screen.findByText('None: Grafana holds what the SLOs want.')).toBeTruthy();
    await userEvent.click(screen.getByRole('tab', { name: 'Policies' }));
    expect(await screen.findByRole('heading', { name: 'SRE workbook' })).toBeTruthy();
    expect(screen.getByTestId('address').textContent).toBe('?tab=policies');
  });

  it('can be loaded again after a failure', async () => {
    let fails = true;
    serve({
      'alerts/noise': () => {
        if (fails) {
          throw new Error('The ledger cannot be read.');
        }
        return sampleNoise();
      },
    });
    open('noise');
    expect(await screen.findByText('The ledger cannot be read.')).toBeTruthy();
    fails = false;
    await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(await screen.findByText('No alert is known to have fired in this span.')).toBeTruthy();
  });
});

describe('the rules', () => {
  const differing = samplePlan({
    changes: [
      sampleChange(),
      sampleChange({
        uid: '2',
        action: 'drift',
        fields: [{ path: 'for', have: '5m', want: '' }],
        title: 'Checkout: burn rate above 6 over 6h and 30m',
      }),
      sampleChange({ uid: '3', action: 'create', fields: [{ path: 'title', have: '', want: 'new' }] }),
    ],
    errors: ['Grafana has no contact point "on-call". Make it.'],
    problems: [
      { file: 'a.yaml', line: 3, document: 1, severity: 'warning', message: 'no runbook', remedy: 'Add one.' },
    ],
    lastApplied: {
      at: NOW,
      applied: 2,
      failed: [{ title: 'Search: burn', error: 'no permission on its folder' }],
      error: '',
      errorAt: null,
    },
  });

  it('are counted by what they need, and the dry run says field by field what differs', async () => {
    serve({ 'alerts/plan': differing });
    const { container } = open();
    const table = await screen.findByRole('table', { name: 'Differences of "burn rate above 6 over 6h and 30m"' });
    expect(within(table).getAllByRole('row')[1]?.textContent).toBe('for5mnothing');
    expect(await fact('As wanted')).toBe('1');
    expect(await fact('To create')).toBe('1');
    expect(screen.getByText('Grafana has no contact point "on-call". Make it.')).toBeTruthy();
    expect(screen.getByText('Search: burn: no permission on its folder')).toBeTruthy();
    expect(screen.getByText('Problems with alerts (1)')).toBeTruthy();
    await expectNoViolations(container);
  });

  it('are applied by editors, who hear what came of it', async () => {
    const requests = serve({
      'alerts/plan': differing,
      'alerts/apply': { applied: [sampleChange()], failed: [{ ...sampleChange(), error: 'refused' }], problems: [] },
    });
    open();
    await userEvent.click(await screen.findByRole('button', { name: 'Apply' }));
    expect(await screen.findByText('1 change is applied, 1 failed.')).toBeTruthy();
    expect(screen.getByText(/: refused$/)).toBeTruthy();
    expect(sent(requests, '/apply', 'POST')).toHaveLength(1);
    await userEvent.click(screen.getByRole('button', { name: /^Adopt the edit/ }));
    expect(sent(requests, '/drift', 'POST')).toEqual([{ uid: '2', choice: 'adopt' }]);
  });

  it('are only shown to viewers, with the reason', async () => {
    config.bootData.user.orgRole = OrgRole.Viewer;
    serve({ 'alerts/plan': differing });
    open();
    expect((await screen.findByRole('button', { name: 'Apply' })).hasAttribute('disabled')).toBe(true);
    expect(screen.getByText('Only editors and admins of this organisation may apply.')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /^Restore/ })).toBeNull();
  });

  it('go to a folder in file mode', async () => {
    const settings = sampleSettings();
    serve({
      'alerts/plan': samplePlan({ mode: 'file', changes: [] }),
      'alerts/settings': { ...settings, settings: { ...settings.settings, fileDir: '/rules' } },
    });
    open();
    expect(await screen.findByText(/^Written to \/rules\./)).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Write files' })).toBeTruthy();
  });

  it('can be taken along as files, and say why where they cannot', async () => {
    const saved: string[] = [];
    vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => 'blob:', revokeObjectURL: () => undefined }));
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      saved.push(this.download);
    });
    const requests = serve({
      'alerts/export': ({ params }: Request) => {
        if (params?.format === 'loki') {
          throw new Error('No SLO reads Loki.');
        }
        return 'groups: []';
      },
    });
    open();
    await userEvent.click(await screen.findByRole('checkbox', { name: /Sloth/ }));
    for (const name of ['Prometheus rules', 'Grafana provisioning', 'Loki rules']) {
      await userEvent.click(screen.getByRole('button', { name }));
    }
    expect(await screen.findByText('No SLO reads Loki.')).toBeTruthy();
    expect(saved).toEqual(['burnline-prometheus.yaml', 'burnline-grafana.yaml']);
    expect(requests.filter(({ url }) => url.endsWith('/export')).map(({ params }) => params as unknown)).toEqual([
      { format: 'prometheus', sloth: 'true' },
      { format: 'grafana' },
      { format: 'loki' },
    ]);
  });
});

describe('the noise', () => {
  const count = sampleCount({
    alerts: 41,
    episodes: 40,
    flaps: 1,
    perWeek: 10.25,
    pages: 41,
    idle: 39,
    reasons: { incident: 1, acknowledged: 0, spent: 0 },
    actionable: 1,
    actionableShare: 0.025,
  });
  const week = (day: number, alerts: number) => ({
    ...sampleCount({ alerts }),
    from: `2026-02-${String(day).padStart(2, '0')}T00:00:00Z`,
    to: '',
    partial: false,
  });
  const suggestion = {
    policy: 'workbook-low-traffic',
    alertsBefore: 41,
    alertsAfter: 1,
    foundBefore: 1,
    foundAfter: 1,
    text: 'x',
  };
  const noisy = sampleNoise({
    total: count,
    slo: count,
    bySlo: [{ ...count, id: 'checkout', name: 'Checkout', suggestions: [suggestion] }],
    byService: [{ ...count, id: '', name: '' }],
    trend: [week(9, 30), week(16, 11)],
    noisiest: [{ ...count, title: 'Checkout: burn', severity: 'page', uid: 'bl-1', folder: 'Burnline' }],
    notes: ['No incident is labelled.'],
  });

  it('says how many, for whom, how many were worth it, and what would be quieter', async () => {
    serve({ 'alerts/noise': noisy, 'alerts/history': { events: [sampleEvent()] } });
    const { container } = open('noise');
    expect(await fact('Alerts a week')).toBe('10.3');
    expect(await fact('Actionable')).toBe('2.5%');
    expect(screen.getByText('Last whole week: 11, 19 fewer than the week before')).toBeTruthy();
    expect(
      screen.getByText('SRE workbook for low traffic: 41 alerts become 1, the same incidents are found.')
    ).toBeTruthy();
    expect(screen.getByRole('link', { name: 'Backtest of Checkout' }).getAttribute('href')).toBe(
      `${APP_URL}/slos/checkout?tab=alerts&span=28d`
    );
    expect(screen.getByText('No incident is labelled.')).toBeTruthy();
    expect(screen.getByText(/^No notification reached Burnline/)).toBeTruthy();
    await expectNoViolations(container);
  });

  it('lets editors acknowledge, and does not ask for a receiver that is there', async () => {
    const events = [
      sampleEvent({ source: 'webhook' }),
      sampleEvent({ id: '2', severity: 'critical' as never, slo: '' }),
    ];
    const requests = serve({ 'alerts/history': { events } });
    open('noise');
    await userEvent.click((await screen.findAllByRole('button', { name: /^Acknowledge/ }))[0]!);
    expect(sent(requests, '/acknowledge', 'POST')).toEqual([{ event: 'event-1' }]);
    expect(screen.getByText('critical')).toBeTruthy();
    expect(screen.getByText(/^A contact point tells Burnline/)).toBeTruthy();
  });

  it('looks back as far as the address says', async () => {
    const requests = serve();
    open('noise&span=90d');
    await screen.findByText('No alert is known to have fired in this span.');
    const { from, to } = requests.find(({ url }) => url.endsWith('/noise'))?.params as { from: number; to: number };
    expect(to - from).toBe(90 * 24 * HOUR);
  });
});

describe('the settings', () => {
  it('are saved with the version that they began with', async () => {
    const requests = serve({
      'alerts/settings': ({ method, data }: Request) =>
        method === 'PUT' ? { ...(data as object), version: 5 } : sampleSettings(),
    });
    const { container } = open('settings');
    const horizon = await screen.findByLabelText(/exhaustion is forecast/);
    await expectNoViolations(container);
    await userEvent.clear(horizon);
    await userEvent.type(horizon, '2d');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('The rules follow within a minute.')).toBeTruthy();
    expect(sent(requests, '/settings', 'PUT')).toMatchObject([
      { forecastHorizon: '2d', version: 4, page: { contactPoint: 'on-call' }, consumedAt: [0.5, 0.75, 0.9] },
    ]);
  });

  it('show every mistake that the backend finds', async () => {
    serve({
      'alerts/settings': ({ method }: Request) => {
        if (method === 'PUT') {
          throw new Error('mode is wrong\nfolders is wrong.');
        }
        return sampleSettings();
      },
    });
    open('settings');
    await userEvent.click(await screen.findByRole('button', { name: 'Save' }));
    expect(await screen.findByText('mode is wrong')).toBeTruthy();
    expect(screen.getByText('folders is wrong.')).toBeTruthy();
  });

  it('are not sent while a number cannot be read', async () => {
    const requests = serve();
    open('settings');
    await userEvent.type(await screen.findByLabelText(/Tickets when this much/), 'x');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect((await screen.findAllByText(/^Write percentages/)).length).toBeGreaterThan(0);
    expect(sent(requests, '/settings', 'PUT')).toEqual([]);
  });

  it('can be read by viewers, and say what is fixed and what is not known', async () => {
    config.bootData.user.orgRole = OrgRole.Viewer;
    serve({
      'alerts/settings': sampleSettings({
        fixed: ['mode'],
        contactPointsError: 'No service account.',
        contactPoints: [],
      }),
    });
    open('settings');
    expect(await screen.findByText('Only to read')).toBeTruthy();
    expect(screen.getByText(/GF_PLUGIN_ALERTS_MODE/)).toBeTruthy();
    expect(screen.getByText('No service account.')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /Save|Send test/ })).toBeNull();
  });

  it('send a test the way that they stand', async () => {
    const requests = serve({ 'alerts/test': { message: 'It fires within a minute.' } });
    open('settings');
    await userEvent.click(await screen.findByRole('button', { name: 'Send test alert as page' }));
    expect(await screen.findByText('It fires within a minute.')).toBeTruthy();
    expect(sent(requests, '/test', 'POST')).toEqual([{ contactPoint: 'on-call', severity: 'page' }]);
  });
});

describe('the policies', () => {
  it('show their burn rates, who uses them, and for whom nobody is woken', async () => {
    serve();
    const { container } = open('policies');
    const rows = within(await screen.findByRole('table', { name: 'Rows of SRE workbook' })).getAllByRole('row');
    expect(rows[1]?.textContent).toBe('Page2%1 h5 min3.36×13.4×14.4×43.2×');
    expect(screen.getByText('Nobody is woken for one SLO').closest('[role]')?.textContent).toContain(
      'search: no alert'
    );
    await expectNoViolations(container);
  });

  it('say when rules are off', async () => {
    serve({ 'alerts/plan': samplePlan({ mode: 'off', groups: [], changes: [] }) });
    open('policies');
    expect(await screen.findByText('Rules are off: nobody is told of anything')).toBeTruthy();
  });
});

describe('the incidents', () => {
  const incident = { id: 'i1', title: 'Database full', start: '2026-02-20T09:00:00Z', services: ['checkout'] };

  it('are listed with what they touched, and removed after a question', async () => {
    const requests = serve({ 'alerts/incidents': { incidents: [incident] } });
    const { container } = open('incidents');
    const rows = within(await screen.findByRole('table', { name: 'Labelled incidents' })).getAllByRole('row');
    expect(rows[1]?.textContent).toMatch(/Database fullCheckout.*goes onnot saidnot saidEditRemove$/);
    await expectNoViolations(container);
    await userEvent.click(screen.getByRole('button', { name: 'Remove the label "Database full"' }));
    expect(sent(requests, '/i1', 'DELETE')).toHaveLength(0);
    await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Remove' }));
    await waitFor(() => expect(sent(requests, '/i1', 'DELETE')).toHaveLength(1));
  });

  it('are ended by editors, and keep what they touched', async () => {
    const requests = serve({ 'alerts/incidents': { incidents: [{ ...incident, severity: 'page' }] } });
    open('incidents');
    await userEvent.click(await screen.findByRole('button', { name: 'Edit the incident "Database full"' }));
    const dialog = await screen.findByRole('dialog');
    await expectNoViolations(dialog);
    fireEvent.change(within(dialog).getByLabelText(/^End/), { target: { value: '2026-02-20T12:00' } });
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(sent(requests, '/incidents', 'POST')).toHaveLength(1));
    expect(sent(requests, '/incidents', 'POST')).toEqual([
      {
        id: 'i1',
        title: 'Database full',
        start: '2026-02-20T09:00:00.000Z',
        end: expect.stringMatching(/^2026-02-20T/) as string,
        services: ['checkout'],
        severity: 'page',
      },
    ]);
  });

  it('are added by editors', async () => {
    const requests = serve();
    open('incidents');
    await userEvent.click(await screen.findByRole('button', { name: 'Label an incident' }));
    const dialog = await screen.findByRole('dialog');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
    expect(within(dialog).getByText('Say in a few words what happened')).toBeTruthy();
    await userEvent.type(within(dialog).getByLabelText('Title'), 'Cache lost');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save' }));
    await waitFor(() =>
      expect(sent(requests, '/incidents', 'POST')).toMatchObject([{ title: 'Cache lost', severity: '' }])
    );
  });

  it('are only shown to viewers', async () => {
    config.bootData.user.orgRole = OrgRole.Viewer;
    serve();
    open('incidents');
    expect(await screen.findByText('No incident is labelled yet')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Label an incident' })).toBeNull();
  });
});
