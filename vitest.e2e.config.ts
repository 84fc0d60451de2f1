import { defineConfig } from 'vitest/config';

// The main job through the built command line, with the real models: two files at a time, each on a core of its own.
export default defineConfig({
  test: {
    globalSetup: ['scripts/test-models.setup.ts'],
    include: ['e2e/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // A training is not to rest because of the other file.
    env: { CODEBASE_GARDENER_THREADS: '1', CODEBASE_GARDENER_YIELD_TO_OTHERS: 'false' },
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
