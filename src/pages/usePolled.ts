import { useCallback, useEffect, useMemo, useState } from 'react';
import { errorText, isCancelled } from '../api';

export interface Polled<T> {
  /** The newest answer. It stays while a newer one is awaited and when that one fails. */
  data?: T;
  /** What went wrong with the newest attempt, for the reader; undefined after a success. */
  error?: string;
  /** The error itself, for callers that tell kinds apart. */
  cause?: unknown;
  /** Whether an answer is awaited that was asked for: by a new `load` or by `reload`, not by the clock. */
  loading: boolean;
  reload: () => void;
}

interface Settled<T> {
  data?: T;
  error?: string;
  cause?: unknown;
  /** The attempt that this is the outcome of. */
  attempt?: object;
}

/**
 * Loads at once, again every `interval` ms (0: never) while the page is visible, and whenever `load`
 * changes. What was loaded stays on screen meanwhile, so that a refresh does not flicker.
 */
export function usePolled<T>(load: (signal: AbortSignal) => Promise<T>, interval: number): Polled<T> {
  const [round, setRound] = useState(0);
  const [settled, setSettled] = useState<Settled<T>>({});
  const attempt = useMemo(() => ({ load, round }), [load, round]);

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;

    const run = async () => {
      try {
        const data = await load(abort.signal);
        if (!abort.signal.aborted) {
          setSettled({ data, attempt });
        }
      } catch (cause) {
        if (!abort.signal.aborted && !isCancelled(cause)) {
          setSettled((old) => ({ data: old.data, error: errorText(cause), cause, attempt }));
        }
      }
      if (!abort.signal.aborted && interval > 0) {
        timer = setTimeout(runWhenVisible, interval);
      }
    };
    const runWhenVisible = () => {
      if (document.visibilityState !== 'hidden') {
        void run();
        return;
      }
      document.addEventListener('visibilitychange', runWhenVisible, { once: true, signal: abort.signal });
    };

    void run();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [load, interval, attempt]);

  const reload = useCallback(() => setRound((old) => old + 1), []);
  return {
    data: settled.data,
    error: settled.error,
    cause: settled.cause,
    loading: settled.attempt !== attempt,
    reload,
  };
}
