import { Alert } from '@grafana/ui';

/** Says in the page what failed. The message is the error's own. */
export function Failure({ title, error }: { title: string; error: Error }) {
  return (
    <Alert severity="error" title={title}>
      {error.message}
    </Alert>
  );
}
