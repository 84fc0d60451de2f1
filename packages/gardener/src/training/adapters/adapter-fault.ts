import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { GardenerError } from '../../garden/errors/garden-error.js';
import type { GardenPaths } from '../../garden/files/paths.js';
import type { ProjectRecord } from '../../garden/project-record.js';
import type { BaseIdentity } from '../../models/store/base-identity.js';
import { type AdapterManifest, checkAdapterManifest, readAdapterManifest } from './adapter-manifest.js';
import { GGUF_FILE } from './adapter-store.js';

/** Verdicts kept, of as many projects as a fleet has; an adapter is hashed once and not before every answer. */
const MAX_VERDICTS = 5_000;

/** By file, size, times and base: the reason why an adapter cannot be used, or null when it can. */
const verdicts = new LRUCache<string, Promise<string | null>>({ max: MAX_VERDICTS });

/**
 * Why an adapter of a project cannot answer, a sentence without its full stop; null when it can. Base, tokenizer and
 * template must be those that its manifest names, and the file that serves the one that was written. Whoever promotes,
 * shows or uses an adapter asks here, so that all say the same.
 * @param base null where the base model is not at hand: then only its name is compared
 */
export async function adapterFault(
  paths: GardenPaths,
  project: Pick<ProjectRecord, 'id' | 'baseModel'>,
  version: number,
  base: BaseIdentity | null = null,
): Promise<string | null> {
  const directory = paths.adapter(project.id, version);
  const file = join(directory, GGUF_FILE);
  const facts = await stat(file).catch(() => null);
  if (!facts?.isFile()) return `The file of adapter ${version} is missing`;
  const key = JSON.stringify([file, facts.ino, facts.size, facts.mtimeMs, project.baseModel, base]);
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const verdict = faultOf(directory, version, project.baseModel, base);
  verdicts.set(key, verdict);
  verdict.catch(() => verdicts.delete(key));
  return verdict;
}

async function faultOf(
  directory: string,
  version: number,
  baseModel: string,
  base: BaseIdentity | null,
): Promise<string | null> {
  let manifest: AdapterManifest;
  try {
    manifest = await readAdapterManifest(directory);
  } catch (error) {
    if (!GardenerError.isInstance(error)) throw error;
    return `The manifest of adapter ${version} cannot be used`;
  }
  const trained = manifest.base;
  if (base === null && trained.name !== baseModel)
    return `Adapter ${version} was trained on ${trained.name} and not on ${baseModel}`;
  const hash = manifest.files[GGUF_FILE];
  const [fault] = await checkAdapterManifest(
    // Only the file that serves is checked; the adapter's other format may be missing.
    { ...manifest, files: hash === undefined ? {} : { [GGUF_FILE]: hash } },
    {
      name: base?.name ?? baseModel,
      weightsHash: base?.weightsHash ?? trained.weightsHash,
      tokenizerHash: base?.tokenizerHash ?? trained.tokenizerHash,
      templateHash: base?.templateHash ?? trained.templateHash,
    },
    directory,
  );
  return fault === undefined ? null : `Adapter ${version} was refused (${fault.replace(/\.$/, '')})`;
}
