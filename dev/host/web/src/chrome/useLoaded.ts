import { useEffect, useState } from 'react';

export type Loaded<T> = { state: 'loading' } | { state: 'failed'; error: Error } | { state: 'done'; value: T };

/** Runs load when key changes, and forgets an answer that comes after a newer question. */
export function useLoaded<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [loaded, setLoaded] = useState<{ key: string; result: Loaded<T> }>({ key, result: { state: 'loading' } });
  useEffect(() => {
    let current = true;
    const settle = (result: Loaded<T>) => current && setLoaded({ key, result });
    load().then(
      (value) => settle({ state: 'done', value }),
      (error: unknown) => settle({ state: 'failed', error: asError(error) })
    );
    return () => {
      current = false;
    };
    // The key says when the question is a new one; the function is a fresh closure at every render.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return loaded.key === key ? loaded.result : { state: 'loading' };
}

/** Requests fail with Grafana's plain objects, everything else with errors. */
export function asError(error: unknown): Error {
  if (error instanceof Error) {
    return error;
  }
  const { data, statusText, status } = error as { data?: { message?: string }; statusText?: string; status?: number };
  return new Error(data?.message ?? statusText ?? `request failed with status ${status ?? 'unknown'}`);
}
