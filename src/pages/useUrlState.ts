import { useCallback, useMemo } from 'react';
import { useLocation, useNavigate } from 'react-router';

/** The page's query parameters, and a function that changes some of them: an empty value takes one away. */
export function useUrlState(): [URLSearchParams, (changes: Record<string, string>) => void] {
  const { search } = useLocation();
  const navigate = useNavigate();
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const change = useCallback(
    (changes: Record<string, string>) => {
      const next = new URLSearchParams(search);
      for (const [name, value] of Object.entries(changes)) {
        if (value) {
          next.set(name, value);
        } else {
          next.delete(name);
        }
      }
      navigate({ search: next.toString() }, { replace: true });
    },
    [search, navigate]
  );
  return [params, change];
}
