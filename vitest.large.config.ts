import { defineConfig } from 'vitest/config';

// Tests that train real models for minutes (*.large.test.ts), for who has the file of half a billion parameters: see
// scripts/large-model.setup.ts. One after the other: each takes some two gigabytes.
export default defineConfig({
  resolve: { conditions: ['source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    globalSetup: [
      'scripts/compiled.setup.ts',
      'scripts/test-models.setup.ts',
      'scripts/large-model.setup.ts',
    ],
    env: { CODEBASE_GARDENER_TEST_COMPILED: '1' },
    include: ['packages/*/src/**/*.large.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
  },
});
