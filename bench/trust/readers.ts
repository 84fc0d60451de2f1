import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readJson } from '../../packages/gardener/src/garden/files/json-state.js';
import { openGarden } from '../../packages/gardener/src/garden/garden.js';
import { appendEvent, createRun, RunFollower } from '../../packages/gardener/src/garden/runs/runs.js';
import { loadSettings } from '../../packages/gardener/src/garden/settings/load-settings.js';
import { readAdapterManifest } from '../../packages/gardener/src/training/adapters/adapter-manifest.js';
import {
  loadBaseModel,
  openSafetensors,
  readGgufAdapter,
  readPeftAdapter,
  writeGgufAdapter,
} from '../../packages/lora/src/index.js';
import { readModelJson } from '../../packages/lora/src/transformer/sentence-encoder/model-json.js';
import { sentenceTokenizer } from '../../packages/lora/src/transformer/sentence-encoder/sentence-tokenizer.js';

const golden = fileURLToPath(new URL('../../packages/lora/fixtures/golden/llama-tiny/', import.meta.url));

const encoders = fileURLToPath(
  new URL('../../packages/lora/fixtures/golden/sentence-encoders/', import.meta.url),
);

/** One kind of file, and who reads it in the product. */
export interface FileReader {
  name: string;
  original: string;
  /** Where the mutated one is written. */
  file: string;
  read(): Promise<unknown>;
}

/** Whole files of every kind, made in a folder, each with its reader. */
export async function readersIn(folder: string): Promise<[FileReader, ...FileReader[]]> {
  const base = await loadBaseModel(join(golden, 'base.gguf'));
  const originals = join(folder, 'originals');
  const peft = join(folder, 'peft');
  for (const made of [originals, peft, join(folder, 'code')]) mkdirSync(made, { recursive: true });
  for (const name of ['adapter_config.json', 'adapter_model.safetensors']) {
    copyFileSync(join(golden, 'adapter', name), join(originals, name));
    copyFileSync(join(golden, 'adapter', name), join(peft, name));
  }
  const gguf = join(originals, 'adapter.gguf');
  await writeGgufAdapter(gguf, await readPeftAdapter(peft, base.config), base.config);

  const garden = await openGarden({ dataDir: join(folder, 'data'), settings: { logLevel: 'silent' } });
  const { paths, registry } = garden;
  const project = await registry.add({ path: join(folder, 'code'), baseModel: 'base' });
  const run = paths.run(project.id, (await createRun(paths, project.id, 'train')).id);
  for (let step = 1; step < 20; step++) await appendEvent(run, { type: 'checkpoint-save', step });
  const state = (name: string, file: string, read: () => Promise<unknown>): FileReader => {
    const original = join(originals, name);
    copyFileSync(file, original);
    return { name, original, file, read };
  };
  writeFileSync(
    paths.settingsFile,
    JSON.stringify({ rank: 8, budgetMs: 60_000, embeddingUrl: 'http://127.0.0.1:1' }),
  );
  const manifest = join(folder, 'adapter-manifest', 'manifest.json');
  mkdirSync(dirname(manifest));
  const hash = 'a'.repeat(64);
  writeFileSync(
    manifest,
    JSON.stringify({
      ...{ schemaVersion: 1, dataHash: hash, commit: null, settings: { rank: 2 }, scores: null },
      base: { name: 'b', weightsHash: hash, tokenizerHash: hash, templateHash: hash },
      ...{ createdAt: new Date().toISOString(), files: { 'adapter.gguf': hash } },
    }),
  );
  const model = join(folder, 'model.gguf');
  const tokenizerOf = (encoder: string): FileReader => ({
    name: `tokenizer.json of ${encoder}`,
    original: join(encoders, encoder, 'tokenizer.json'),
    file: join(folder, `${encoder}.json`),
    read: async () => sentenceTokenizer(await readModelJson(join(folder, `${encoder}.json`)), {}),
  });
  const inPeft = (name: string): FileReader => ({
    name,
    original: join(originals, name),
    file: join(peft, name),
    read: async () => {
      try {
        await readPeftAdapter(peft, base.config);
      } finally {
        copyFileSync(join(originals, name), join(peft, name));
      }
    },
  });
  return [
    {
      name: 'base.gguf',
      original: join(golden, 'base.gguf'),
      file: model,
      read: async () => {
        await using opened = await loadBaseModel(model);
        return opened.tokenizer.encode('const a = 1;');
      },
    },
    {
      ...{ name: 'model.safetensors', original: join(golden, 'base', 'model.safetensors') },
      file: join(folder, 'model.safetensors'),
      read: async () => {
        await using weights = await openSafetensors(join(folder, 'model.safetensors'));
        for (const name of weights.tensors.keys()) await weights.readFloat32(name);
      },
    },
    ...['bert-cls', 'unigram-max', 'roberta-last-token'].map(tokenizerOf),
    inPeft('adapter_model.safetensors'),
    inPeft('adapter_config.json'),
    {
      ...{ name: 'adapter.gguf', original: gguf, file: join(folder, 'adapter.gguf') },
      read: () => readGgufAdapter(join(folder, 'adapter.gguf'), base.config),
    },
    state('project.json', paths.projectFile(project.id), () => registry.get(project.id)),
    state('events.jsonl', join(run, 'events.jsonl'), () => new RunFollower(run).refresh()),
    state('run.json', join(run, 'run.json'), () =>
      readJson(join(run, 'run.json'), z.looseObject({ id: z.string() })),
    ),
    state('settings.json', paths.settingsFile, () =>
      loadSettings({ settingsFile: paths.settingsFile, environment: {} }),
    ),
    state('adapter manifest', manifest, () => readAdapterManifest(dirname(manifest))),
  ];
}
