import { configDefaults, defineConfig } from 'vitest/config';

// Tests run on the sources: the "source" export condition makes one workspace see the other's src/.
export default defineConfig({
  resolve: { conditions: ['source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    globalSetup: ['scripts/compiled.setup.ts', 'scripts/test-models.setup.ts'],
    include: ['packages/*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
    // Those of a larger model, and those that need Python, have configurations of their own.
    exclude: [...configDefaults.exclude, '**/*.{large,python}.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    env: {
      // Each file has a core: threads that wait for each other beside another file's take longer than one.
      CODEBASE_GARDENER_THREADS: '1',
      // Child processes start from what is compiled.
      CODEBASE_GARDENER_TEST_COMPILED: '1',
    },
    // Its package.json has a "source" condition too, which Node would follow to TypeScript.
    server: { deps: { inline: ['@modelcontextprotocol/sdk', 'eventsource-parser'] } },
    // Far above what a test takes: a busy machine makes it slow, not wrong.
    testTimeout: 240_000,
    hookTimeout: 600_000,
  },
});
