import { useCallback, useState } from 'react';
import { errorText } from '../../api';

export interface Action {
  busy: boolean;
  /** What went wrong with the newest attempt, for the reader. */
  error?: string;
  /** Does what a button stands for, then `done`; after a failure only the error is kept. */
  run: (act: () => Promise<unknown>, done: () => void) => Promise<void>;
}

/** A change that the user asks for: one at a time, with its failure in words. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const run = useCallback(async (act: () => Promise<unknown>, done: () => void) => {
    setBusy(true);
    setError(undefined);
    try {
      await act();
      done();
    } catch (cause) {
      setError(errorText(cause));
    } finally {
      setBusy(false);
    }
  }, []);
  return { busy, error, run };
}
