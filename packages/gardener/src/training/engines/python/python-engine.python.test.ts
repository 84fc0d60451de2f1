import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPeftAdapter } from '@codebase-gardener/lora';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { PYTHON_ENGINES } from '../engine-name.js';
import { tryEngine } from './engine-environment.js';
import {
  goldenBase,
  lossesOf,
  pythonOf,
  type ReadyRun,
  readyRun,
  trainHere,
  trainInPython,
} from './trained-run.fixture.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-engine-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Engines that can run here: MLX has no build for every machine. */
const here = PYTHON_ENGINES.filter((name) => name === 'peft' || process.env.GARDENER_MLX_PYTHON);

/**
 * Each with how far the losses may be apart, and its steps; a real code model where CI could fetch one. MLX's processor
 * build multiplies at less than a GFLOP a second: only the tiny ones come to an end with it.
 */
const real = process.env.CODEBASE_GARDENER_TEST_QWEN;
type Base = [name: string, steps: number, file: () => string, tolerance: number];
const BASES: Base[] = [
  ['tiny llama', 10, () => goldenBase('llama-tiny'), 1e-4],
  ['tiny qwen2', 10, () => goldenBase('architectures/qwen2'), 1e-4],
  ['tiny qwen3', 10, () => goldenBase('architectures/qwen3'), 1e-4],
  ['SmolLM2-135M', 4, () => inject('baseModelFile'), 1e-2],
  ...(real ? [['Qwen2.5-Coder-0.5B', 4, () => real, 1e-2] satisfies Base] : []),
];

/** Largest difference of two series, as a share of the second. */
function apart(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  return Math.max(...actual.map((value, i) => Math.abs(value / (expected[i] ?? Number.NaN) - 1)));
}

describe.each(here)('the engine %s', (name) => {
  test('says what it is', async () => {
    const { versions } = await tryEngine(name, pythonOf(name));
    expect(Object.keys(versions)).toContain(name === 'peft' ? 'torch' : 'mlx');
  });

  test.each(BASES.filter(([base]) => name === 'peft' || base.startsWith('tiny')))(
    '%s: %d steps from one seed have our losses, and the adapter is ours',
    async (baseName, steps, file, tolerance) => {
      const firstEpoch = baseName === 'tiny qwen2' ? 'given' : 'shuffled';
      // Without validation examples the last state is the result.
      const examples = { train: steps === 10 ? 32 : 10, validation: 0 };
      await using run = await readyRun(folder, file(), { threads: 1, firstEpoch }, examples);
      const events = await trainInPython(name, run);
      const ours = await trainHere(run);
      expect(ours.losses).toHaveLength(steps);
      expect(apart(lossesOf(events), ours.losses)).toBeLessThan(tolerance);
      expect(events.at(-1)).toMatchObject({ type: 'train-end', reason: 'steps' });
      const adapter = await readPeftAdapter(run.directory.output, run.base.config);
      expect(adapter.config).toEqual({ ...run.settings.adapter });
      const q = (of: typeof adapter) => Array.from(of.blocks[0]?.q_proj?.b ?? []);
      expect(distance(q(adapter), q(ours.adapter))).toBeLessThan(0.05);
    },
  );

  test('stopped and killed, it goes on from its checkpoint to the same losses', async () => {
    const settings = { checkpointEveryMs: 1, accumulation: 1, adapter: adapterWithDropout() };
    await using whole = await readyRun(join(folder, 'whole'), goldenBase('llama-tiny'), settings);
    const wanted = lossesOf(await trainInPython(name, whole));

    await using run = await readyRun(join(folder, 'broken'), goldenBase('llama-tiny'), settings);
    const stop = new AbortController();
    const first = await trainInPython(name, run, stop.signal, (event) => {
      if (event.type === 'step-end' && event.step === 3) stop.abort();
    });
    expect(first.at(-1)).toMatchObject({ type: 'train-end', reason: 'aborted' });
    expect(await run.directory.hasOutput()).toBe(false);
    const begun = lossesOf(first);
    expect(begun.length).toBeLessThan(wanted.length);

    const rest = await trainInPython(name, run);
    expect(rest.find(({ type }) => type === 'resume')).toEqual({ type: 'resume', step: begun.length });
    expect(apart([...begun, ...lossesOf(rest)], wanted)).toBeLessThan(1e-4);
    expect(await run.directory.hasOutput()).toBe(true);
  });

  test('goes on with no other weights in the place of its base', async () => {
    const file = join(folder, 'base.gguf');
    await copyFile(goldenBase('llama-tiny'), file);
    await using run = await readyRun(folder, file, { checkpointEveryMs: 1 });
    const stop = new AbortController();
    await trainInPython(name, run, stop.signal, ({ type }) => {
      if (type === 'step-end') stop.abort();
    });
    const bytes = await readFile(file);
    // The end of the file are weights: numbers all the same, of equal shape.
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const other = { code: 'training.engine-other-checkpoint' };
    await expect(trainInPython(name, run)).rejects.toMatchObject(other);
  });

  test('a state that forgets is never the best, so much of it as does not may be', async () => {
    const maxRise = 0.0012;
    await using run = await readyRun(folder, goldenBase('llama-tiny'), {
      maxGeneralLossRise: maxRise,
      learningRate: 0.05,
    });
    const events = await trainInPython(name, run);
    const [, first, last] = events.filter((event) => event.type === 'validation-end');
    expect(first).toMatchObject({ step: 1, strength: 1, best: false });
    expect(first?.retainedRise).toBeGreaterThan(maxRise);
    expect(last).toMatchObject({ step: 10, strength: expect.closeTo(0.69, 1), best: true });
    expect(last?.retainedRise).toBeLessThanOrEqual(maxRise);
    // Without a limit ours keeps the same state whole.
    const whole = (await trainHere(run)).adapter.blocks[0]?.q_proj;
    const part = (await readPeftAdapter(run.directory.output, run.base.config)).blocks[0]?.q_proj;
    expect(distance([...(part?.a ?? [])], [...(whole?.a ?? [])])).toBeLessThan(0.05);
    const scaled = [...(whole?.b ?? [])].map((value) => value * (last?.strength ?? 0));
    expect(distance([...(part?.b ?? [])], scaled)).toBeLessThan(0.05);
  });

  test.each<[string, (run: ReadyRun) => Promise<void>, string]>([
    [
      'damaged data',
      ({ directory }) => writeFile(join(directory.path, 'data', 'train.bin'), 'GEX1....'),
      'training.engine-bad-run',
    ],
    [
      'a checkpoint of something else',
      async ({ directory }) => {
        const { mkdir } = await import('node:fs/promises');
        await mkdir(directory.checkpoint, { recursive: true });
        await writeFile(join(directory.checkpoint, 'python-engine.safetensors'), 'x');
      },
      'training.engine-other-checkpoint',
    ],
  ])('%s is refused', async (_name, spoil, code) => {
    await using run = await readyRun(folder, goldenBase('llama-tiny'));
    await spoil(run);
    await expect(trainInPython(name, run)).rejects.toMatchObject({ code });
  });

  test('a base that it cannot read is refused', async () => {
    await using run = await readyRun(folder, goldenBase('architectures/gemma3'));
    await expect(trainInPython(name, run)).rejects.toMatchObject({ code: 'training.engine-without-base' });
  });
});

function adapterWithDropout() {
  const targetModules = ['q_proj', 'v_proj', 'down_proj'] as const;
  return { rank: 2, alpha: 4, dropout: 0.1, targetModules: [...targetModules] };
}

/** |a - b| / |b|. */
function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, i) => value - (b[i] ?? Number.NaN))) / Math.hypot(...b);
}
