import { defineConfig } from 'vitest/config';

// Comparisons with PyTorch and PEFT. GARDENER_PYTHON names a Python with
// packages/lora/fixtures/golden/requirements.txt.
export default defineConfig({
  resolve: { conditions: ['source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    globalSetup: ['scripts/test-models.setup.ts'],
    include: ['e2e/python/**/*.test.ts', 'packages/*/src/**/*.python.test.ts'],
    pool: 'forks',
    // Most of what they wait for is Python starting and computing on one core.
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
