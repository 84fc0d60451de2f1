import { join } from 'node:path';
import { readRegularFile } from '@codebase-gardener/lora/files';
import { z } from 'zod';
import { asFilesystemError, systemErrorCode } from '../../garden/errors/filesystem-error.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { writeJson } from '../../garden/files/json-state.js';
import { MAX_ADAPTER_STRENGTH } from '../../garden/settings/settings.js';
import { sha256OfFile } from '../../models/store/model-store.js';

/** File name of the manifest in an adapter's folder. */
export const MANIFEST_FILE = 'manifest.json';

const SCHEMA_VERSION = 1;
const MAX_MANIFEST_BYTES = 1 << 20; // a manifest has some kilobytes; an imported one must not fill the memory
const MAX_FILES = 64; // an adapter has five; the cap bounds how much is hashed

const manifestBaseSchema = z.looseObject({
  name: z.string(),
  weightsHash: z.string(),
  tokenizerHash: z.string(),
  templateHash: z.string(),
});

const manifestSchema = z.looseObject({
  schemaVersion: z.int().min(1),
  base: manifestBaseSchema,
  /** Hash of the data manifest it was trained on; null when unknown (an imported adapter). */
  dataHash: z.string().nullable(),
  /** Commit of the codebase; null where there is none. */
  commit: z.string().nullable(),
  settings: z.record(z.string(), z.unknown()),
  /** How much of its own effect the adapter has when it answers; 1 (as it was trained) in older manifests. */
  strength: z.number().positive().max(MAX_ADAPTER_STRENGTH).default(1),
  /** The scorecard; null before it was evaluated. */
  scores: z.record(z.string(), z.unknown()).nullable(),
  createdAt: z.string().refine((time) => !Number.isNaN(Date.parse(time)), 'it is not a time'),
  /** sha256 of every file of the adapter, by its name. Plain names only: the list must not lead out of the folder. */
  files: z
    .record(z.string().regex(/^\w[\w.-]{0,99}$/), z.string().regex(/^[0-9a-f]{64}$/))
    .refine((files) => Object.keys(files).length <= MAX_FILES, `it names more than ${MAX_FILES} files`),
});

/** The base model an adapter was trained on. Hashes are sha256 in hexadecimal. */
export interface ManifestBase {
  name: string;
  weightsHash: string;
  tokenizerHash: string;
  templateHash: string;
}

/** What an adapter was made from and of: manifest.json in its folder. `createdAt` is ISO 8601. */
export type AdapterManifest = Pick<
  z.infer<typeof manifestSchema>,
  'schemaVersion' | 'dataHash' | 'commit' | 'settings' | 'strength' | 'scores' | 'createdAt' | 'files'
> & { base: ManifestBase };

/**
 * Writes manifest.json into an adapter's folder, atomically; the named files are hashed as they are now.
 * @returns what was written
 * @throws GardenerError `adapter.unreadable` when a file cannot be hashed; `garden.*` when
 * the manifest cannot be written
 */
export async function writeAdapterManifest(
  directory: string,
  content: Omit<AdapterManifest, 'schemaVersion' | 'files' | 'strength'> & { strength?: number },
  fileNames: readonly string[],
): Promise<AdapterManifest> {
  const files: Record<string, string> = {};
  for (const name of [...fileNames].sort()) {
    const hash = await hashOf(join(directory, name));
    if (hash === null) {
      throw new GardenerError('adapter.unreadable', `The file ${name} of the adapter cannot be read.`, {
        remedy: 'Check that the folder is complete and that you may read it.',
        details: { directory, name },
      });
    }
    files[name] = hash;
  }
  const manifest: AdapterManifest = { schemaVersion: SCHEMA_VERSION, strength: 1, ...content, files };
  await writeJson(join(directory, MANIFEST_FILE), manifest);
  return manifest;
}

/**
 * Changes what an adapter's manifest says, but for its files: their hashes stay those of when they were written, so
 * that a file that was damaged since is still seen to be.
 * @throws as `readAdapterManifest`; `garden.disk-full` and the like
 */
export async function updateAdapterManifest(
  directory: string,
  change: Partial<Pick<AdapterManifest, 'strength' | 'scores'>>,
): Promise<void> {
  const manifest = await readAdapterManifest(directory);
  await writeJson(join(directory, MANIFEST_FILE), { ...manifest, ...change });
}

/**
 * Reads and checks manifest.json of an adapter's folder. The file stays where it is, whatever is in it: the folder may
 * be one that a user wants to import.
 * @throws GardenerError `adapter.damaged`, `adapter.schema-newer`; `garden.file-missing` and the like
 */
export async function readAdapterManifest(directory: string): Promise<AdapterManifest> {
  const file = join(directory, MANIFEST_FILE);
  const json = parseJson(file, await readText(file));
  const version = z.looseObject({ schemaVersion: z.int() }).safeParse(json).data?.schemaVersion ?? 0;
  if (version > SCHEMA_VERSION) {
    throw new GardenerError(
      'adapter.schema-newer',
      `The adapter ${directory} was written by a newer version.`,
      {
        remedy: 'Update Codebase Gardener.',
        details: { schemaVersion: version, supported: SCHEMA_VERSION },
      },
    );
  }
  const checked = manifestSchema.safeParse(json);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  const where = issue && issue.path.length > 0 ? `"${issue.path.join('.')}": ` : '';
  throw damaged(file, `${where}${issue?.message ?? 'it does not have the expected form'}`, checked.error);
}

/**
 * Compares an adapter with the base model at hand, and its files with their hashes.
 * @param directory the adapter's folder; when absent, files are not compared
 * @returns every mismatch as one plain sentence; empty when all is well
 */
export async function checkAdapterManifest(
  manifest: AdapterManifest,
  base: ManifestBase,
  directory?: string,
): Promise<string[]> {
  const mismatches: string[] = [];
  const trained = manifest.base;
  if (trained.weightsHash !== base.weightsHash) {
    mismatches.push(`The adapter was trained on other weights (${trained.name}) than those of ${base.name}.`);
  }
  if (trained.tokenizerHash !== base.tokenizerHash) {
    mismatches.push(`The adapter was trained with another tokenizer than that of ${base.name}.`);
  }
  if (trained.templateHash !== base.templateHash) {
    mismatches.push(`The adapter was trained with another chat template than that of ${base.name}.`);
  }
  if (directory === undefined) return mismatches;
  for (const [name, expected] of Object.entries(manifest.files)) {
    const hash = await hashOf(join(directory, name));
    if (hash === null) mismatches.push(`The file ${name} of the adapter is missing or cannot be read.`);
    else if (hash !== expected) mismatches.push(`The file ${name} of the adapter is damaged or was changed.`);
  }
  return mismatches;
}

/** sha256 of a file in hexadecimal; null when it cannot be read. */
async function hashOf(file: string): Promise<string | null> {
  try {
    return await sha256OfFile(file);
  } catch {
    return null;
  }
}

async function readText(file: string): Promise<string> {
  try {
    return (await readRegularFile(file, MAX_MANIFEST_BYTES)).toString('utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'EINVAL' || systemErrorCode(error) === 'EISDIR')
      throw damaged(file, 'it is not a file');
    if (systemErrorCode(error) === 'EFBIG') throw damaged(file, 'it is longer than 1 MiB');
    throw asFilesystemError(error, file, 'read');
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(file, 'it is not JSON', cause);
  }
}

function damaged(file: string, problem: string, cause?: unknown): GardenerError {
  const why = problem.replace(/\.$/, '');
  return new GardenerError('adapter.damaged', `The file ${file} of the adapter is damaged: ${why}.`, {
    remedy: 'Train the adapter again, or copy it again from where it came from.',
    details: { path: file },
    cause,
  });
}
