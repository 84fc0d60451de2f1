import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { type WalkedFile, walkCodebase } from '../codebase/walk.js';
import { GardenerError } from '../garden/errors.js';
import type { IndexManifest } from './manifest.js';

/** Files looked at together. */
const PARALLEL_FILES = 32;

/** Options of {@link changedSince}. */
export interface ChangedSinceOptions {
  /** Larger files are not part of the codebase; the setting of the same name. Defaults to the walk's own. */
  maxFileBytes?: number;
}

/**
 * How many files were changed, added or removed since the index was made. A file whose modification time is the one
 * noted counts as unchanged; otherwise its bytes are hashed, so that a `git checkout` there and back counts nothing.
 */
export async function changedSince(
  root: string,
  manifest: IndexManifest,
  options: ChangedSinceOptions = {},
): Promise<number> {
  const files = await filesOf(root, options);
  const notIndexed = new Set(manifest.notIndexed);
  const present = new Set(files.map((file) => file.path));
  let changed = Object.keys(manifest.fileHashes).filter((path) => !present.has(path)).length;
  for (let start = 0; start < files.length; start += PARALLEL_FILES) {
    const verdicts = await Promise.all(
      files
        .slice(start, start + PARALLEL_FILES)
        .map(({ path, absolutePath }) => isChanged(path, absolutePath, manifest, notIndexed)),
    );
    changed += verdicts.filter(Boolean).length;
  }
  return changed;
}

async function filesOf(root: string, options: ChangedSinceOptions): Promise<WalkedFile[]> {
  try {
    return (await walkCodebase(root, options)).files;
  } catch (error) {
    const code = GardenerError.isInstance(error) ? error.code : null;
    // Every file is gone: that is a change, not an error.
    if (code === 'codebase.empty' || code === 'codebase.no-known-language') return [];
    throw error;
  }
}

async function isChanged(
  path: string,
  absolutePath: string,
  manifest: IndexManifest,
  notIndexed: ReadonlySet<string>,
): Promise<boolean> {
  const known = Object.hasOwn(manifest.fileHashes, path) ? manifest.fileHashes[path] : undefined;
  try {
    const { mtimeMs } = await stat(absolutePath);
    // A file that was left out stays left out until it is touched.
    if (known === undefined) return !notIndexed.has(path) || mtimeMs > Date.parse(manifest.indexedAt);
    if (mtimeMs === known.modifiedMs) return false;
    return (
      createHash('sha256')
        .update(await readFile(absolutePath))
        .digest('hex') !== known.hash
    );
  } catch {
    // Gone or unreadable since the walk.
    return known !== undefined;
  }
}
