import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Example,
  type ExampleScore,
  type LoraAdapter,
  type LoraPair,
  loadBaseModel,
  readPeftAdapter,
  scoreExamples,
  TARGET_MODULES,
  type TargetModule,
  type TransformerConfig,
  writePeftAdapter,
} from '@codebase-gardener/lora';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { repository } from '../run-gardener.js';

const python = process.env.GARDENER_PYTHON ?? 'python3';
const script = join(repository, 'packages', 'lora', 'fixtures', 'golden', 'check_peft.py');
const directory = mkdtempSync(join(tmpdir(), 'gardener-peft-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const CODE = `export async function writeJson(file: string, value: unknown): Promise<void> {
  const temporary = file + '.tmp';
  await writeFile(temporary, JSON.stringify(value));
  await rename(temporary, file);
}
`;

/** What check_peft.py computes with Hugging Face's own code. */
function huggingFace(base: string, adapter: string, rows: number[][]): { nll: number[]; top1: number[] }[] {
  const [tokens, out] = [join(directory, 'tokens.json'), join(directory, 'out.json')];
  writeFileSync(tokens, JSON.stringify({ rows }));
  execFileSync(python, [script, base, adapter, tokens, out], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TQDM_DISABLE: '1' },
  });
  return (JSON.parse(readFileSync(out, 'utf8')) as { rows: { nll: number[]; top1: number[] }[] }).rows;
}

function shapeOf(config: TransformerConfig, module: TargetModule): [inFeatures: number, outFeatures: number] {
  const { hiddenSize, mlpSize, headSize, headCount, keyValueHeadCount } = config;
  if (module === 'q_proj') return [hiddenSize, headCount * headSize];
  if (module === 'k_proj' || module === 'v_proj') return [hiddenSize, keyValueHeadCount * headSize];
  if (module === 'o_proj') return [headCount * headSize, hiddenSize];
  return module === 'down_proj' ? [mlpSize, hiddenSize] : [hiddenSize, mlpSize];
}

/** Non-zero A and B in every module, from a fixed seed: with B = 0 a wrong row order would not show. */
function randomAdapter(config: TransformerConfig, rank = 8): LoraAdapter {
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const pair = (module: TargetModule): LoraPair => {
    const [inFeatures, outFeatures] = shapeOf(config, module);
    const a = Float32Array.from({ length: rank * inFeatures }, () => next() * 0.1);
    const b = Float32Array.from({ length: outFeatures * rank }, () => next() * 0.1);
    return { a, b, inFeatures, outFeatures };
  };
  const blocks = Array.from({ length: config.blockCount }, () =>
    Object.fromEntries(TARGET_MODULES.map((module) => [module, pair(module)])),
  );
  return { config: { rank, alpha: 2 * rank, dropout: 0, targetModules: TARGET_MODULES }, blocks };
}

function nllOf(score: ExampleScore | undefined): number[] {
  return Array.from(score?.nll.subarray(1) ?? []);
}

describe('an adapter saved as a PEFT directory', () => {
  it('gives in Hugging Face PEFT what it gives here, on the real base model', async () => {
    const baseModelFile = inject('baseModelFile');
    await using base = await loadBaseModel(baseModelFile);
    const tokens = base.tokenizer.encode(CODE);
    const example: Example = { tokens, supervised: new Uint8Array(tokens.length).fill(1) };
    const saved = join(directory, 'adapter');
    await writePeftAdapter(saved, randomAdapter(base.config), base.config, { baseModelName: 'smollm2' });
    const adapter = await readPeftAdapter(saved, base.config);
    const [plain] = await scoreExamples(base, null, [example]);
    const [adapted] = await scoreExamples(base, adapter, [example]);
    const [theirPlain] = huggingFace(baseModelFile, '-', [[...tokens]]);
    const [theirAdapted] = huggingFace(baseModelFile, saved, [[...tokens]]);
    expectClose(nllOf(plain), theirPlain?.nll ?? []);
    expectClose(nllOf(adapted), theirAdapted?.nll ?? []);
    // The adapter must matter, or agreement would prove nothing.
    expect(distance(nllOf(plain), nllOf(adapted))).toBeGreaterThan(0.05);
  });
});

/** |a - b| / |b| over the whole row. */
function distance(a: number[], b: number[]): number {
  const difference = Math.hypot(...a.map((value, position) => value - (b[position] ?? Number.NaN)));
  return difference / Math.hypot(...b);
}

function expectClose(ours: number[], theirs: number[]): void {
  expect(ours).toHaveLength(theirs.length);
  expect(distance(ours, theirs)).toBeLessThan(1e-3);
}
