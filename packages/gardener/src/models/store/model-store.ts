import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openRegularFile, readRegularFile } from '@codebase-gardener/lora/files';
import { z } from 'zod';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { writeJson } from '../../garden/files/json-state.js';
import { type CatalogueEntry, listModels, type ModelKind } from './catalogue.js';
import { findModel, modelFolder } from './find-model.js';
import { splitParts } from './split-parts.js';

/** The two places of a data directory that models need; GardenPaths is one. */
export interface ModelPaths {
  /** base_models/ */
  readonly baseModels: string;
  /** base_models/<id>/ */
  baseModel(id: string): string;
}

/** manifest.json of base_models/<id>/: what lies there and where it came from. */
export const modelManifestSchema = z.object({
  schemaVersion: z.literal(1),
  id: z.string(),
  kind: z.enum(['base', 'embedding']),
  source: z.string(),
  licence: z.string().nullable(),
  fetchedAt: z.string(),
  /** Of a file that is used where it lies: its absolute path. */
  path: z.string().optional(),
  files: z
    .array(
      z.object({
        name: z.string(),
        bytes: z.number().int().nonnegative(),
        sha256: z.string().nullable(),
        /** Of a file that is used where it lies: when it had been written last when it was hashed. */
        mtimeMs: z.number().optional(),
      }),
    )
    .min(1)
    .max(512),
});
export type ModelManifest = z.infer<typeof modelManifestSchema>;

/** A model that is complete on disk. */
export interface ModelOnDisk {
  /** Its id, as `findModel` knows it. */
  id: string;
  kind: ModelKind;
  directory: string;
  /** The file with the weights: a .gguf or .safetensors. */
  weights: string;
  /** Absolute path by file name (`tokenizer.json`, ...). */
  files: Record<string, string>;
  manifest: ModelManifest;
}

/** A manifest has some hundred bytes. */
const MAX_MANIFEST_BYTES = 1 << 20;

/** Name of the manifest in a model's directory. */
export const MANIFEST_NAME = 'manifest.json';

/** Whether a model's contents were hashed: not so of a file of the user's own that is new here or has changed. */
export function isHashed({ manifest }: ModelOnDisk): boolean {
  return manifest.files.some(({ sha256 }) => sha256 !== null);
}

/** The names of the files that hold a model's weights: one, or the parts of a split model. */
export function weightNames({ weights }: Pick<ModelOnDisk, 'weights'>): string[] {
  return (splitParts(weights) ?? [weights]).map((part) => basename(part));
}

/** What a model's weights take on the disk, all parts together. */
export function weightBytes(model: ModelOnDisk): number {
  const names = weightNames(model);
  const weights = model.manifest.files.filter(({ name }) => names.includes(name));
  return weights.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** sha256 of a file, lower-case hex. */
export async function sha256OfFile(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await using handle = await openRegularFile(file);
  // A stream that begins aborted tells it where nobody listens yet, which ends the process.
  signal?.throwIfAborted();
  const stream = handle.createReadStream({
    highWaterMark: 1 << 20,
    autoClose: false,
    ...(signal && { signal }),
  });
  for await (const block of stream) hash.update(block as Buffer);
  return hash.digest('hex');
}

/**
 * The model if it is complete on disk, else null: manifest readable and every file there with its size.
 * Contents are hashed when a model is fetched and by {@link verifyModel}, not here, so this is quick.
 * @throws GardenerError `models.unknown-model`, `models.missing-file`, `models.not-a-gguf`
 */
export async function modelOnDisk(paths: ModelPaths, id: string): Promise<ModelOnDisk | null> {
  const entry = findModel(id);
  if (entry.source.type === 'file') return userFile(paths, entry, entry.source.path);
  const directory = paths.baseModel(modelFolder(entry));
  const manifest = await readManifest(join(directory, MANIFEST_NAME));
  if (manifest === null || manifest.id !== entry.id) return null;
  for (const file of entry.files) {
    const recorded = manifest.files.find((candidate) => candidate.name === file.name);
    if (recorded === undefined || (await sizeOf(join(directory, file.name))) !== recorded.bytes) return null;
    if (file.bytes !== null && file.bytes !== recorded.bytes) return null;
  }
  return {
    id: entry.id,
    kind: entry.kind,
    directory,
    weights: join(directory, entry.files[0].name),
    files: Object.fromEntries(entry.files.map((file) => [file.name, join(directory, file.name)])),
    manifest,
  };
}

/** The models that were fetched and are complete on disk: first those of the catalogue, then others of the hub. */
export async function localModels(paths: ModelPaths): Promise<ModelOnDisk[]> {
  const catalogue = listModels().map((entry) => entry.id);
  const others = (await records(paths)).filter(
    ({ id, path }) => path === undefined && !catalogue.includes(id),
  );
  return existing(paths, [...catalogue, ...others.map(({ id }) => id)]);
}

/** The files of the user's own that were used as a base and are still there. */
export async function usedFiles(paths: ModelPaths): Promise<ModelOnDisk[]> {
  const used = (await records(paths)).filter(({ path }) => path !== undefined);
  return existing(
    paths,
    used.map(({ id }) => id),
  );
}

async function existing(paths: ModelPaths, ids: readonly string[]): Promise<ModelOnDisk[]> {
  // One that is gone or is no model any more is told by the project that uses it.
  const found = await Promise.all(ids.map((id) => modelOnDisk(paths, id).catch(() => null)));
  return found.filter((model) => model !== null);
}

async function records(paths: ModelPaths): Promise<ModelManifest[]> {
  const folders = await readdir(paths.baseModels).catch((): string[] => []);
  const found = await Promise.all(
    folders
      .filter((folder) => !folder.startsWith('.'))
      .map((folder) => readManifest(join(paths.baseModels, folder, MANIFEST_NAME))),
  );
  return found.filter((manifest) => manifest !== null);
}

/**
 * What is wrong with a model that was fetched and is not complete any more, words that follow its name; null for one
 * that was never here, or is whole.
 */
export async function modelDamage(paths: ModelPaths, id: string): Promise<string | null> {
  const entry = findModel(id);
  if (entry.source.type === 'file' || (await modelOnDisk(paths, id)) !== null) return null;
  const directory = paths.baseModel(modelFolder(entry));
  // A model is moved into its place as a whole: a folder there was complete once.
  if ((await readdir(directory).catch((): string[] => [])).length === 0) return null;
  const manifest = await readManifest(join(directory, MANIFEST_NAME));
  if (manifest === null) return `its ${MANIFEST_NAME} cannot be read`;
  for (const { name } of entry.files) {
    const bytes = await sizeOf(join(directory, name));
    if (bytes === null) return `${name} is missing`;
    const recorded = manifest.files.find((file) => file.name === name)?.bytes;
    if (bytes !== recorded) return `${name} has ${bytes} bytes instead of ${recorded}`;
  }
  return 'it is another version';
}

/** The error for a model that `modelDamage` finds damaged. */
export function damagedModel(id: string, damage: string): GardenerError {
  return new GardenerError('models.damaged', `The model ${id} on this machine is damaged: ${damage}.`, {
    remedy: `Fetch it again: gardener models pull ${id}`,
    details: { id },
  });
}

/**
 * Hashes every file of a model and compares with its manifest.
 * @throws GardenerError `models.wrong-hash` naming the file that differs
 */
export async function verifyModel(model: ModelOnDisk, signal?: AbortSignal): Promise<void> {
  for (const file of model.manifest.files) {
    const path = model.files[file.name];
    if (path === undefined || file.sha256 === null) continue;
    const actual = await sha256OfFile(path, signal);
    if (actual !== file.sha256) throw wrongHash(model.id, file.name, file.sha256, actual);
  }
}

/**
 * Deletes a model of the catalogue, also a partly fetched one. A GGUF of the user's own is left alone.
 * @returns whether something was there
 */
export async function removeModel(paths: ModelPaths, id: string): Promise<boolean> {
  const entry = findModel(id);
  if (entry.source.type === 'file') {
    throw new GardenerError(
      'models.not-ours',
      `${entry.id} is a file of your own: Gardener does not delete it.`,
      {
        remedy: 'Delete it yourself if you no longer need it.',
      },
    );
  }
  let found = false;
  for (const directory of [paths.baseModel(modelFolder(entry)), partialDirectory(paths, entry)]) {
    if ((await sizeOf(directory)) !== null) found = true;
    await rm(directory, { recursive: true, force: true });
  }
  return found;
}

/**
 * Where a model is put together before it is moved into place; survives an interruption, so that a download resumes.
 */
export function partialDirectory(paths: ModelPaths, entry: CatalogueEntry): string {
  return join(paths.baseModels, `.partial-${modelFolder(entry)}`);
}

/** The error for a model that was to be there: to be removed, or to be shown. */
export function notOnDisk(id: string): GardenerError {
  return new GardenerError('models.not-on-disk', `${id} is not on this machine.`, {
    remedy: 'See what is: gardener models list --local.',
  });
}

/** The error for a file whose contents are not what the catalogue or the hub says. */
export function wrongHash(id: string, file: string, expected: string, actual: string): GardenerError {
  return new GardenerError(
    'models.wrong-hash',
    `${file} of ${id} is not the file it should be (sha256 differs).`,
    {
      remedy: `Run \`gardener models remove ${id}\` and \`gardener models pull ${id}\` again, or give a good copy with --from FILE.`,
      details: { id, file, expected, actual },
    },
  );
}

/**
 * Hashes a file of the user's own and keeps what was found, so that it is hashed once for each writing of it.
 * @returns the model with the hash in its manifest
 */
export async function recordFile(
  paths: ModelPaths,
  model: ModelOnDisk,
  signal?: AbortSignal,
): Promise<ModelOnDisk> {
  const entry = findModel(model.id);
  const files: ModelManifest['files'] = [];
  for (const [name, path] of Object.entries(model.files)) {
    const { size, mtimeMs } = await stat(path);
    files.push({ name, bytes: size, sha256: await sha256OfFile(path, signal), mtimeMs });
  }
  const manifest: ModelManifest = {
    ...model.manifest,
    path: model.weights,
    fetchedAt: new Date().toISOString(),
    files,
  };
  const directory = paths.baseModel(modelFolder(entry));
  await mkdir(directory, { recursive: true });
  await writeJson(join(directory, MANIFEST_NAME), manifest);
  return { ...model, manifest };
}

async function userFile(paths: ModelPaths, entry: CatalogueEntry, path: string): Promise<ModelOnDisk> {
  const files: ModelManifest['files'] = [];
  for (const { name, sourcePath } of entry.files) {
    await requirePart(sourcePath, entry);
    await requireGguf(sourcePath);
    const { size, mtimeMs } = await stat(sourcePath);
    files.push({ name, bytes: size, sha256: null, mtimeMs });
  }
  const recorded = await readManifest(join(paths.baseModel(modelFolder(entry)), MANIFEST_NAME));
  const isRecorded = ({ name, bytes, mtimeMs }: ModelManifest['files'][number]) =>
    recorded?.files.some((file) => file.name === name && file.bytes === bytes && file.mtimeMs === mtimeMs);
  const isSame = recorded?.path === path && files.every(isRecorded);
  return {
    id: entry.id,
    kind: 'base',
    directory: dirname(path),
    weights: path,
    files: Object.fromEntries(entry.files.map(({ name, sourcePath }) => [name, sourcePath])),
    manifest: isSame
      ? recorded
      : {
          schemaVersion: 1,
          id: entry.id,
          kind: 'base',
          source: 'file',
          licence: null,
          fetchedAt: new Date(0).toISOString(),
          files: files.map(({ name, bytes }) => ({ name, bytes, sha256: null })),
        },
  };
}

/** @throws GardenerError `models.missing-part` for a part of a split model that is not there */
async function requirePart(path: string, { files }: CatalogueEntry): Promise<void> {
  if (files.length === 1 || (await sizeOf(path)) !== null) return;
  throw new GardenerError(
    'models.missing-part',
    `${path} is missing: the model is cut into ${files.length} parts.`,
    {
      remedy: 'Put all parts into one folder.',
      details: { path, parts: files.length },
    },
  );
}

/**
 * Checks that a file begins as a GGUF does.
 * @throws GardenerError `models.not-a-gguf`
 */
export async function requireGguf(path: string): Promise<void> {
  const magic = Buffer.alloc(4);
  try {
    await using handle = await openRegularFile(path);
    await handle.read(magic, 0, 4, 0);
  } catch (cause) {
    throw new GardenerError('models.unreadable-file', `${path} cannot be read.`, {
      remedy: 'Give the GGUF file itself, and check that you may read it.',
      cause,
    });
  }
  if (magic.toString('latin1') !== 'GGUF') {
    throw new GardenerError('models.not-a-gguf', `${path} is not a GGUF file.`, {
      remedy: 'Give the .gguf file itself; a safetensors checkpoint must be converted first.',
      details: { path },
    });
  }
}

async function readManifest(file: string): Promise<ModelManifest | null> {
  try {
    const parsed = modelManifestSchema.safeParse(
      JSON.parse((await readRegularFile(file, MAX_MANIFEST_BYTES)).toString('utf8')),
    );
    return parsed.success ? parsed.data : null;
  } catch {
    // An unreadable manifest means the model is fetched again; it holds nothing that only the user knows.
    return null;
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch {
    return null;
  }
}
