import { join } from 'node:path';
import { z } from 'zod';
import { readJsonIfPresent, writeJson } from '../../../garden/files/json-state.js';
import type { GardenPaths } from '../../../garden/files/paths.js';

const count = z.number().int().nonnegative();

const figuresSchema = z.object({
  /** Bits of surprise per byte of held-out code; lower is better. */
  bitsPerByte: z.number(),
  /** Share of next lines that the model gets right to the last token, 0 to 1; null where none counts. */
  nextLineExact: z.number().nullable(),
  /** Share of gaps filled exactly, 0 to 1; null for a base that does not see what follows a gap. */
  gapsExact: z.number().nullable().default(null),
});

const comparedBaseSchema = z.object({
  /** Id of the catalogue, or the path of a file. */
  id: z.string(),
  /** The weights file, bytes. */
  bytes: count,
  /** What was measured; null where it could not be, and `problem` says why. */
  figures: figuresSchema
    .extend({
      /** With the project's adapter for this base; null where there is none to compare. */
      adapter: figuresSchema.extend({ version: count }).nullable(),
      /** Tokens a second: of scoring in float32, of writing in llama.cpp, of training. */
      scoringTokensPerSecond: z.number(),
      answeringTokensPerSecond: z.number().nullable(),
      trainingTokensPerSecond: z.number(),
      /** Whether the training's speed was measured in a few steps, or is a fixed share of the scoring's. */
      trainingSpeedFrom: z.enum(['steps', 'scoring']),
      /** What it takes to train and to answer, estimated, bytes. */
      trainingMemoryBytes: count,
      answeringMemoryBytes: count,
      /** One pass over the project's training data, estimated, ms. */
      passMs: z.number(),
    })
    .nullable(),
  /** One sentence: why the base, or its adapter, could not be measured; null when all went well. */
  problem: z.string().nullable(),
});

/** comparison.json: what `gardener models compare` found last. */
export const comparisonSchema = z.object({
  schemaVersion: z.literal(1),
  /** ISO 8601. */
  madeAt: z.string(),
  /** Where the held-out files come from: of the run that trained last, or a split made for this. */
  heldOutFrom: z.enum(['training', 'split']),
  /** Of the files, those that any text was scored of; and what all bases have scored. */
  files: count,
  texts: count,
  bytes: count,
  lines: count,
  /** Gaps that every base that can has filled; 0 in comparisons of older versions. */
  gaps: count.default(0),
  /** Bytes of code that a pass of training reads. */
  trainingBytes: count,
  /** The best first: lowest bits per byte, of base or adapter; those that could not be measured last. */
  bases: z.array(comparedBaseSchema),
});

/** See `comparisonSchema`. */
export type Comparison = z.infer<typeof comparisonSchema>;
/** One base of a comparison. */
export type ComparedBase = Comparison['bases'][number];

/** A project's last comparison, or null before the first. @throws GardenerError `garden.damaged-file` */
export async function readComparison(paths: GardenPaths, projectId: string): Promise<Comparison | null> {
  return readJsonIfPresent(fileOf(paths, projectId), comparisonSchema);
}

/** Keeps a comparison in the project's directory, in the place of the last one. @throws GardenerError `garden.*` */
export async function writeComparison(
  paths: GardenPaths,
  projectId: string,
  comparison: Comparison,
): Promise<void> {
  await writeJson(fileOf(paths, projectId), comparison);
}

function fileOf(paths: GardenPaths, projectId: string): string {
  return join(paths.project(projectId), 'comparison.json');
}
