import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BaseModel,
  loadBaseModel,
  scoreExamples,
  train,
  windowsOf,
  writeGgufAdapter,
} from '@codebase-gardener/lora';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type LlamaCppRuntime, startLlamaCpp } from '../../models/llama-cpp/llama-cpp.js';
import { measureParity } from './parity.js';

// The job of a run on a real code model, as short as it can be: three steps, what llama.cpp makes of the adapter, and
// a gap filled in.

const SOURCE = `export interface Price {
  net: number;
  tax: number;
}

/** What a customer pays for some pieces of one article, rounded to cents. */
export function total(price: Price, count: number): number {
  const each = price.net * (1 + price.tax);
  return Math.round(each * count * 100) / 100;
}

export function cheapest(prices: readonly Price[]): Price | null {
  let best: Price | null = null;
  for (const price of prices) {
    if (best === null || price.net < best.net) best = price;
  }
  return best;
}
`;

let folder: string;
let base: BaseModel;
let runtime: LlamaCppRuntime;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-code-model-'));
  base = await loadBaseModel(inject('largeModelFile'));
  // As it is served: on some machines from a copy that is faster there.
  const setup = { threads: 2, contextTokens: 1_024, copies: join(folder, 'copies') };
  runtime = await startLlamaCpp(inject('largeModelFile'), setup);
});
afterAll(async () => {
  await runtime?.dispose();
  await base?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('three steps lower the loss, and llama.cpp computes with the adapter what the trainer does', async () => {
  const examples = windowsOf(base.tokenizer.encode(SOURCE.repeat(2)), 128);
  const losses: number[] = [];
  const training = train({
    base,
    examples,
    validation: [],
    steps: 3,
    maxEpochs: 100,
    adapter: { rank: 8, alpha: 16 },
    optimizer: { learningRate: 1e-3, schedule: 'constant', warmupSteps: 1 },
    batch: { sequenceLength: 128, accumulation: examples.length },
    machine: { spinning: false },
  });
  for await (const event of training) if (event.type === 'step-end') losses.push(event.loss);
  const { adapter } = await training.result();
  expect(losses).toHaveLength(3);
  expect(losses[2]).toBeLessThan((losses[0] ?? 0) * 0.95);

  const file = join(folder, 'adapter.gguf');
  await writeGgufAdapter(file, adapter, base.config);
  const supervised = examples.map(({ tokens }) => ({
    tokens,
    supervised: new Uint8Array(tokens.length).fill(1),
  }));
  for (const [ours, theirs] of [
    [null, null],
    [adapter, file],
  ] as const) {
    const scores = await scoreExamples(base, ours, supervised, { sequenceLength: 128 });
    const options = { positions: 1_000, limitMs: Number.POSITIVE_INFINITY };
    const parity = await measureParity(runtime, theirs, supervised, scores, options);
    if (parity === null) throw new Error('nothing was compared');
    expect(parity.positions).toBeGreaterThan(200);
    expect(parity.agreed / parity.positions).toBeGreaterThan(0.95);
    expect(Math.abs(parity.theirNll / parity.ourNll - 1)).toBeLessThan(0.02);
  }
});

test('fills a gap in with what follows in sight, and writes no marker', async () => {
  const gap = SOURCE.indexOf('net) best = price');
  const before = SOURCE.slice(0, gap);
  const after = SOURCE.slice(gap + 'net'.length);
  let text = '';
  const request = { prompt: before, suffix: after, adapter: null, maxTokens: 24, temperature: 0 };
  for await (const event of runtime.complete(request)) if (event.type === 'text') text += event.text;
  expect(text).toMatch(/^net\b/);
  expect(text).not.toMatch(/<\|/);
});

// The untouched base often writes on behind the gap: to end there is what an adapter learns.
test('with another file of the project in front of it, too, it fills the gap, and writes no marker', async () => {
  const at = SOURCE.indexOf('net) best = price');
  const other = {
    path: 'src/order.ts',
    text: "import { total } from './price.js';\n\nexport const order = total;\n",
  };
  const place = { repository: 'shop', path: 'src/price.ts', files: [other], comments: '// src/price.ts\n' };
  const request = {
    prompt: SOURCE.slice(0, at),
    suffix: SOURCE.slice(at + 'net'.length),
    place,
    adapter: null,
  };
  let text = '';
  for await (const event of runtime.complete({ ...request, maxTokens: 16, temperature: 0 })) {
    if (event.type === 'text') text += event.text;
  }
  expect(text).toMatch(/^net\b/);
  expect(text).not.toMatch(/<\||file_sep|repo_name|order\.ts/);
});
