import { type FetchResponse, setBackendSrv } from '@grafana/runtime';
import { of, throwError } from 'rxjs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchPortfolio, fetchSeries, fetchSLO } from './client';
import { isCancelled } from './request';

const fetch = vi.fn();

beforeEach(() => {
  fetch.mockReset();
  setBackendSrv({ fetch } as never);
});

function answers(data: unknown) {
  fetch.mockReturnValue(of({ data } as FetchResponse));
}

describe('the app resources client', () => {
  it('reads the portfolio without a toast of its own on failure', async () => {
    answers({ slos: [], problems: [], evaluator: { running: true, message: '' }, now: 1 });
    await expect(fetchPortfolio()).resolves.toMatchObject({ now: 1 });
    expect(fetch).toHaveBeenCalledWith(
      expect.objectContaining({ url: '/api/plugins/burnline-slo-app/resources/slos', showErrorAlert: false })
    );
  });

  it('escapes ids with slashes', async () => {
    answers({});
    await fetchSLO('checkout/fast');
    expect(fetch).toHaveBeenCalledWith(
      expect.objectContaining({ url: '/api/plugins/burnline-slo-app/resources/slos/checkout%2Ffast' })
    );
  });

  it("rejects with the backend's own words", async () => {
    const failure = { status: 404, statusText: 'Not Found', data: { message: 'there is no SLO "x".' }, config: {} };
    fetch.mockReturnValue(throwError(() => failure));
    await expect(fetchSLO('x')).rejects.toThrow('there is no SLO "x".');
  });

  it('rejects with the HTTP status when the backend gave no words', async () => {
    fetch.mockReturnValue(throwError(() => ({ status: 502, statusText: 'Bad Gateway', data: '', config: {} })));
    await expect(fetchPortfolio()).rejects.toThrow('Grafana answered 502 Bad Gateway');
  });

  it('tells a cancelled request from a failed one', async () => {
    fetch.mockReturnValue(throwError(() => ({ status: -1, cancelled: true, data: null, config: {} })));
    const error: unknown = await fetchPortfolio().catch((reason: unknown) => reason);
    expect(isCancelled(error)).toBe(true);
    expect(isCancelled(new Error('no'))).toBe(false);
  });

  it('decodes the frames of all queries and keeps their errors apart', async () => {
    const frame = {
      schema: { name: 'Checkout', fields: [{ name: 'remaining', type: 'number' }] },
      data: { values: [[0.5, null]] },
    };
    answers({ results: { A: { status: 200, frames: [frame] }, B: { status: 404, error: 'there is no SLO "x".' } } });
    const request = { from: 0, to: 1, maxDataPoints: 10, queries: [{ refId: 'A', queryType: 'budget' as const }] };
    const { frames, errors } = await fetchSeries(request);
    expect(fetch).toHaveBeenCalledWith(expect.objectContaining({ method: 'POST', data: request }));
    expect(frames).toHaveLength(1);
    expect(frames[0]).toMatchObject({ refId: 'A', name: 'Checkout', length: 2 });
    expect(frames[0]!.fields[0]!.values).toEqual([0.5, null]);
    expect(errors).toEqual({ B: 'there is no SLO "x".' });
  });
});
