import { expect, test } from 'vitest';
import type { LoraAdapter } from '../adapter/adapter.js';
import { readPeftAdapter } from '../adapter/peft.js';
import { loadBaseModel } from '../transformer/base-model.js';
import { goldenExamples, goldenPath, goldenTensors } from './golden.fixture.js';
import { train } from './train.js';

test.each([
  ['float32', 'keep'],
  ['float32', 'recompute'],
  ['int8', 'keep'],
  ['int8', 'recompute'],
] as const)(
  'only the last block is trained, as with all of them (%s, %s)',
  async (precision, activations) => {
    const examples = goldenExamples(goldenTensors('rslora/golden.safetensors'));
    await using base = await loadBaseModel(goldenPath('architectures/qwen2/base.gguf'));
    const initial = await readPeftAdapter(goldenPath('rslora/adapter'), base.config);
    const trainedFrom = async (trainedBlocks?: number): Promise<LoraAdapter> => {
      const training = train({
        base,
        examples,
        validation: [],
        adapter: { initial, ...(trainedBlocks !== undefined && { trainedBlocks }) },
        // Each matrix's step then depends on its own gradient alone, and what has none stays as it is.
        optimizer: { schedule: 'constant', maxGradientNorm: Number.POSITIVE_INFINITY, weightDecay: 0 },
        batch: { sequenceLength: examples[0]!.tokens.length, rows: examples.length, accumulation: 1 },
        steps: 1,
        machine: { precision, activations, threads: 2 },
      });
      return (await training.result()).adapter;
    };
    const all = await trainedFrom();
    const last = await trainedFrom(1);
    const end = base.config.blockCount - 1;
    expect(end).toBeGreaterThan(0);
    expect(last.blocks[end]).toEqual(all.blocks[end]);
    expect(last.blocks.slice(0, end)).toEqual(initial.blocks.slice(0, end));
    expect(all.blocks[0]).not.toEqual(initial.blocks[0]);
  },
);
