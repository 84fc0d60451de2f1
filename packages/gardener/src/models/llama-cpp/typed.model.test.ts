import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import type { CompletionRequest, GenerationEvent, Likelihood, PromptWork } from '../runtime/runtime.js';
import { writeRandomAdapter } from './adapter.fixture.js';
import { type LlamaCppRuntime, startLlamaCpp } from './llama-cpp.js';

// A real model on a busy machine.
vi.setConfig({ testTimeout: 240_000 });
const modelPath = inject('baseModelFile');

let directory: string;
let adapter: string;
let runtime: LlamaCppRuntime;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gardener-typed-'));
  adapter = join(directory, 'a.gguf');
  await writeRandomAdapter(adapter, modelPath, 1);
  runtime = await startLlamaCpp(modelPath, { threads: 1, contextTokens: 1_024, keptContexts: 2 });
});
afterAll(async () => {
  await runtime?.dispose();
  await rm(directory, { recursive: true, force: true });
});

const file = Array.from({ length: 12 }, (_, n) => `export const price${n} = ${n * 3};\n`).join('');

async function complete(typed: string, request: Partial<CompletionRequest> = {}) {
  let text = '';
  let work: PromptWork | null = null;
  const likelihoods: Likelihood[] = [];
  let end: Extract<GenerationEvent, { type: 'end' }> | null = null;
  const whole = { prompt: file, typed, adapter: null, maxTokens: 8, temperature: 0, ...request };
  for await (const event of runtime.complete(whole)) {
    if (event.type === 'end') end = event;
    else {
      text += event.text;
      work ??= event.prompt ?? null;
      if (event.likelihood) likelihoods.push(event.likelihood);
    }
  }
  return { text, work, likelihoods, end };
}

it('reads only what was typed since the last call, with every adapter for itself', async () => {
  const first = await complete('const all = [price1, ');
  const second = await complete('const all = [price1, price2, ');
  expect(second.work?.cachedTokens).toBeGreaterThanOrEqual((first.work?.tokens ?? 0) - 1);
  const other = await complete('const all = [price1, price2, ', { adapter });
  expect(other.work?.cachedTokens).toBe(0);
  expect(other.likelihoods).not.toEqual(second.likelihoods);
  const again = await complete('const all = [price1, price2, ');
  expect(again.work?.cachedTokens).toBe((again.work?.tokens ?? 0) - 1);
  expect(again.text).toBe(second.text);
  expect(other.end?.promptTokens).toBe(again.end?.promptTokens);
});

it('goes on inside of a word and behind a space as inside of a whole text', async () => {
  // Whatever the text is cut off at, the same words follow.
  const line = 'export const price12 = 36;\n';
  for (const length of [8, 12, 13, 15, 18]) {
    const { text } = await complete(line.slice(0, length), { maxTokens: 12 });
    expect(`${line.slice(0, length)}${text}`).toMatch(/^export const price12 = 36;/);
  }
});

it('tells how likely what it writes is, and is surer of what the file repeats', async () => {
  const mean = ({ likelihoods }: Awaited<ReturnType<typeof complete>>) => {
    const tokens = likelihoods.reduce((sum, each) => sum + each.tokens, 0);
    return Math.exp(likelihoods.reduce((sum, each) => sum + each.logProbability, 0) / tokens);
  };
  const sure = mean(await complete('export const price12 = 36;\nexport const '));
  const unsure = mean(await complete('// Zebras '));
  expect(sure).toBeLessThanOrEqual(1);
  expect(sure).toBeGreaterThan(2 * unsure);
});

it('does not wait for an answer that is being written, and that answer stays the same', async () => {
  const request = { messages: [{ role: 'user' as const, content: 'Count to thirty.' }], adapter: null };
  const answer = async (onText: () => void) => {
    let text = '';
    for await (const event of runtime.generate({ ...request, maxTokens: 120, temperature: 0 })) {
      if (event.type === 'text') text += event.text;
      onText();
    }
    return text;
  };
  const alone = await answer(() => undefined);
  const order: string[] = [];
  let typed: Promise<unknown> | null = null;
  const beside = answer(() => {
    typed ??= complete('export const ').then(() => order.push('typed'));
  }).then((text) => {
    order.push('answer');
    return text;
  });
  expect(await beside).toBe(alone);
  await typed;
  expect(order).toEqual(['typed', 'answer']);
});

it('an answer and what is typed may both be the first to meet a replaced adapter', async () => {
  const other = join(directory, 'b.gguf');
  await writeRandomAdapter(other, modelPath, 2);
  const answer = async () => {
    let text = '';
    const messages = [{ role: 'user' as const, content: 'Count.' }];
    for await (const event of runtime.generate({ messages, adapter: other, maxTokens: 4, temperature: 0 }))
      if (event.type === 'text') text += event.text;
    return text;
  };
  const typing = async () => (await complete('const y', { adapter: other, maxTokens: 4 })).end?.reason;
  const before = [await answer(), await typing()];
  for (const seed of [3, 4]) {
    await writeRandomAdapter(other, modelPath, seed);
    const [answered, typed] = await Promise.all(
      seed === 3 ? [answer(), typing()] : [typing(), answer()].reverse(),
    );
    expect([answered, typed]).toEqual([expect.any(String), before[1]]);
  }
});

it('writes no more than fits behind the prompt', async () => {
  const prompt = '1, '.repeat(310);
  const { end } = await complete('1, ', { prompt, maxTokens: 4_000 });
  expect(end?.promptTokens).toBeGreaterThan(900);
  expect(end?.reason).toBe('length');
  expect((end?.promptTokens ?? 0) + (end?.completionTokens ?? 0)).toBeLessThanOrEqual(1_024);
});

it('stops when nobody waits, and keeps what it has read', async () => {
  const long = 'let x = 1;\n'.repeat(120);
  const stop = new AbortController();
  const stopped = complete('let y', { prompt: long, signal: stop.signal, maxTokens: 400 });
  stop.abort();
  await expect(stopped).rejects.toMatchObject({ code: 'models.cancelled' });
  const reader = runtime.complete({
    ...{ prompt: long, typed: 'let y', adapter: null, maxTokens: 400, temperature: 0 },
  });
  for await (const event of reader) if (event.type === 'text') break;
  const after = await complete('let y', { prompt: long });
  expect(after.work?.cachedTokens).toBeGreaterThan(300);
});

it('refuses what is too long, and takes an empty text', async () => {
  await expect(complete('x', { prompt: 'a b c d '.repeat(600) })).rejects.toMatchObject({
    code: 'models.prompt-too-long',
  });
  expect((await complete('', { prompt: '' })).text).toBe('');
  expect((await complete('f', { prompt: '' })).end).toMatchObject({ type: 'end' });
});
