import { Alert, Button } from '@grafana/ui';

export interface FailureProps {
  /** What could not be done, e.g. "The SLOs can't be loaded". */
  title: string;
  error: string;
  onRetry: () => void;
}

/** A failed request: what failed, why, and a button to try again. */
export function Failure({ title, error, onRetry }: FailureProps) {
  return (
    <Alert
      severity="error"
      title={title}
      action={
        <Button variant="secondary" icon="sync" onClick={onRetry}>
          Retry
        </Button>
      }
    >
      {error}
    </Alert>
  );
}
