import { type BackendSrvRequest, getBackendSrv, isFetchError } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';
import { APP_ID } from './plugin';

/** Where the app's backend answers. */
export const RESOURCES = `/api/plugins/${APP_ID}/resources`;

/** Asks the app's backend. Rejects with a text for the user. */
export async function request<T>(options: BackendSrvRequest): Promise<T> {
  try {
    // Pages show a failure where it belongs; Grafana's toast on top would only repeat it.
    const response = await lastValueFrom(getBackendSrv().fetch<T>({ showErrorAlert: false, ...options }));
    return response.data;
  } catch (error) {
    throw new Error(errorText(error), { cause: error });
  }
}

/** What went wrong, in the backend's words where it gave some. */
export function errorText(error: unknown): string {
  if (isFetchError<{ message?: string; error?: string } | undefined>(error)) {
    return (
      error.data?.message ?? error.data?.error ?? `Grafana answered ${error.status} ${error.statusText ?? ''}`.trim()
    );
  }
  return error instanceof Error ? error.message : String(error);
}

/** Whether the failure is only that the caller lost interest. */
export function isCancelled(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : error;
  return isFetchError(cause) && cause.cancelled === true;
}
