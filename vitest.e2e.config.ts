import { defineConfig } from 'vitest/config';

/** The one that says whether a training keeps to its time. */
const MAIN_JOB = 'e2e/main-job.test.ts';

// The product through the built command line, with the real models. The main job has both cores to itself; of the other
// files there are two at a time, each on a core of its own.
export default defineConfig({
  test: {
    globalSetup: ['scripts/test-models.setup.ts'],
    pool: 'forks',
    testTimeout: 600_000,
    hookTimeout: 600_000,
    projects: [
      {
        extends: true,
        test: { name: 'alone', include: [MAIN_JOB], sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'in pairs',
          include: ['e2e/*.test.ts'],
          exclude: [MAIN_JOB],
          maxWorkers: 2,
          // A training is not to rest because of the other file.
          env: { CODEBASE_GARDENER_THREADS: '1', CODEBASE_GARDENER_YIELD_TO_OTHERS: 'false' },
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
