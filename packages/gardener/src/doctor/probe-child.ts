// Entry of the process in which `gardener doctor` loads a native module and makes it do something small: a native crash
// ends this process, not the doctor.
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { serveJobs } from '../garden/processes/serve-jobs.js';
import type { ProbeProtocol } from './probe-protocol.js';

// c = a x b over 2 x 2 float32 matrices, as an ONNX file (opset 13).
const MATMUL_MODEL =
  'CAg6WQoRCgFhCgFiEgFjIgZNYXRNdWwSBXByb2JlWhMKAWESDgoMCAESCAoCCAIKAggCWhMKAWISDgoMCAESCAoCCAIKAggCYhMKAWMSDgoMCAESCAoCCAIKAggCQgIQDQ==';

const PROBES: Record<string, () => Promise<string>> = {
  'onnxruntime-node': probeOnnxRuntime,
  'node-llama-cpp': probeLlamaCpp,
  '@lancedb/lancedb': probeLanceDb,
  'web-tree-sitter': probeTreeSitter,
};

serveJobs<ProbeProtocol>(() => ({
  ready: null,
  jobs: {
    probe: (module) => {
      const probe = PROBES[module];
      if (probe === undefined) throw new Error(`no probe called ${module}`);
      return probe();
    },
    speed: async () => {
      const { measureProductSpeed } = await import('@codebase-gardener/lora');
      return (await measureProductSpeed()).multiplyAddsPerSecond;
    },
  },
}));

// The trainer owns this dependency, so it is looked up from there.
async function probeOnnxRuntime(): Promise<string> {
  const require = createRequire(fileURLToPath(import.meta.resolve('@codebase-gardener/lora')));
  // Its telemetry client stays off here as everywhere.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const runtime = require('onnxruntime-node') as typeof import('onnxruntime-node');
  const session = await runtime.InferenceSession.create(Buffer.from(MATMUL_MODEL, 'base64'));
  const matrix = new runtime.Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]);
  const { c } = await session.run({ a: matrix, b: matrix });
  const product = [...((c?.data ?? []) as Float32Array)].join(' ');
  if (product !== '7 10 15 22') throw new Error(`2 x 2 matrix product is wrong: ${product}`);
  return `multiplies matrices (${runtime.env.versions.node ?? 'unknown version'})`;
}

async function probeLlamaCpp(): Promise<string> {
  const { getLlama, LlamaLogLevel } = await import('node-llama-cpp');
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled });
  return `llama.cpp ${llama.llamaCppRelease.release}`;
}

async function probeLanceDb(): Promise<string> {
  const { connect } = await import('@lancedb/lancedb');
  const directory = await mkdtemp(join(tmpdir(), 'gardener-doctor-'));
  try {
    const database = await connect(directory);
    const table = await database.createTable('probe', [
      { id: 'near', vector: [1, 0] },
      { id: 'far', vector: [0, 1] },
    ]);
    const [found] = await table.vectorSearch([0.9, 0.1]).limit(1).toArray();
    if (found?.id !== 'near') throw new Error('the nearest vector was not found');
    table.close();
    return 'finds the nearest vector';
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function probeTreeSitter(): Promise<string> {
  const { Language, Parser } = await import('web-tree-sitter');
  const require = createRequire(import.meta.url);
  await Parser.init();
  const grammars = join(
    fileURLToPath(pathToFileURL(require.resolve('@vscode/tree-sitter-wasm/package.json'))),
    '..',
    'wasm',
  );
  const parser = new Parser();
  parser.setLanguage(await Language.load(join(grammars, 'tree-sitter-python.wasm')));
  const tree = parser.parse('def f(): return 1\n');
  if (tree === null || tree.rootNode.hasError) throw new Error('a line of Python could not be parsed');
  return 'parses Python';
}
