import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GardenPaths } from '../../garden/files/paths.js';
import { type EngineSettings, readEngineSettings, writeEngineSettingsOnce } from './engine.js';

it('names what lies in the data directory from the run: after a move it is still found; a model of the user stays where it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gardener-engine-'));
  const [before, after] = ['before', 'after'].map((name) => new GardenPaths(join(folder, name)));
  const runOf = (paths: GardenPaths) => paths.run('abcdefghij', 'run-1');
  const settings = (paths: GardenPaths): EngineSettings => ({
    schemaVersion: 1,
    baseModelFile: join(paths.baseModel('model'), 'model.gguf'),
    baseModelName: 'model',
    adapter: { rank: 8, alpha: 16, dropout: 0, targetModules: ['q_proj'] },
    initialAdapter: paths.adapter('abcdefghij', 3),
    learningRate: 1e-3,
    weightDecay: 0,
    warmupSteps: 1,
    maxGradientNorm: 1,
    sequenceLength: 128,
    rows: 1,
    accumulation: 1,
    budgetMs: 1_000,
    maxEpochs: 1,
    patience: 1,
    checkpointEveryMs: 1_000,
    seed: 1,
    threads: 1,
    memoryBudgetBytes: 0,
    maxGeneralLossRise: 0.12,
  });
  try {
    await mkdir(runOf(before!), { recursive: true });
    await writeEngineSettingsOnce(runOf(before!), settings(before!));
    expect(await readFile(join(runOf(before!), 'engine.json'), 'utf8')).not.toContain(folder);
    await rename(before!.root, after!.root);
    expect(await readEngineSettings(runOf(after!))).toEqual(settings(after!));
    // Written once: a resumed training does not change what it began with.
    await writeEngineSettingsOnce(runOf(after!), { ...settings(after!), seed: 2 });
    expect((await readEngineSettings(runOf(after!))).seed).toBe(1);
    const own = runOf(new GardenPaths(join(folder, 'own')));
    await mkdir(own, { recursive: true });
    const elsewhere = join(folder, 'mine.gguf');
    await writeEngineSettingsOnce(own, {
      ...settings(after!),
      baseModelFile: elsewhere,
      initialAdapter: null,
    });
    expect(await readEngineSettings(own)).toMatchObject({ baseModelFile: elsewhere, initialAdapter: null });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
