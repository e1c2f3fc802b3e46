import { type DataQueryRequest, type DataSourceInstanceSettings } from '@grafana/data';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fakeBackend } from '../testing/backend';
import { fakeTemplates } from '../testing/templates';
import { annotationSupport } from './annotations';
import { BurnlineDataSource } from './datasource';
import { type VariableQuery } from './variableQuery';
import { BurnlineVariableSupport } from './variables';

const settings = { uid: 'burnline-slo', name: 'Burnline', type: 'burnline-slo-datasource', jsonData: {} };

function dataSource(values: Record<string, string | string[]> = {}) {
  return new BurnlineDataSource(settings as DataSourceInstanceSettings, fakeTemplates(values));
}

describe('the data source', () => {
  it('starts with the status of all SLOs', () => {
    expect(dataSource().getDefaultQuery()).toEqual({ queryType: 'status', schemaVersion: 1 });
  });

  it('does not run hidden queries', () => {
    expect(dataSource().filterQuery({ refId: 'A', hide: true })).toBe(false);
    expect(dataSource().filterQuery({ refId: 'A' })).toBe(true);
  });

  it('replaces variables before the backend sees a query', () => {
    const query = dataSource({ slo: ['a', 'b'] }).applyTemplateVariables({ refId: 'A', slos: ['$slo'] }, {});
    expect(query.slos).toEqual(['a', 'b']);
  });

  it('describes a query in one line', () => {
    expect(dataSource().getQueryDisplayText({ refId: 'A', slos: ['a'] })).toBe('Status of a');
  });

  it('offers the variables of the dashboard', () => {
    expect(dataSource({ slo: 'a', team: 'b' }).variableNames()).toEqual(['$slo', '$team']);
  });

  it('lists the SLOs of several services once each', async () => {
    const shop = [{ text: 'Checkout', value: 'checkout' }];
    const requests = fakeBackend(({ params }) =>
      params?.service === 'shop' ? shop : [...shop, { text: 'Search', value: 'search' }]
    );
    const choices = await dataSource({ service: ['shop', 'find'] }).choices({ kind: 'slos', services: ['$service'] });
    expect(choices.map((choice) => choice.value)).toEqual(['checkout', 'search']);
    const url = '/api/datasources/uid/burnline-slo/resources/variables';
    expect(requests).toMatchObject([
      { url, params: { kind: 'slos', service: 'shop' } },
      { url, params: { kind: 'slos', service: 'find' } },
    ]);
  });
});

describe('a dashboard variable', () => {
  const run = (query: Partial<VariableQuery>, values: Record<string, string> = {}) => {
    const support = new BurnlineVariableSupport(dataSource(values));
    const target = { refId: 'variable', ...query };
    return firstValueFrom(
      support.query({ targets: [target], scopedVars: {} } as unknown as DataQueryRequest<VariableQuery>)
    );
  };

  it('offers the values of a label, which another variable may name', async () => {
    const requests = fakeBackend(() => [{ text: 'a', value: 'a' }]);
    await expect(run({ kind: 'labelvalues', label: '$key' }, { key: 'team' })).resolves.toEqual({
      data: [{ text: 'a', value: 'a' }],
    });
    expect(requests[0]?.params).toEqual({ kind: 'labelvalues', label: 'team' });
  });

  it('that was saved untouched offers the SLOs, as its editor shows', async () => {
    const requests = fakeBackend(() => []);
    await run({});
    expect(requests[0]?.params).toEqual({ kind: 'slos' });
  });

  it('asks nothing while its label is not chosen', async () => {
    const requests = fakeBackend(() => []);
    await expect(run({ kind: 'labelvalues' })).resolves.toEqual({ data: [] });
    expect(requests).toEqual([]);
  });
});

describe('an annotation', () => {
  it('always asks for state changes, whatever query it was made from', () => {
    const target = { refId: 'A', queryType: 'status' as const, slos: ['a'] };
    expect(annotationSupport.prepareQuery?.({ name: 'x', enable: true, iconColor: 'red', target })).toEqual({
      refId: 'A',
      queryType: 'annotations',
      slos: ['a'],
    });
  });

  it('without a query asks for all SLOs', () => {
    expect(annotationSupport.prepareQuery?.({ name: 'x', enable: true, iconColor: 'red' })).toMatchObject({
      queryType: 'annotations',
    });
  });
});
