import { join } from 'node:path';
import { z } from 'zod';
import type { FileOutcome } from '../codebase/chunk-types.js';
import { readJsonIfPresent, writeJson } from '../garden/json-state.js';

/** Version of the index folder: the manifest, the outcomes and the table's columns. */
export const INDEX_SCHEMA_VERSION = 1;

const count = z.number().int().nonnegative();

const fileCounts = z.object({
  seen: count,
  indexed: count,
  skipped: z.record(z.string(), count),
  failed: z.record(z.string(), count),
});

const indexedFile = z.object({
  /** sha256 of the file's bytes, hex. */
  hash: z.string(),
  /** Last modification when it was read, ms since the epoch. */
  modifiedMs: z.number(),
  chunkIds: z.array(z.string()),
});
export type IndexedFile = z.infer<typeof indexedFile>;

const indexManifest = z.object({
  schemaVersion: z.literal(INDEX_SCHEMA_VERSION),
  embeddingModel: z.string(),
  /** The commit the codebase was at, or null outside git. */
  commit: z.string().nullable(),
  /** When the last update began, ISO 8601: what changed after it may be missing. */
  indexedAt: z.string(),
  /** False while an update goes on, and after one that was interrupted. */
  complete: z.boolean(),
  files: fileCounts,
  /** Chunks in the table. */
  chunks: count,
  fileHashes: z.record(z.string(), indexedFile),
  /** Paths that were seen and are not in the index; their reasons are in the outcomes. */
  notIndexed: z.array(z.string()),
});

/** What the index holds, beside the table: project/index/manifest.json. */
export type IndexManifest = z.infer<typeof indexManifest>;

const fileOutcomes = z.object({
  schemaVersion: z.literal(INDEX_SCHEMA_VERSION),
  outcomes: z.array(
    z.object({
      path: z.string(),
      outcome: z.enum(['indexed', 'skipped', 'failed']),
      reason: z.string().nullable(),
    }),
  ),
});

const manifestFile = (directory: string) => join(directory, 'manifest.json');
const outcomesFile = (directory: string) => join(directory, 'files.json');

/**
 * The manifest of an index folder, or null when there is none.
 * @throws GardenerError `garden.damaged-file`; the damaged file is set aside
 */
export async function readManifest(directory: string): Promise<IndexManifest | null> {
  return readJsonIfPresent(manifestFile(directory), indexManifest);
}

/** Writes the manifest atomically. */
export async function writeManifest(directory: string, manifest: IndexManifest): Promise<void> {
  await writeJson(manifestFile(directory), manifest);
}

/**
 * The outcome of every file the last update saw, sorted by path; empty before the first.
 * @throws GardenerError `garden.damaged-file`; the damaged file is set aside
 */
export async function readOutcomes(directory: string): Promise<FileOutcome[]> {
  return (await readJsonIfPresent(outcomesFile(directory), fileOutcomes))?.outcomes ?? [];
}

/** Writes the outcomes atomically. */
export async function writeOutcomes(directory: string, outcomes: FileOutcome[]): Promise<void> {
  await writeJson(outcomesFile(directory), { schemaVersion: INDEX_SCHEMA_VERSION, outcomes });
}
