import { defineConfig } from 'vitest/config';

/** Files of many short commands, which train nothing: two at a time. */
const COMMANDS = ['bad-input', 'command-line', 'install', 'serve'].map((name) => `e2e/${name}.test.ts`);

// The main job through the built command line, with the real models. What trains or drives a browser has both cores to
// itself.
export default defineConfig({
  test: {
    globalSetup: ['scripts/test-models.setup.ts'],
    pool: 'forks',
    testTimeout: 600_000,
    hookTimeout: 600_000,
    projects: [
      {
        extends: true,
        test: { name: 'commands', include: COMMANDS, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'trainings',
          include: ['e2e/*.test.ts'],
          exclude: COMMANDS,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
