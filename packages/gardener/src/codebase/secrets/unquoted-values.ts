import { looksSecret, type SecretContext } from './secret-likeness.js';

/** Offsets in a text. */
export interface Span {
  start: number;
  end: number;
}

// `--password v`, `the password is v`, `password v` of a .netrc.
const SAID = /^[ \t]{1,4}(?:is|was|are|to|->|→)[ \t:]{1,3}/;
const OPTION = /^[ \t]{1,3}(?!-)/;
const VALUE = /[^\s"'`,;<>(){}[\]|\\]{6,400}/y;
const LINE_CHARACTERS = 400;
/** Without quotes, in the middle of code, only what nobody would name a variable is taken. */
const MIN_CODE_CHARACTERS = 20;

/**
 * The secret that follows a name without quotes of its own: in settings, shells, addresses, connection strings,
 * comments.
 * @param isProse the file is text for people
 * @param given where the value begins behind `=` or `:`; null without one
 */
export function unquotedSecret(
  text: string,
  name: Span,
  given: number | null,
  context: SecretContext,
  isProse: boolean,
): Span | null {
  const start = given ?? valueStart(text, name);
  if (start === null) return null;
  VALUE.lastIndex = start;
  const match = VALUE.exec(text);
  if (match === null) return null;
  // What is called, indexed or concatenated is code.
  let value = match[0];
  const next = text[start + value.length] ?? '';
  if (next === '(' || next === '[') return null;
  // In the query of an address the value ends at the next parameter.
  if (/[?&]/.test(text[name.start - 1] ?? '')) value = value.replace(/[&#].*$/s, '');
  if (isProperty(value)) return null;
  const line = text.slice(Math.max(0, name.start - LINE_CHARACTERS), name.start).replace(/^.*\n/s, '');
  const isAlone = isSetting(line, text.slice(start + value.length, start + value.length + 80));
  // What ends a sentence is not the value's.
  if (!isAlone) value = value.replace(context === 'password' ? /[.:]+$/ : /[.:!?]+$/, '');
  const isPlain = isAlone || isProse || isInText(line);
  if (!isPlain && value.length < MIN_CODE_CHARACTERS) return null;
  return looksSecret(value, isPlain ? context : 'hint') ? { start, end: start + value.length } : null;
}

function valueStart(text: string, name: Span): number | null {
  const after = text.slice(name.end, name.end + 12);
  const isOption =
    text.slice(Math.max(0, name.start - 2), name.start).endsWith('-') || text[name.start] === '-';
  const said = (isOption ? OPTION : SAID).exec(after) ?? (isNetrc(text, name) ? OPTION.exec(after) : null);
  return said === null ? null : name.end + said[0].length;
}

/** `machine host login user password v`. */
function isNetrc(text: string, name: Span): boolean {
  return /\blogin\s+\S{1,80}\s+$/.test(text.slice(Math.max(0, name.start - 100), name.start));
}

/** `config.get`, `this.token2`, `a::b`: names, not values. */
function isProperty(value: string): boolean {
  return /^[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)+[!?]?$/.test(value);
}

/** Whether what stands before a name on its line shows that it is in a comment or in a string. */
function isInText(line: string): boolean {
  if (/(?:^|\s)(?:\/\/|\/\*|#|--|\*|<!--|;|rem\b|'')/i.test(line)) return true;
  for (const quote of ['"', "'", '`']) if (line.split(quote).length % 2 === 0) return true;
  return /[?&;][\w.-]{0,40}$/.test(line);
}

/** `NAME=v`, `name: v` with nothing else on the line, `export NAME=v`, `-e NAME=v`. */
function isSetting(line: string, rest: string): boolean {
  const isAlone =
    /^[\s-]*(?:(?:export|set|setx|env|arg|machine|define|-e|-D|--env|--build-arg)\s+)*(?:\S{1,120}=\S{1,200}\s+){0,4}[\w.-]{0,60}$/i;
  return isAlone.test(line) && /^\s*(?:$|\n|\r|#|\s[\w./-]+)/.test(rest);
}
