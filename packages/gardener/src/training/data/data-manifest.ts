import { z } from 'zod';
import { SCOPE_KINDS } from './gaps/scopes.js';
import { LEFT_OUT } from './rows/commit-edits.js';

const count = z.number().int().nonnegative();

const sideCountsSchema = z.object({
  files: z.array(z.string()),
  examples: count,
  tokens: count,
  /** Tokens that are targets of the loss. */
  supervisedTokens: count,
});
/** Gap rows and their tokens by the kind of their gap; a kind without any is left out. */
const gapCountsSchema = z
  .partialRecord(z.enum(SCOPE_KINDS), z.object({ examples: count, tokens: count }))
  .default({});

/** Rows of the history's edits: how many commits were looked at, and why edits are in no row. */
const commitRowCountsSchema = z
  .object({
    examples: count,
    tokens: count,
    commits: count,
    leftOut: z.partialRecord(z.enum(LEFT_OUT), count),
  })
  .default({ examples: 0, tokens: 0, commits: 0, leftOut: {} });

/**
 * data/manifest.json: what a run's data is made of, enough to compare two runs and to say whether a file was trained
 * on.
 */
export const dataManifestSchema = z.object({
  schemaVersion: z.literal(1),
  seed: z.number().int(),
  /** Commit of the codebase, or null outside git. */
  commit: z.string().nullable(),
  sequenceLength: z.number().int().positive(),
  train: sideCountsSchema.extend({
    codeWindows: count,
    instructionPairs: count,
    gaps: gapCountsSchema,
    /** Bodies under a signature, and gaps with code of other files. Runs from before there were any have none. */
    bodyRows: count.default(0),
    relatedRows: count.default(0),
    commitRows: commitRowCountsSchema,
  }),
  validation: sideCountsSchema,
  heldOut: sideCountsSchema.extend({ lines: count, gaps: gapCountsSchema }),
  /** Paths that are on no side, each with its reason. */
  dropped: z.array(z.object({ path: z.string(), reason: z.string() })),
  /** What was left out, by reason; see `SplitFilters`. */
  filters: z.object({
    filesLowQuality: count,
    chunksLowQuality: count,
    // Runs from before they were masked have none.
    secrets: count.default(0),
    chunksDuplicate: count,
    chunksLikeHeldOut: count,
    examplesDuplicate: count,
    pairsTooLong: count,
  }),
  /**
   * sha256 of every file of the codebase by path, hex: what has changed since is seen by it. Runs from before this was
   * written have none: everything counts as changed since.
   */
  fileHashes: z.record(z.string(), z.string()).default({}),
  /** Of each file, what `lineHashes` keeps: how much of it has changed is seen by it. */
  fileLines: z.record(z.string(), z.string()).default({}),
  /** Files that the adapter which training goes on from has seen, see `seenFiles`; none for a new adapter. */
  seenBefore: z.array(z.string()).default([]),
  /** The adapter version that training goes on from, or null for a new adapter. */
  continuedFrom: count.nullable().default(null),
  /** sha256 over the token ids and masks of all three sides, hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** See `dataManifestSchema`. */
export type DataManifest = z.infer<typeof dataManifestSchema>;

/** Counts of one side. */
export type SideCounts = z.infer<typeof sideCountsSchema>;

/**
 * Files that an adapter has learned from or was chosen by, also as one of those that it was continued from, by path:
 * nothing of them can measure it.
 */
export function seenFiles({ seenBefore, train, validation }: DataManifest): ReadonlySet<string> {
  return new Set([...seenBefore, ...train.files, ...validation.files]);
}
