import { decodeText } from '../walk/decode-text.js';

/** A part of a file as a commit left it: lines that the commit wrote, and some around them. */
export interface Hunk {
  /** Relative to the folder that the log is of, forward slashes. */
  path: string;
  /** Without their ends. Lines that the commit took out are not among them. */
  lines: string[];
  /** Which of them it wrote, [start, end), in order; empty where it only took lines out. */
  written: { start: number; end: number }[];
}

/** One commit with what it changed in files that were there before it. */
export interface Commit {
  /** When it was committed, ms since the epoch, by the clock of whoever did. */
  dateMs: number;
  /** The first paragraph of its message, in one line; may be empty. */
  message: string;
  hunks: Hunk[];
}

/** What a log tells. */
export interface ParsedLog {
  /** In the log's order. */
  commits: Commit[];
  /** Binary files, and hunks whose bytes are no text in any encoding. */
  unreadable: number;
}

/** The format of `git log` that `parseLog` reads: a NUL occurs in no message and in no path. */
export const LOG_FORMAT = '%x00%ct%x00%s%x00';

const COMMIT = /^\0(\d{1,12})\0([^\0]*)\0$/;
const FILE = /^\+\+\+ b\/([^\t]+)\t?$/;
const BINARY = /^Binary files .* differ$/;
const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

/**
 * Reads what `git log --patch` wrote in `LOG_FORMAT`. Inside a hunk it goes by the hunk's own count of lines, so that
 * no line of a file is taken for one of git's; a hunk that is cut off is left out. Files whose names git has to quote
 * (control characters, quotes, backslashes) are passed over.
 */
export function parseLog(output: Buffer): ParsedLog {
  const commits: Commit[] = [];
  let unreadable = 0;
  let path: string | null = null;
  const lines = wholeLines(output);
  for (let next = lines.next(); !next.done; next = lines.next()) {
    const line = next.value;
    const commit = COMMIT.exec(line);
    if (commit !== null) {
      const [, seconds, message = ''] = commit;
      commits.push({ dateMs: Number(seconds) * 1000, message: utf8(message), hunks: [] });
      path = null;
      continue;
    }
    if (line.startsWith('diff --git ')) path = null;
    else if (line.startsWith('+++ ')) path = utf8(FILE.exec(line)?.[1] ?? '') || null;
    else if (BINARY.test(line)) unreadable++;
    const counts = HUNK.exec(line);
    if (counts === null) continue;
    const hunk = readHunk(lines, Number(counts[1] ?? 1), Number(counts[2] ?? 1));
    if (hunk === 'unreadable') unreadable++;
    else if (hunk !== null && path !== null) commits.at(-1)?.hunks.push({ path, ...hunk });
  }
  return { commits, unreadable };
}

/** Takes the lines of one hunk; null where the log ends before it does. */
function readHunk(
  lines: Iterator<string, void>,
  before: number,
  after: number,
): Omit<Hunk, 'path'> | 'unreadable' | null {
  const kept: string[] = [];
  const written: Hunk['written'] = [];
  let [old, now] = [before, after];
  while (old > 0 || now > 0) {
    const next = lines.next();
    if (next.done) return null;
    const line = next.value;
    // "\ No newline at end of file"
    if (line.startsWith('\\')) continue;
    if (!line.startsWith('+')) old--;
    if (line.startsWith('-')) continue;
    now--;
    if (line.startsWith('+')) {
      const last = written.at(-1);
      if (last?.end === kept.length) last.end++;
      else written.push({ start: kept.length, end: kept.length + 1 });
    }
    kept.push(line.slice(1));
  }
  const text = decodeText(Buffer.from(kept.join('\n'), 'latin1'));
  const decoded = text?.split('\n') ?? [];
  if (decoded.length !== kept.length) return 'unreadable';
  return { lines: decoded.map((line) => line.replace(/\r$/, '')), written };
}

/** The lines that end, each byte one character: which encoding a file has is not known before its lines are. */
function* wholeLines(output: Buffer): Generator<string, void> {
  let start = 0;
  for (let end = output.indexOf(10); end !== -1; end = output.indexOf(10, start)) {
    yield output.toString('latin1', start, end);
    start = end + 1;
  }
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
