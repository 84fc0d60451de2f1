// Entry of the process in which `gardener doctor` loads a native module and makes it do something small: a native crash
// ends this process, not the doctor.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveJobs } from '../garden/processes/serve-jobs.js';
import type { ProbeProtocol } from './probe-protocol.js';

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

async function probeOnnxRuntime(): Promise<string> {
  const { probeRuntime } = await import('@codebase-gardener/lora');
  return `multiplies matrices (${await probeRuntime()})`;
}

async function probeLlamaCpp(): Promise<string> {
  const { getLlama, LlamaLogLevel } = await import('node-llama-cpp');
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled });
  return `llama.cpp ${llama.llamaCppRelease.release}`;
}

async function probeLanceDb(): Promise<string> {
  const { lanceDb } = await import('../retrieval/store/lance-table.js');
  const { connect } = await lanceDb();
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
  const { loadGrammar } = await import('../codebase/languages/grammar.js');
  const { findLanguage } = await import('../codebase/languages/languages.js');
  const python = findLanguage('python');
  if (python === null || !('grammar' in python.reader)) throw new Error('Python has no grammar');
  const { parser } = await loadGrammar(python, python.reader);
  const tree = parser.parse('def f(): return 1\n');
  if (tree === null || tree.rootNode.hasError) throw new Error('a line of Python could not be parsed');
  return 'parses Python';
}
