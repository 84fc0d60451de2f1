import { pathLine } from '../../../codebase/languages/path-line.js';
import { seededRandom, shuffled } from '../../data/random.js';
import type { SplitFile } from '../../data/split/split.js';

/** A piece of a held-out file as every base is given it: the path line, then whole lines of code. */
export interface ComparedText {
  path: string;
  /** Given, not scored; with its line end. */
  header: string;
  /** Scored; with its line end. */
  code: string;
}

/**
 * Bytes of code in a text, at most. Cut by bytes and not by tokens, so that every base reads the same text, whatever
 * its tokenizer makes of it: some 300 to 500 tokens.
 */
const MAX_TEXT_BYTES = 1_200;
/** Less than this is not worth a text. */
const MIN_TEXT_BYTES = 40;
/** A single line longer than this is data, not code. */
const MAX_LINE_CHARS = 600;

/**
 * Cuts held-out files into texts of whole lines. Their order is a seeded draw that takes the files in turn: however
 * many of the first ones are scored, every file has its share.
 */
export function comparedTexts(files: readonly SplitFile[], seed: number): ComparedText[] {
  const random = seededRandom(seed, 'compare');
  const perFile = files.map((side) => shuffled(textsOf(side), random));
  const longest = Math.max(0, ...perFile.map((texts) => texts.length));
  const drawn: ComparedText[] = [];
  for (let turn = 0; turn < longest; turn++) {
    for (const texts of perFile) {
      const text = texts[turn];
      if (text) drawn.push(text);
    }
  }
  return drawn;
}

function textsOf({ file, excludedLines }: SplitFile): ComparedText[] {
  const header = pathLine(file.path, file.language);
  const texts: ComparedText[] = [];
  let code = '';
  const close = (): void => {
    const whole = `${code.trimEnd()}\n`;
    if (Buffer.byteLength(whole) >= MIN_TEXT_BYTES) texts.push({ path: file.path, header, code: whole });
    code = '';
  };
  for (const [index, line] of file.text.split(/\r\n|\n|\r/).entries()) {
    const isExcluded = excludedLines.some(
      ({ startLine, endLine }) => index + 1 >= startLine && index + 1 <= endLine,
    );
    if (isExcluded || line.length > MAX_LINE_CHARS) {
      close();
      continue;
    }
    if (Buffer.byteLength(`${code}${line}\n`) > MAX_TEXT_BYTES) close();
    // A text begins with a line that says something.
    if (code === '' && line.trim() === '') continue;
    code += `${line}\n`;
  }
  close();
  return texts;
}

/** Bytes of code in the files of the training side that a pass over them reads. */
export function bytesToTrainOn(files: readonly SplitFile[]): number {
  let bytes = 0;
  for (const { file, excludedLines } of files) {
    const excluded = new Set<number>();
    for (const { startLine, endLine } of excludedLines) {
      for (let line = startLine; line <= endLine; line++) excluded.add(line);
    }
    for (const [index, line] of file.text.split(/\r\n|\n|\r/).entries()) {
      const isRead = !excluded.has(index + 1) && line.length <= MAX_LINE_CHARS && line.trim() !== '';
      if (isRead) bytes += Buffer.byteLength(line) + 1;
    }
  }
  return bytes;
}
