import { expect } from 'vitest';
import type { LoraAdapter } from '../adapter/adapter.js';
import { readPeftAdapter } from '../adapter/peft.js';
import { unpermuteRows } from '../adapter/row-order.js';
import type { BaseWeights } from '../transformer/base-model.js';
import type { TargetModule } from '../transformer/config/adapter-config.js';
import { blockTensorStem } from '../transformer/config/modules.js';
import {
  type FrozenWeights,
  loadAllBlocks,
  loadFrozenWeights,
} from '../transformer/decoder/frozen-weights.js';
import type { Activations } from '../transformer/decoder/model-graph.js';
import { makeBatch } from './batches/batch.js';
import type { Example } from './batches/example.js';
import { countTargets, packExamples } from './batches/packing.js';
import { goldenExamples, goldenJson, goldenPath, goldenTensors, relativeError } from './golden.fixture.js';
import { ModelTrainer } from './gradient/model-trainer.js';
import { LoraParameters } from './optimizer/lora-parameters.js';
import { meanLoss, scoreExamples } from './scoring/score.js';
import { train } from './train.js';

interface Golden {
  loss: number;
  baseLoss: number;
  losses: number[];
  lossesClipped?: number[];
}

/** A base with the adapter, the examples and the figures that PEFT made with them. */
export interface GoldenFixture {
  base: BaseWeights;
  frozen: FrozenWeights;
  adapter: LoraAdapter;
  examples: Example[];
  golden: Golden;
  tensors: ReturnType<typeof goldenTensors>;
}

/** Opens a folder of golden values on a base. @param name folder below fixtures/golden */
export async function openFixture(name: string, base: BaseWeights): Promise<GoldenFixture> {
  const tensors = goldenTensors(`${name}/golden.safetensors`);
  return {
    base,
    frozen: await loadFrozenWeights(base),
    adapter: await readPeftAdapter(goldenPath(`${name}/adapter`), base.config),
    examples: goldenExamples(tensors),
    golden: goldenJson<Golden>(`${name}/golden.json`),
    tensors,
  };
}

/** Losses of ten AdamW steps, always on the same two rows. */
async function tenLosses(
  { base, adapter, examples }: GoldenFixture,
  maxGradientNorm: number,
): Promise<number[]> {
  const losses: number[] = [];
  const run = train({
    base,
    examples,
    validation: [],
    adapter: { initial: adapter },
    optimizer: { schedule: 'constant', learningRate: 1e-3, weightDecay: 0.01, maxGradientNorm },
    batch: { sequenceLength: examples[0]!.tokens.length, rows: examples.length },
    steps: 10,
    maxEpochs: 10,
    machine: { precision: 'float32', threads: 2 },
  });
  for await (const event of run) if (event.type === 'step-end') losses.push(event.loss);
  return losses;
}

/** Gradients by PEFT's names, in Hugging Face's row order. */
async function gradientsByName(
  fixture: GoldenFixture,
  activations: Activations,
): Promise<Map<string, Float32Array>> {
  const { base, frozen, adapter, examples } = fixture;
  const parameters = new LoraParameters(base.config, adapter.config);
  parameters.load(adapter);
  const sequenceLength = examples[0]!.tokens.length;
  const shape = {
    config: base.config,
    batch: { rows: examples.length, sequenceLength },
    adapter: adapter.config,
    precision: 'float32' as const,
    activations,
  };
  const weights = {
    frozen,
    blocks: () => loadAllBlocks(base),
    head: async () => ({ table: await frozen.readHead() }),
  };
  await using trainer = await ModelTrainer.create(weights, shape, { threads: 2 });
  const rows = packExamples(examples, sequenceLength, null);
  const batch = makeBatch(rows, rows.length, sequenceLength);
  await trainer.accumulateGradient(
    batch,
    parameters,
    1 / countTargets(rows),
    rows.map((_, row) => [row]),
  );

  const { headCount, keyValueHeadCount, rotaryLayout } = base.config;
  const heads: Record<string, number> = { q_proj: headCount, k_proj: keyValueHeadCount };
  const result = new Map<string, Float32Array>();
  for (const [block, modules] of parameters.toAdapter(parameters.gradient).blocks.entries()) {
    for (const [module, { a, b, outFeatures }] of Object.entries(modules)) {
      const stem = blockTensorStem('safetensors', block, module as TargetModule);
      const prefix = `base_model.model.${stem}`;
      const permuted = rotaryLayout === 'interleaved' && heads[module] !== undefined;
      const rank = adapter.config.rank;
      result.set(`${prefix}.lora_A.weight`, a);
      result.set(
        `${prefix}.lora_B.weight`,
        permuted ? unpermuteRows(b, outFeatures, rank, heads[module]!) : b,
      );
    }
  }
  return result;
}

/**
 * Losses of base and adapter, gradients and ten steps against PEFT's.
 * @param tolerance largest relative difference
 */
export async function expectAgreement(
  name: string,
  tolerance: number,
  open: () => Promise<GoldenFixture>,
): Promise<void> {
  const fixture = await open();
  const { frozen, adapter, examples, golden, tensors } = fixture;
  await using base = fixture.base;
  const options = { frozen, sequenceLength: examples[0]!.tokens.length, threads: 2 };

  const baseLoss = meanLoss(await scoreExamples(base, null, examples, options), examples);
  expect(Math.abs(baseLoss / golden.baseLoss - 1)).toBeLessThan(tolerance);
  const loss = meanLoss(await scoreExamples(base, adapter, examples, options), examples);
  expect(Math.abs(loss / golden.loss - 1)).toBeLessThan(tolerance);

  const wanted = [...tensors].filter(([tensor]) => tensor.startsWith('gradient.'));
  expect(wanted.length).toBeGreaterThan(0);
  const again = await gradientsByName(fixture, 'recompute');
  const kept = await gradientsByName(fixture, 'keep');
  for (const [tensor, gradient] of kept)
    expect(relativeError(again.get(tensor)!, gradient), tensor).toBeLessThan(1e-6);
  for (const [activations, gradients] of [
    ['recompute', again],
    ['keep', kept],
  ] as const) {
    for (const [tensor, { data }] of wanted) {
      const error = relativeError(gradients.get(tensor.slice('gradient.'.length)) ?? [], data);
      expect(error, `${name}: ${tensor}, ${activations}`).toBeLessThan(tolerance);
    }
  }

  const losses = await tenLosses(fixture, Number.POSITIVE_INFINITY);
  expect(losses).toHaveLength(10);
  for (const [i, expected] of golden.losses.entries()) {
    expect(Math.abs(losses[i]! / expected - 1), `loss ${i + 1}`).toBeLessThan(tolerance);
  }
  if (golden.lossesClipped) {
    const clipped = await tenLosses(fixture, 1);
    expect(relativeError(clipped, golden.lossesClipped)).toBeLessThan(tolerance);
  }
}
