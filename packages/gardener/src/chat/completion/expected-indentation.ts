import { indentationOf, isBlank, isCloser, opensBlock } from './lines.js';
import type { CursorText } from './shape-suggestion.js';

/** Lines looked at for how wide an indentation is in a file. */
const LINES = 200;
const DEFAULT_UNIT = '  ';

/**
 * The white space that a line begins with which is written at a cursor at the very beginning of an empty line: inside
 * of a block the block's own. Without it a model at the first column begins a new top-level declaration. Empty where
 * the cursor stands elsewhere, or the code around it says nothing.
 */
export function expectedIndentation({ before, after }: CursorText): string {
  const rest = after.split('\n', 1)[0] ?? '';
  if (!before.endsWith('\n') || !isBlank(rest)) return '';
  const above = before.split('\n').slice(-LINES).reverse();
  const last = above.find((line) => !isBlank(line)) ?? '';
  const next =
    after
      .split('\n')
      .slice(1, LINES)
      .find((line) => !isBlank(line)) ?? null;
  const own = /^[ \t]*/.exec(last)?.[0] ?? '';
  if (opensBlock(last)) return own + unitOf(above);
  if (next === null || own === '') return '';
  // A closing line below says that the block goes on up to it; code below, that it is at most as deep.
  if (isCloser(next)) return indentationOf(next) < indentationOf(last) ? own : '';
  return indentationOf(next) >= indentationOf(last) ? own : (/^[ \t]*/.exec(next)?.[0] ?? '');
}

/** What one step of indentation is in these lines: the smallest that any has. */
function unitOf(lines: readonly string[]): string {
  const steps = lines
    .filter((line) => !isBlank(line))
    .map((line) => /^[ \t]+/.exec(line)?.[0] ?? '')
    .filter((step) => step !== '' && step !== ' ');
  if (steps.some((step) => step.startsWith('\t'))) return '\t';
  return steps.sort((a, b) => a.length - b.length)[0] ?? DEFAULT_UNIT;
}
