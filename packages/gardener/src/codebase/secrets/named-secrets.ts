import type { FoundSecret } from './found-secret.js';
import { literalAt, literalsOfExpression } from './literals.js';
import { looksSecret, type SecretContext } from './secret-likeness.js';
import { contextOfName } from './sensitive-name.js';
import { type Span, unquotedSecret } from './unquoted-values.js';

/** A secret given to a name, a key, a parameter, a header or an element that says that it is one. */
const RULE = 'assigned-secret';

// Where one of these stands, the name around it is looked at.
const STEM =
  /pass|pwd|psw|\bpw\b|secret|token|key|auth|credential|kennwort|contrasena|senha|haslo|motdepasse|identified\s+by/gi;
const NAME_CHARACTER = /[\w$.-]/;
const PROSE = /\.(?:md|mdx|markdown|txt|rst|adoc)$|(?:^|\/)[A-Z]+$/;
const MAX_NAME_CHARACTERS = 80;
const NEAR_CHARACTERS = 200;

// `: string =`, `[] =`, `"] =`, `=>`, `:=`, `||=`, `??`, `==`: what may stand between a name and what is given to it.
const GIVEN =
  /^["'`]?[\])]{0,2}(?:\[\w{0,8}\])?(?:\s?\{\s?get;[^{}\n]{0,40}\})?[ \t]{0,20}(?::[ \t]{0,4}[A-Za-z_&*][\w<>[\], |?.&*']{0,60}?(?==))?(?:===?|!==?|=>|:=|\?\?=?|\|\|=?|\?[=:]|=|:)\s{0,20}/;
const PAIR = /^["'`]\s{0,9},\s{0,20}(?=[A-Za-z@]{0,2}["'`])/;
const CALL = /^\s?\(\s{0,20}/;
const ELEMENT = /^(?:\s[^<>\n]{0,120})?>\s{0,9}([^<>\n]{6,400}?)\s{0,9}<\//;
const ELEMENT_OF_NAME = /^["']\s{0,9}>\s{0,9}([^<>\n]{6,400}?)\s{0,9}<\//;
const ATTRIBUTE = /^["']\s{1,9}(?:value|content|default)\s?=\s?(?=["'])/i;
const STATEMENT = /^\s{1,4}(?:for\s[^\n]{1,80}?=\s?)?(?=')/i;
// A name that ends in one of these does something with a secret that it is not given.
const READS =
  /^(?:get|has|is|find|fetch|read|load|request|remove|delete|decode|parse|revoke|lookup|translate|t)(?![a-z])/;

/** Finds what is given to sensitive names. Each name is looked at once, and a bounded stretch of text after it. */
export function findNamedSecrets(path: string, text: string): FoundSecret[] {
  const isProse = PROSE.test(path);
  const found: FoundSecret[] = [];
  STEM.lastIndex = 0;
  for (let match = STEM.exec(text); match !== null; match = STEM.exec(text)) {
    const name = nameAround(text, match.index, STEM.lastIndex);
    STEM.lastIndex = Math.max(STEM.lastIndex, name.end);
    if (name.end - name.start > MAX_NAME_CHARACTERS) continue;
    const words = text.slice(name.start, name.end);
    const context = /^identified/i.test(match[0]) ? 'password' : contextOfName(words);
    if (context === null) continue;
    for (const { start, end } of valuesAfter(text, name, words, context, isProse)) {
      found.push({ start, end, rule: RULE });
    }
  }
  return found;
}

function nameAround(text: string, from: number, to: number): Span {
  let start = from;
  let end = to;
  while (start > 0 && from - start <= MAX_NAME_CHARACTERS && NAME_CHARACTER.test(text.charAt(start - 1)))
    start--;
  while (end < text.length && NAME_CHARACTER.test(text.charAt(end))) end++;
  return { start, end };
}

function valuesAfter(
  text: string,
  name: Span,
  words: string,
  context: SecretContext,
  isProse: boolean,
): Span[] {
  const after = text.slice(name.end, name.end + NEAR_CHARACTERS * 3);
  const before = text[name.start - 1] ?? '\n';
  // A part of a name of parts: `arn:aws:secretsmanager:eu-west-1:1:secret:shop`.
  if (before === ':' && after.startsWith(':')) return [];
  const secret = ({ value }: { value: string }) => looksSecret(value, context);
  const call = CALL.exec(after);
  if (call !== null) {
    const own = words.slice(words.lastIndexOf('.') + 1);
    if (READS.test(own)) return [];
    const weaker = context === 'password' ? context : 'hint';
    return literalsOfExpression(text, name.end + call[0].length, true).filter(({ value }) =>
      looksSecret(value, weaker),
    );
  }
  const isQuoted = before === '"' || before === "'" || before === '`';
  const pair = isQuoted ? (PAIR.exec(after) ?? ATTRIBUTE.exec(after)) : STATEMENT.exec(after);
  if (pair !== null)
    return literalsOfExpression(text, name.end + pair[0].length)
      .slice(0, 1)
      .filter(secret);
  const element =
    before === '<' || before === ':' ? ELEMENT.exec(after) : isQuoted ? ELEMENT_OF_NAME.exec(after) : null;
  if (element !== null) {
    const [, value = ''] = element;
    const start = name.end + element[0].indexOf(value, element[0].indexOf('>'));
    return looksSecret(value, context) ? [{ start, end: start + value.length }] : [];
  }
  const given = GIVEN.exec(after);
  const from = name.end + (given?.[0].length ?? 0);
  if (given !== null) {
    const literals = literalsOfExpression(text, from).filter(secret);
    if (literals.length > 0) return literals;
    if (/["'`]/.test(text[from] ?? '') && literalAt(text, from) !== null) return [];
  }
  const unquoted = unquotedSecret(text, name, given === null ? null : from, context, isProse);
  return unquoted === null ? [] : [unquoted];
}
