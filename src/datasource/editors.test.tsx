import { CoreApp, type DataSourceInstanceSettings, type DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { type ComponentProps, useState } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type BurnlineQuery } from '../api';
import { fakeBackend, type Request } from '../testing/backend';
import { renderInGrafana as render } from '../testing/render';
import { fakeTemplates } from '../testing/templates';
import { AnnotationEditor } from './AnnotationEditor';
import { ConfigEditor } from './ConfigEditor';
import { BurnlineDataSource } from './datasource';
import { QueryEditor } from './QueryEditor';
import { VariableEditor } from './VariableEditor';
import { type VariableQuery } from './variableQuery';

const settings = { uid: 'burnline-slo', name: 'Burnline', type: 'burnline-slo-datasource', jsonData: {} };
const datasource = new BurnlineDataSource(settings as DataSourceInstanceSettings, fakeTemplates({ slo: 'checkout' }));

const LISTS: Record<string, unknown> = {
  services: [{ text: 'Shop', value: 'shop' }],
  slos: [
    { text: 'Checkout works', value: 'checkout' },
    { text: 'Search is fast', value: 'search' },
  ],
  labels: [{ text: 'team', value: 'team' }],
  labelvalues: [{ text: 'payments', value: 'payments' }],
};

const listed = ({ params }: Request) => LISTS[String(params?.kind)];

beforeEach(() => {
  fakeBackend(listed);
});

/** Renders an editor that keeps what it is told, as Grafana does, and gives the newest query. */
function renderQuery(Editor: typeof QueryEditor, query: Partial<BurnlineQuery> = {}, app?: CoreApp) {
  const saved = { newest: { refId: 'A', ...query }, runs: 0 };
  function Host() {
    const [state, setState] = useState(saved.newest);
    const props: ComponentProps<typeof QueryEditor> = {
      datasource,
      app,
      query: state,
      onChange: (next) => {
        saved.newest = next;
        setState(next);
      },
      onRunQuery: () => saved.runs++,
    };
    return <Editor {...props} />;
  }
  render(<Host />);
  return saved;
}

async function choose(label: string, option: string) {
  await userEvent.click(screen.getByLabelText(new RegExp(`^${label}`)));
  await userEvent.click(await screen.findByRole('option', { name: new RegExp(option) }));
}

describe('the query editor', () => {
  it('changes the query type and runs the query', async () => {
    const saved = renderQuery(QueryEditor);
    await choose('Show', 'Error budget');
    expect(saved.newest).toEqual({ refId: 'A', queryType: 'budget', schemaVersion: 1 });
    expect(saved.runs).toBe(1);
  });

  it('asks alert rules for one number, which the next query type does not keep', async () => {
    const saved = renderQuery(QueryEditor, {}, CoreApp.UnifiedAlerting);
    await choose('Number', 'Burn rate 1h');
    expect(saved.newest).toEqual({ refId: 'A', queryType: 'status', schemaVersion: 1, value: 'burn_1h' });
    await choose('Show', 'Error budget');
    expect(saved.newest).toEqual({ refId: 'A', queryType: 'budget', schemaVersion: 1 });
  });

  it('shows panels all numbers', () => {
    renderQuery(QueryEditor, {}, CoreApp.PanelEditor);
    expect(screen.queryByLabelText(/^Number/)).toBeNull();
  });

  it('offers SLOs by name and saves their ids', async () => {
    const saved = renderQuery(QueryEditor);
    await choose('SLOs', 'Search is fast');
    expect(saved.newest.slos).toEqual(['search']);
  });

  it('offers the variables of the dashboard', async () => {
    const saved = renderQuery(QueryEditor);
    await choose('SLOs', '\\$slo');
    expect(saved.newest.slos).toEqual(['$slo']);
  });

  it('offers labels with their values once the list is opened', async () => {
    const requests = fakeBackend(listed);
    const saved = renderQuery(QueryEditor);
    expect(requests.map(({ params }) => params?.kind as string).toSorted()).toEqual(['services', 'slos']);
    await choose('Labels', 'team=payments');
    expect(saved.newest.labels).toEqual(['team=payments']);
  });

  it('asks for windows of burn rates only, and says which are wrong', async () => {
    renderQuery(QueryEditor, { queryType: 'burnrate', windows: ['1h', 'soon'] });
    expect(screen.getByLabelText('Windows')).toBeTruthy();
    expect(await screen.findByText(/soon: write a number/)).toBeTruthy();
    await choose('Show', 'Status');
    expect(screen.queryByLabelText('Windows')).toBeNull();
  });

  it('asks for the one window of an alert number that has one', async () => {
    const saved = renderQuery(QueryEditor, { queryType: 'alert', value: 'burn', windows: ['soon'] });
    expect(await screen.findByText(/soon: write a number/)).toBeTruthy();
    await choose('Window', '6h');
    expect(saved.newest).toMatchObject({ value: 'burn', windows: ['6h'] });
    await choose('Number', 'Consumed budget');
    expect(saved.newest).toEqual({ refId: 'A', queryType: 'alert', schemaVersion: 1, value: 'consumed' });
    expect(screen.queryByLabelText(/^Window/)).toBeNull();
  });

  it('asks of absence whether quiet hours count', async () => {
    const saved = renderQuery(QueryEditor, { queryType: 'alert', value: 'absence' });
    await choose('Missing', 'Source only');
    expect(saved.newest).toMatchObject({ value: 'absence', absence: 'source' });
  });

  it('asks of a backtest what to show: policies or targets', async () => {
    const saved = renderQuery(QueryEditor, { queryType: 'backtest' });
    await choose('Policies', 'Fast burn only');
    expect(saved.newest).toMatchObject({ view: 'firings', policies: ['fast-only'] });
    await choose('View', 'Targets compared');
    expect(screen.queryByLabelText(/^Policies/)).toBeNull();
    await choose('Targets', '0\\.995');
    expect(saved.newest).toEqual({
      refId: 'A',
      queryType: 'backtest',
      schemaVersion: 1,
      view: 'whatif',
      targets: ['0.995'],
    });
  });

  it('says which targets are none, and that no rule can be about a backtest', () => {
    const query: Partial<BurnlineQuery> = { queryType: 'backtest', view: 'whatif', targets: ['99.9%'] };
    renderQuery(QueryEditor, query, CoreApp.UnifiedAlerting);
    expect(screen.getByText(/99.9%: write a fraction/)).toBeTruthy();
    expect(screen.getByText('No alert rule can be about a backtest')).toBeTruthy();
  });

  it('says why the SLOs could not be listed', async () => {
    fakeBackend(() => {
      throw new Error('the ledger is locked.');
    });
    renderQuery(QueryEditor);
    expect(await screen.findByText(/the ledger is locked/)).toBeTruthy();
  });

  it('says what to do when there are no SLOs', async () => {
    fakeBackend(() => []);
    renderQuery(QueryEditor);
    expect(await screen.findByText('There are no SLOs yet')).toBeTruthy();
  });

  it('warns before it changes a query of a newer version', () => {
    renderQuery(QueryEditor, { schemaVersion: 99 });
    expect(screen.getByText(/newer version of Burnline/)).toBeTruthy();
  });

  it('names an unknown query type instead of hiding it', () => {
    renderQuery(QueryEditor, { queryType: 'forecast' as never });
    expect(screen.getByText(/"forecast" is no query type/)).toBeTruthy();
  });
});

describe('the annotation editor', () => {
  it('keeps the query one for annotations', async () => {
    const saved = renderQuery(AnnotationEditor, { queryType: 'status' });
    await choose('Services', 'Shop');
    expect(saved.newest).toMatchObject({ queryType: 'annotations', services: ['shop'] });
  });
});

describe('the variable editor', () => {
  function renderVariable(query: Partial<VariableQuery>) {
    const onChange = vi.fn();
    const props = { datasource, query: { refId: 'variable', ...query }, onChange, onRunQuery: vi.fn() };
    render(<VariableEditor {...(props as unknown as ComponentProps<typeof VariableEditor>)} />);
    return onChange;
  }

  it('forgets the services when something else than SLOs is wanted', async () => {
    const onChange = renderVariable({ kind: 'slos', services: ['shop'] });
    await choose('Values', 'Label keys');
    expect(onChange).toHaveBeenLastCalledWith(expect.objectContaining({ kind: 'labels', services: undefined }));
  });

  it('asks for the label whose values are wanted', async () => {
    const onChange = renderVariable({ kind: 'labelvalues' });
    expect(screen.getByRole('alert').textContent).toContain('Choose a label');
    await choose('Label', 'team');
    expect(onChange).toHaveBeenLastCalledWith(expect.objectContaining({ kind: 'labelvalues', label: 'team' }));
  });
});

describe('the configuration page', () => {
  const props = { options: { uid: 'burnline-slo' }, onOptionsChange: vi.fn() };
  const page = () => render(<ConfigEditor {...(props as unknown as DataSourcePluginOptionsEditorProps)} />);

  it('says that the ledger answers', async () => {
    fakeBackend(() => ({ status: 'OK', message: '12 SLOs, newest bucket 1 min old' }));
    page();
    expect(await screen.findByText('12 SLOs, newest bucket 1 min old')).toBeTruthy();
  });

  it('says why it does not, and can ask again', async () => {
    let answer = () => {
      throw new Error('no ledger at /data');
    };
    const requests = fakeBackend(() => answer());
    page();
    expect(await screen.findByText('no ledger at /data')).toBeTruthy();
    answer = () => ({ status: 'OK', message: 'fine now' }) as never;
    await userEvent.click(screen.getByRole('button', { name: 'Check again' }));
    await waitFor(() => expect(screen.getByText('fine now')).toBeTruthy());
    expect(requests).toHaveLength(2);
  });

  it('links to the app', () => {
    fakeBackend(() => ({ status: 'OK', message: '' }));
    page();
    expect(screen.getByRole('link', { name: /Burnline app/ }).getAttribute('href')).toBe('/a/burnline-slo-app');
  });
});
