import { RE2JS } from 're2js';
import { GardenerError } from '../../garden/errors/garden-error.js';
import { sqlString } from '../store/sql.js';
import { asRustExpression } from './line-pattern-rust.js';

/** What lines are looked for. */
export interface LineQuery {
  /** Text, or a regular expression where `regex` is set. One line of code is looked at after the other. */
  pattern: string;
  /** RE2's syntax: no look-around and no back-references, so that no expression takes longer than its text is long. */
  regex?: boolean;
  ignoreCase?: boolean;
  /** Only where no letter, digit or underscore stands before or behind. */
  wholeWord?: boolean;
}

/** A query of lines, ready to be asked. */
export interface LinePattern {
  /** A condition of the table for chunks that may hold a line. */
  condition: string;
  /** Where it stands in a line, in UTF-16 code units: first and behind the last; null where it does not. */
  find(line: string): [start: number, end: number] | null;
}

const MAX_PATTERN_CHARACTERS = 1_000;
const SPECIAL = /[\\^$.|+()[\]{}*?]/g;

/**
 * Prepares a query of lines. Both who reads the table (Rust's regex) and who finds the place in a line (RE2) take time
 * in proportion to the text, whatever the expression. RE2 says which lines match; the table is asked in its own syntax.
 * @throws GardenerError `retrieval.bad-pattern`
 */
export function linePattern({ pattern, regex, ignoreCase, wholeWord }: LineQuery): LinePattern {
  if (pattern === '') throw badPattern(pattern, 'it is empty');
  if (pattern.length > MAX_PATTERN_CHARACTERS)
    throw badPattern(pattern, `it is longer than ${MAX_PATTERN_CHARACTERS} characters`);
  if (/[\n\r\0]/.test(pattern)) throw badPattern(pattern, 'it goes over the end of a line');
  const body = regex ? pattern : pattern.replace(SPECIAL, '\\$&');
  const expression = wholeWord ? asWord(body, pattern, regex === true) : body;
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(expression, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (cause) {
    throw badPattern(pattern, cause instanceof Error ? cause.message : String(cause), cause);
  }
  const isPlain = !regex && !wholeWord && !ignoreCase;
  return {
    condition: isPlain
      ? `contains(text, ${sqlString(pattern)})`
      : // R: a line ends before \\r\\n, as in `find`, which is given lines without either.
        `regexp_like(text, ${sqlString(asRustExpression(expression))}, ${sqlString(ignoreCase ? 'imR' : 'mR')})`,
    find(line) {
      if (isPlain) {
        const at = line.indexOf(pattern);
        return at < 0 ? null : [at, at + pattern.length];
      }
      const matcher = compiled.matcher(line);
      return matcher.find() ? [matcher.start(), matcher.end()] : null;
    },
  };
}

/** `paid?` ends where it ends: only a letter, digit or underscore wants a border of a word beside it. */
function asWord(body: string, pattern: string, isRegex: boolean): string {
  const border = (edge: RegExp) => (isRegex || edge.test(pattern) ? '\\b' : '');
  return `${border(/^\w/)}(?:${body})${border(/\w$/)}`;
}

/**
 * The error for an expression that RE2 reads and the table refuses: one that is too large for it, or odd in a way that
 * cannot be written otherwise.
 */
export function refusedPattern({ pattern }: LineQuery, cause: Error): GardenerError {
  const reason = /^error: (.+)$/m.exec(cause.message)?.[1] ?? 'it is too large';
  return badPattern(pattern, `the index cannot read it (${reason})`, cause);
}

function badPattern(pattern: string, why: string, cause?: unknown): GardenerError {
  return new GardenerError(
    'retrieval.bad-pattern',
    `${JSON.stringify(pattern.slice(0, 80))} cannot be looked for: ${why}.`,
    {
      remedy:
        'Use the syntax of RE2 (https://github.com/google/re2/wiki/Syntax), or look for the text as it is, without the option for expressions.',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
