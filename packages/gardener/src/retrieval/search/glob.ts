import { GardenerError } from '../../garden/errors/garden-error.js';
import { sqlString } from '../store/sql.js';

const SPECIAL = /[\\^$.|+()[\]{}*?]/g;
const literally = (text: string) => text.replace(SPECIAL, '\\$&');

/** A longer glob is refused: it comes from a user's command or request. */
const MAX_GLOB_LENGTH = 500;

/**
 * A path glob as an anchored regular expression that JavaScript and Rust's regex crate read alike.
 * `*` and `?` stay within a folder, `**` crosses folders, `[abc]` and `{a,b}` as in a shell. A glob without a slash
 * matches the file's name in any folder; one that ends in a slash matches all below that folder.
 * @throws GardenerError `retrieval.bad-glob` when it is no glob (`[z-a]`) or longer than 500 characters
 */
export function globToRegularExpression(glob: string): string {
  const pattern = fullPattern(glob);
  const [body, end] = pattern.endsWith('/**') ? [pattern.slice(0, -2), ''] : [pattern, '$'];
  const expression = `^${translate(body.slice(0, MAX_GLOB_LENGTH))}${end}`;
  try {
    if (pattern.length > MAX_GLOB_LENGTH) throw new RangeError(`longer than ${MAX_GLOB_LENGTH} characters`);
    new RegExp(expression, 'u');
  } catch (cause) {
    throw new GardenerError('retrieval.bad-glob', `"${glob.slice(0, 80)}" is not a path pattern.`, {
      remedy: 'Use a pattern such as src/**/*.ts.',
      cause,
    });
  }
  return expression;
}

/** A glob with what its short forms leave out. */
function fullPattern(glob: string): string {
  let pattern = glob.replace(/^\.?\//, '');
  if (pattern.endsWith('/')) pattern += '**';
  return pattern.includes('/') ? pattern : `**/${pattern}`;
}

/**
 * A path glob as a filter of the table. Expressions are slow on many rows: beginnings, which the index of paths finds,
 * and endings that are plain text are compared as such, and most globs are nothing else.
 * @throws GardenerError as {@link globToRegularExpression}
 */
export function pathCondition(glob: string): string {
  const expression = globToRegularExpression(glob);
  const pattern = fullPattern(glob);
  const beginning = /^[^*?[{}\\]*/.exec(pattern)?.[0] ?? '';
  if (beginning === pattern) return `path = ${sqlString(pattern)}`;
  // A star that stands for part of a name: `ab*` begins with `ab`, and so does all that `src/**` matches with `src/`.
  const conditions = beginning === '' ? [] : [`starts_with(path, ${sqlString(beginning)})`];
  const rest = pattern.slice(beginning.length);
  const ending = /^\*\*\/\*([^*?[{}\\/]*)$/.exec(rest)?.[1];
  const isFolder = beginning === '' || beginning.endsWith('/');
  if (isFolder && ending) conditions.push(`ends_with(path, ${sqlString(ending)})`);
  else if (!isFolder || rest !== '**') conditions.push(`regexp_like(path, ${sqlString(expression)})`);
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

function translate(pattern: string): string {
  let out = '';
  let depth = 0;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    if (pattern.startsWith('**/', at)) {
      out += '(.*/)?';
      at += 2;
    } else if (pattern.startsWith('**', at)) {
      out += '.*';
      at += 1;
    } else if (character === '*') out += '[^/]*';
    else if (character === '?') out += '[^/]';
    else if (character === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end < 0) out += '\\[';
      else {
        out += characterClass(pattern.slice(at + 1, end));
        at = end;
      }
    } else if (character === '{' && closes(pattern, at)) {
      depth++;
      out += '(';
    } else if (character === '}' && depth > 0) {
      depth--;
      out += ')';
    } else if (character === ',' && depth > 0) out += '|';
    else out += literally(character);
  }
  return out;
}

/** Whether the brace at `at` has its partner; one without is a plain character. */
function closes(pattern: string, at: number): boolean {
  let depth = 0;
  for (let position = at; position < pattern.length; position++) {
    if (pattern[position] === '{') depth++;
    if (pattern[position] === '}' && --depth === 0) return true;
  }
  return false;
}

function characterClass(body: string): string {
  const negated = body.startsWith('!') || body.startsWith('^');
  // Only the range dash keeps its meaning; Rust's classes also know the operators `&&`, `--` and `~~`.
  const content = (negated ? body.slice(1) : body).replace(/[\\[\]^]/g, '\\$&').replace(/([-&~])\1+/g, '$1');
  return `[${negated ? '^/' : ''}${content}]`;
}
