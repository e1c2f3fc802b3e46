import { type ComboboxOption } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { errorText } from '../api';
import { type NamedValue } from './datasource';

export type Choice = ComboboxOption;

/** What a select offers while, after and instead of loading. */
export interface Choices {
  loading: boolean;
  choices: Choice[];
  /** Why there are none, in words for the user. */
  error?: string;
}

/** Loads choices, anew whenever `load` changes: callers keep it stable with useCallback. */
export function useChoices(load: () => Promise<NamedValue[]>): Choices {
  const [result, setResult] = useState<{ load: typeof load; choices: Choice[]; error?: string }>();
  useEffect(() => {
    let wanted = true;
    const settle = (choices: Choice[], error?: string) => {
      if (wanted) {
        setResult({ load, choices, error });
      }
    };
    load().then(
      (values) => settle(values.map(toChoice)),
      (error: unknown) => settle([], errorText(error))
    );
    return () => {
      wanted = false;
    };
  }, [load]);
  // An answer to an earlier question is none to this one.
  return result?.load === load ? { loading: false, ...result } : { loading: true, choices: [] };
}

function toChoice({ text, value }: NamedValue): Choice {
  return { label: text, value, description: text === value ? undefined : value };
}

/** The choices for values that are set: by their names where known, as they are (a variable, a removed SLO) otherwise. */
export function chosen(values: string[], choices: Choice[]): Choice[] {
  return values.map((value) => choices.find((choice) => choice.value === value) ?? { label: value, value });
}

/** Choices preceded by the dashboard's variables. */
export function withVariables(choices: Choice[], names: string[]): Choice[] {
  return [...names.map((name) => ({ label: name, value: name, description: 'Dashboard variable' })), ...choices];
}
