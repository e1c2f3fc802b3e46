import { type BackendSrvRequest, setBackendSrv } from '@grafana/runtime';
import { type Observable, of, throwError } from 'rxjs';

/** A request that the code under test made. */
export type Request = Pick<BackendSrvRequest, 'url' | 'method' | 'params' | 'data'>;

/**
 * Puts a backend in place that answers each request with what `answer` returns and, where that throws, as
 * Grafana reports a failed request. Returns the requests that were made, in order.
 */
export function fakeBackend(answer: (request: Request) => unknown): Request[] {
  const requests: Request[] = [];
  const fetch = (request: BackendSrvRequest): Observable<unknown> => {
    requests.push(request);
    try {
      return of({ data: answer(request), status: 200 });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return throwError(() => ({
        status: 500,
        statusText: 'Internal Server Error',
        data: { message },
        config: request,
      }));
    }
  };
  setBackendSrv({ fetch } as unknown as Parameters<typeof setBackendSrv>[0]);
  return requests;
}
