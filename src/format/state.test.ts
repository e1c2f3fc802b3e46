import { createTheme } from '@grafana/data';
import { describe, expect, it } from 'vitest';
import { budgetTone, compareStates, stateLook, STATES, toneColor, toState } from './state';

describe('states', () => {
  it('each have their own label and shape', () => {
    const looks = STATES.map(stateLook);
    expect(new Set(looks.map((look) => look.label)).size).toBe(STATES.length);
    expect(new Set(looks.map((look) => look.icon)).size).toBe(STATES.length);
  });
  it('of a newer backend show as no data', () => expect(toState('frozen')).toBe('no data'));
  it('sort the worst first', () => {
    expect((['ok', 'ticket', 'exhausted', 'page'] as const).toSorted(compareStates)).toEqual([
      'exhausted',
      'page',
      'ticket',
      'ok',
    ]);
  });
});

describe('a remaining budget', () => {
  it.each([
    [0, 'bad'],
    [-2, 'bad'],
    [0.2, 'warning'],
    [0.25, 'good'],
    [null, 'neutral'],
  ])('of %s is %s', (remaining, tone) => expect(budgetTone(remaining)).toBe(tone));
  it('has a colour of the theme', () => {
    const theme = createTheme();
    expect(toneColor(theme, budgetTone(-1))).toBe(theme.colors.error.text);
  });
});
