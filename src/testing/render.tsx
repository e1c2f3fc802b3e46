import { render, type RenderResult } from '@testing-library/react';
import { type ReactElement } from 'react';
import { MemoryRouter } from 'react-router';

/** Renders as inside Grafana, where links need a router. */
export function renderInGrafana(element: ReactElement, path = '/'): RenderResult {
  return render(
    <MemoryRouter initialEntries={[path]} future={{ v7_startTransition: true, v7_relativeSplatPath: true }}>
      {element}
    </MemoryRouter>
  );
}
