import type { SupervisedExample, Tokenizer } from '@codebase-gardener/lora';
import type { CodeWindow } from '../code-windows.js';
import type { GapBase, GapExample } from '../gaps/gap-examples.js';
import { type LineSpan, lineSpans } from '../next-line.js';
import { seededRandom, shuffled } from '../random.js';
import type { SplitFile } from './split.js';

/** A gap of a held-out file, whose filling is scored. */
export interface HeldOutGap extends Omit<GapExample, 'path'> {
  /**
   * The tokens that have to be the first choices, [start, end): the filling and its end token; of a base that can only
   * continue, which has no way to say that a filling ends, the filling.
   */
  start: number;
  end: number;
}

/** The scored windows of one held-out file. */
export interface HeldOutFile {
  path: string;
  examples: SupervisedExample[];
  /** For each example the lines before it in the file: what a search may know. Empty at the file's beginning. */
  before: string[];
  /** Non-trivial lines for next-line exact match; `example` indexes `examples`. */
  lines: (LineSpan & { example: number })[];
  /** Empty in runs from before there were any. */
  gaps: HeldOutGap[];
}

/** Lines kept in `before`. */
const LINES_BEFORE = 12;

/**
 * A window of a side as an example. All of it is learned or scored except its path line,
 * which a prompt will always give.
 */
export function windowExample({ tokens, headerTokens }: CodeWindow): SupervisedExample {
  return { tokens, supervised: new Uint8Array(tokens.length).fill(1, headerTokens) };
}

/**
 * Draws windows for measuring: a seeded draw in each file (the first windows of files are all imports and would not
 * stand for the code), taken from the files in turn until `maxTokens` is reached, so that every file has its share.
 */
export function drawWindows(
  perFile: readonly CodeWindow[][],
  maxTokens: number,
  seed: number,
): CodeWindow[][] {
  const random = seededRandom(seed, 'windows');
  const orders = perFile.map((windows) => shuffled(windows, random));
  const taken: CodeWindow[][] = perFile.map(() => []);
  const longest = Math.max(0, ...perFile.map((windows) => windows.length));
  let tokens = 0;
  for (let turn = 0; turn < longest; turn++) {
    for (const [file, order] of orders.entries()) {
      const window = order[turn];
      if (!window || tokens >= maxTokens) continue;
      taken[file]?.push(window);
      tokens += window.tokens.length;
    }
  }
  return taken;
}

/** Which of a gap row's tokens are scored. */
export function heldOutGap({ kind, example, gap, text }: GapExample, { gapTokens }: GapBase): HeldOutGap {
  const start = example.supervised.indexOf(1);
  const end = example.tokens.length - (gapTokens === null ? 1 : 0);
  return { kind, example, gap, text, start, end };
}

/** A held-out file with the windows drawn from it, or null when there are none. */
export function heldOutFile(
  { file }: SplitFile,
  windows: readonly CodeWindow[],
  gaps: readonly HeldOutGap[],
  tokenizer: Tokenizer,
): HeldOutFile | null {
  if (windows.length === 0) return null;
  const sourceLines = file.text.split(/\r\n|\n|\r/);
  const before = windows.map(({ startLine }) =>
    sourceLines.slice(Math.max(0, startLine - 1 - LINES_BEFORE), startLine - 1).join('\n'),
  );
  const lines = windows.flatMap(({ tokens, headerTokens }, example) =>
    lineSpans(tokens, headerTokens, tokenizer).map((span) => ({ ...span, example })),
  );
  return { path: file.path, examples: windows.map(windowExample), before, lines, gaps: [...gaps] };
}
