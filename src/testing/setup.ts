import { cleanup, configure } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

// What @grafana/ui asks of a browser and jsdom does not have.
class Observer {
  observe = vi.fn();
  unobserve = vi.fn();
  disconnect = vi.fn();
}
vi.stubGlobal('ResizeObserver', Observer);
vi.stubGlobal('IntersectionObserver', Observer);
vi.stubGlobal('matchMedia', (media: string) => ({
  media,
  matches: false,
  addEventListener: vi.fn(),
  removeEventListener: vi.fn(),
  addListener: vi.fn(),
  removeListener: vi.fn(),
}));
// Selects measure their texts on a canvas to know how wide they must be.
const canvas = { measureText: (text: string) => ({ width: text.length * 8 }) };
HTMLCanvasElement.prototype.getContext = () => canvas as never;

// Lists draw only what fits into their height, and jsdom lays nothing out.
for (const size of ['clientHeight', 'clientWidth', 'offsetHeight', 'offsetWidth']) {
  Object.defineProperty(HTMLElement.prototype, size, { get: () => 400 });
}

// A busy machine with two cores takes longer than the library's one second to load a lazy page.
configure({ asyncUtilTimeout: 15_000 });

afterEach(cleanup);
