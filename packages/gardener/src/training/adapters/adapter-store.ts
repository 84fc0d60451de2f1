import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BaseModel, LoraAdapter } from '@codebase-gardener/lora';
import { asFilesystemError } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { withLock } from '../../garden/files/file-lock.js';
import { readJsonIfPresent, writeJson } from '../../garden/files/json-state.js';
import type { GardenPaths } from '../../garden/files/paths.js';
import { makeProjectFolder } from '../../garden/files/project-folder.js';
import { randomId } from '../../garden/files/random-id.js';
import { type Scorecard, scorecardSchema } from '../evaluation/scorecard.js';
import {
  type AdapterManifest,
  checkAdapterManifest,
  type ManifestBase,
  readAdapterManifest,
  updateAdapterManifest,
  writeAdapterManifest,
} from './adapter-manifest.js';

/** Files of a PEFT directory. */
export const PEFT_FILES = ['adapter_config.json', 'adapter_model.safetensors'] as const;
/** The adapter as llama.cpp reads it. */
export const GGUF_FILE = 'adapter.gguf';
/** How it was measured. */
export const SCORECARD_FILE = 'scorecard.json';

/** What is known of an adapter when it is saved; of one that is trained here the scorecard follows. */
export type AdapterOrigin = Pick<AdapterManifest, 'dataHash' | 'commit' | 'settings'> & {
  /** The run that made it: the same run never makes two versions. Null for an imported adapter. */
  runId: string | null;
  /** How strong it is to answer. Defaults to 1: as it was trained. */
  strength?: number;
  /** How it was measured elsewhere. */
  scorecard?: Scorecard | null;
};

/** The adapters of a project, oldest first. Versions count up and are never used again. */
export async function adapterVersions(paths: GardenPaths, projectId: string): Promise<number[]> {
  const names = await readdir(paths.adapters(projectId)).catch((): string[] => []);
  return names
    .filter((name) => /^[1-9]\d{0,8}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Saves a trained adapter as the project's next version: PEFT files, GGUF and manifest, put together beside their place
 * and renamed when whole. A run that has already saved one (and was interrupted afterwards) gets that version back.
 * @param peftDirectory where the engine left the adapter
 * @throws LoraError `adapter.*`, GardenerError `garden.disk-full`, `garden.permission-denied`, `garden.unknown-project`
 */
export async function saveAdapter(
  paths: GardenPaths,
  projectId: string,
  peftDirectory: string,
  base: BaseModel,
  baseName: string,
  origin: AdapterOrigin,
): Promise<{ version: number; directory: string }> {
  const { LoraError, readPeftAdapter, writeGgufAdapter } = await import('@codebase-gardener/lora');
  for (const version of origin.runId === null ? [] : await adapterVersions(paths, projectId)) {
    if ((await runOf(paths, projectId, version)) === origin.runId) {
      return { version, directory: paths.adapter(projectId, version) };
    }
  }
  const forming = join(paths.adapters(projectId), `.forming-${origin.runId ?? randomId()}`);
  try {
    await rm(forming, { recursive: true, force: true });
    await makeProjectFolder(paths, projectId, forming);
    for (const name of PEFT_FILES) await copyFile(join(peftDirectory, name), join(forming, name));
    await writeGgufAdapter(
      join(forming, GGUF_FILE),
      await readPeftAdapter(forming, base.config),
      base.config,
    );
    const { runId, settings, scorecard, ...rest } = origin;
    await writeAdapterManifest(
      forming,
      {
        ...rest,
        base: manifestBase(base, baseName),
        settings: runId === null ? settings : { ...settings, runId },
        scores: null,
        createdAt: new Date().toISOString(),
      },
      [...PEFT_FILES, GGUF_FILE],
    );
    // A training run and an import may end in the same moment.
    return await withLock(paths.lockFile(`adapters-${projectId}`), async () => {
      const version = ((await adapterVersions(paths, projectId)).at(-1) ?? 0) + 1;
      const directory = paths.adapter(projectId, version);
      if (scorecard) await saveScorecard(forming, { ...scorecard, adapterVersion: version });
      await rename(forming, directory);
      return { version, directory };
    });
  } catch (error) {
    await rm(forming, { recursive: true, force: true }).catch(() => undefined);
    throw LoraError.isInstance(error) ? error : asFilesystemError(error, forming, 'write');
  }
}

/**
 * Reads an adapter back from disk for its base model, scaled to a strength.
 * @param strength above 0. Defaults to 1: as it was trained
 * @throws LoraError `adapter.*`
 */
export async function loadAdapter(directory: string, base: BaseModel, strength = 1): Promise<LoraAdapter> {
  const { readPeftAdapter, scaleAdapter } = await import('@codebase-gardener/lora');
  return scaleAdapter(await readPeftAdapter(directory, base.config), strength);
}

/** How much of its own effect an adapter is to have: what its training chose, 1 where that is not known. */
export async function adapterStrength(directory: string): Promise<number> {
  const manifest = await readAdapterManifest(directory).catch(() => null);
  return manifest?.strength ?? 1;
}

/** Notes in an adapter's manifest how strong it is to answer. */
export async function setAdapterStrength(directory: string, strength: number): Promise<void> {
  await updateAdapterManifest(directory, { strength });
}

/** Writes the scorecard beside the adapter and its figures into the adapter's manifest. */
export async function saveScorecard(directory: string, scorecard: Scorecard): Promise<void> {
  await writeJson(join(directory, SCORECARD_FILE), scorecard);
  await updateAdapterManifest(directory, { scores: { ...scorecard } });
}

/**
 * The scorecard of one version: its file, or where that is damaged or gone the figures in its manifest; null where it
 * was not evaluated or neither can be read.
 */
export async function readScorecard(
  paths: GardenPaths,
  projectId: string,
  version: number,
): Promise<Scorecard | null> {
  const directory = paths.adapter(projectId, version);
  const own = await readJsonIfPresent(join(directory, SCORECARD_FILE), scorecardSchema).catch(() => null);
  if (own !== null) return own;
  const manifest = await readAdapterManifest(directory).catch(() => null);
  return scorecardSchema.safeParse(manifest?.scores).data ?? null;
}

/** The run that made a version, or null (an imported adapter, or a damaged manifest). */
export async function runOf(paths: GardenPaths, projectId: string, version: number): Promise<string | null> {
  const manifest = await readAdapterManifest(paths.adapter(projectId, version)).catch(() => null);
  const runId = manifest?.settings.runId;
  return typeof runId === 'string' ? runId : null;
}

/** Everything that is wrong with a saved adapter's files, one plain sentence each: each is compared with its hash. */
export async function adapterProblems(directory: string): Promise<string[]> {
  try {
    const manifest = await readAdapterManifest(directory);
    return await checkAdapterManifest(manifest, manifest.base, directory);
  } catch (error) {
    if (GardenerError.isInstance(error)) return [error.message];
    throw error;
  }
}

/** Whether a folder holds a whole PEFT adapter. */
export async function holdsAdapter(directory: string): Promise<boolean> {
  const found = await Promise.all(
    PEFT_FILES.map((name) =>
      stat(join(directory, name)).then(
        (entry) => entry.isFile(),
        () => false,
      ),
    ),
  );
  return found.every(Boolean);
}

function manifestBase({ hashes }: BaseModel, name: string): ManifestBase {
  return {
    name,
    weightsHash: hashes.weights,
    tokenizerHash: hashes.tokenizer,
    templateHash: hashes.template,
  };
}
