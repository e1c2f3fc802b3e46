import { LoadingPlaceholder } from '@grafana/ui';

export const Loading = () => <LoadingPlaceholder text="Loading…" />;
