import { cleanup } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

// What @grafana/ui asks of a browser and jsdom does not have.
class SizeObserver implements ResizeObserver {
  observe = vi.fn();
  unobserve = vi.fn();
  disconnect = vi.fn();
}
vi.stubGlobal('ResizeObserver', SizeObserver);
vi.stubGlobal('matchMedia', (media: string) => ({
  media,
  matches: false,
  addEventListener: vi.fn(),
  removeEventListener: vi.fn(),
  addListener: vi.fn(),
  removeListener: vi.fn(),
}));
HTMLCanvasElement.prototype.getContext = () => null;

afterEach(cleanup);
