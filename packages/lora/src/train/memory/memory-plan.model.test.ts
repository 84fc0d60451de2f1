import { expect, inject, test } from 'vitest';
import { loadBaseModel } from '../../transformer/base-model.js';
import { TARGET_MODULES } from '../../transformer/config/adapter-config.js';
import { keptState } from '../../transformer/decoder/kept-state.js';
import type { TrainerShape } from '../model-trainer.js';
import { estimateMemory, lighterShape, planMemory } from './memory-plan.js';

const shape: TrainerShape = {
  rows: 1,
  sequenceLength: 512,
  keep: true,
  precision: 'int8',
  adapter: { rank: 16, alpha: 32, dropout: 0, targetModules: TARGET_MODULES },
};

async function defaultConfig() {
  await using base = await loadBaseModel(inject('baseModelFile'));
  return base.config;
}

test.each([
  // Peak of a process that trains a few steps (docs/performance.md).
  ['256 tokens', { sequenceLength: 256 }, 0.92e9],
  ['two rows of 256 tokens', { rows: 2, sequenceLength: 256 }, 1.1e9],
  ['512 tokens', {}, 1.09e9],
  ['256 tokens, computed again', { sequenceLength: 256, keep: false }, 0.69e9],
  ['512 tokens, computed again', { keep: false }, 0.76e9],
  ['512 tokens, float32', { precision: 'float32' as const }, 1.49e9],
  ['512 tokens, float32, computed again', { precision: 'float32' as const, keep: false }, 1.01e9],
])(
  'the estimate for the default base is within 15 %% of what was measured: %s',
  async (_name, change, measured) => {
    const estimate = estimateMemory(await defaultConfig(), { ...shape, ...change });
    expect(Math.abs(estimate / measured - 1)).toBeLessThan(0.15);
  },
);

test.each([
  [{ rows: 1, sequenceLength: 256 }, []],
  [{ rows: 2, sequenceLength: 256 }, ['gate', 'up']],
  [{ rows: 1, sequenceLength: 512 }, ['gate', 'up', 'weights']],
])(
  'of what the default base keeps, as much as there is no room for is rounded: %o',
  async (batch, rounded) => {
    const config = await defaultConfig();
    const [kept, exact] = [keptState(config, batch, 'int8'), keptState(config, batch, 'float32')];
    expect(kept.rounded).toEqual(rounded);
    expect(exact.rounded).toEqual([]);
    expect(kept.bytes).toBeLessThanOrEqual(340e6);
    expect(exact.bytes > kept.bytes).toBe(rounded.length > 0);
  },
);

test('kept products go first, then rows are halved, and each shape needs less than the one before', async () => {
  const config = await defaultConfig();
  const shapes: TrainerShape[] = [];
  for (let next: TrainerShape | null = { ...shape, rows: 5, keep: true }; next; next = lighterShape(next))
    shapes.push(next);
  expect(shapes.map(({ rows, keep }) => [rows, keep])).toEqual([
    [5, true],
    [5, false],
    [3, false],
    [2, false],
    [1, false],
  ]);
  const needed = shapes.map((each) => estimateMemory(config, each));
  expect(needed).toEqual(needed.toSorted((a, b) => b - a));
  for (const [i, bytes] of needed.entries()) expect(planMemory(config, shapes[0]!, bytes)).toEqual(shapes[i]);
  expect(() => planMemory(config, shapes[0]!, needed.at(-1)! - 1)).toThrowError(
    expect.objectContaining({ code: 'train.memory-budget' }),
  );
});
