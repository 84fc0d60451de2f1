import type { Tokenizer } from '@codebase-gardener/lora';
import { pathLine } from '../../codebase/languages/path-line.js';
import type { SplitFile } from './split/split.js';

/** A window of one file: its path line, then whole source lines, at most `sequenceLength` tokens. */
export interface CodeWindow {
  path: string;
  /** 1-based first and last source line of the window. */
  startLine: number;
  endLine: number;
  /** Tokens of the path line and the code. No begin token: it would open a chat turn (FACTS, section 1). */
  tokens: Int32Array;
  /** Number of tokens of the path line: given, not learned. */
  headerTokens: number;
}

/** Fewer tokens of code than this are not worth a window. */
const MIN_CODE_TOKENS = 8;
/** A single line longer than this is data, not code: the window ends before it and it is left out. */
const MAX_LINE_CHARS = 600;
/** A window may end at a symbol's border once it is this full. */
const GOOD_BORDER_SHARE = 0.6;

/**
 * Cuts a file into windows of whole lines, each opened by the file's path line. A window ends where a chunk begins when
 * it is 60 % full by then, else where the next line does not fit. Excluded lines are never inside a window.
 */
export function codeWindows(side: SplitFile, tokenizer: Tokenizer, sequenceLength: number): CodeWindow[] {
  const { file } = side;
  const lines = file.text.split(/\r\n|\n|\r/);
  const excluded = new Uint8Array(lines.length + 2);
  for (const range of side.excludedLines) {
    excluded.fill(1, Math.max(0, range.startLine), Math.min(lines.length, range.endLine) + 1);
  }
  const borders = new Set(file.chunks.map((chunk) => chunk.startLine));
  const header = pathLine(file.path, file.language);
  const windows: CodeWindow[] = [];
  let line = 1;
  while (line <= lines.length) {
    if (
      excluded[line] ||
      (lines[line - 1] as string).length > MAX_LINE_CHARS ||
      lines[line - 1]?.trim() === ''
    ) {
      line++;
      continue;
    }
    const window = takeWindow(
      { path: file.path, header, lines, excluded, borders },
      line,
      tokenizer,
      sequenceLength,
    );
    if (window === null) {
      line++;
      continue;
    }
    if (window.tokens.length - window.headerTokens >= MIN_CODE_TOKENS) windows.push(window);
    line = window.endLine + 1;
  }
  return windows;
}

interface WindowSource {
  path: string;
  header: string;
  lines: readonly string[];
  excluded: Uint8Array;
  borders: ReadonlySet<number>;
}

/** The window that starts at `startLine`, or null when not even that line fits. */
function takeWindow(
  source: WindowSource,
  startLine: number,
  tokenizer: Tokenizer,
  sequenceLength: number,
): CodeWindow | null {
  const { lines, excluded, borders, header } = source;
  const headerTokens = tokenizer.encode(header).length;
  let count = headerTokens;
  let endLine = startLine - 1;
  let border = 0;
  for (let line = startLine; line <= lines.length; line++) {
    const text = lines[line - 1] as string;
    if (excluded[line] || text.length > MAX_LINE_CHARS) break;
    if (line > startLine && borders.has(line) && count >= sequenceLength * GOOD_BORDER_SHARE)
      border = line - 1;
    // Line by line is an upper estimate: a tokenizer merges line ends with the indentation that follows.
    const lineTokens = tokenizer.encode(`${text}\n`).length;
    if (count + lineTokens > sequenceLength) {
      if (border > 0) endLine = border;
      break;
    }
    count += lineTokens;
    endLine = line;
  }
  for (; endLine >= startLine; endLine--) {
    const code = lines
      .slice(startLine - 1, endLine)
      .join('\n')
      .trimEnd();
    const tokens = tokenizer.encode(`${header}${code}\n`);
    if (tokens.length <= sequenceLength) {
      return {
        path: source.path,
        startLine,
        endLine,
        tokens,
        headerTokens: headerLength(tokens, tokenizer, headerTokens),
      };
    }
  }
  return null;
}

/** Tokens up to and with the path line's end, in the window's own tokenisation (the line end may carry indentation). */
function headerLength(tokens: Int32Array, tokenizer: Tokenizer, fallback: number): number {
  for (const [i, token] of tokens.entries()) if (tokenizer.decode([token]).includes('\n')) return i + 1;
  return fallback;
}
