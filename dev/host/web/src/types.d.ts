/** Version 5 of the router, which Grafana still wraps its pages in; the package has no types of its own. */
declare module 'react-router-dom' {
  import type { ComponentType, ReactNode } from 'react';

  export const Router: ComponentType<{ history: unknown; children?: ReactNode }>;
}
