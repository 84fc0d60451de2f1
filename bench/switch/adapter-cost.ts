import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdapterSize } from '../../packages/gardener/src/models/llama-cpp/adapter.fixture.js';
import { writeRandomAdapter } from '../../packages/gardener/src/models/llama-cpp/adapter.fixture.js';
import { startLlamaCpp } from '../../packages/gardener/src/models/llama-cpp/llama-cpp.js';
import { median, rounded } from './figures.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const PROMPT_WORDS = 400;
const ANSWER_TOKENS = 48;

const attention = ['q_proj', 'k_proj', 'v_proj', 'o_proj'] as const;
const all = [...attention, 'gate_proj', 'up_proj', 'down_proj'] as const;
const SIZES: Record<string, AdapterSize | null> = {
  base: null,
  'rank 16, all modules': { rank: 16, targetModules: all },
  'rank 8, all modules': { rank: 8, targetModules: all },
  'rank 4, all modules': { rank: 4, targetModules: all },
  'rank 16, attention': { rank: 16, targetModules: attention },
  'rank 16, q and v': { rank: 16, targetModules: ['q_proj', 'v_proj'] },
};

/** Tokens a second of prompt and answer, without an adapter and with adapters of several sizes, in turns; medians. */
export async function measureAdapterCost(baseModelFile: string) {
  const work = mkdtempSync(join(tmpdir(), 'gardener-adapter-cost-'));
  const names = Object.keys(SIZES);
  const runtime = await startLlamaCpp(baseModelFile, {
    threads: 0,
    contextTokens: 2_048,
    keptContexts: names.length,
  });
  try {
    const files = new Map<string, string | null>();
    for (const [n, name] of names.entries()) {
      const size = SIZES[name];
      const file = size ? join(work, `${n}.gguf`) : null;
      // B zero: every adapter writes the base's own text, so that all do the same work.
      if (size && file) await writeRandomAdapter(file, baseModelFile, 0, 0, size);
      files.set(name, file);
      await runtime.prepare({ adapter: file });
    }
    const rates = new Map(names.map((name) => [name, { prompt: [] as number[], answer: [] as number[] }]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of names) {
        const { prompt, answer } = await once(runtime, files.get(name) ?? null, round);
        rates.get(name)!.prompt.push(prompt);
        rates.get(name)!.answer.push(answer);
      }
    }
    const base = rates.get('base')!;
    return names.map((name) => {
      const { prompt, answer } = rates.get(name)!;
      return {
        adapter: name,
        promptTokensPerSecond: rounded(median(prompt)),
        answerTokensPerSecond: rounded(median(answer)),
        promptShareOfBase: rounded(median(prompt) / median(base.prompt), 2),
        answerShareOfBase: rounded(median(answer) / median(base.answer), 2),
      };
    });
  } finally {
    await runtime.dispose();
    rmSync(work, { recursive: true, force: true });
  }
}

async function once(
  runtime: Awaited<ReturnType<typeof startLlamaCpp>>,
  adapter: string | null,
  round: number,
) {
  // Another beginning each time, so that nothing of the last prompt can be used again.
  const prompt = `${round} ${'one two three four five '.repeat(PROMPT_WORDS / 5)}`;
  const start = performance.now();
  let first = 0;
  let tokens = { promptTokens: 0, completionTokens: 0 };
  for await (const event of runtime.complete({ prompt, adapter, maxTokens: ANSWER_TOKENS, temperature: 0 })) {
    first ||= performance.now();
    if (event.type === 'end') tokens = event;
  }
  const end = performance.now();
  return {
    prompt: tokens.promptTokens / ((first - start) / 1_000),
    answer: (tokens.completionTokens - 1) / ((end - first) / 1_000),
  };
}
