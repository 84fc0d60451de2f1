import { join } from 'node:path';
import { z } from 'zod';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { readJsonIfPresent, writeJson } from '../../garden/files/json-state.js';

/** Version of the index folder: the manifest, the outcomes and the table's columns. */
export const INDEX_SCHEMA_VERSION = 5;

const count = z.number().int().nonnegative();

const fileCounts = z.object({
  seen: count,
  indexed: count,
  skipped: z.record(z.string(), count),
  failed: z.record(z.string(), count),
});

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
  /** Those of them that have vectors; the others are found by words and names so far. */
  vectors: count,
});

/** What the index holds, beside the table: project/index/manifest.json. */
export type IndexManifest = z.infer<typeof indexManifest>;

const secretPlace = z.object({
  line: count,
  endLine: count,
  rule: z.string(),
  fingerprint: z.string().exactOptional(),
});

const fileState = z.object({
  path: z.string(),
  outcome: z.enum(['indexed', 'skipped', 'failed']),
  reason: z.string().nullable(),
  /** Chunks in the table. */
  chunks: count,
  /** CHUNK_RECIPE by which it was judged. */
  recipe: z.number().int(),
  isRecovered: z.boolean().exactOptional(),
  secrets: z.array(secretPlace).exactOptional(),
  allowedSecrets: z.array(z.string()).exactOptional(),
  failures: count.exactOptional(),
  version: z
    .object({
      hash: z.string(),
      bytes: count,
      modifiedMs: z.number(),
      changedMs: z.number(),
      settled: z.boolean(),
    })
    .exactOptional(),
});
/** What the last update made of one file; project/index/files.json holds one for each file seen. */
export type FileState = z.infer<typeof fileState>;

const otherVersion = z.object({
  schemaVersion: z
    .number()
    .int()
    .refine((version) => version !== INDEX_SCHEMA_VERSION),
});
const fileStates = z.object({ schemaVersion: z.literal(INDEX_SCHEMA_VERSION), files: z.array(fileState) });

/** The file that `readManifest` reads. */
export const manifestFile = (directory: string) => join(directory, 'manifest.json');
const statesFile = (directory: string) => join(directory, 'files.json');

/**
 * The manifest of an index folder, or null when there is none.
 * @throws GardenerError `garden.damaged-file` (the damaged file is set aside), `retrieval.other-version`
 */
export async function readManifest(directory: string): Promise<IndexManifest | null> {
  const manifest = await readJsonIfPresent(manifestFile(directory), z.union([indexManifest, otherVersion]));
  if (manifest === null || 'embeddingModel' in manifest) return manifest;
  throw new GardenerError(
    'retrieval.other-version',
    'The index of this project was made by another version of Gardener.',
    {
      remedy: 'Run `gardener refresh` on the project: it makes the index anew and embeds nothing again.',
      details: { found: manifest.schemaVersion, wanted: INDEX_SCHEMA_VERSION },
    },
  );
}

/** Writes the manifest atomically. */
export async function writeManifest(directory: string, manifest: IndexManifest): Promise<void> {
  await writeJson(manifestFile(directory), manifest);
}

/**
 * What the last update made of every file it saw, sorted by path; empty before the first and for another version's.
 * @throws GardenerError `garden.damaged-file`; the damaged file is set aside
 */
export async function readFileStates(directory: string): Promise<FileState[]> {
  const states = await readJsonIfPresent(statesFile(directory), z.union([fileStates, otherVersion]));
  return states !== null && 'files' in states ? states.files : [];
}

/** Writes the states atomically. */
export async function writeFileStates(directory: string, files: readonly FileState[]): Promise<void> {
  await writeJson(statesFile(directory), { schemaVersion: INDEX_SCHEMA_VERSION, files });
}
