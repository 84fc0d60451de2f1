import { existsSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readGgufAdapter, readPeftAdapter } from '@codebase-gardener/lora';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Garden, openGarden } from '../../garden/garden.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import { writeRandomAdapter } from '../../models/llama-cpp/adapter.fixture.js';
import { readAdapterManifest } from '../../training/adapters/adapter-manifest.js';
import {
  adapterProblems,
  adapterVersions,
  setAdapterStrength,
} from '../../training/adapters/adapter-store.js';
import { openBase } from '../../training/adapters/open-base.js';
import { areTheSame, sameChoices } from '../../training/evaluation/statistics/same-choices.js';
import { evaluateProject } from '../evaluation/evaluate-project.js';
import { exportAdapter } from './export-adapter.js';
import { importAdapter } from './import-adapter.js';
import { chatMlSystem } from './ollama-modelfile.js';

let folder: string;
let garden: Garden;
let project: ProjectRecord;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exchange-'));
  garden = await openGarden({ dataDir: join(folder, 'data') });
  await mkdir(join(folder, 'shop'));
  // A GGUF of the user's own is used where it lies.
  project = await garden.registry.add({ path: join(folder, 'shop'), baseModel: inject('baseModelFile') });
  await mkdir(join(folder, 'foreign'));
  await writeRandomAdapter(join(folder, 'foreign', 'adapter.gguf'), inject('baseModelFile'), 7);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);

test('an adapter.gguf of elsewhere becomes the next version, whole, and does not answer by itself', async () => {
  const imported = await importAdapter(garden, project, at('foreign'));
  expect(imported).toMatchObject({ version: 1, baseIsKnown: false });
  expect((await readdir(imported.directory)).sort()).toEqual([
    'adapter.gguf',
    'adapter_config.json',
    'adapter_model.safetensors',
    'manifest.json',
  ]);
  expect((await readAdapterManifest(imported.directory)).settings).toMatchObject({
    engine: 'imported',
    rank: 4,
  });
  expect(await readdir(garden.paths.adapters(project.id))).toEqual(['1']);
  expect((await garden.registry.get('shop')).promotedAdapter).toBeNull();
  await expect(evaluateProject(garden, project)).rejects.toMatchObject({ code: 'training.no-held-out-data' });
  project = await garden.registry.update(project.id, { promotedAdapter: 1 });
  expect(await adapterProblems(imported.directory)).toEqual([]);
});

test('peft: what is written is read back equal, goes into another project, and says which base it is for', async () => {
  const { files, sameChoices } = await exportAdapter(garden, project, { format: 'peft', to: at('peft') });
  expect(files.map((file) => file.slice(at('peft').length + 1))).toEqual([
    'adapter_config.json',
    'adapter_model.safetensors',
    'manifest.json',
  ]);
  expect(sameChoices).toBeNull();
  const back = await importAdapter(garden, project, at('peft'));
  expect(back).toMatchObject({ version: 2, baseIsKnown: true });
  await using base = await openBase(garden.paths, project.baseModel);
  const [one, two] = await Promise.all([
    readPeftAdapter(garden.paths.adapter(project.id, 1), base.config),
    readPeftAdapter(garden.paths.adapter(project.id, 2), base.config),
  ]);
  expect(two.config).toEqual(one.config);
  expect(two.blocks[29]?.q_proj).toEqual(one.blocks[29]?.q_proj);
});

test('gguf: the adapter file is the one that answers', async () => {
  await exportAdapter(garden, project, { format: 'gguf', to: at('gguf'), version: 1 });
  const own = await readFile(join(garden.paths.adapter(project.id, 1), 'adapter.gguf'));
  expect((await readFile(join(at('gguf'), 'adapter.gguf'))).equals(own)).toBe(true);
});

test('ollama: a merged model that predicts the same, and a Modelfile that needs no ADAPTER', async () => {
  const { sameChoices: merged } = await exportAdapter(garden, project, {
    format: 'ollama',
    to: at('ollama'),
  });
  expect(merged !== null && areTheSame(merged)).toBe(true);
  const modelfile = await readFile(join(at('ollama'), 'Modelfile'), 'utf8');
  const lines = modelfile.split('\n');
  expect(lines).toContain('FROM ./merged.gguf');
  expect(lines.filter((line) => line.startsWith('ADAPTER'))).toEqual([]);
  expect(lines).toEqual(expect.arrayContaining(['PARAMETER stop "<|im_end|>"', 'PARAMETER num_ctx 4096']));
  // SmolLM2's own template puts a system message in where there is none.
  expect(modelfile).toMatch(/^SYSTEM """You are a helpful AI assistant named SmolLM/m);
  expect((await readdir(at('ollama'))).toSorted()).toEqual(['Modelfile', 'merged.gguf']);
});

test('peft and gguf: other programs are told the strength that its training chose, in alpha', async () => {
  const directory = garden.paths.adapter(project.id, 1);
  await setAdapterStrength(directory, 0.5);
  try {
    await exportAdapter(garden, project, { format: 'peft', to: at('half-peft'), version: 1 });
    await exportAdapter(garden, project, { format: 'gguf', to: at('half-gguf'), version: 1 });
    await using base = await openBase(garden.paths, project.baseModel);
    const own = await readPeftAdapter(directory, base.config);
    for (const half of [
      await readPeftAdapter(at('half-peft'), base.config),
      await readGgufAdapter(join(at('half-gguf'), 'adapter.gguf'), base.config),
    ]) {
      expect(half.config).toMatchObject({ rank: own.config.rank, alpha: own.config.alpha / 2 });
      expect(half.blocks[29]?.q_proj).toEqual(own.blocks[29]?.q_proj);
    }
    expect((await readAdapterManifest(at('half-peft'))).strength).toBe(1);
  } finally {
    await setAdapterStrength(directory, 1);
  }
});

test('merged: llama.cpp predicts as with base and adapter, which the base alone does not', async () => {
  const labels: string[] = [];
  const { sameChoices: merged, files } = await exportAdapter(garden, project, {
    format: 'merged',
    to: at('merged'),
    onProgress: (label) => labels.push(label),
  });
  expect(merged).toMatchObject({ positions: 96 });
  expect(merged !== null && areTheSame(merged)).toBe(true);
  expect(files).toEqual([join(at('merged'), 'merged.gguf')]);
  expect(labels).toHaveLength(2);
  await using base = await openBase(garden.paths, project.baseModel);
  const adapterFile = join(garden.paths.adapter(project.id, 1), 'adapter.gguf');
  const alone = await sameChoices(base, adapterFile, base.path, { threads: 2 });
  expect(areTheSame(alone)).toBe(false);
}, 240_000);

test('an export replaces nothing, leaves nothing half, and refuses a damaged adapter', async () => {
  const again = exportAdapter(garden, project, { format: 'gguf', to: at('gguf') });
  await expect(again).rejects.toMatchObject({ code: 'training.export-exists' });
  await expect(
    exportAdapter(garden, project, { format: 'gguf', to: at('x'), version: 9 }),
  ).rejects.toMatchObject({ code: 'training.no-such-adapter' });
  const signal = AbortSignal.abort();
  await expect(
    exportAdapter(garden, project, { format: 'merged', to: at('aborted'), signal }),
  ).rejects.toThrow();
  expect(existsSync(at('aborted'))).toBe(false);
  await truncate(join(garden.paths.adapter(project.id, 2), 'adapter.gguf'), 1000);
  await expect(
    exportAdapter(garden, project, { format: 'gguf', to: at('x'), version: 2 }),
  ).rejects.toMatchObject({ code: 'training.damaged-adapter' });
});

/** A copy of the exported PEFT directory with its configuration, manifest or weights changed. */
async function hostile(name: string, change: (directory: string) => Promise<unknown>): Promise<string> {
  const directory = at(`hostile-${name}`);
  await mkdir(directory);
  for (const file of ['adapter_config.json', 'adapter_model.safetensors'])
    await copyFile(join(at('peft'), file), join(directory, file));
  await change(directory);
  return directory;
}

const withConfig = (changes: Record<string, unknown>) => async (directory: string) => {
  const file = join(directory, 'adapter_config.json');
  const config = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...config, ...changes }));
};

test.each<[string, (directory: string) => Promise<unknown>, string]>([
  ['dora', withConfig({ use_dora: true }), 'adapter.unsupported'],
  ['other-kind', withConfig({ peft_type: 'IA3' }), 'adapter.unsupported'],
  ['rank', withConfig({ r: 8 }), 'adapter.incompatible'],
  ['huge-rank', withConfig({ r: 1e12 }), 'adapter.damaged'],
  ['alpha', withConfig({ lora_alpha: -1 }), 'adapter.damaged'],
  ['no-json', (d) => writeFile(join(d, 'adapter_config.json'), '{"r": '), 'adapter.damaged'],
  ['huge-json', (d) => truncate(join(d, 'adapter_config.json'), 2 ** 31), 'adapter.damaged'],
  ['cut', (d) => truncate(join(d, 'adapter_model.safetensors'), 5_000), 'weights.truncated'],
  ['empty', (d) => truncate(join(d, 'adapter_model.safetensors'), 0), 'weights.not-safetensors'],
  [
    'device',
    async (d) => {
      await rm(join(d, 'adapter_model.safetensors'));
      await symlink('/dev/zero', join(d, 'adapter_model.safetensors'));
    },
    'weights.unreadable',
  ],
  [
    'other-base',
    async (d) => {
      const manifest = JSON.parse(await readFile(join(at('peft'), 'manifest.json'), 'utf8'));
      manifest.base = { ...manifest.base, name: 'another', weightsHash: '0'.repeat(64) };
      await writeFile(join(d, 'manifest.json'), JSON.stringify(manifest));
    },
    'training.other-base',
  ],
  [
    'pickle',
    async (d) => {
      await rm(join(d, 'adapter_model.safetensors'));
      await writeFile(join(d, 'adapter_model.bin'), 'x');
    },
    'adapter.unsupported',
  ],
])('a hostile adapter directory: %s', async (name, change, code) => {
  const directory = await hostile(name, change);
  const before = await adapterVersions(garden.paths, project.id);
  const error = await importAdapter(garden, project, directory).then(
    () => null,
    (thrown: unknown) => thrown as { code: string; remedy: string },
  );
  expect(error).toMatchObject({ code });
  expect(error?.remedy).not.toBe('');
  expect(await adapterVersions(garden.paths, project.id)).toEqual(before);
  expect((await readdir(garden.paths.adapters(project.id))).filter((one) => one.startsWith('.'))).toEqual([]);
});

test('rank-stabilised LoRA is turned into plain LoRA of the same strength', async () => {
  const directory = await hostile('rslora', withConfig({ use_rslora: true }));
  const { directory: saved } = await importAdapter(garden, project, directory);
  const config = JSON.parse(await readFile(join(saved, 'adapter_config.json'), 'utf8'));
  // alpha 8 at rank 4: 8 / sqrt(4) = 16 / 4.
  expect(config).toMatchObject({ use_rslora: false, r: 4, lora_alpha: 16 });
});

test('a folder without an adapter, a file, nothing: each says what to give', async () => {
  for (const [path, code] of [
    [at('shop'), 'training.no-adapter-files'],
    [join(at('peft'), 'manifest.json'), 'training.no-such-directory'],
    [at('nowhere'), 'training.no-such-directory'],
  ] as const) {
    await expect(importAdapter(garden, project, path)).rejects.toMatchObject({ code });
  }
});

test('a template that is not ChatML is left to the base', () => {
  const template = (render: (text: string) => string) => ({
    render: (messages: readonly { role: string; content: string }[]) =>
      render(messages.map(({ role, content }) => `[${role}] ${content}`).join('\n')),
  });
  expect(chatMlSystem(template((text) => text))).toBeNull();
  expect(
    chatMlSystem({
      render: () => {
        throw new Error('no system message');
      },
    }),
  ).toBeNull();
});
