import { hasSameTimes } from '../../codebase/read/chunk-changes.js';
import { isJudgedBy } from '../../codebase/secrets/allowed-secrets.js';
import { readSource } from '../../codebase/walk/read-source.js';
import { type WalkedFile, walkCodebase } from '../../codebase/walk/walk.js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { type FileState, readFileStates, readManifest } from '../store/manifest.js';

/** How old an index is. */
export interface IndexFreshness {
  /** Commit the codebase was at, or null outside git. */
  commit: string | null;
  /** When its last update began, ISO 8601. */
  indexedAt: string;
  /** False while an update goes on. */
  complete: boolean;
  /** Files changed, added or removed since; null when that cannot be told: the folder is gone, or an update goes on. */
  changedSince: number | null;
}

/** Options of {@link indexFreshness}. */
export interface FreshnessOptions {
  /** Larger files are not part of the codebase; the setting of the same name. Defaults to the walk's own. */
  maxFileBytes?: number;
  /** The setting: a file about whose secrets it decides otherwise than before has changed. Not looked at by default. */
  allowedSecrets?: string;
}

/** Files looked at together. */
const PARALLEL_FILES = 32;

/**
 * How old the index in a folder is, or null when there is none.
 * @param root of the codebase: it is walked, and files that may have changed are read
 * @throws GardenerError `garden.damaged-file`, `retrieval.other-version`
 */
export async function indexFreshness(
  directory: string,
  root: string,
  options: FreshnessOptions = {},
): Promise<IndexFreshness | null> {
  const manifest = await readManifest(directory);
  if (manifest === null) return null;
  const { commit, indexedAt, complete } = manifest;
  const states = complete ? await readFileStates(directory).catch(() => null) : null;
  // The codebase may have been moved away; the index and its answers are still there.
  const changed = states === null ? null : await changedSince(root, states, options).catch(() => null);
  return { commit, indexedAt, complete, changedSince: changed };
}

/**
 * How many files were changed, added or removed since the index was made. A file with the size and times it had counts
 * as unchanged; otherwise its bytes are hashed, so that a `git checkout` there and back counts nothing.
 * @throws GardenerError what walkCodebase throws for a root that cannot be walked
 */
export async function changedSince(
  root: string,
  states: readonly FileState[],
  options: FreshnessOptions = {},
): Promise<number> {
  const files = await filesOf(root, options);
  const known = new Map(states.map((state) => [state.path, state]));
  const present = new Set(files.map((file) => file.path));
  let changed = states.filter(({ path, outcome }) => outcome === 'indexed' && !present.has(path)).length;
  for (let start = 0; start < files.length; start += PARALLEL_FILES) {
    const verdicts = await Promise.all(
      files
        .slice(start, start + PARALLEL_FILES)
        .map((file) => isChanged(file, known.get(file.path), options)),
    );
    changed += verdicts.filter(Boolean).length;
  }
  return changed;
}

async function filesOf(root: string, options: FreshnessOptions): Promise<WalkedFile[]> {
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
  file: WalkedFile,
  known: FileState | undefined,
  { allowedSecrets }: FreshnessOptions,
): Promise<boolean> {
  if (known === undefined) return true;
  if (allowedSecrets !== undefined && !isJudgedBy(known, allowedSecrets)) return true;
  // What could not be read then is no change as long as it cannot be read.
  if (known.version === undefined) return known.outcome !== 'failed';
  if (hasSameTimes(file, known.version)) return false;
  // One that is gone, no file, or too large since the walk has no version.
  const { version } = await readSource(file.absolutePath, file.bytes);
  return version === undefined ? known.outcome === 'indexed' : version.hash !== known.version.hash;
}
