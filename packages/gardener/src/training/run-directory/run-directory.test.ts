import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { testBase, testFile } from '../data/codebase.fixture.js';
import { hashSides, makeExamples } from '../data/examples.js';
import { type SideScores, sideScoresSchema } from '../evaluation/side-scores.js';
import type { EngineSettings } from './engine-settings.js';
import { RunDirectory } from './run-directory.js';

const PROJECT = 'abcdefghij';
let folder: string;
let directory: RunDirectory;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gardener-run-directory-'));
  directory = await newRun('data-directory');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function newRun(dataDirectory: string): Promise<RunDirectory> {
  const path = new GardenPaths(join(folder, dataDirectory)).run(PROJECT, 'run-1');
  await mkdir(path, { recursive: true });
  return new RunDirectory(path);
}

const files = Array.from({ length: 20 }, (_, i) => testFile(`src/${i}.py`));
const data = {
  ...makeExamples(files, testBase, { seed: 1, sequenceLength: 512 }),
  questions: ['one?', 'two?'],
  uses: {
    questions: [
      {
        kind: 'file' as const,
        messages: [{ role: 'user' as const, content: 'Which file?' }],
        expected: ['a.ts'],
      },
    ],
    places: [
      {
        ...{ path: 'a.ts', kind: 'line' as const, text: 'b;' },
        retrieved: {
          prompt: 'a = ',
          suffix: '',
          place: { repository: 'r', path: 'a.ts', files: [], comments: '' },
        },
        alone: {
          prompt: 'a = ',
          suffix: '',
          place: { repository: 'r', path: 'a.ts', files: [], comments: '' },
        },
      },
    ],
    validation: [],
  },
};

const scores: SideScores = {
  files: [
    {
      ...{ path: 'src/0.py', examples: 1, nll: 2.5, tokens: 3, bytes: 9 },
      ...{ matchedLines: 0, lines: 1, gaps: 2, matchedGaps: 1 },
    },
  ],
  generalLoss: 1.5,
  stopped: [true, false],
  parity: null,
  editSimilarity: null,
  gapSimilarity: null,
  memorised: null,
  strings: null,
  uses: null,
  durationMs: { scoring: 10, serving: 20 },
};

function settingsOf(run: RunDirectory): EngineSettings {
  const paths = new GardenPaths(join(run.path, '../../../..'));
  return {
    schemaVersion: 1,
    baseModelFile: join(paths.baseModel('model'), 'model.gguf'),
    baseModelName: 'model',
    adapter: { rank: 8, alpha: 16, dropout: 0, targetModules: ['q_proj'] },
    initialAdapter: paths.adapter(PROJECT, 3),
    learningRate: 1e-3,
    weightDecay: 0,
    warmupSteps: 1,
    maxGradientNorm: 1,
    sequenceLength: 128,
    rows: 1,
    accumulation: 1,
    budgetMs: 1_000,
    firstEpoch: 'given',
    maxEpochs: 1,
    patience: 1,
    checkpointEveryMs: 1_000,
    seed: 1,
    threads: 1,
    memoryBudgetBytes: 0,
    device: 'auto',
    precision: 'auto',
    maxGeneralLossRise: 0.12,
    validationTokens: 2_000,
  };
}

const adapterInto = async (at: string) => {
  await writeFile(join(at, 'adapter_config.json'), '{}');
  await writeFile(join(at, 'adapter_model.safetensors'), 'weights');
};

test('a new run has nothing that is done', async () => {
  expect(await directory.hasData()).toBe(false);
  expect(await directory.readBaseScores()).toBeNull();
  expect(await directory.hasOutput()).toBe(false);
  await expect(directory.readData(258)).rejects.toMatchObject({ code: 'garden.file-missing' });
  await expect(directory.readEngineSettings()).rejects.toMatchObject({ code: 'garden.file-missing' });
});

test('examples are written once and read back whole', async () => {
  await directory.writeData(data);
  expect(await directory.hasData()).toBe(true);
  await directory.writeData({ ...data, questions: ['other'] });
  expect(await directory.readData(258)).toEqual(data);
  expect(await directory.readDataManifest()).toEqual(data.manifest);
  expect(await readdir(directory.path)).toEqual(['data']);
});

test('what a killed attempt left half written counts as nothing, and is gone with the next', async () => {
  for (const name of ['data.forming-4711', 'output.forming', 'output.forming-4711']) {
    await mkdir(join(directory.path, name));
    await writeFile(join(directory.path, name, 'adapter_config.json'), '{"half":');
  }
  await mkdir(directory.output);
  await writeFile(join(directory.output, 'adapter_config.json'), '{}');
  await writeFile(join(directory.path, 'baseline.json.abc.tmp'), '{"files":[');
  expect(await directory.hasData()).toBe(false);
  expect(await directory.hasOutput()).toBe(false);
  expect(await directory.readBaseScores()).toBeNull();
  await directory.writeData(data);
  await directory.writeOutput(adapterInto);
  expect(await directory.hasOutput()).toBe(true);
  expect((await readdir(directory.path)).sort()).toEqual(['baseline.json.abc.tmp', 'data', 'output']);
});

test('a write that fails leaves what was there, and nothing half', async () => {
  await directory.writeOutput(adapterInto);
  const failing = directory.writeOutput(async (at) => {
    await writeFile(join(at, 'adapter_config.json'), 'half');
    throw new Error('killed');
  });
  await expect(failing).rejects.toThrow('killed');
  expect(await readFile(join(directory.output, 'adapter_config.json'), 'utf8')).toBe('{}');
  expect(await readdir(directory.path)).toEqual(['output']);
});

test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
  'a folder that cannot be written to is named',
  async () => {
    await chmod(directory.path, 0o500);
    await expect(directory.writeData(data)).rejects.toMatchObject({ code: 'garden.permission-denied' });
    await chmod(directory.path, 0o700);
  },
);

test('data from before gaps were scored is read as it was', async () => {
  const old = {
    ...makeExamples(files, testBase, { seed: 1, sequenceLength: 512, gapShare: 0 }),
    questions: ['?'],
    uses: { questions: [], places: [], validation: [] },
  };
  const heldOut = old.heldOut.map((file) => ({ ...file, gaps: [] }));
  const { gaps: _train, ...train } = old.manifest.train;
  const { gaps: _heldOut, ...counts } = old.manifest.heldOut;
  const hash = hashSides(old.train, old.validation, heldOut);
  expect(hash).not.toBe(old.manifest.hash);
  await directory.writeData({ ...old, heldOut, manifest: { ...old.manifest, hash } });
  const folder = join(directory.path, 'data');
  await rm(join(folder, 'held-out-gaps.bin'));
  const withoutGaps = (name: string, change: (json: never) => unknown) =>
    readFile(join(folder, name), 'utf8').then((text) =>
      writeFile(join(folder, name), JSON.stringify(change(JSON.parse(text) as never))),
    );
  await withoutGaps('held-out.json', (list: { gaps?: unknown }[]) =>
    list.map(({ gaps: _, ...file }) => file),
  );
  await withoutGaps('manifest.json', (json: object) => ({ ...json, train, heldOut: counts }));
  const read = await directory.readData(258);
  expect(read.heldOut).toEqual(heldOut);
  expect(read.train).toEqual(old.train);
  expect(read.manifest.train.gaps).toEqual({});
});

test('a gap that does not fit its row is refused', async () => {
  await directory.writeData(data);
  const file = join(directory.path, 'data', 'held-out.json');
  const told = JSON.parse(await readFile(file, 'utf8'));
  told[0].gaps[0].end = 100_000;
  await writeFile(file, JSON.stringify(told));
  await expect(directory.readData(258)).rejects.toMatchObject({ code: 'training.damaged-data' });
});

test('examples with a changed byte are refused', async () => {
  await directory.writeData(data);
  const file = join(directory.path, 'data', 'train.bin');
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 40) ^ 1, bytes.length - 40);
  await writeFile(file, bytes);
  await expect(directory.readData(1e6)).rejects.toMatchObject({ code: 'training.damaged-data' });
});

test('scores of the base are measured once and come back as they went; a damaged file is set aside', async () => {
  const measure = (found: SideScores) =>
    directory.measured('baseScores', sideScoresSchema, async () => found);
  expect(await measure(scores)).toEqual(scores);
  expect(await measure({ ...scores, generalLoss: 99 })).toEqual(scores);
  expect(await directory.readBaseScores()).toEqual(scores);
  await writeFile(join(directory.path, 'baseline.json'), '{"files":[');
  await expect(directory.readBaseScores()).rejects.toMatchObject({ code: 'garden.damaged-file' });
  expect(await directory.readBaseScores()).toBeNull();
});

test('scores that are no numbers are not kept, so that they are measured again', async () => {
  const measure = (found: SideScores) =>
    directory.measured('baseScores', sideScoresSchema, async () => found);
  const diverged = { ...scores, generalLoss: Number.NaN };
  expect(await measure(diverged)).toEqual(diverged);
  expect(await directory.readBaseScores()).toBeNull();
  expect(await measure(scores)).toEqual(scores);
});

test('scores of the base from an older version are read', async () => {
  const files = scores.files.map(({ bytes: _b, gaps: _g, matchedGaps: _m, ...file }) => file);
  const { gapSimilarity: _s, ...old } = scores;
  await writeFile(join(directory.path, 'baseline.json'), JSON.stringify({ ...old, files }));
  expect(await directory.readBaseScores()).toMatchObject({
    gapSimilarity: null,
    memorised: null,
    strings: null,
    uses: null,
    files: [{ bytes: 0, gaps: 0, matchedGaps: 0 }],
  });
});

test('the first settings of a training hold', async () => {
  const wanted = settingsOf(directory);
  expect(await directory.settleEngineSettings(wanted)).toEqual(wanted);
  expect(await directory.settleEngineSettings({ ...wanted, seed: 2, budgetMs: 5 })).toEqual(wanted);
});

test('settings name what lies in the data directory from the run: after a move it is still found', async () => {
  await directory.settleEngineSettings(settingsOf(directory));
  expect(await readFile(join(directory.path, 'engine.json'), 'utf8')).not.toContain(folder);
  await rename(join(folder, 'data-directory'), join(folder, 'moved'));
  const moved = await newRun('moved');
  expect(await moved.readEngineSettings()).toEqual(settingsOf(moved));
});

test('a model of the user stays where it is', async () => {
  const elsewhere = { baseModelFile: join(folder, 'mine.gguf'), initialAdapter: null };
  await directory.settleEngineSettings({ ...settingsOf(directory), ...elsewhere });
  expect(await directory.readEngineSettings()).toMatchObject(elsewhere);
});

test('settings from before some fields existed are read', async () => {
  const now = settingsOf(directory);
  const { initialAdapter: _a, maxGeneralLossRise: _b, memoryBudgetBytes: _c, ...rest } = now;
  const { validationTokens: _d, ...old } = rest;
  await writeFile(join(directory.path, 'engine.json'), JSON.stringify(old));
  expect(await directory.readEngineSettings()).toMatchObject({
    initialAdapter: null,
    maxGeneralLossRise: null,
    validationTokens: null,
    memoryBudgetBytes: 0,
    device: 'auto',
    precision: 'auto',
  });
});
