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
