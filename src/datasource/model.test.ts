import { type TemplateSrv } from '@grafana/runtime';
import { describe, expect, it } from 'vitest';
import { type BurnlineQuery } from '../api';
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
    const asked = query({ slos: ['$slo'], services: ['$env'], labels: ['env=$env'], windows: ['1h'] });
    expect(interpolate(asked, templates, {})).toMatchObject({
      slos: ['checkout', 'search/fast'],
      services: ['prod'],
      labels: ['env=prod'],
      windows: ['1h'],
    });
  });
});
