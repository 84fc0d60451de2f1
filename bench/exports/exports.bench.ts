import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type BaseModel,
  type LoraAdapter,
  loadBaseModel,
  readPeftAdapter,
  scoreExamples,
  writeGgufAdapter,
  writeMergedModel,
  writeMlxAdapter,
  writePeftAdapter,
} from '@codebase-gardener/lora';
import { startLlamaCpp } from '../../packages/gardener/src/models/llama-cpp/llama-cpp.js';
import { generalCode } from '../../packages/gardener/src/training/evaluation/statistics/same-choices.js';
import { defaultBaseModelFile } from '../inputs/default-models.js';
import { scoreInPython } from '../python/score-in-python.js';

/**
 * Each export read by the runtime it is for, over the same places of code: how often it puts the same token first as
 * the library's float32, and how far its loss is off. One JSON object an export.
 */
const { values } = parseArgs({
  options: {
    /** A GGUF; the default base unless given. */
    base: { type: 'string' },
    /** A directory of PEFT, such as an adapter of a project. */
    adapter: { type: 'string' },
    positions: { type: 'string', default: '1000' },
    threads: { type: 'string', default: '2' },
    /** Pythons with PEFT and with mlx-lm; what is not given is left out. */
    peft: { type: 'string', default: process.env.GARDENER_PYTHON ?? '' },
    mlx: { type: 'string', default: process.env.GARDENER_MLX_PYTHON ?? '' },
  },
});

interface Scores {
  /** The token thought likeliest after each but the last of every sequence. */
  top: number[];
  /** Of the token that stands there, nats. */
  nll: number[];
}

type Export = [name: string, runtime: string, file: string, scores: () => Promise<Scores>];

async function main(): Promise<void> {
  if (values.adapter === undefined)
    throw new Error('give an adapter: --adapter DIR (adapter_config.json in it)');
  const file = values.base ?? (await defaultBaseModelFile());
  await using base = await loadBaseModel(file);
  const adapter = await readPeftAdapter(values.adapter, base.config);
  const rows = generalCode(base, { positions: Number(values.positions), textTokens: 200 });
  const folder = await mkdtemp(join(tmpdir(), 'exports-'));
  try {
    const reference = await ours(base, adapter, rows);
    for (const [name, runtime, path, scores] of await exports(base, adapter, rows, folder)) {
      const found = await scores();
      print({
        export: name,
        runtime,
        megabytes: (await stat(path)).size / 1e6,
        ...compared(found, reference),
      });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function exports(
  base: BaseModel,
  adapter: LoraAdapter,
  rows: number[][],
  folder: string,
): Promise<Export[]> {
  const at = (name: string) => join(folder, name);
  await writeGgufAdapter(at('adapter.gguf'), adapter, base.config);
  await writeMergedModel(at('f16.gguf'), base, adapter);
  await writeMergedModel(at('q8.gguf'), base, adapter, { type: 'Q8_0' });
  await writeMergedModel(at('own.gguf'), base, adapter, { type: 'base' });
  await writePeftAdapter(at('peft'), adapter, base.config, { baseModelName: 'base' });
  await writeMlxAdapter(at('mlx'), adapter, base.config);
  const llama = (model: string, given: string | null) => () => inLlamaCpp(model, given, rows);
  const python = (script: 'check_peft.py' | 'check_mlx.py', command: string, given: string) => async () => {
    const scores = scoreInPython(command, script, base.path, given, rows);
    return {
      top: scores.flatMap(({ top1 }) => top1.slice(0, -1)),
      nll: scores.flatMap(({ nll }) => nll),
    };
  };
  const all: (Export | null)[] = [
    ['gguf', 'llama.cpp', at('adapter.gguf'), llama(base.path, at('adapter.gguf'))],
    ['merged F16', 'llama.cpp', at('f16.gguf'), llama(at('f16.gguf'), null)],
    ['merged Q8_0', 'llama.cpp', at('q8.gguf'), llama(at('q8.gguf'), null)],
    ['merged as the base', 'llama.cpp', at('own.gguf'), llama(at('own.gguf'), null)],
    values.peft
      ? [
          'peft',
          'PEFT',
          at('peft/adapter_model.safetensors'),
          python('check_peft.py', values.peft, at('peft')),
        ]
      : null,
    values.mlx
      ? ['mlx', 'mlx-lm', at('mlx/adapters.safetensors'), python('check_mlx.py', values.mlx, at('mlx'))]
      : null,
  ];
  return all.filter((one) => one !== null);
}

function compared(found: Scores, reference: Scores): object {
  const mean = ({ nll }: Scores) => nll.reduce((sum, value) => sum + value, 0) / nll.length;
  const largest = Math.max(
    ...found.nll.map((nll, n) => Math.abs(Math.exp(-nll) - Math.exp(-(reference.nll[n] ?? Number.NaN)))),
  );
  return {
    positions: found.nll.length,
    sameFirst: found.top.filter((top, n) => top === reference.top[n]).length,
    loss: mean(found),
    lossPercent: (100 * (mean(found) - mean(reference))) / mean(reference),
    largestDifferenceOfProbability: largest,
  };
}

async function ours(base: BaseModel, adapter: LoraAdapter, rows: number[][]): Promise<Scores> {
  const examples = rows.map((row) => ({
    tokens: Int32Array.from(row),
    supervised: new Uint8Array(row.length).fill(1),
  }));
  const scores = await scoreExamples(base, adapter, examples);
  return {
    // Place n of ours is what was expected at token n; there is none at the first.
    top: scores.flatMap(({ top1 }) => [...top1.subarray(1)]),
    nll: scores.flatMap(({ nll }) => [...nll.subarray(1)]),
  };
}

async function inLlamaCpp(model: string, adapter: string | null, rows: number[][]): Promise<Scores> {
  const runtime = await startLlamaCpp(model, { threads: Number(values.threads), contextTokens: 256 });
  const found: Scores = { top: [], nll: [] };
  try {
    for (const tokens of rows) {
      const { top1, logProbability } = await runtime.score({ tokens, adapter });
      found.top.push(...top1);
      found.nll.push(...[...logProbability].map((value) => -value));
    }
  } finally {
    await runtime.dispose();
  }
  return found;
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

await main();
