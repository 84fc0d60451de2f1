import type { Language } from '../languages/language.js';

const HEAD_LINES = 15;
const HEAD_CHARACTERS = 3_000;
const LONG_LINE_CHARACTERS = 500;
const GENERATED =
  /@generated\b|\bcode generated\b.*\bdo not edit\b|\bauto(?:matically)?[- ]?generated\b|\bgenerated (?:automatically|by|from)\b.*\b(?:do not (?:edit|modify|change)|protoc|openapi|swagger|compiler)\b|\bthis (?:file|code) (?:is|was|has been) generated\b/i;
const COMMENT_START = /^\s*(?:\/\/|\/\*|\*|#|--|<!--|"""|''')/;

/** Why a file is left out by what it holds, or null. */
export function reasonByContent(
  language: Language,
  text: string,
): 'large-data' | 'generated' | 'minified' | null {
  if (text.length > (language.maxCharacters ?? Number.POSITIVE_INFINITY)) return 'large-data';
  if (isGenerated(text)) return 'generated';
  return isMinified(text) ? 'minified' : null;
}

// Only comments at the top count: a program that writes generated files has the same words in its strings.
function isGenerated(text: string): boolean {
  const head = text.slice(0, HEAD_CHARACTERS).split('\n').slice(0, HEAD_LINES);
  return head.some((line) => COMMENT_START.test(line) && GENERATED.test(line));
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
