import type { ErrorCounter } from '../../codebase/parse/syntax-errors.js';
import type { CursorText } from './shape-suggestion.js';

/** Code farther from the cursor is not parsed with a suggestion. */
const MOST_CHARACTERS = 6_000;

/**
 * Cuts lines off the end of a suggestion while that leaves fewer syntax errors. Its first line stays: a line that is
 * being typed is rarely valid before it is done. Pure but for the parser's time.
 */
export function cutToSyntax(text: string, { before, after }: CursorText, count: ErrorCounter): string {
  const lines = text.split('\n');
  if (lines.length < 2) return text;
  // From a line's beginning on, so that the cut makes no error of its own.
  const start =
    before.length <= MOST_CHARACTERS ? 0 : before.indexOf('\n', before.length - MOST_CHARACTERS) + 1;
  const head = before.slice(start);
  const tail = after.slice(0, MOST_CHARACTERS);
  let best: { text: string; errors: number } | null = null;
  for (let kept = lines.length; kept > 0; kept--) {
    // One spelling of the same lines, whichever of them was the last when it was asked before.
    const part = lines.slice(0, kept).join('\n').trimEnd();
    const errors = count(head + part + tail);
    if (errors === null) return text;
    if (best === null || errors < best.errors) best = { text: part, errors };
    if (errors === 0) break;
  }
  return best?.text ?? text;
}
