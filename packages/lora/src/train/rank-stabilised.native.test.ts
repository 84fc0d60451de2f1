import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readGgufAdapter, writeGgufAdapter } from '../adapter/gguf.js';
import { readPeftAdapter, writePeftAdapter } from '../adapter/peft.js';
import { loadBaseModel } from '../transformer/base-model.js';
import { goldenExamples, goldenJson, goldenPath, goldenTensors } from './golden.fixture.js';
import { meanLoss, scoreExamples } from './scoring/score.js';
import { train } from './train.js';

test('rank-stabilised LoRA trains as in PEFT, and both formats compute what was trained', async () => {
  const golden = goldenJson<{ rank: number; alpha: number; losses: number[]; lossAfter: number }>(
    'rslora/golden.json',
  );
  const examples = goldenExamples(goldenTensors('rslora/golden.safetensors'));
  const sequenceLength = examples[0]!.tokens.length;
  await using base = await loadBaseModel(goldenPath('architectures/qwen2/base.gguf'));
  const initial = await readPeftAdapter(goldenPath('rslora/adapter'), base.config);
  const losses: number[] = [];
  const run = train({
    base,
    examples,
    validation: [],
    adapter: { initial, rank: golden.rank, alpha: golden.alpha, rankStabilised: true },
    optimizer: { schedule: 'constant', learningRate: 1e-3, maxGradientNorm: Number.POSITIVE_INFINITY },
    batch: { sequenceLength, rows: examples.length, accumulation: 1 },
    steps: 10,
    maxEpochs: 10,
    machine: { precision: 'float32', threads: 2 },
  });
  for await (const event of run) if (event.type === 'step-end') losses.push(event.loss);
  expect(losses).toHaveLength(golden.losses.length);
  for (const [i, loss] of losses.entries()) expect(Math.abs(loss / golden.losses[i]! - 1)).toBeLessThan(2e-5);

  const { adapter } = await run.result();
  const folder = await mkdtemp(join(tmpdir(), 'lora-rslora-'));
  try {
    const file = join(folder, 'adapter.gguf');
    await writePeftAdapter(folder, adapter, base.config, { baseModelName: 'qwen2-tiny' });
    await writeGgufAdapter(file, adapter, base.config);
    const written = [await readPeftAdapter(folder, base.config), await readGgufAdapter(file, base.config)];
    for (const read of written) {
      const loss = meanLoss(await scoreExamples(base, read, examples, { sequenceLength }), examples);
      expect(Math.abs(loss / golden.lossAfter - 1)).toBeLessThan(2e-5);
      // llama.cpp's and PEFT's scale, alpha / rank, is the one that was trained: alpha / sqrt(rank).
      const scale = read.config.alpha / read.config.rank;
      expect(scale).toBeCloseTo(golden.alpha / Math.sqrt(golden.rank), 6);
      // And either can be gone on from with the other's alpha, which one of them holds in 32 bits.
      const again = train({
        base,
        examples,
        validation: [],
        adapter: { ...adapter.config, initial: read },
        steps: 1,
      });
      expect((await again.result()).step).toBe(1);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an adapter that is begun as rank-stabilised LoRA has alpha times the root of its rank', async () => {
  await using base = await loadBaseModel(goldenPath('architectures/qwen2/base.gguf'));
  const examples = goldenExamples(goldenTensors('rslora/golden.safetensors'));
  const alphaOf = async (adapter: Parameters<typeof train>[0]['adapter']) =>
    (await train({ base, examples, validation: [], adapter: adapter!, steps: 1 }).result()).adapter.config;
  expect(await alphaOf({ rank: 4, alpha: 8, rankStabilised: true })).toMatchObject({ rank: 4, alpha: 16 });
  expect(await alphaOf({ rank: 4, alpha: 8 })).toMatchObject({ rank: 4, alpha: 8 });
});
