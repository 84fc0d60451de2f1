import { createHash } from 'node:crypto';
import type { SupervisedExample } from '@codebase-gardener/lora';
import type { Chunk } from '../../codebase/chunk/chunk.js';
import type { ChunkedFile } from '../../codebase/read/chunked-file.js';
import { chatExample, chatFrame, type ExampleBase } from './chat-example.js';
import { type CodeWindow, codeWindows } from './code-windows.js';
import type { DataManifest, SideCounts } from './data-manifest.js';
import { drawWindows, type HeldOutFile, heldOutFile, windowExample } from './held-out.js';
import { instructionPairs } from './instruction-pairs.js';
import { seededRandom, shuffled } from './random.js';
import { type SplitFile, type SplitOptions, splitFiles } from './split.js';

export interface ExampleOptions extends SplitOptions {
  /** Longest example in tokens. */
  sequenceLength: number;
  /** Commit of the codebase, for the manifest. Defaults to null. */
  commit?: string | null;
  /** System message of the instruction pairs; null leaves the template's default. */
  system?: string | null;
  /** Share of the training tokens that instruction pairs may take. Defaults to 0.15. */
  instructionShare?: number;
  /** Training windows beyond this many tokens are not made (files in seeded order). Defaults to 2,000,000. */
  maxTrainingTokens?: number;
  /** Scored held-out tokens. Defaults to 12,000: enough for a stable figure, seconds to score. */
  maxHeldOutTokens?: number;
  /** Validation tokens. Defaults to 4,000. */
  maxValidationTokens?: number;
  /**
   * Files, by path, that training is about: all of them are taken, and of the others as many
   * tokens again. Defaults to all.
   */
  focus?: ReadonlySet<string>;
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
 * Makes a codebase into examples: code windows (about 85 % of the training tokens) and instruction pairs, split by
 * file. Deterministic: the same files, base and options give the same tokens in the same order.
 */
export function makeExamples(
  files: readonly ChunkedFile[],
  base: ExampleBase,
  options: ExampleOptions,
): ExampleSet {
  const split = splitFiles(files, options);
  const filters = { ...split.filters, examplesDuplicate: 0, pairsTooLong: 0 };
  const random = seededRandom(options.seed, 'examples');
  const windowsOf = (side: SplitFile): CodeWindow[] =>
    codeWindows(side, base.tokenizer, options.sequenceLength);

  const windows: SupervisedExample[] = [];
  const trainFiles: SplitFile[] = [];
  let focusTokens = 0;
  let windowTokens = 0;
  let maxTokens = options.maxTrainingTokens ?? 2_000_000;
  const isFocus = ({ file }: SplitFile) => options.focus?.has(file.path) ?? true;
  const order = shuffled(split.train, random);
  for (const side of [...order.filter(isFocus), ...order.filter((side) => !isFocus(side))]) {
    if (!isFocus(side)) maxTokens = Math.min(maxTokens, 2 * focusTokens);
    if (windowTokens >= maxTokens) break;
    const made = windowsOf(side).map(windowExample);
    windows.push(...made);
    windowTokens += countTokens(made);
    if (isFocus(side)) focusTokens = windowTokens;
    trainFiles.push(side);
  }
  const pairs = instructionExamples(trainFiles, base, options, windowTokens, filters);
  const train = shuffled(withoutDuplicates([...windows, ...pairs], filters), random);

  const draw = (sides: readonly SplitFile[], maxTokens: number): CodeWindow[][] =>
    drawWindows(sides.map(windowsOf), maxTokens, options.seed);
  const validation = draw(split.validation, options.maxValidationTokens ?? 4_000)
    .flat()
    .map(windowExample);
  const heldOut = draw(split.heldOut, options.maxHeldOutTokens ?? 12_000)
    .map((windows, index) => heldOutFile(split.heldOut[index] as SplitFile, windows, base.tokenizer))
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
      codeWindows: windows.length,
      instructionPairs: pairs.length,
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
    },
    dropped: split.dropped,
    filters,
    fileHashes: Object.fromEntries(files.map(({ path, hash }) => [path, hash])),
    continuedFrom: options.continuedFrom ?? null,
    hash: hashExamples([train, validation, heldOut.flatMap((file) => file.examples)]),
  };
  return { train, validation, heldOut, manifest };
}

/** sha256 over groups of examples: lengths, token ids and masks, little-endian. */
export function hashExamples(groups: readonly (readonly SupervisedExample[])[]): string {
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
  windowTokens: number,
  filters: DataManifest['filters'],
): SupervisedExample[] {
  const share = options.instructionShare ?? 0.15;
  const wantedTokens = (windowTokens * share) / (1 - share);
  const random = seededRandom(options.seed, 'instructions');
  const frame = chatFrame(base, options.system ?? null);
  const chunks = shuffled(
    sides.flatMap((side) => side.file.chunks.filter((chunk) => usable(chunk, side))),
    random,
  );
  const examples: SupervisedExample[] = [];
  let tokens = 0;
  for (const chunk of chunks) {
    for (const pair of instructionPairs(chunk, Math.floor(random() * 3))) {
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

/** Whether a chunk has a symbol to ask about and no line of it is excluded. */
function usable(chunk: Chunk, side: SplitFile): boolean {
  if (chunk.symbol === null || chunk.quality.score < 0.5) return false;
  return !side.excludedLines.some(
    (range) => range.startLine <= chunk.endLine && range.endLine >= chunk.startLine,
  );
}

function withoutDuplicates(
  examples: readonly SupervisedExample[],
  filters: DataManifest['filters'],
): SupervisedExample[] {
  const seen = new Set<string>();
  return examples.filter((example) => {
    const key = hashExamples([[example]]);
    if (seen.has(key)) {
      filters.examplesDuplicate++;
      return false;
    }
    seen.add(key);
    return true;
  });
}

function countTokens(examples: readonly SupervisedExample[]): number {
  return examples.reduce((sum, { tokens }) => sum + tokens.length, 0);
}

function countSide(files: string[], examples: readonly SupervisedExample[]): SideCounts {
  let supervisedTokens = 0;
  for (const { supervised } of examples)
    for (let i = 1; i < supervised.length; i++) supervisedTokens += supervised[i] as number;
  return {
    files: [...files].sort(),
    examples: examples.length,
    tokens: countTokens(examples),
    supervisedTokens,
  };
}
