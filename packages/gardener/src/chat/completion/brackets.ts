const CLOSER: Record<string, string> = { '(': ')', '[': ']', '{': '}' };
const CLOSERS = new Set(Object.values(CLOSER));

/** What a piece of code opens and does not close, and closes and has not opened. */
export interface Balance {
  /** The closers that are still to come, the innermost last. */
  open: string[];
  /** Where each closer stands that belongs to a bracket before the piece. */
  foreign: number[];
  /** Whether a quote has no partner on its line: it may be a text that is not at its end yet. */
  isQuoted: boolean;
}

/**
 * Counts the brackets of a piece of code. What stands in quotes on one line does not count; a quote without a partner
 * on its line is an apostrophe. Comments are read as code: nobody closes a bracket in one that was opened outside.
 */
export function balanceOf(code: string): Balance {
  const open: string[] = [];
  const foreign: number[] = [];
  let isQuoted = false;
  for (let at = 0; at < code.length; at++) {
    const letter = code.charAt(at);
    if (letter === '"' || letter === "'" || letter === '`') {
      const end = quoteEnd(code, at);
      if (end === at) isQuoted = true;
      at = end;
      continue;
    }
    const closer = CLOSER[letter];
    if (closer !== undefined) open.push(closer);
    else if (CLOSERS.has(letter)) {
      if (open.at(-1) === letter) open.pop();
      else foreign.push(at);
    }
  }
  return { open, foreign, isQuoted };
}

/** The place of the closing quote, or of the opening one where its line has no other. */
function quoteEnd(code: string, start: number): number {
  const quote = code.charAt(start);
  for (let at = start + 1; at < code.length && code.charAt(at) !== '\n'; at++) {
    if (code.charAt(at) === '\\') at += 1;
    else if (code.charAt(at) === quote) return at;
  }
  return start;
}
