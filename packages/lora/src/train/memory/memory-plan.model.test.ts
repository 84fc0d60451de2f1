import { expect, inject, test } from 'vitest';
import { loadBaseModel } from '../../transformer/base-model.js';
import { TARGET_MODULES } from '../../transformer/config/adapter-config.js';
import { keptState } from '../../transformer/decoder/kept-state.js';
import type { Activations, ModelGraphOptions } from '../../transformer/decoder/model-graph.js';
import { estimateMemory, lighterShape, planMemory } from './memory-plan.js';

const SHAPE = {
  batch: { rows: 1, sequenceLength: 512 },
  activations: 'keep' as Activations,
  precision: 'int8' as const,
  adapter: { rank: 16, alpha: 32, dropout: 0, targetModules: TARGET_MODULES },
};
const RECOMPUTE = { activations: 'recompute' as const };
const FLOAT32 = { precision: 'float32' as const };

async function defaultConfig() {
  await using base = await loadBaseModel(inject('baseModelFile'));
  return base.config;
}

test.each([
  // Peak of a process that trains a few steps (docs/performance.md).
  ['256 tokens', { batch: { rows: 1, sequenceLength: 256 } }, 0.92e9],
  ['two rows of 256 tokens', { batch: { rows: 2, sequenceLength: 256 } }, 1.1e9],
  ['512 tokens', {}, 1.09e9],
  ['256 tokens, computed again', { batch: { rows: 1, sequenceLength: 256 }, ...RECOMPUTE }, 0.69e9],
  ['512 tokens, computed again', RECOMPUTE, 0.76e9],
  ['512 tokens, float32', FLOAT32, 1.49e9],
  ['512 tokens, float32, computed again', { ...FLOAT32, ...RECOMPUTE }, 1.01e9],
])(
  'the estimate for the default base is within 15 %% of what was measured: %s',
  async (_name, change, measured) => {
    const estimate = estimateMemory({ config: await defaultConfig(), ...SHAPE, ...change });
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

test('1.5 billion parameters: with enough for one lean row it trains lean; in 2 GB what it needs is said', async () => {
  const own = await defaultConfig();
  // Qwen2.5-Coder-1.5B.
  const config = {
    ...{ ...own, hiddenSize: 1536, mlpSize: 8960, headCount: 12, keyValueHeadCount: 2, headSize: 128 },
    ...{ vocabularySize: 151_936, blockCount: 28 },
    blockKinds: Array.from({ length: 28 }, (_, block) => own.blockKinds[block % own.blockCount] ?? 'full'),
  } as typeof own;
  const wanted: ModelGraphOptions = { config, ...SHAPE, batch: { rows: 1, sequenceLength: 256 } };
  let lean: ModelGraphOptions = wanted;
  for (let next = lighterShape(lean); next; next = lighterShape(lean)) lean = next;
  const leanBytes = estimateMemory(lean);
  expect(leanBytes).toBeLessThan(4e9);
  expect(planMemory(wanted, leanBytes)).toEqual(lean);
  const least = Math.min(2e9, leanBytes - 1);
  expect(() => planMemory(wanted, least)).toThrow(
    expect.objectContaining({
      code: 'train.memory-budget',
      message: expect.stringMatching(/needs about [\d,]+ MB of memory; the budget is [\d,]+ MB\.$/),
      details: { neededBytes: leanBytes, budgetBytes: least },
    }),
  );
});

test('the second copy of weights goes first, then kept products, then rows are halved, and each shape needs less than the one before', async () => {
  const config = await defaultConfig();
  const wanted: ModelGraphOptions = { config, ...SHAPE, batch: { rows: 5, sequenceLength: 512 } };
  const shapes: ModelGraphOptions[] = [];
  for (let next: ModelGraphOptions | null = wanted; next; next = lighterShape(next)) shapes.push(next);
  expect(
    shapes.map(({ batch, activations, singleCopy = false }) => [batch.rows, activations, singleCopy]),
  ).toEqual([
    [5, 'keep', false],
    [5, 'keep', true],
    [5, 'recompute', true],
    [3, 'recompute', true],
    [2, 'recompute', true],
    [1, 'recompute', true],
  ]);
  const float32 = lighterShape({ ...wanted, ...FLOAT32 });
  expect(float32).toEqual({ ...wanted, ...FLOAT32, ...RECOMPUTE });
  const needed = shapes.map((each) => estimateMemory(each));
  expect(needed).toEqual(needed.toSorted((a, b) => b - a));
  for (const [i, bytes] of needed.entries()) expect(planMemory(wanted, bytes)).toEqual(shapes[i]);
  expect(() => planMemory(wanted, needed.at(-1)! - 1)).toThrowError(
    expect.objectContaining({ code: 'train.memory-budget' }),
  );
});
