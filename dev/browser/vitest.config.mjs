import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: 'dev/browser',
    include: ['**/*.test.ts'],
    environment: 'node',
    // Pages are opened one after another: the machine that runs these tests also runs every server of the demo.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
  },
});
