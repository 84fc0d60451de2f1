import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LoraError } from '../errors.js';
import { damaged, readJsonObject, writeJsonObject } from './json-file.js';

/** File name of the manifest in an adapter's folder. */
export const MANIFEST_FILE = 'manifest.json';

const SCHEMA_VERSION = 1;
const MAX_FILES = 64; // an adapter has five; the cap bounds how much is hashed

/** The base model an adapter was trained on. Hashes are sha256 in hexadecimal. */
export interface ManifestBase {
  name: string;
  weightsHash: string;
  tokenizerHash: string;
  templateHash: string;
}

/** What an adapter was made from and of: manifest.json. */
export interface AdapterManifest {
  schemaVersion: number;
  base: ManifestBase;
  /** Hash of the data manifest it was trained on; null when unknown (an imported adapter). */
  dataHash: string | null;
  /** Commit of the codebase; null where there is none. */
  commit: string | null;
  settings: Record<string, unknown>;
  /** The scorecard; null before it was evaluated. */
  scores: Record<string, unknown> | null;
  /** ISO 8601. */
  createdAt: string;
  /** sha256 of every file of the adapter, by its name. */
  files: Record<string, string>;
}

/**
 * Writes manifest.json into an adapter's folder, atomically; the named files are hashed as they are now.
 * @returns what was written
 * @throws LoraError `weights.write-failed`, `adapter.unreadable` when a file cannot be hashed
 */
export async function writeManifest(
  directory: string,
  content: Omit<AdapterManifest, 'schemaVersion' | 'files'>,
  fileNames: readonly string[],
): Promise<AdapterManifest> {
  const files: Record<string, string> = {};
  for (const name of [...fileNames].sort()) {
    const hash = await hashFile(join(directory, name));
    if (hash === null) {
      throw new LoraError('adapter.unreadable', `The file ${name} of the adapter cannot be read.`, {
        remedy: 'Check that the folder is complete and that you may read it.',
        details: { directory, name },
      });
    }
    files[name] = hash;
  }
  const manifest: AdapterManifest = { schemaVersion: SCHEMA_VERSION, ...content, files };
  await writeJsonObject(join(directory, MANIFEST_FILE), manifest);
  return manifest;
}

/**
 * Reads and checks manifest.json of an adapter's folder.
 * @throws LoraError `weights.not-found`, `adapter.damaged`, `adapter.schema-newer`
 */
export async function readManifest(directory: string): Promise<AdapterManifest> {
  const path = join(directory, MANIFEST_FILE);
  const json = await readJsonObject(path);
  const { schemaVersion, base, dataHash, commit, settings, scores, createdAt, files } = json;
  if (!Number.isInteger(schemaVersion) || (schemaVersion as number) < 1) {
    throw damaged(path, 'schemaVersion is not a number');
  }
  if ((schemaVersion as number) > SCHEMA_VERSION) {
    throw new LoraError('adapter.schema-newer', `The adapter ${directory} was written by a newer version.`, {
      remedy: 'Update Codebase Gardener.',
      details: { schemaVersion, supported: SCHEMA_VERSION },
    });
  }
  const baseFields = ['name', 'weightsHash', 'tokenizerHash', 'templateHash'];
  if (!isRecord(base) || !baseFields.every((key) => typeof base[key] === 'string')) {
    throw damaged(path, 'base is not complete');
  }
  const isTextOrNull = (value: unknown) => value === null || typeof value === 'string';
  if (!isTextOrNull(dataHash) || !isTextOrNull(commit))
    throw damaged(path, 'dataHash or commit is not a text');
  if (!isRecord(settings)) throw damaged(path, 'settings is not an object');
  if (scores !== null && !isRecord(scores)) throw damaged(path, 'scores is not an object');
  if (typeof createdAt !== 'string' || Number.isNaN(Date.parse(createdAt))) {
    throw damaged(path, 'createdAt is not a time');
  }
  checkFileList(path, files);
  return json as unknown as AdapterManifest;
}

/**
 * Compares an adapter with the base model at hand, and its files with their hashes.
 * @param directory the adapter's folder; when absent, files are not compared
 * @returns every mismatch as one plain sentence; empty when all is well
 */
export async function checkManifest(
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
    const hash = await hashFile(join(directory, name));
    if (hash === null) mismatches.push(`The file ${name} of the adapter is missing or cannot be read.`);
    else if (hash !== expected) mismatches.push(`The file ${name} of the adapter is damaged or was changed.`);
  }
  return mismatches;
}

/** sha256 of a file in hexadecimal, read as a stream; null when it cannot be read. */
async function hashFile(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    // A pipe would block for ever.
    if (!(await stat(path)).isFile()) return null;
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch {
    return null;
  }
  return hash.digest('hex');
}

function checkFileList(path: string, files: unknown): void {
  if (!isRecord(files) || Object.keys(files).length > MAX_FILES)
    throw damaged(path, 'files is not a list of hashes');
  for (const [name, hash] of Object.entries(files)) {
    // Plain names only: the list must not lead out of the folder.
    if (!/^[\w][\w.-]{0,99}$/.test(name))
      throw damaged(path, 'files holds a name that is not a plain file name');
    if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash))
      throw damaged(path, `the hash of ${name} is not one`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
