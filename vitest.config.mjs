import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
    // The first import of @grafana/ui takes seconds on a small machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    server: { deps: { inline: [/@grafana\//] } },
  },
});
