import type { Language } from '../languages/language.js';

const HEAD_LINES = 15;
const HEAD_CHARACTERS = 3_000;
const LONG_LINE_CHARACTERS = 500;
// A sentence about the file, or one that forbids to change it. Generated ids, names or values in the code are no
// such thing.
const SUBJECT = '(?:file|code|class|module|header|source|document|script|package|schema|interface|content)s?';
const MADE = '(?:auto(?:matically)?[- ]?)?generated';
const GENERATED = [
  /(?:^|[\s*#/"'])@generated(?=\s*(?:$|[<*.:;]|by\b|from\b|signedsource\b))/i,
  new RegExp(`\\bthis (?:\\w+ )?${SUBJECT} (?:is|was|has been|were) ${MADE}\\b`, 'i'),
  new RegExp(
    `^\\W*(?:<auto-?generated\\b|auto(?:matically)?[- ]?generated(?:\\W*$| (?:${SUBJECT}|by|from|with|using)\\b))`,
    'i',
  ),
  new RegExp(`^\\W*(?:\\w+ )?${SUBJECT} ${MADE}\\b`, 'i'),
  /\bgenerated (?:automatically|by|from)\b.*\b(?:protoc|openapi|swagger|compiler)\b/i,
];
const GENERATED_SOMEHOW = new RegExp(`\\b${MADE}\\b`, 'i');
const NOT_TO_CHANGE =
  /\b(?:do not|don't|never|must not|should not) (?:\w+ )?(?:edit|modify|change|touch|alter)\b|\bchanges (?:\w+ ){0,6}(?:lost|overwritten)\b|\bmanual(?:ly)? (?:edit|change|modif)/i;
const LFS_POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\/v\d+\r?\noid sha256:/;
const COMMENT_START = /^\s*(?:\/\/|\/\*|\*|#|--|<!--|"""|''')/;

/** Why a file is left out by what it holds, or null. */
export function reasonByContent(
  language: Language,
  text: string,
): 'large-data' | 'generated' | 'minified' | 'lfs-pointer' | null {
  if (LFS_POINTER.test(text)) return 'lfs-pointer';
  if (text.length > (language.maxCharacters ?? Number.POSITIVE_INFINITY)) return 'large-data';
  if (isGenerated(text)) return 'generated';
  return isMinified(text) ? 'minified' : null;
}

// Only comments at the top count: a program that writes generated files has the same words in its strings.
function isGenerated(text: string): boolean {
  const head = text.slice(0, HEAD_CHARACTERS).split('\n').slice(0, HEAD_LINES);
  const comments = head.filter((line) => COMMENT_START.test(line));
  if (comments.some((line) => GENERATED.some((pattern) => pattern.test(line)))) return true;
  return (
    comments.some((line) => GENERATED_SOMEHOW.test(line)) && comments.some((line) => NOT_TO_CHANGE.test(line))
  );
}

/** Whether most of the text stands on lines that nobody writes by hand. */
function isMinified(text: string): boolean {
  let long = 0;
  let start = 0;
  while (start < text.length) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    if (end - start > LONG_LINE_CHARACTERS) long += end - start;
    start = end + 1;
  }
  return long > 2 * LONG_LINE_CHARACTERS && long > text.length / 2;
}
