import { AppEvents, type EventBus } from '@grafana/data';
import type { BackendSrv, BackendSrvRequest, FetchError, FetchResponse } from '@grafana/runtime';
import { lastValueFrom, Observable } from 'rxjs';

type Parameter = string | number | boolean | null | undefined;
type Parameters = Record<string, Parameter | Parameter[]>;

/** The page's HTTP client, in the behaviour of Grafana's: errors have status and data, a repeated requestId cancels the older one. */
export class HostBackendSrv implements BackendSrv {
  private readonly inFlight = new Map<string, AbortController>();

  constructor(private readonly events: EventBus) {}

  async get<T>(url: string, params?: Parameters, requestId?: string, options?: Partial<BackendSrvRequest>): Promise<T> {
    return this.request<T>({ ...options, method: 'GET', url, params, requestId });
  }

  async delete<T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>): Promise<T> {
    return this.request<T>({ ...options, method: 'DELETE', url, data });
  }

  async post<T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>): Promise<T> {
    return this.request<T>({ ...options, method: 'POST', url, data });
  }

  async patch<T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>): Promise<T> {
    return this.request<T>({ ...options, method: 'PATCH', url, data });
  }

  async put<T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>): Promise<T> {
    return this.request<T>({ ...options, method: 'PUT', url, data });
  }

  async request<T>(options: BackendSrvRequest): Promise<T> {
    const response = await lastValueFrom(this.fetch<T>(options));
    return response.data;
  }

  async datasourceRequest<T>(options: BackendSrvRequest): Promise<FetchResponse<T>> {
    return lastValueFrom(this.fetch<T>({ ...options, showErrorAlert: false }));
  }

  chunked(options: BackendSrvRequest): Observable<FetchResponse<Uint8Array | undefined>> {
    return new Observable((subscriber) => {
      subscriber.error(new Error(`${options.url}: the preview does not stream chunks`));
    });
  }

  fetch<T>(options: BackendSrvRequest): Observable<FetchResponse<T>> {
    return new Observable((subscriber) => {
      const controller = new AbortController();
      if (options.requestId) {
        this.inFlight.get(options.requestId)?.abort();
        this.inFlight.set(options.requestId, controller);
      }
      this.send<T>(options, controller.signal)
        .then((response) => {
          subscriber.next(response);
          subscriber.complete();
        })
        .catch((error: unknown) => {
          this.announce(options, error);
          subscriber.error(error);
        });
      return () => controller.abort();
    });
  }

  private async send<T>(options: BackendSrvRequest, signal: AbortSignal): Promise<FetchResponse<T>> {
    const url = withParameters(options.url, options.params);
    const headers = new Headers(options.headers);
    headers.set('Accept', 'application/json, text/plain, */*');
    const init: RequestInit = { method: options.method ?? 'GET', headers, signal, credentials: 'same-origin' };
    if (options.data !== undefined && options.data !== null) {
      headers.set('Content-Type', 'application/json');
      init.body = typeof options.data === 'string' ? options.data : JSON.stringify(options.data);
    }
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch (error) {
      return failure(options, {
        status: 0,
        statusText: 'request failed',
        data: { message: String(error) },
        isHandled: signal.aborted,
      });
    }
    const data = await body(response, options.responseType);
    if (!response.ok) {
      return failure(options, { status: response.status, statusText: response.statusText, data });
    }
    return {
      data: data as T,
      status: response.status,
      statusText: response.statusText,
      ok: response.ok,
      headers: response.headers,
      redirected: response.redirected,
      type: response.type,
      url: response.url,
      config: options,
    };
  }

  /** Grafana shows an alert for a failed request unless the caller says that it will do so itself. */
  private announce(options: BackendSrvRequest, error: unknown) {
    if (options.showErrorAlert === false || !isFailure(error) || error.isHandled) {
      return;
    }
    const text: unknown = error.data?.message ?? error.statusText;
    this.events.publish({ type: AppEvents.alertError.name, payload: [String(text)] });
  }
}

const isFailure = (error: unknown): error is FetchError =>
  typeof error === 'object' && error !== null && 'status' in error;

/** Grafana rejects with a plain object of this shape; callers test for its fields, not for a class. */
function failure(options: BackendSrvRequest, parts: Omit<FetchError, 'config'>): Promise<never> {
  const error: FetchError = { ...parts, config: options };
  // Grafana rejects with this plain object, and its components read its fields.
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  return Promise.reject(error);
}

function withParameters(url: string, params?: Parameters): string {
  const absolute = url.startsWith('/') || /^https?:/.test(url) ? url : `/${url}`;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {})) {
    const values = Array.isArray(value) ? value : [value];
    values.filter((item) => item !== undefined && item !== null).forEach((item) => query.append(name, String(item)));
  }
  const text = query.toString();
  if (text === '') {
    return absolute;
  }
  return `${absolute}${absolute.includes('?') ? '&' : '?'}${text}`;
}

async function body(response: Response, kind: BackendSrvRequest['responseType']): Promise<unknown> {
  switch (kind) {
    case 'blob':
      return response.blob();
    case 'arraybuffer':
      return response.arrayBuffer();
    case 'text':
      return response.text();
  }
  const text = await response.text();
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return text;
  }
}
