/** A letter, a digit or a character beyond ASCII stands for itself in both syntaxes, wherever it stands. */
const PLAIN = /^[0-9A-Za-z]$/;
const SURROGATES = { from: 0xd800, to: 0xdfff };

/** What RE2 means by its classes; Rust's have Unicode's letters and digits in them too. */
const PERL_CLASSES: Readonly<Record<string, string>> = {
  d: '[0-9]',
  D: '[^0-9]',
  s: '[\\t\\n\\f\\r ]',
  S: '[^\\t\\n\\f\\r ]',
  w: '[0-9A-Za-z_]',
  W: '[^0-9A-Za-z_]',
};

/** RE2's escapes of one character. */
const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** The places of RE2, which is given one line; the table's expression is given many, with `m` set. */
const PLACES: Readonly<Record<string, string>> = {
  A: '^',
  z: '$',
  b: '(?-u:\\b)',
  B: '(?-u:\\B)',
};

/**
 * Stands where RE2 reads something that matches nothing. Without it two quantifiers would meet, and be read as one;
 * Rust refuses to repeat it.
 */
const NOTHING = '(?s)';

const QUANTIFIER = /\{(?:0|[1-9]\d*)(?:,(?:0|[1-9]\d*)?)?\}/y;
const GROUP = /\(\?(?:P?<[^>]*>|([imsU]*)(?:-([imsU]+))?([:)]))/y;
const POSIX_CLASS = /\[:\^?[a-z]+:\]/y;
const UNICODE_CLASS = /\\([pP])(?:\{(\^?)([^}]*)\}|([^{]))/uy;
const ESCAPED = /\\(?:x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})|([0-7]{1,3})|(.))/uy;

/**
 * Writes an expression that RE2 has accepted in the syntax of Rust's regex, for the table to find the texts that hold a
 * line that matches; it may find a few more. Nothing is left to what the two read differently: a brace that is no
 * quantifier, `\Q…\E`, `[` and `&&` in a class, octal numbers, `\<`, names of groups, repeated flags. It has to be used
 * with `mR`, and its `^` and `$` stay at the ends of lines whatever flags the expression sets.
 */
export function asRustExpression(expression: string): string {
  const reader = new Reader(expression);
  let out = '';
  while (!reader.isAtEnd) out += piece(reader);
  return out;
}

/** What stands at the reader's place outside a class, in Rust's syntax. */
function piece(reader: Reader): string {
  const group = reader.take(GROUP);
  if (group !== null) return openGroup(group);
  const quantifier = reader.take(QUANTIFIER);
  if (quantifier !== null) return quantifier[0];
  if (reader.skip('\\Q')) return [...reader.until('\\E')].map(literal).join('') || NOTHING;
  if (reader.skip('[')) return characterClass(reader);
  if (reader.isAt('\\')) {
    const place = PLACES[reader.behind(1)];
    if (place !== undefined) reader.move(2);
    return place ?? perlOrUnicodeClass(reader) ?? literal(escapedCharacter(reader));
  }
  // Only within a line, but with a carriage return, which the table's `R` would keep it from.
  if (reader.skip('.')) return '[^\\n]';
  const character = reader.next();
  return '()|*+?^$'.includes(character) ? character : literal(character);
}

/** Of the flags only `i` says which texts match: those of `^`, `$` and `.` are seen to, and `U` is about the length. */
function openGroup([, set, unset, end]: RegExpExecArray): string {
  if (end === undefined) return '(?:';
  const flags = unset?.includes('i') ? '-i' : set?.includes('i') ? 'i' : '';
  if (end === ':') return `(?${flags}:`;
  return flags === '' ? NOTHING : `(?${flags})`;
}

/** The rest of a class whose bracket has been read. */
function characterClass(reader: Reader): string {
  let out = reader.skip('^') ? '[^' : '[';
  for (let isFirst = true; isFirst || !reader.isAt(']'); isFirst = false) {
    // RE2 has looked for the end.
    if (reader.isAtEnd) break;
    const named = reader.take(POSIX_CLASS)?.[0] ?? perlOrUnicodeClass(reader);
    if (named !== null) {
      out += named;
      continue;
    }
    out += literal(classCharacter(reader));
    if (!reader.isAt('-') || reader.behind(1) === ']') continue;
    reader.move(1);
    out += `-${literal(classCharacter(reader))}`;
  }
  reader.move(1);
  return `${out}]`;
}

function classCharacter(reader: Reader): string {
  return reader.isAt('\\') ? escapedCharacter(reader) : reader.next();
}

function perlOrUnicodeClass(reader: Reader): string | null {
  const perl = reader.isAt('\\') ? PERL_CLASSES[reader.behind(1)] : undefined;
  if (perl !== undefined) {
    reader.move(2);
    return perl;
  }
  const unicode = reader.take(UNICODE_CLASS);
  if (unicode === null) return null;
  const [, letter, negation, name, short] = unicode;
  const isNegated = (letter === 'P') !== (negation === '^');
  return `\\${isNegated ? 'P' : 'p'}{${name ?? short}}`;
}

function escapedCharacter(reader: Reader): string {
  const [, braced, hex, octal, character = ''] = reader.take(ESCAPED) ?? [];
  if (braced ?? hex) return String.fromCodePoint(Number.parseInt(braced ?? hex ?? '', 16));
  if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
  const control = CONTROLS[character];
  return control === undefined ? character : String.fromCodePoint(control);
}

function literal(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const isHalf = code >= SURROGATES.from && code <= SURROGATES.to;
  const isPlain = PLAIN.test(character) || (code > 0x7f && !isHalf);
  return isPlain ? character : `\\x{${code.toString(16)}}`;
}

/** Goes through an expression from its beginning to its end. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  isAt(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  /** The code unit so many behind this place; empty after the end. */
  behind(count: number): string {
    return this.#text.charAt(this.#at + count);
  }

  move(count: number): void {
    this.#at += count;
  }

  /** Goes past `text` where it stands here. */
  skip(text: string): boolean {
    const isHere = this.isAt(text);
    if (isHere) this.#at += text.length;
    return isHere;
  }

  /** Goes past what a sticky expression matches here. */
  take(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  /** What stands before `end`, or all of the rest; goes past both. */
  until(end: string): string {
    const stop = this.#text.indexOf(end, this.#at);
    const text = this.#text.slice(this.#at, stop < 0 ? undefined : stop);
    this.#at += text.length + (stop < 0 ? 0 : end.length);
    return text;
  }

  /** The character here; goes past it. */
  next(): string {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    return character;
  }
}
