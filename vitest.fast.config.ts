import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

const path = (file: string) => fileURLToPath(new URL(`./scripts/fast-tier/${file}`, import.meta.url));
const absent = path('native-modules.ts');

// Tests that need neither a native module (*.native.test.ts) nor the weights of a model (*.model.test.ts,
// *.large.test.ts): under a minute on two cores.
export default mergeConfig(
  { ...base, test: { ...base.test, globalSetup: [] } },
  defineConfig({
    test: {
      exclude: [...configDefaults.exclude, '**/*.{native,model,large,python}.test.ts'],
      alias: { 'onnxruntime-node': absent, '@lancedb/lancedb': absent, 'node-llama-cpp': absent },
      env: {
        NODE_OPTIONS: `--require ${JSON.stringify(path('child-process.cjs'))}`,
        // Nothing is compiled first.
        CODEBASE_GARDENER_TEST_COMPILED: '',
      },
    },
  }),
);
