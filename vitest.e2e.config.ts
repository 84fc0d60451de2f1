import { defineConfig } from 'vitest/config';

// The main job through the built command line, with the real models. One file after the other: they share two cores.
export default defineConfig({
  test: {
    globalSetup: ['scripts/test-models.setup.ts'],
    include: ['e2e/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
