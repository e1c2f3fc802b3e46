import { type TemplateSrv } from '@grafana/runtime';
import { describe, expect, it } from 'vitest';
import { type BurnlineQuery, isTarget } from '../api';
import { fakeTemplates } from '../testing/templates';
import { displayText, expandVariables, interpolate, normalize, toSaved } from './model';

const query = (part: Partial<BurnlineQuery>): BurnlineQuery => ({ refId: 'A', ...part });

describe('a saved query', () => {
  it('without a type asks for the status', () => {
    expect(normalize(query({}))).toMatchObject({ queryType: 'status', schemaVersion: 1, slos: [], windows: [] });
  });

  it('written by hand with a single name becomes a list', () => {
    expect(normalize(query({ slos: 'checkout' as never })).slos).toEqual(['checkout']);
  });

  it('loses blanks and repetitions', () => {
    expect(normalize(query({ slos: [' checkout', 'checkout', '', 7 as never] })).slos).toEqual(['checkout']);
  });

  it('is saved without empty lists, and with windows for burn rates only', () => {
    expect(toSaved(query({ queryType: 'budget', slos: [], services: ['shop'], windows: ['1h'] }))).toEqual({
      refId: 'A',
      queryType: 'budget',
      schemaVersion: 1,
      services: ['shop'],
    });
    expect(toSaved(query({ queryType: 'burnrate', windows: ['1h'] })).windows).toEqual(['1h']);
  });

  it('for an alert rule always has its number, and a window where the number needs one', () => {
    const saved = (part: Partial<BurnlineQuery>) => toSaved(query({ queryType: 'alert', ...part }));
    expect(saved({})).toMatchObject({ value: 'burn', windows: ['1h'] });
    expect(saved({ value: 'events', windows: ['6h', '1d'] })).toMatchObject({ value: 'events', windows: ['6h'] });
    expect(saved({ value: 'consumed', windows: ['6h'] })).not.toHaveProperty('windows');
    expect(saved({ value: 'absence', absence: 'source' })).toHaveProperty('absence', 'source');
    expect(saved({ value: 'consumed', absence: 'source' })).not.toHaveProperty('absence');
  });

  it('of a backtest keeps what its view shows and drops the rest', () => {
    const saved = (part: Partial<BurnlineQuery>) =>
      toSaved(query({ queryType: 'backtest', policies: ['own'], targets: ['0.99'], ...part }));
    expect(saved({})).toEqual({
      refId: 'A',
      queryType: 'backtest',
      schemaVersion: 1,
      view: 'firings',
      policies: ['own'],
    });
    expect(saved({ view: 'whatif' })).toMatchObject({ view: 'whatif', targets: ['0.99'] });
    expect(saved({ view: 'whatif' })).not.toHaveProperty('policies');
    expect(toSaved(query({ queryType: 'status', view: 'whatif', targets: ['0.99'] }))).toEqual({
      refId: 'A',
      queryType: 'status',
      schemaVersion: 1,
    });
  });

  it('keeps what this version does not know', () => {
    expect(toSaved({ ...query({}), groups: ['eu'] } as BurnlineQuery)).toHaveProperty('groups', ['eu']);
  });
});

describe('the collapsed query row', () => {
  it.each<[Partial<BurnlineQuery>, string]>([
    [{}, 'Status of all SLOs'],
    [{ queryType: 'budget', slos: ['checkout'], services: ['shop'] }, 'Error budget of checkout in shop'],
    [
      { queryType: 'burnrate', labels: ['team=a'], windows: ['1h', '5m'] },
      'Burn rate of all SLOs with team=a (1h, 5m)',
    ],
    [{ queryType: 'alert', value: 'burn', windows: ['1h'] }, 'Alert number of all SLOs (burn rate, 1h)'],
    [{ queryType: 'alert', value: 'consumed', slos: ['checkout'] }, 'Alert number of checkout (consumed budget)'],
    [
      { queryType: 'backtest', view: 'summary', policies: ['own', 'fast-only'] },
      'Backtest of all SLOs (own, fast-only)',
    ],
    [{ queryType: 'backtest', view: 'whatif', targets: ['0.99'] }, 'Backtest of all SLOs (targets, 0.99)'],
    [{ queryType: 'annotations' }, 'State changes of all SLOs'],
  ])('%j reads "%s"', (part, text) => expect(displayText(query(part))).toBe(text));
});

describe('variables in a query', () => {
  const templates: TemplateSrv = fakeTemplates({
    slo: ['checkout', 'search/fast'],
    team: ['a', 'b'],
    env: 'prod',
    none: [],
    all: ['.*'],
  });

  it.each<[string, string[], string[]]>([
    ['with several values become several entries', ['$slo', 'browse'], ['checkout', 'search/fast', 'browse']],
    ['inside a label are combined with its key', ['team=$team'], ['team=a', 'team=b']],
    ['may occur twice in one entry', ['$env-$team'], ['prod-a', 'prod-b']],
    ['without a value leave no entry', ['$none', 'x=$none'], []],
    ['that do not exist stay, for the backend to name them', ['$nope'], ['$nope']],
    ['with a format of their own are taken as a list', ['${slo:csv}'], ['checkout', 'search/fast']],
    ['of "All" with a pattern of its own filter nothing', ['$all', 'browse'], []],
    ['of "All" in a label leave the other labels', ['team=$all', 'tier=one'], ['tier=one']],
    ['never repeat an entry', ['$env', 'prod'], ['prod']],
  ])('%s', (_, entries, expanded) => expect(expandVariables(entries, templates, {})).toEqual(expanded));

  it('are replaced in every list', () => {
    const asked = query({
      slos: ['$slo'],
      services: ['$env'],
      labels: ['env=$env'],
      windows: ['1h'],
      policies: ['$team'],
      targets: ['0.9'],
    });
    expect(interpolate(asked, templates, {})).toMatchObject({
      slos: ['checkout', 'search/fast'],
      services: ['prod'],
      labels: ['env=prod'],
      windows: ['1h'],
      policies: ['a', 'b'],
      targets: ['0.9'],
    });
  });
});

it.each([
  ['0.999', true],
  ['.5', true],
  ['0', false],
  ['0.0', false],
  ['1', false],
  ['99.9%', false],
])('the target %s is valid: %s', (text, valid) => expect(isTarget(text)).toBe(valid));
