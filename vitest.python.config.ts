import { defineConfig } from 'vitest/config';

// Comparisons with PyTorch and PEFT. GARDENER_PYTHON names a Python with
// packages/lora/fixtures/golden/requirements.txt.
export default defineConfig({
  resolve: { conditions: ['source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    globalSetup: ['scripts/compiled.setup.ts', 'scripts/test-models.setup.ts'],
    include: ['e2e/python/**/*.test.ts', 'packages/*/src/**/*.python.test.ts'],
    pool: 'forks',
    // Two files at a time, each on a core of its own: threads of both on both cores take longer.
    maxWorkers: 2,
    env: { CODEBASE_GARDENER_THREADS: '1', OMP_NUM_THREADS: '1', CODEBASE_GARDENER_TEST_COMPILED: '1' },
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
