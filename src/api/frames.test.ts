import { FieldType, toDataFrame } from '@grafana/data';
import { describe, expect, it } from 'vitest';
import { frameMeta, isStatusFrame, metaOfKind, statusRows } from './frames';
import { sloUrl } from './plugin';
import { isWindow } from './query';

const status = toDataFrame({
  fields: [
    { name: 'slo', type: FieldType.string, values: ['checkout', 'search/fast'] },
    { name: 'name', type: FieldType.string, values: ['Checkout works', ''] },
    { name: 'state', type: FieldType.string, values: ['page', 'something new'] },
    { name: 'remaining', type: FieldType.number, values: [-0.2, null] },
    { name: 'exhausted_at', type: FieldType.time, values: [1_767_225_600_000, null] },
    { name: 'critical', type: FieldType.boolean, values: [true, false] },
    { name: 'trend', type: FieldType.other, values: [[1, null, 0.5], '[0.25]'] },
  ],
});

describe('a status frame', () => {
  it('is known by its columns', () => {
    expect(isStatusFrame(status)).toBe(true);
    expect(isStatusFrame(toDataFrame({ fields: [] }))).toBe(false);
  });

  it('gives a row an SLO, with what is missing as not known', () => {
    expect(statusRows(status)).toMatchObject([
      {
        slo: 'checkout',
        name: 'Checkout works',
        state: 'page',
        remaining: -0.2,
        exhaustedAt: 1_767_225_600_000,
        critical: true,
        trend: [1, null, 0.5],
        objective: null,
        owner: '',
      },
      { slo: 'search/fast', name: 'search/fast', state: 'no data', remaining: null, critical: false, trend: [0.25] },
    ]);
  });
});

describe('the meta of a frame', () => {
  const frame = toDataFrame({ fields: [], meta: { custom: { kind: 'projection', slo: 'checkout' } } });

  it('is read by its kind', () => {
    expect(metaOfKind(frame, 'projection')?.slo).toBe('checkout');
    expect(metaOfKind(frame, 'budget')).toBeUndefined();
  });

  it("of another data source's frame is none of ours", () => {
    expect(frameMeta(toDataFrame({ fields: [], meta: { custom: { kind: 'other' } } }))).toBeUndefined();
    expect(frameMeta(toDataFrame({ fields: [] }))).toBeUndefined();
  });
});

it('the detail page of an id with a slash is one path segment', () => {
  expect(sloUrl('search/fast')).toBe('/a/burnline-slo-app/slos/search%2Ffast');
});

it.each([
  ['5m', true],
  ['3d', true],
  ['0h', false],
  ['1.5h', false],
  ['soon', false],
])('the window %s is valid: %s', (text, valid) => {
  expect(isWindow(text)).toBe(valid);
});
