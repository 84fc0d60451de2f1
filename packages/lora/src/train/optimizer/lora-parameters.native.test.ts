import { expect, test } from 'vitest';
import type { TransformerConfig } from '../../transformer/config/transformer-config.js';
import { LoraParameters } from './lora-parameters.js';

const SIZES = { blockCount: 2, hiddenSize: 8, mlpSize: 16, headCount: 2, keyValueHeadCount: 1, headSize: 4 };

function parameters(): LoraParameters {
  const adapter = { rank: 2, alpha: 4, dropout: 0, targetModules: ['o_proj', 'down_proj'] as const };
  return new LoraParameters(SIZES as TransformerConfig, adapter);
}

test('a cleared gradient is zero, also where nothing is added afterwards', () => {
  const trained = parameters();
  for (const slot of trained.slots) {
    const [rows, columns] = slot.shape;
    trained.addGradient(slot, new Float32Array(rows * columns).fill(3));
  }
  expect(trained.gradient.every((value) => value === 3)).toBe(true);
  trained.clearGradient();
  expect(trained.gradient.every((value) => value === 0)).toBe(true);
});

test('what is added to a matrix twice is the sum, and other matrices stay as they are', () => {
  const trained = parameters();
  const [first] = trained.slots;
  if (!first) throw new Error('no matrix');
  const size = first.shape[0] * first.shape[1];
  trained.clearGradient();
  for (const value of [2, 5]) trained.addGradient(first, new Float32Array(size).fill(value));
  expect(trained.gradient.subarray(0, size).every((value) => value === 7)).toBe(true);
  expect(trained.gradient.subarray(size).every((value) => value === 0)).toBe(true);
});

test('blocks that an adapter does not train have no effect, and can still learn', () => {
  const [source, loaded] = [parameters(), parameters()];
  source.values.fill(5);
  const { config, blocks } = source.toAdapter();
  loaded.initialize(1);
  const fresh = loaded.toAdapter().blocks[0];
  loaded.load({ config, blocks: [{}, blocks[1]!] });
  expect(loaded.toAdapter().blocks).toEqual([fresh, blocks[1]]);
  expect(fresh!.o_proj!.a.some((value) => value !== 0)).toBe(true);
  // Also where another adapter was loaded before.
  loaded.load({ config, blocks });
  loaded.load({ config, blocks: [{}, { o_proj: blocks[1]!.o_proj! }] });
  const [first, second] = loaded.toAdapter().blocks;
  for (const pair of [first!.o_proj, first!.down_proj, second!.down_proj]) {
    expect(pair!.b.every((value) => value === 0)).toBe(true);
  }
  expect(second!.o_proj).toEqual(blocks[1]!.o_proj);
});
