import { chunkChanges } from '../../codebase/read/chunk-changes.js';
import { type WalkResult, walkCodebase } from '../../codebase/walk/walk.js';
import type { Embedder } from '../embedding/embedder.js';
import type { IndexManifest } from '../store/manifest.js';
import type { ProjectIndex, UpdateOptions } from './project-index.js';

/** Options of {@link refreshIndex}. */
export interface RefreshOptions extends Omit<UpdateOptions, 'root'> {
  /** Larger files are skipped. Default 1 MiB. */
  maxFileBytes?: number;
  /** The setting. Defaults to none. */
  allowedSecrets?: string;
  /** Called once the files are known, before the first is read. */
  onWalk?: (walk: WalkResult) => void;
}

/**
 * Brings an index up to date with the codebase at `root`, at the cost of what has changed: every file is looked at
 * (lstat), changed ones are read, what is new in them is embedded.
 * @throws GardenerError what walkCodebase and ProjectIndex.update throw
 */
export async function refreshIndex(
  index: ProjectIndex,
  root: string,
  embedder: Embedder,
  options: RefreshOptions = {},
): Promise<IndexManifest> {
  const { maxFileBytes, allowedSecrets, onWalk, ...rest } = options;
  const limits = {
    ...(maxFileBytes !== undefined && { maxFileBytes }),
    ...(allowedSecrets !== undefined && { allowedSecrets }),
    ...(rest.signal ? { signal: rest.signal } : {}),
  };
  const walk = await walkCodebase(root, limits);
  onWalk?.(walk);
  return await index.update((known) => chunkChanges(walk, known, limits), embedder, {
    root,
    commit: walk.commit,
    ...rest,
  });
}
