import { createHash } from 'node:crypto';
import type { SupervisedExample } from '@codebase-gardener/lora';
import type { ParsedLog } from '../../codebase/history/parse-log.js';
import type { ChunkedFile } from '../../codebase/read/chunked-file.js';
import { systemMessage } from '../../prompt/build-prompt.js';
import { fileRole } from '../../retrieval/ranking/file-role.js';
import { chatExample, chatFrame, type ExampleBase } from './chat-example.js';
import { type CodeWindow, codeWindows } from './code-windows.js';
import { countTokens } from './count-tokens.js';
import type { DataManifest, SideCounts } from './data-manifest.js';
import { type GapBase, type GapOptions, gapBase } from './gaps/gap-examples.js';
import { countGaps, defaultGapShare, gapRows, gapsInTurn, MAX_HELD_OUT_GAPS } from './gaps/gap-rows.js';
import { instructionPairs } from './instruction-pairs.js';
import { seededRandom, shuffled } from './random.js';
import { commitRows, countCommitRows } from './rows/commit-rows.js';
import type { OrderedRow } from './rows/coverage.js';
import { moreRows } from './rows/more-rows.js';
import { orderRows, type RowOrder } from './rows/row-order.js';
import { NO_MORE_ROWS, type RowWeights, tokensOfShare, weightedByAge } from './rows/row-weights.js';
import { usableChunks } from './rows/usable-chunks.js';
import { drawWindows, type HeldOutFile, heldOutFile, heldOutGap, windowExample } from './split/held-out.js';
import { lineHashes } from './split/line-hashes.js';
import { type SplitFile, type SplitOptions, splitFiles } from './split/split.js';

export interface ExampleOptions extends SplitOptions {
  /** Longest example in tokens. */
  sequenceLength: number;
  /** Commit of the codebase, for the manifest. Defaults to null. */
  commit?: string | null;
  /** Share of the training tokens that instruction pairs may take. Defaults to 0.15. */
  instructionShare?: number;
  /** Share of the code tokens that gap rows take, 0 to 0.9. Defaults to `GAP_SHARE`. */
  gapShare?: number;
  /** Which rows come first. Defaults to `coverage`. */
  order?: RowOrder;
  /** Further kinds of rows. Defaults to none. */
  rows?: RowWeights;
  /** The codebase's last edits, newest first, for rows of commits. Defaults to none. */
  history?: ParsedLog | null;
  /** The setting: what is no secret, in edits of the history. Defaults to nothing. */
  allowedSecrets?: string;
  /** Name of the codebase, for bases that know repositories. Defaults to 'repository'. */
  repository?: string;
  /** Windows and gap rows beyond this many tokens are not made (files in seeded order). Defaults to 2,000,000. */
  maxTrainingTokens?: number;
  /** Scored held-out tokens. Defaults to 12,000: enough for a stable figure, seconds to score. */
  maxHeldOutTokens?: number;
  /** Validation tokens. Defaults to 4,000. */
  maxValidationTokens?: number;
  /** For the manifest. Defaults to null. */
  continuedFrom?: number | null;
}

/** The three sides as token sequences, with their manifest. */
export interface ExampleSet {
  train: SupervisedExample[];
  /** For choosing the best checkpoint; see `FileSplit.validation`. */
  validation: SupervisedExample[];
  heldOut: HeldOutFile[];
  manifest: DataManifest;
}

/**
 * Makes a codebase into examples: code (about 85 % of the training tokens) as windows and as gaps to fill, and
 * instruction pairs, split by file. Deterministic: the same files, base and options give the same tokens in the same
 * order.
 */
export function makeExamples(
  files: readonly ChunkedFile[],
  base: ExampleBase,
  options: ExampleOptions,
): ExampleSet {
  const split = splitFiles(files, options);
  const filters = { ...split.filters, examplesDuplicate: 0, pairsTooLong: 0 };
  const random = seededRandom(options.seed, 'examples');
  const gaps = gapBase(base.tokenizer);
  const code = trainingCode(shuffled(split.train, random), gaps, options);
  const trainFiles = code.files.map(({ side }) => side);
  const pairs = instructionExamples(trainFiles, base, options, code.tokens, filters);
  const { rows: weights = NO_MORE_ROWS } = options;
  const ofMore = seededRandom(options.seed, 'more rows');
  const more = moreRows(trainFiles, weights, code.tokens, gaps, gapOptions(options), ofMore);
  const measured = [...split.validation, ...split.heldOut];
  const edits = commitRows(
    options.history ?? { commits: [], unreadable: 0 },
    { train: trainFiles, measured },
    tokensOfShare(weights.commits, code.tokens),
    gaps,
    { ...gapOptions(options), allowedSecrets: options.allowedSecrets },
  );
  const rows = [
    ...code.windows.map((window) => ({
      ...{ example: windowExample(window), file: window.path },
      kind: kindAt('window', window.path, options),
    })),
    ...code.gaps.map(({ example, path }) => ({ example, file: path, kind: kindAt('gap', path, options) })),
    ...ofKind('body', more.bodies),
    ...ofKind('related', more.related),
    ...ofKind('edit', edits.rows),
    ...ofKind('chat', pairs),
  ];
  const drawn = shuffled(withoutDuplicates(rows, filters), random);
  const tests = new Set(
    trainFiles.flatMap(({ file }) => (fileRole(file.path, file.language) === 'test' ? [file.path] : [])),
  );
  const weightOf = (path: string): number => (tests.has(path) ? weights.tests : 1);
  const train = orderRows(drawn, options.order ?? 'coverage', weightOf).map(({ example }) => example);

  const draw = (sides: readonly SplitFile[], maxTokens: number): CodeWindow[][] =>
    drawWindows(
      sides.map((side) => codeWindows(side, base.tokenizer, options.sequenceLength)),
      maxTokens,
      options.seed,
    );
  const validation = draw(split.validation, options.maxValidationTokens ?? 4_000)
    .flat()
    .map(windowExample);
  const heldOutGaps = gapsInTurn(split.heldOut, MAX_HELD_OUT_GAPS, gaps, gapOptions(options));
  const heldOut = draw(split.heldOut, options.maxHeldOutTokens ?? 12_000)
    .map((windows, index) => {
      const own = heldOutGaps[index]?.map((gap) => heldOutGap(gap, gaps)) ?? [];
      return heldOutFile(split.heldOut[index] as SplitFile, windows, own, base.tokenizer);
    })
    .filter((file) => file !== null);
  const manifest: DataManifest = {
    schemaVersion: 1,
    seed: options.seed,
    commit: options.commit ?? null,
    sequenceLength: options.sequenceLength,
    train: {
      ...countSide(
        trainFiles.map(({ file }) => file.path),
        train,
      ),
      codeWindows: code.windows.length,
      instructionPairs: pairs.length,
      gaps: countGaps(code.gaps),
      bodyRows: more.bodies.length,
      relatedRows: more.related.length,
      commitRows: countCommitRows(edits),
    },
    validation: countSide(
      split.validation.map(({ file }) => file.path),
      validation,
    ),
    heldOut: {
      ...countSide(
        split.heldOut.map(({ file }) => file.path),
        heldOut.flatMap((file) => file.examples),
      ),
      lines: heldOut.reduce((sum, file) => sum + file.lines.length, 0),
      gaps: countGaps(heldOut.flatMap(({ path, gaps }) => gaps.map((gap) => ({ ...gap, path })))),
    },
    dropped: split.dropped,
    filters,
    fileHashes: Object.fromEntries(files.map(({ path, hash }) => [path, hash])),
    fileLines: Object.fromEntries(files.map(({ path, text }) => [path, lineHashes(text)])),
    seenBefore: [...(options.seenBefore ?? [])].sort(),
    continuedFrom: options.continuedFrom ?? null,
    hash: hashSides(train, validation, heldOut),
  };
  return { train, validation, heldOut, manifest };
}

/**
 * The code of the training side: windows of files in order, as many as are wanted, and gap rows of the same files. What
 * training is about is taken whole, and of the other files as many tokens again.
 */
function trainingCode(order: readonly SplitFile[], base: GapBase, options: ExampleOptions) {
  const share = options.gapShare ?? defaultGapShare(base);
  const windows: CodeWindow[] = [];
  const files: { side: SplitFile; windowTokens: number }[] = [];
  let focusTokens = 0;
  let tokens = 0;
  let maxTokens = (options.maxTrainingTokens ?? 2_000_000) * (1 - share);
  const isFocus = ({ file }: SplitFile) => options.focus?.has(file.path) ?? true;
  for (const side of [...order.filter(isFocus), ...order.filter((side) => !isFocus(side))]) {
    if (!isFocus(side)) maxTokens = Math.min(maxTokens, 2 * focusTokens);
    if (tokens >= maxTokens) break;
    const made = codeWindows(side, base.tokenizer, options.sequenceLength);
    windows.push(...made);
    files.push({ side, windowTokens: countTokens(made) });
    tokens += countTokens(made);
    if (isFocus(side)) focusTokens = tokens;
  }
  const { recent } = options.rows ?? NO_MORE_ROWS;
  const gaps = gapRows(weightedByAge(files, recent), share / (1 - share), base, gapOptions(options));
  return { files, windows, gaps, tokens: tokens + countTokens(gaps.map(({ example }) => example)) };
}

function gapOptions({ sequenceLength, seed, repository = 'repository' }: ExampleOptions): GapOptions {
  return { sequenceLength, seed, repository };
}

/** The hash of all that is learned or scored; without gaps that of runs from before there were any. */
export function hashSides(
  train: readonly SupervisedExample[],
  validation: readonly SupervisedExample[],
  heldOut: readonly Pick<HeldOutFile, 'examples' | 'gaps'>[],
): string {
  const gaps = heldOut.flatMap((file) => file.gaps.map(({ example }) => example));
  const windows = heldOut.flatMap(({ examples }) => examples);
  return hashExamples([train, validation, windows, ...(gaps.length > 0 ? [gaps] : [])]);
}

/** sha256 over groups of examples: lengths, token ids and masks, little-endian. */
function hashExamples(groups: readonly (readonly SupervisedExample[])[]): string {
  const hash = createHash('sha256');
  for (const group of groups) {
    hash.update(`group ${group.length}\n`);
    for (const { tokens, supervised } of group) {
      hash.update(`example ${tokens.length}\n`);
      hash.update(new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength));
      hash.update(supervised);
    }
  }
  return hash.digest('hex');
}

function instructionExamples(
  sides: readonly SplitFile[],
  base: ExampleBase,
  options: ExampleOptions,
  codeTokens: number,
  filters: DataManifest['filters'],
): SupervisedExample[] {
  const share = options.instructionShare ?? 0.15;
  const wantedTokens = (codeTokens * share) / (1 - share);
  const random = seededRandom(options.seed, 'instructions');
  // As in chat: what is learned there is used there.
  const frame = chatFrame(base, systemMessage(options.repository ?? 'repository'));
  const chunks = shuffled(usableChunks(sides), random);
  const examples: SupervisedExample[] = [];
  let tokens = 0;
  for (const chunk of chunks) {
    const other = chunks[Math.floor(random() * chunks.length)] ?? null;
    for (const pair of instructionPairs(chunk, Math.floor(random() * 6), other)) {
      if (tokens >= wantedTokens) return examples;
      const example = chatExample(pair, frame, base.tokenizer);
      if (example.tokens.length > options.sequenceLength) {
        filters.pairsTooLong++;
        continue;
      }
      examples.push(example);
      tokens += example.tokens.length;
    }
  }
  return examples;
}

/** What training is about is a kind of its own, so that it keeps its share where there is not time for all. */
function kindAt(kind: string, path: string, { focus }: ExampleOptions): string {
  return focus?.has(path) ? `changed ${kind}` : kind;
}

function ofKind(kind: string, rows: readonly SupervisedExample[]): OrderedRow[] {
  return rows.map((example) => ({ example, file: kind, kind }));
}

function withoutDuplicates(rows: readonly OrderedRow[], filters: DataManifest['filters']): OrderedRow[] {
  const seen = new Set<string>();
  return rows.filter(({ example }) => {
    const key = hashExamples([[example]]);
    if (seen.has(key)) {
      filters.examplesDuplicate++;
      return false;
    }
    seen.add(key);
    return true;
  });
}

/** Tokens of an example that are targets of the loss; nothing predicts the first one. */
export function countSupervised({ supervised }: SupervisedExample): number {
  return supervised.subarray(1).reduce((sum, bit) => sum + bit, 0);
}

function countSide(files: string[], examples: readonly SupervisedExample[]): SideCounts {
  return {
    files: [...files].sort(),
    examples: examples.length,
    tokens: countTokens(examples),
    supervisedTokens: examples.reduce((sum, example) => sum + countSupervised(example), 0),
  };
}
