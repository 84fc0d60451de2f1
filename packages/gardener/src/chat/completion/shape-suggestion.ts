import { balanceOf } from './brackets.js';
import { indentationOf, isBlank, isCloser, isDeclaration, opensBlock } from './lines.js';

/** Where a suggestion goes. */
export interface CursorText {
  before: string;
  after: string;
}

/** What of a text is worth inserting. */
export interface ShapedSuggestion {
  text: string;
  /** Nothing that the model writes now would be inserted any more. */
  isWhole: boolean;
}

/** A block longer than this is not read before it is taken. */
const MOST_LINES = 16;
/** Shorter lines stand in every file more than once. */
const TELLING_CHARACTERS = 4;

/**
 * Cuts what a model has written at a place to what belongs there: the rest of the line where text follows in it;
 * otherwise the statement, with its block where it opens one, or the statements up to the end of their paragraph. What
 * stands below the place already is not repeated, and what was opened above it is closed only where nothing below
 * does. Pure; works on a text that is still growing.
 * @param isEnd whether the model has ended
 */
export function shapeSuggestion(written: string, cursor: CursorText, isEnd: boolean): ShapedSuggestion {
  const before = cursor.before.slice(cursor.before.lastIndexOf('\n') + 1);
  const lineEnd = cursor.after.indexOf('\n');
  const rest = lineEnd === -1 ? cursor.after : cursor.after.slice(0, lineEnd);
  if (!isBlank(rest)) return shapeInLine(written, before, rest.replace(/\r$/, ''), isEnd);
  const below = lineEnd === -1 ? '' : cursor.after.slice(lineEnd + 1);
  const shaped = shapeBlock(written.replaceAll('\r', ''), before, below, isEnd);
  return repeatsAbove(shaped.text, cursor.before) ? { text: '', isWhole: shaped.isWhole } : shaped;
}

/** One line at most, without what follows the cursor in its line. */
function shapeInLine(written: string, before: string, rest: string, isEnd: boolean): ShapedSuggestion {
  const end = written.search(/[\r\n]/);
  const line = end === -1 ? written : written.slice(0, end);
  // Of the brackets open before the cursor those are left that the rest of the line does not close.
  const closable = Math.max(0, balanceOf(before).open.length - balanceOf(rest).foreign.length);
  const { foreign, isQuoted } = balanceOf(line);
  const tooMany = foreign[closable];
  const isAtEnd = isEnd || end !== -1;
  const isWhole = isAtEnd || (tooMany !== undefined && !isQuoted);
  if (!isWhole) return { text: line, isWhole };
  const upTo = tooMany === undefined ? line : line.slice(0, tooMany + 1);
  const unrepeated = withoutOverlap(upTo, rest);
  const text = unrepeated === upTo && tooMany !== undefined ? line.slice(0, tooMany) : unrepeated;
  return { text: isBlank(text) ? '' : text, isWhole };
}

/** A text without the end that the rest of the line begins with. */
function withoutOverlap(text: string, rest: string): string {
  const whole = rest.trimEnd();
  for (let length = Math.min(text.length, whole.length); length > 0; length--) {
    const isTelling = length >= TELLING_CHARACTERS || length === whole.length;
    const part = whole.slice(0, length);
    // A bracket that the suggestion has opened itself is its own to close.
    const isOwn = /^[)\]}]/.test(part) && balanceOf(text).foreign.length === 0;
    if (isTelling && !isOwn && text.endsWith(part)) return text.slice(0, -length);
  }
  return text;
}

function shapeBlock(written: string, before: string, below: string, isEnd: boolean): ShapedSuggestion {
  const lines = written.split('\n');
  const isNewLine = isBlank(before);
  const first = `${before}${lines[0] ?? ''}`;
  // On a line of its own the first line says where the block stands.
  const base = isNewLine && !isBlank(first) ? indentationOf(first) : indentationOf(before);
  const nextBelow = below.split('\n').find((line) => !isBlank(line)) ?? null;
  const walk = { kept: 0, depth: 0, sawBlank: false };
  for (let index = 0; index < lines.length; index++) {
    const line = index === 0 ? first : (lines[index] ?? '');
    const isComplete = isEnd || index < lines.length - 1;
    if (isBlank(line)) {
      // The first line may be one: the model goes on below it.
      if (index > 0) walk.sawBlank = true;
      if (isComplete && index === 0) walk.kept = 1;
      continue;
    }
    if (endsBefore(line, index, { base, isNewLine, nextBelow, isComplete, first, ...walk }))
      return { text: keptText(lines, walk.kept), isWhole: true };
    if (!isComplete) break;
    walk.kept = index + 1;
    walk.sawBlank = false;
    walk.depth = balanceOf(`${before}${lines.slice(0, walk.kept).join('\n')}`).open.length;
    const isClosed = walk.depth === 0 && !opensBlock(line) && indentationOf(line) <= base;
    if (!isNewLine && isClosed) return { text: keptText(lines, walk.kept), isWhole: true };
    if (walk.kept >= MOST_LINES) return { text: keptText(lines, walk.kept), isWhole: true };
  }
  return { text: keptText(lines, walk.kept), isWhole: isEnd };
}

interface Walk {
  /** Indentation of the statement that is written. */
  base: number;
  isNewLine: boolean;
  nextBelow: string | null;
  /** Whether the line has come to its end. */
  isComplete: boolean;
  first: string;
  /** Brackets that are open above this line, from the cursor's line on. */
  depth: number;
  sawBlank: boolean;
}

/** Whether a suggestion ends above this line. */
function endsBefore(line: string, index: number, walk: Walk): boolean {
  const { base, isNewLine, nextBelow, isComplete, first, depth, sawBlank } = walk;
  if (/^\s*```/.test(line)) return true;
  if (isComplete && nextBelow !== null && isSameLine(line, nextBelow)) return true;
  const indentation = indentationOf(line);
  if (index === 0) return isNewLine && isCloser(line) && nextBelow !== null && isCloser(nextBelow);
  if (indentation < base) return true;
  if (indentation > base) return false;
  if (isCloser(line)) return depth === 0;
  if (depth > 0) return false;
  // A further statement: it belongs to the suggestion only in the same paragraph, and no declaration follows another.
  return !isNewLine || sawBlank || isDeclaration(line) || isDeclaration(first);
}

/** Whether a line stands below the cursor already: the same text, at the same depth where it only closes something. */
function isSameLine(line: string, below: string): boolean {
  const text = line.trim();
  if (text !== below.trim()) return false;
  if (isCloser(line)) return indentationOf(line) === indentationOf(below);
  return text.length >= TELLING_CHARACTERS;
}

function keptText(lines: readonly string[], kept: number): string {
  const text = lines.slice(0, kept).join('\n').trimEnd();
  return isBlank(text) ? '' : text;
}

/** Whether a suggestion says once more what stands right above it. */
function repeatsAbove(text: string, before: string): boolean {
  const lines = trimmedLines(text);
  if (lines.length === 0 || !isNewLine(before)) return false;
  const above = trimmedLines(before).slice(-lines.length);
  const isSame = lines.length === above.length && lines.every((line, index) => line === above[index]);
  return isSame && lines.join('').length >= 2 * TELLING_CHARACTERS;
}

/** Whether a suggestion that begins with a text can come to say once more what stands right above it. */
export function mayRepeatAbove(text: string, before: string): boolean {
  const lines = trimmedLines(text);
  if (lines.length === 0 || !isNewLine(before)) return false;
  const above = trimmedLines(before).slice(-MOST_LINES);
  return above.some((_line, start) => lines.every((line, index) => line === above[start + index]));
}

function trimmedLines(text: string): string[] {
  return text.split('\n').flatMap((line) => (isBlank(line) ? [] : [line.trim()]));
}

function isNewLine(before: string): boolean {
  return isBlank(before.slice(before.lastIndexOf('\n') + 1));
}
